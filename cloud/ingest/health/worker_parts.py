"""The parts of a real worker, as ``Standing`` asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.ingest.guard import RefusalGuard
from cloud.ingest.pipeline import Ingest
from cloud.ingest.shift import Shift
from cloud.ingest.source import Source
from cloud.ingest.tally import Tally
from cloud.ingest.withholding import Withholding
from cloud.workers import Workers
from models.runtime.clock import Clock
from models.runtime.pulses import Still


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """Implements ``Works``."""

    threads: Workers
    source: Source
    shift: Shift
    ingest: Ingest
    guard: RefusalGuard
    withholding: Withholding
    clock: Clock

    def running(self) -> bool:
        """See ``Works``."""
        return self.threads.whole

    def loops(self) -> Sequence[Still]:
        """See ``Works``."""
        return self.threads.pulses.at_work()

    def connected(self) -> bool:
        """See ``Works``."""
        return self.source.connected

    def held(self) -> frozenset[int]:
        """See ``Works``."""
        return self.shift.holds(self.clock.monotonic_s())

    def lease_left_s(self) -> float:
        """See ``Works``."""
        return self.shift.lease_left_s(self.clock.monotonic_s())

    def tally(self) -> Tally:
        """See ``Works``."""
        return self.ingest.tally

    def refusal_share(self) -> float:
        """See ``Works``."""
        return self.guard.worst_share

    def withheld(self) -> tuple[int, bool]:
        """See ``Works``."""
        return len(self.withholding.devices), self.withholding.from_everybody
