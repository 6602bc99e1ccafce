"""Who came in, as heads and as visitors, and how many of those who walked past did. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from cloud.footfall import Crowd, Interval
from cloud.insight.watching import seen_minutes, watched_doors, without_torn


@dataclass(frozen=True, slots=True)
class Doors:
    """What all entrance lines of a store counted.

    Attributes:
        ingress, egress: heads, staff and all; None where nobody watched, which is not 0.
        crowd: who they were; None where any of it was not analysed.
    """

    ingress: int | None
    egress: int | None
    crowd: Crowd | None

    @property
    def visitors(self) -> int | None:
        """Who came, without staff and without those who had only just gone out."""
        if self.ingress is None or self.crowd is None:
            return None
        return self.ingress - self.crowd.staff_in - self.crowd.again

    @property
    def entrants(self) -> int | None:
        """The visitors; all heads where nobody told them apart. None where nobody watched."""
        return self.ingress if self.visitors is None else self.visitors


@dataclass(frozen=True, slots=True)
class CaptureRate:
    """How many of those who could have come in did.

    Attributes:
        entrants: who came in, without staff.
        passers: who crossed a passing line, either way, without staff.
        watched_min: minutes of which it speaks: every camera at a door or at the way past watched.
    """

    entrants: int
    passers: int
    watched_min: int

    @property
    def rate(self) -> float | None:
        """Entrants of entrants and passers-by together; None when nobody was about."""
        everybody = self.entrants + self.passers
        return self.entrants / everybody if everybody else None


def at_doors(intervals: Iterable[Interval]) -> Doors:
    """The sum of what was watched at doors."""
    watched = watched_doors(intervals)
    if not watched:
        return Doors(None, None, None)
    return Doors(
        sum(each.ingress for each in watched),
        sum(each.egress for each in watched),
        crowd_of(watched),
    )


def crowd_of(intervals: Sequence[Interval]) -> Crowd | None:
    """The sum of their crowds; None where one is unknown, or there is none."""
    known = [each.crowd for each in intervals if each.crowd is not None]
    if not known or len(known) < len(intervals):
        return None
    return Crowd(
        staff_in=sum(each.staff_in for each in known),
        staff_out=sum(each.staff_out for each in known),
        groups_in=sum(each.groups_in for each in known),
        groups_out=sum(each.groups_out for each in known),
        again=sum(each.again for each in known),
        passers=sum(each.passers for each in known),
    )


def both_seen(intervals: Sequence[Interval]) -> set[int]:
    """The minutes in which every camera at a door or at the way past watched.

    Empty where there is no door, or nobody looks at who walks past.
    """
    doors = [each for each in intervals if each.door]
    passing = [each for each in intervals if each.passing]
    return without_torn(seen_minutes(doors) & seen_minutes(passing), [*doors, *passing])


def captured(intervals: Iterable[Interval], seen: AbstractSet[int]) -> CaptureRate | None:
    """The capture rate of the seen minutes; None where nobody watched both, or it is not known.

    ``seen`` are minutes of ``both_seen``.
    """
    here = [each for each in intervals if (each.door or each.passing) and each.first_minute in seen]
    crowd = crowd_of(here)
    if crowd is None:
        return None
    ingress = sum(each.ingress for each in here)
    return CaptureRate(ingress - crowd.staff_in, crowd.passers, len(seen))
