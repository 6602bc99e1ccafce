"""Full-jitter back-off: a thousand shops must not come back in the same second.

Wait a random time between nothing and a bound that doubles with every failure up to a cap (Brooker,
"Exponential Backoff And Jitter", 2015).
"""

from __future__ import annotations

from random import Random


class Backoff:
    """The waits of one series of failures; ``reset`` after a success."""

    def __init__(self, base_s: float, cap_s: float, random: Random) -> None:
        self._base_s = base_s
        self._cap_s = cap_s
        self._random = random
        self._failures = 0

    @property
    def failures(self) -> int:
        """Failures since the last success."""
        return self._failures

    def next_s(self) -> float:
        """How long to wait after one more failure, in seconds."""
        bound = min(self._cap_s, self._base_s * 2.0 ** min(self._failures, 32))
        self._failures += 1
        return self._random.uniform(0.0, bound)

    def reset(self) -> None:
        """Something worked; begin from the base again."""
        self._failures = 0
