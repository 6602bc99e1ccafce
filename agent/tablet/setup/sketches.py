"""What a person has drawn, judged by the configuration's own rules and answered in words.

A sketch may be unfinished: each shape is judged alone, and whatever is sound can be tried. Only a
whole one can be proposed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from agent.config import Drawn, LineSettings, ZoneSettings
from models.shown.words import Words
from models.wire.events.footfall import ZoneKind

MOST_SHAPES: Final = 16
"""Lines and zones together: a picture with more is drawn by mistake."""

_SHORT: Final = 0.01


class Sketch(msgspec.Struct, frozen=True):
    """A sketch as the page sends it; shapes are read one by one.

    Attributes:
        trial: another number begins the counts of the trial at nothing.
    """

    line: list[dict[str, Any]]
    zone: list[dict[str, Any]] = []
    trial: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one shape, or with the whole.

    Attributes:
        shape: ``line``, ``zone``, or empty for the whole.
        index: which of them, from 0.
        text: for people.
    """

    shape: str
    index: int
    text: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A sketch after it was looked at: what can be tried, and what stands in the way."""

    drawn: Drawn
    problems: tuple[Problem, ...]


def judge(sketch: Sketch, words: Words) -> Judged:
    """Read every shape, keep those that are sound, and say of the others what is wrong."""
    if len(sketch.line) + len(sketch.zone) > MOST_SHAPES:
        crowded = words("setup.too_many", most=MOST_SHAPES)
        return Judged(Drawn(), (Problem("", 0, crowded),))
    lines, of_lines = _read(sketch.line, "line", LineSettings, words)
    zones, of_zones = _read(sketch.zone, "zone", ZoneSettings, words)
    problems = [*of_lines, *of_zones]
    if not problems and not counts(lines, zones):
        problems.append(Problem("", 0, words("setup.nothing_drawn")))
    return Judged(Drawn(tuple(lines), tuple(zones)), tuple(problems))


_Shape = TypeVar("_Shape", LineSettings, ZoneSettings)


def counts(lines: Sequence[LineSettings], zones: Sequence[ZoneSettings]) -> bool:
    """Whether anything would be counted; a camera is refused otherwise."""
    return bool(lines) or any(zone.kind in (ZoneKind.DWELL, ZoneKind.QUEUE) for zone in zones)


def _read(
    given: list[dict[str, Any]], kind: str, form: type[_Shape], words: Words
) -> tuple[list[_Shape], list[Problem]]:
    sound: list[_Shape] = []
    problems: list[Problem] = []
    for index, each in enumerate(given):
        try:
            shape = msgspec.convert(each, form)
            if isinstance(shape, ZoneSettings):
                shape.check("")
        except ValueError as error:
            problems.append(Problem(kind, index, _why(kind, each, str(error), words)))
            continue
        if any(shape.name == other.name for other in sound):
            problems.append(Problem(kind, index, words("setup.name_twice", name=shape.name)))
        else:
            sound.append(shape)
    return sound, problems


def _why(kind: str, given: dict[str, Any], refusal: str, words: Words) -> str:
    """The rule that was broken, in the reader's language; else as the configuration says it."""
    name = str(given.get("name", ""))[:32]
    for key, is_so in _REASONS[kind]:
        if is_so(given):
            return words(key, name=name)
    return words("setup.not_possible", name=name, reason=refusal)


def _has_bad_name(given: dict[str, Any]) -> bool:
    try:
        LineSettings(str(given.get("name", "")), (0.0, 0.0), (1.0, 1.0))
    except ValueError:
        return True
    return False


def _is_short(given: dict[str, Any]) -> bool:
    begin, end = given.get("begin"), given.get("end")
    return bool(begin and end and math.dist(begin, end) < _SHORT)


def _has_few_corners(given: dict[str, Any]) -> bool:
    return len(given.get("corners", ())) < 3  # noqa: PLR2004 - a triangle


def _has_corners(_given: dict[str, Any]) -> bool:
    return True


_Reason = tuple[str, Callable[[dict[str, Any]], bool]]
_REASONS: Final[dict[str, tuple[_Reason, ...]]] = {
    "line": (("setup.bad_name", _has_bad_name), ("setup.too_short", _is_short)),
    "zone": (
        ("setup.bad_name", _has_bad_name),
        ("setup.few_corners", _has_few_corners),
        ("setup.no_area", _has_corners),
    ),
}
