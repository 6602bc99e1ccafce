"""Samples of one camera, gathered into what is told of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent.capture.footfall.analyst import Learnt
from agent.capture.footfall.counting.line import Crossing
from agent.capture.footfall.counting.settling import Settled
from agent.capture.footfall.messages import Crossed, Marked, Seen, SettledCrossing
from models.wire.events.footfall import MarkKind

TELL_EVERY_S: Final = 0.5
HOLE_S: Final = 0.6
"""Two pictures a second still tell who goes where; at one, a count is wrong by an eighth
(docs/explanation/footfall.md). A single picture that fails to come at 3.5 a second is no hole."""

_REMEMBERED_S: Final = 30.0
"""No crossing is proved later than this."""


_NOTHING_LEARNT: Final = Learnt()


@dataclass(frozen=True, slots=True)
class Condition:
    """How a camera does.

    Attributes:
        marks: when it was not to be trusted, since the last word.
        troubles: what of that stands.
        wanted_fps: pictures per second that are aimed at; 0 for every one.
    """

    marks: Sequence[Marked] = ()
    troubles: Sequence[MarkKind] = ()
    wanted_fps: float = 0.0

    def followed_by(self, later: Condition) -> Condition:
        """Both, in one word."""
        return replace(later, marks=[*self.marks, *later.marks]) if self.marks else later


class Span:
    """What was seen since it was told last. Pure: times come with the samples.

    The time between two samples is observed, unless it is a hole: longer than ``HOLE_S``. What
    happened in a hole is not known well enough to be counted.
    """

    def __init__(self) -> None:
        self._holes: deque[tuple[float, float]] = deque()
        self._first_s: float | None = None
        self._last_s = 0.0
        self._observed_s = 0.0
        self._samples = 0
        self._learnt = _NOTHING_LEARNT
        self._condition = Condition()

    def closely_s(self, at_s: float) -> float:
        """How much of the time since the latest sample is observed, if the next one is of then.

        0 before the first sample, and after a hole.
        """
        step_s = at_s - self._last_s if self._first_s is not None else 0.0
        return step_s if step_s <= HOLE_S else 0.0

    def add(
        self, at_s: float, crossings: Sequence[Crossing] = (), learnt: Learnt = _NOTHING_LEARNT
    ) -> Seen | None:
        """One more sample, who crossed by it, and what else it taught; what is to be told now.

        Who crossed in a hole is not told: that time will be told as a gap.
        """
        self._observed_s += self.closely_s(at_s)
        self._note_hole(at_s)
        if self._first_s is None:
            self._first_s = at_s
        self._samples += 1
        self._last_s = at_s
        self._learnt += learnt
        crossings = self.observed(crossings)
        if crossings or learnt.settled or at_s - self._first_s >= TELL_EVERY_S:
            return self._tell(crossings)
        return None

    def observed(self, crossings: Sequence[Crossing]) -> list[Crossing]:
        """Those of the last seconds' that were not in a hole."""
        return [each for each in crossings if self._observed(each.at_s)]

    def note(self, condition: Condition) -> None:
        """How the camera does; told with the next word."""
        self._condition = self._condition.followed_by(condition)

    def rest(self, learnt: Learnt = _NOTHING_LEARNT) -> Seen | None:
        """What has not been told yet, if anything; ``learnt`` is what was found at the end."""
        self._learnt += learnt
        if self._first_s is None or not (self._samples or self._learnt):
            return None
        return self._tell((), closing=True)

    def _tell(self, crossings: Sequence[Crossing], *, closing: bool = False) -> Seen:
        assert self._first_s is not None
        seen = Seen(
            first_s=self._first_s,
            last_s=self._last_s,
            samples=self._samples,
            observed_s=self._observed_s,
            crossings=[Crossed(each.line, each.direction, each.at_s) for each in crossings],
            settled=[_settled(each) for each in self._learnt.settled],
            facts=list(self._learnt.facts),
            marks=list(self._condition.marks),
            troubles=list(self._condition.troubles),
            wanted_fps=self._condition.wanted_fps,
            closing=closing,
        )
        self._condition = replace(self._condition, marks=())
        self._learnt = _NOTHING_LEARNT
        self._first_s, self._samples, self._observed_s = self._last_s, 0, 0.0
        return seen

    def _observed(self, at_s: float) -> bool:
        return not any(begin_s < at_s < end_s for begin_s, end_s in self._holes)

    def _note_hole(self, at_s: float) -> None:
        if self._first_s is not None and at_s - self._last_s > HOLE_S:
            self._holes.append((self._last_s, at_s))
        while self._holes and self._holes[0][1] < at_s - _REMEMBERED_S:
            self._holes.popleft()


def _settled(settled: Settled) -> SettledCrossing:
    crossing = settled.crossing
    return SettledCrossing(
        crossing.line,
        crossing.direction,
        crossing.at_s,
        settled.staff,
        settled.again,
        settled.leads,
    )
