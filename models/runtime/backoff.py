"""Full-jitter back-off: a thousand shops must not come back in the same second.

Wait a random time between nothing and a bound that doubles with every failure up to a cap (Brooker,
"Exponential Backoff And Jitter", 2015).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_MOST_DOUBLINGS: Final = 32  # no cap is reached later, and a float never overflows


class Backoff:
    """The waits of one series of failures, in seconds; ``reset`` after a success."""

    def __init__(
        self, random: Callable[[], float], first_s: float = 0.25, longest_s: float = 15.0
    ) -> None:
        """Nothing has failed yet.

        Args:
            random: gives a number from 0 up to 1.
            first_s: bound of the first wait.
            longest_s: bound of the last ones.
        """
        self._random = random
        self._first_s = first_s
        self._longest_s = longest_s
        self._failures = 0

    @property
    def failures(self) -> int:
        """Failures since the last success."""
        return self._failures

    def next_s(self) -> float:
        """How long to wait after one more failure."""
        doublings = min(self._failures, _MOST_DOUBLINGS)
        self._failures += 1
        return self._random() * min(self._longest_s, self._first_s * 2.0**doublings)

    def reset(self) -> None:
        """Something worked; begin from the first bound again."""
        self._failures = 0
