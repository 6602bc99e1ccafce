"""Waiting longer after each failure, by a random share, so that many do not return together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Full jitter: uniform between nothing and a ceiling that doubles.

    Attributes:
        random: gives a number from 0 up to 1.
        first_s: the first ceiling; ``longest_s`` the last one.
    """

    random: Callable[[], float]
    first_s: float = 0.25
    longest_s: float = 15.0
    _failures: int = 0

    def next_s(self) -> float:
        """How long to wait now."""
        ceiling = min(self.longest_s, self.first_s * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return ceiling * self.random()

    def reset(self) -> None:
        """Something succeeded; begin with the first ceiling again."""
        self._failures = 0
