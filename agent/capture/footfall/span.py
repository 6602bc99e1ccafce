"""Samples of one camera, gathered into what is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agent.capture.footfall.analyst import Learnt
from agent.capture.footfall.counting.line import Crossing
from agent.capture.footfall.counting.settling import Settled
from agent.capture.footfall.messages import Crossed, Seen, SettledCrossing

TELL_EVERY_S: Final = 0.5
_SHORTEST_HOLE_S: Final = 1.0
_HOLE_SAMPLES: Final = 3
"""People walk a door's width in about a second: who is out of sight for longer may be missed."""


_NOTHING_LEARNT: Final = Learnt()


class Span:
    """What was seen since it was told last. Pure: times come with the samples.

    The time between two samples is observed, unless it is a hole: longer than a second and than
    three times the wanted interval.

    Args:
        sample_fps: pictures wanted per second; 0 for all there are.
    """

    def __init__(self, sample_fps: float) -> None:
        wanted_s = 1 / sample_fps if sample_fps > 0 else 0.0
        self._hole_s = max(_SHORTEST_HOLE_S, _HOLE_SAMPLES * wanted_s)
        self._first_s: float | None = None
        self._last_s = 0.0
        self._observed_s = 0.0
        self._samples = 0
        self._learnt = _NOTHING_LEARNT

    def closely_s(self, at_s: float) -> float:
        """How much of the time since the latest sample is observed, if the next one is of then.

        0 before the first sample, and after a hole.
        """
        step_s = at_s - self._last_s if self._first_s is not None else 0.0
        return step_s if step_s <= self._hole_s else 0.0

    def add(
        self, at_s: float, crossings: Sequence[Crossing] = (), learnt: Learnt = _NOTHING_LEARNT
    ) -> Seen | None:
        """One more sample, who crossed by it, and what else it taught; what is to be told now."""
        self._observed_s += self.closely_s(at_s)
        if self._first_s is None:
            self._first_s = at_s
        self._samples += 1
        self._last_s = at_s
        self._learnt += learnt
        if crossings or learnt.settled or at_s - self._first_s >= TELL_EVERY_S:
            return self._tell(crossings)
        return None

    def rest(self, learnt: Learnt = _NOTHING_LEARNT) -> Seen | None:
        """What has not been told yet, if anything; ``learnt`` is what was found at the end."""
        self._learnt += learnt
        if self._first_s is None or not (self._samples or self._learnt):
            return None
        return self._tell(())

    def _tell(self, crossings: Sequence[Crossing]) -> Seen:
        assert self._first_s is not None
        seen = Seen(
            first_s=self._first_s,
            last_s=self._last_s,
            samples=self._samples,
            observed_s=self._observed_s,
            crossings=[Crossed(each.line, each.direction, each.at_s) for each in crossings],
            settled=[_settled(each) for each in self._learnt.settled],
            facts=list(self._learnt.facts),
        )
        self._learnt = _NOTHING_LEARNT
        self._first_s, self._samples, self._observed_s = self._last_s, 0, 0.0
        return seen


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
