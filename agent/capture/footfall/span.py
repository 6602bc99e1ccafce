"""Samples of one camera, gathered into what is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agent.capture.footfall.counting.line import Crossing
from agent.capture.footfall.messages import Crossed, Seen

TELL_EVERY_S: Final = 0.5
_SHORTEST_HOLE_S: Final = 1.0
_HOLE_SAMPLES: Final = 3
"""People walk a door's width in about a second: who is out of sight for longer may be missed."""


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

    def add(self, at_s: float, crossings: Sequence[Crossing] = ()) -> Seen | None:
        """One more sample, and who was seen to cross by it; what is to be told now, if anything."""
        if self._first_s is None:
            self._first_s = self._last_s = at_s
        step_s = at_s - self._last_s
        if step_s <= self._hole_s:
            self._observed_s += step_s
        self._samples += 1
        self._last_s = at_s
        if crossings or at_s - self._first_s >= TELL_EVERY_S:
            return self._tell(crossings)
        return None

    def rest(self) -> Seen | None:
        """What has not been told yet, if anything."""
        return self._tell(()) if self._samples else None

    def _tell(self, crossings: Sequence[Crossing]) -> Seen:
        assert self._first_s is not None
        seen = Seen(
            first_s=self._first_s,
            last_s=self._last_s,
            samples=self._samples,
            observed_s=self._observed_s,
            crossings=[Crossed(each.line, each.direction, each.at_s) for each in crossings],
        )
        self._first_s, self._samples, self._observed_s = self._last_s, 0, 0.0
        return seen
