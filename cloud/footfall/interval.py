"""What one camera counted in one interval, and who its heads were. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from models.wire.ids import DeviceId

MINUTE_MS: Final = 60_000
QUARTER_MS: Final = 900_000


class CameraKey(NamedTuple):
    """A camera's name is unique within its device."""

    device: DeviceId
    camera: str


class Part(NamedTuple):
    """A part of an interval as ``FootfallPartRow`` has it; a camera's minute may have several."""

    position: int
    device: DeviceId
    camera: str
    begin_at_ms: int
    duration_s: int
    ignored: bool
    superseded: bool
    analyses: str
    audit: str
    gaps: str
    marks: str
    observed_ms: int
    marked_ms: int
    door_lines: int
    passing_lines: int
    ingress: int
    egress: int
    staff_ingress: int
    staff_egress: int
    groups_in: int
    groups_out: int
    again: int
    passers: int

    @property
    def key(self) -> CameraKey:
        """Whose it is."""
        return CameraKey(self.device, self.camera)

    @property
    def has_lines(self) -> bool:
        """Whether it tells of any line."""
        return bool(self.door_lines or self.passing_lines)

    @property
    def sums(self) -> tuple[int, ...]:
        """What adds up over the parts of an interval, the crowd last."""
        return (
            self.observed_ms,
            self.marked_ms,
            self.door_lines,
            self.passing_lines,
            self.ingress,
            self.egress,
            self.staff_ingress,
            self.staff_egress,
            self.groups_in,
            self.groups_out,
            self.again,
            self.passers,
        )

    @property
    def is_counted(self) -> bool:
        """Whether it is in the figures."""
        return not (self.ignored or self.superseded)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who the heads of an interval were, over all lines of a camera.

    Attributes:
        staff_in, staff_out: how many of those who came and went were staff.
        groups_in, groups_out: groups of visitors; somebody alone is one.
        again: how many of those who came had gone out shortly before.
        passers: who crossed a passing line, either way, without staff.
    """

    staff_in: int = 0
    staff_out: int = 0
    groups_in: int = 0
    groups_out: int = 0
    again: int = 0
    passers: int = 0


@dataclass(frozen=True, slots=True)
class Interval:
    """What one camera counted in one interval.

    Attributes:
        begin_ms: milliseconds since 1970, UTC, on a full minute.
        observed_ms: at most the interval's length; with 0, zero crossings mean nothing.
        door: the camera looks at an entrance; so does one that never watched, for all we know.
        passing: it looks at who walks past.
        marked_ms: for so long the camera is not to be trusted.
        crowd: None where nobody analysed that, which is unknown.
    """

    key: CameraKey
    begin_ms: int
    duration_s: int
    observed_ms: int
    ingress: int
    egress: int
    door: bool = True
    passing: bool = False
    marked_ms: int = 0
    crowd: Crowd | None = None

    @property
    def trusted_ms(self) -> int:
        """For so long it was watched by a camera that was to be trusted, as far as is known."""
        return max(self.observed_ms - self.marked_ms, 0)

    @property
    def first_minute(self) -> int:
        """Its first minute, as a number since 1970."""
        return self.begin_ms // MINUTE_MS


def intervals_of(parts: Iterable[Part]) -> list[Interval]:
    """Every interval of these parts, those of one added, in the parts' order.

    Where unwatched ones look is left open: ask ``looking`` with all of a day's.
    """
    found: dict[tuple[object, ...], list[Part]] = {}
    for part in parts:
        found.setdefault(part[1:5], []).append(part)
    return [_interval(each) for each in found.values()]


def looking(intervals: Sequence[Interval]) -> list[Interval]:
    """The intervals of a span, the unwatched ones looking where their camera was seen to look.

    A camera that never watched looks at a door, for all we know.
    """
    watched = {each.key for each in intervals if each.observed_ms}
    doors = {each.key for each in intervals if each.observed_ms and each.door}
    passing = {each.key for each in intervals if each.observed_ms and each.passing}
    return [
        each
        if each.observed_ms
        else replace(
            each,
            door=each.key in doors or each.key not in watched,
            passing=each.key in passing,
        )
        for each in intervals
    ]


def _interval(parts: Sequence[Part]) -> Interval:
    first = parts[0]
    observed_ms, marked_ms, doors, passing, ingress, egress, *crowd = _added(parts)
    length_ms = 1000 * first.duration_s
    return Interval(
        first.key,
        first.begin_at_ms,
        first.duration_s,
        # A minute that the device's clock lived through twice was watched once.
        min(observed_ms, length_ms),
        ingress,
        egress,
        door=bool(doors),
        passing=bool(passing),
        marked_ms=min(marked_ms, length_ms),
        crowd=Crowd(*crowd) if observed_ms and all(map(_is_known, parts)) else None,
    )


def _added(parts: Sequence[Part]) -> Iterable[int]:
    if len(parts) == 1:
        return parts[0].sums
    return map(sum, zip(*(part.sums for part in parts), strict=True))


def _is_known(part: Part) -> bool:
    """What an old agent told has heads and no more; in an unwatched part nothing is unknown."""
    return bool(part.analyses) or not (part.observed_ms or part.ingress or part.egress)
