"""How much of the disk the outbox may take, and who gives way to whom."""

from __future__ import annotations

from dataclasses import dataclass

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """Disk budgets of the outbox.

    A sale of two or three lines takes 0.8 kB of the file, one of ten lines 1 kB (measured), so the
    defaults hold eight to ten million. They are a bound and no claim: the file grows with what is
    owed and kept, and a disk that is nearly full bounds it earlier (``free_floor_bytes``).

    Attributes:
        budget_bytes: of everything together; a sale that does not fit is refused, visibly.
        sale_reserve_bytes: part of the budget that only sales may use.
        footfall_bytes: of counted minutes; when it is spent, the oldest pending ones are merged
            into quarters of an hour, then into hours.
        telemetry_bytes: of heartbeats; when it is spent, the oldest are dropped.
        free_floor_bytes: once the disk has no more than this free, settled events end their
            retention early and the outbox grows for sales alone.
    """

    budget_bytes: int = 8192 * _MIB
    sale_reserve_bytes: int = 1024 * _MIB
    footfall_bytes: int = 64 * _MIB
    telemetry_bytes: int = 32 * _MIB
    free_floor_bytes: int = 256 * _MIB

    def __post_init__(self) -> None:
        """Budgets that leave nothing for somebody would refuse from the first event on."""
        parts = (self.sale_reserve_bytes, self.footfall_bytes, self.telemetry_bytes)
        if min(parts) < 0 or self.free_floor_bytes < 0:
            raise ValueError("budgets and the floor cannot be negative")
        if sum(parts) > self.budget_bytes:
            raise ValueError(
                f"sale_reserve_bytes, footfall_bytes and telemetry_bytes are {sum(parts)} together "
                f"and budget_bytes is only {self.budget_bytes}"
            )
