"""What the analyses of people's ways have to say, in seconds of the samples' clock.

They go from the watcher to the agent as they are, so this module is light: no numpy.
"""

from __future__ import annotations

import msgspec


class Presence(msgspec.Struct, frozen=True, array_like=True, tag="presence"):
    """Who was in a zone from one picture to the next; told only where somebody was.

    Attributes:
        zone: its name.
        at_s: the later picture's time.
        person_s: time spent in it by all together, without staff.
        staff_s: by staff.
        most: so many were in it at once, without staff.
    """

    zone: str
    at_s: float
    person_s: float
    staff_s: float
    most: int


class Stay(msgspec.Struct, frozen=True, array_like=True, tag="stay"):
    """Somebody who is not staff stayed in a zone, and left it; told once, some seconds later."""

    zone: str
    ended_s: float
    lasted_s: float


class CutStay(msgspec.Struct, frozen=True, array_like=True, tag="cut"):
    """A stay of which nobody saw the beginning or the end: how long it was is not known."""

    zone: str
    at_s: float


class Warmth(msgspec.Struct, frozen=True, array_like=True, tag="warmth"):
    """Visitors' feet were in a cell of the heat map from one picture to the next, for so long."""

    cell: int
    at_s: float
    seconds: float


Fact = Presence | Stay | CutStay | Warmth


def dated_s(fact: Fact) -> float:
    """To when it belongs."""
    return fact.ended_s if isinstance(fact, Stay) else fact.at_s
