"""How staff are told from visitors: ``[camera.staff]``, and the badge that they wear."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import Final

_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_CIRCLE: Final = 360.0


@dataclass(frozen=True, slots=True)
class BadgeSettings:
    """The colour that staff wear on their upper body, and nobody else does.

    Attributes:
        hue: [from, to] in degrees of the colour circle, 0-360: red 0, green 120, blue 240. From 340
            to 20 is over red.
        saturation: [from, to], 0-1: 0 is grey.
        value: [from, to], 0-1: 0 is black.
        share: of the upper body, 0-1; who shows at least so much of the colour wears it.
    """

    hue: tuple[float, ...]
    saturation: tuple[float, ...] = (0.3, 1.0)
    value: tuple[float, ...] = (0.2, 1.0)
    share: float = 0.3

    def __post_init__(self) -> None:
        """A range that no colour lies in is found at start."""
        _check_range("hue", self.hue, _CIRCLE)
        for word, pair in (("saturation", self.saturation), ("value", self.value)):
            _check_range(word, pair, 1.0)
            if pair[0] > pair[1]:
                raise ValueError(f"badge: {word} {list(pair)} ends before it begins")
        if not 0.0 < self.share <= 1.0:
            raise ValueError(f"badge: share must be above 0 and at most 1, not {self.share}")


@dataclass(frozen=True, slots=True)
class StaffSettings:
    """Who counts as staff, beside those who are first seen in a zone of the kind ``staff``.

    Attributes:
        hours: pairs of local times of day, such as [["08:00", "08:45"]]: whoever crosses an
            entrance then is staff. A pair may go over midnight.
        badge: the colour that staff wear.
    """

    hours: tuple[tuple[str, ...], ...] = ()
    badge: BadgeSettings | None = None

    def __post_init__(self) -> None:
        """Times that no clock shows are found at start."""
        for pair in self.hours:
            if len(pair) != 2 or not all(map(_CLOCK.fullmatch, pair)):  # noqa: PLR2004 - from and to
                raise ValueError(
                    f'hours {list(pair)}: write two times of day, such as ["08:00", "08:45"]'
                )
            if pair[0] == pair[1]:
                raise ValueError(f"hours {list(pair)} last no time; leave them out")

    def covers(self, local: time) -> bool:
        """Whether whoever crosses an entrance at this time of day is staff."""
        now = f"{local:%H:%M}"
        return any(_lies_between(now, *pair) for pair in self.hours)


def _lies_between(now: str, begin: str, end: str) -> bool:
    if begin < end:
        return begin <= now < end
    return now >= begin or now < end


def _check_range(word: str, pair: tuple[float, ...], most: float) -> None:
    if len(pair) != 2 or not all(0.0 <= each <= most for each in pair):  # noqa: PLR2004 - from and to
        raise ValueError(f"badge: {word} must be [from, to] within 0-{most:g}, not {list(pair)}")
