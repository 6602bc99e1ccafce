"""The time that was really watched: stretches, and how far along them a moment is. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches of time in seconds, ascending, of which no two touch."""

    spans: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, spans: Iterable[tuple[float, float]]) -> Self:
        """Those of any spans: what overlaps, was watched twice, or touches is one."""
        merged: list[tuple[float, float]] = []
        for begin_s, end_s in sorted(spans):
            if merged and begin_s <= merged[-1][1]:
                merged[-1] = merged[-1][0], max(merged[-1][1], end_s)
            else:
                merged.append((begin_s, end_s))
        return cls(tuple(merged))

    @property
    def seconds(self) -> float:
        """How long was watched."""
        return sum(end_s - begin_s for begin_s, end_s in self.spans)

    def near(self, at_s: float, within_s: float = 0.0) -> bool:
        """Whether a moment was watched, or is no further from what was."""
        return any(begin_s - within_s <= at_s <= end_s + within_s for begin_s, end_s in self.spans)

    def along(self, at_s: float) -> float:
        """How much was watched until then: the audit's own time, without its pauses."""
        past = bisect_right(self.spans, at_s, key=lambda span: span[0])
        return sum(min(at_s, end_s) - begin_s for begin_s, end_s in self.spans[:past])
