"""Slows down those who guess.

Two limits. An address has a few free attempts, then must wait twice as long after each failure.
All addresses together have a budget of failures per minute, so that a thousand of them guess no
faster than one; it refills by itself, so nobody can lock the owner out for good.

Kept in memory: it costs nothing to lose it, and a process per service is what we run.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass

from cloud.access.errors import TooManyAttempts
from models.runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class Patience:
    """How much guessing is borne.

    Attributes:
        free: failures of one address that cost no waiting.
        first_wait_s: after the next one; doubles with each further one.
        longest_wait_s: also how long an address is remembered after its last failure.
        failures_per_minute: of all addresses together.
        addresses: remembered at most; the ones that failed longest ago go first.
    """

    free: int = 5
    first_wait_s: float = 2.0
    longest_wait_s: float = 900.0
    failures_per_minute: int = 30
    addresses: int = 10_000


@dataclass(slots=True)
class _Record:
    failures: int
    last_s: float


class Throttle:
    """Counts failures. ``admit`` before checking a secret, then ``failed`` or ``succeeded``."""

    def __init__(self, clock: Clock, patience: Patience) -> None:
        self._clock = clock
        self._patience = patience
        self._lock = threading.Lock()
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._budget = float(patience.failures_per_minute)
        self._budget_at_s = clock.monotonic_s()

    def admit(self, address: str) -> None:
        """Let an attempt through, at the price of one from the budget; raises TooManyAttempts."""
        with self._lock:
            now_s = self._clock.monotonic_s()
            self._refill(now_s)
            wait_s = self._wait_s(address, now_s)
            if wait_s <= 0 and self._budget < 1:
                wait_s = (1 - self._budget) * 60 / self._patience.failures_per_minute
            if wait_s > 0:
                raise TooManyAttempts(math.ceil(wait_s))
            # Taken before the outcome is known, or forty threads would all be let through at once.
            self._budget -= 1
            self._count(address, now_s)

    def succeeded(self, address: str) -> None:
        """The attempt was right: give its price back and forget the address's failures."""
        with self._lock:
            self._records.pop(address, None)
            self._budget = min(self._budget + 1, float(self._patience.failures_per_minute))

    def _refill(self, now_s: float) -> None:
        full = float(self._patience.failures_per_minute)
        gained = (now_s - self._budget_at_s) * full / 60
        self._budget, self._budget_at_s = min(full, self._budget + gained), now_s

    def _wait_s(self, address: str, now_s: float) -> float:
        record = self._records.get(address)
        if record is None or record.failures < self._patience.free:
            return 0.0
        doublings = min(record.failures - self._patience.free, 32)
        wait_s = min(self._patience.first_wait_s * 2.0**doublings, self._patience.longest_wait_s)
        return record.last_s + wait_s - now_s

    def _count(self, address: str, now_s: float) -> None:
        record = self._records.pop(address, None)
        if record is None or now_s - record.last_s > self._patience.longest_wait_s:
            record = _Record(0, now_s)
        record.failures += 1
        record.last_s = now_s
        self._records[address] = record
        while len(self._records) > self._patience.addresses:
            self._records.popitem(last=False)
