"""What keeps the file small: retention, budgets and the disk's share, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agent.outbox.budget import Budget, Budgets, Thrift
from agent.outbox.connection import OutboxFile
from agent.outbox.dropping import Dropping
from agent.outbox.facts import ComposeVoid
from agent.outbox.lanes import Lanes
from agent.outbox.metrics import OutboxMetrics
from agent.outbox.relief import Relief
from agent.outbox.retention import Retention
from agent.outbox.space import Space
from agent.outbox.storing import Storing
from agent.outbox.thinning import Thinning
from agent.outbox.vacuum import Vacuum
from agent.outbox.voiding import Cause, Voiding, count_voided
from models.runtime.clock import Clock
from models.wire.topics import Stream


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """How the budgets stand.

    Attributes:
        budgets: the total first, then the streams' own.
        gave_way: events of this file's life that were thinned or dropped.
        refused: appends that did not fit since the start, by stream.
    """

    budgets: Sequence[Budget]
    gave_way: Mapping[Cause, int]
    refused: Mapping[Stream, int]


class Upkeep:
    """Lets appends in, and keeps house. Safe for several threads.

    Attributes:
        admit: returns if there is room for a call's events; raises OutboxFull.
    """

    def __init__(
        self,
        file: OutboxFile,
        lanes: Lanes,
        storing: Storing,
        *,
        clock: Clock,
        random: Callable[[int], bytes],
        compose_void: ComposeVoid,
        thrift: Thrift,
    ) -> None:
        """Put the parts together, and have an older file learn to give room back."""
        self._file = file
        self._lanes = lanes
        metrics = OutboxMetrics(thrift.registry)
        self._retention = Retention(file, lanes, storing.names, clock, metrics)
        voiding = Voiding(
            file, lanes, storing, clock=clock, compose_void=compose_void, metrics=metrics
        )
        self._thin = Thinning(
            file, lanes, voiding, zone=thrift.zone, clock=clock, random=random
        ).step
        self._drop = Dropping(file, lanes, voiding).step
        relief = Relief(self._retention, thin=self._thin, drop=self._drop, clock=clock)
        space = Space(file, lanes, thrift.free_bytes)
        self._budgets = Budgets(thrift.settings, space, relief, metrics)
        self.admit = self._budgets.admit
        self._vacuum = Vacuum(file, clock, metrics)
        self._vacuum.prepare()

    def housekeep(self, keep_s: Mapping[Stream, float]) -> int:
        """Delete what was kept for long enough, keep to the budgets, give room back.

        Returns:
            How many events ended their retention.
        """
        deleted = self._retention.housekeep(keep_s)
        self._budgets.keep()
        self._vacuum.give_back(disk_is_short=self._budgets.disk_is_short())
        return deleted

    def stand(self) -> Housekeeping:
        """How the budgets stand now."""
        with self._lanes.lock, self._file.read() as db:
            gave_way = count_voided(db)
        return Housekeeping(self._budgets.stand(), gave_way, self._budgets.refused)
