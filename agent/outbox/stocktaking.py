"""How the disk budgets of an outbox stand, seen from another process. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from agent.config.outbox import OutboxSettings
from agent.outbox.budget import Budget, shares
from agent.outbox.connection import connect
from agent.outbox.faults import in_our_words
from agent.outbox.lanes import Lanes
from agent.outbox.rows import load
from agent.outbox.space import mean_bytes, measure, spans_of
from agent.outbox.voiding import Cause, count_voided


@dataclass(frozen=True, slots=True)
class Stock:
    """The budgets, the total first, and what this file's life has let go."""

    budgets: list[Budget]
    gave_way: Mapping[Cause, int]


def take_stock(path: Path, settings: OutboxSettings) -> Stock:
    """Measure an outbox beside its agent; reads at most some events of each stream.

    Raises:
        OutboxCorrupt, DiskUnusable: as ``Inspection.open``.
    """
    with in_our_words(path), closing(connect(path, read_only=True)) as db:
        lanes = Lanes(load(db))
        budgets = [Budget("total", measure(db, path).used_bytes, settings.budget_bytes)]
        for stream, limit in shares(settings).items():
            spans = spans_of(lanes, stream)
            used = round(sum(map(len, spans)) * mean_bytes(db, spans))
            budgets.append(Budget(stream.value, used, limit))
        return Stock(budgets, count_voided(db))
