"""The parts of an open outbox, put together once; they share its file and its lanes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.outbox.budget import Thrift
from agent.outbox.connection import OutboxFile
from agent.outbox.facts import ComposeClosed, ComposeVoid
from agent.outbox.forgetting import Forgetting
from agent.outbox.lanes import Lanes
from agent.outbox.leases import Leasing
from agent.outbox.lineage import Lineage
from agent.outbox.mending import Mending
from agent.outbox.opening import open_file
from agent.outbox.ownership import Ownership
from agent.outbox.rehome import Rehoming
from agent.outbox.replay import Replaying
from agent.outbox.salvage import Salvage
from agent.outbox.settlement import Settlement
from agent.outbox.storing import Storing
from agent.outbox.upkeep import Upkeep
from models.runtime.clock import Clock
from models.vault.seal import Sealer


@dataclass(frozen=True, slots=True)
class Parts:
    """Who does what in an outbox."""

    ownership: Ownership
    file: OutboxFile
    lanes: Lanes
    storing: Storing
    leasing: Leasing
    settlement: Settlement
    forgetting: Forgetting
    lineage: Lineage
    rehoming: Rehoming
    replaying: Replaying
    upkeep: Upkeep
    mending: Mending


def put_together(
    path: Path,
    sealer: Sealer,
    *,
    clock: Clock,
    compose_closed: ComposeClosed,
    compose_void: ComposeVoid,
    thrift: Thrift,
    random: Callable[[int], bytes],
) -> Parts:
    """Own a file, open or make it, and make its parts; arguments and errors as ``Outbox.open``."""
    salvage = Salvage(path, sealer, clock, random, compose_closed, compose_void)
    ownership, (file, lanes, names, ledger) = open_file(path, clock, random, salvage)
    storing = Storing(file, lanes, names, sealer, clock)
    settlement = Settlement(file, lanes, clock, ledger)
    rehoming = Rehoming(
        file, lanes, storing, clock=clock, random=random, compose_closed=compose_closed
    )
    return Parts(
        ownership,
        file,
        lanes,
        storing,
        Leasing(file, lanes, sealer),
        settlement,
        Forgetting(file, lanes, storing, clock=clock, compose_void=compose_void),
        Lineage(file, lanes),
        rehoming,
        Replaying(file, lanes, names, rehoming),
        Upkeep(
            file,
            lanes,
            storing,
            clock=clock,
            random=random,
            compose_void=compose_void,
            thrift=thrift,
        ),
        Mending(file, lanes, names, settlement, salvage),
    )
