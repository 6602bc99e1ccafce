"""An area of the picture. Light: the command line and the watcher's job read this too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from agent.config.polygon import why_no_area
from agent.errors import BadZone
from models.wire.events.footfall import ZoneKind

_WRITTEN: Final = re.compile(r"(?P<name>[^=:]*)(:(?P<kind>[^=]*))?=(?P<corners>[^=]*)")


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon in picture pixels, y downwards; its last corner is joined to its first.

    Raises:
        BadZone: the name is empty, or the corners make no simple polygon.
    """

    name: str
    kind: ZoneKind
    corners: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise BadZone("a zone has no name: write NAME[:KIND]=x1,y1,x2,y2,x3,y3")
        if reason := why_no_area(self.corners):
            raise BadZone(f"zone {self.name}: {reason}")

    @classmethod
    def parse(cls, written: str) -> Self:
        """Read ``NAME[:KIND]=x1,y1,x2,y2,x3,y3…``, as on the command line; ``dwell`` if no kind.

        Raises:
            BadZone: it is not of this form, or no zone.
        """
        match = _WRITTEN.fullmatch(written.strip())
        if match is None:
            raise BadZone(f"{written!r} is no zone: write NAME[:KIND]=x1,y1,x2,y2,x3,y3")
        kind = match["kind"] or ZoneKind.DWELL
        if kind not in list(ZoneKind):
            raise BadZone(f"{written!r}: {kind!r} is no kind of zone; there are {_kinds()}")
        return cls(
            match["name"].strip(), ZoneKind(kind), tuple(_corners(match["corners"], written))
        )

    def check_within(self, size: tuple[int, int]) -> None:
        """Refuse a zone of which a corner lies outside a picture of (width, height).

        Raises:
            BadZone: a corner is not within 0..width and 0..height.
        """
        width, height = size
        for x, y in self.corners:
            if not (0 <= x <= width and 0 <= y <= height):
                raise BadZone(
                    f"zone {self.name}: its corner {x:g},{y:g} lies outside the picture, which is "
                    f"{width} wide and {height} high"
                )


def _corners(written: str, whole: str) -> Iterator[tuple[float, float]]:
    try:
        numbers = [float(each) for each in written.split(",")]
    except ValueError as error:
        raise BadZone(f"{whole!r} is no zone: {written!r} is not all numbers") from error
    if len(numbers) % 2:
        raise BadZone(f"{whole!r} is no zone: it has {len(numbers)} numbers; a corner has two")
    return zip(numbers[::2], numbers[1::2], strict=True)


def _kinds() -> str:
    return ", ".join(ZoneKind)
