"""What durability costs above SQLite itself: the outbox against bare ``sqlite3``, side by side.

    python -m tests.bench outbox

The bare side stores the same sealed bytes in one table with one unique index (WAL,
``synchronous=FULL``), one transaction each, from a loop without locks, seals or sequences; in
``outbox.append.1.unindexed`` without the index, so that it could not tell an event that it has: the
outbox can, and keeps its index behind the appends. Draining is leasing, encoding as for the line
and settling, with a sync of its own for every settlement, as the bare side's delete has;
``.relaxed`` is how the product does it, whose settlements are synced with the next append. Rounds
of some dozen milliseconds, long enough for both to find their pace, alternate between the two sides
and between who goes first, on the same disk; a ratio is the median over the rounds, above 1 the
outbox is faster. Threads are there before the clock starts. Both files are warmed up past their
first checkpoint, because a growing WAL syncs more slowly than one that is written over. Other
queues are in ``outbox_peers``, growing backlogs in ``outbox_scale``.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from models.runtime.clock import SystemClock
from models.wire.topics import Stream
from tests.bench import outbox_peers, outbox_scale
from tests.bench.outbox_sides import (
    LEASE,
    Bare,
    Crew,
    Sides,
    append_each,
    every_commit_synced,
    lease_and_settle,
    settle_all,
)
from tests.bench.racing import Figure, Pair, figure
from tests.simulators.outbox_parts import Premises

ROUNDS = 41
APPENDS = 96
WARM_UP = 1500
FEW_ROUNDS = 11
BATCH = 64
MANY_PRODUCERS = 64
FEW_PRODUCERS = 8
APPENDS_EACH = 48
DRAIN_LEASES = 10

_ALONE = "sqlite3, a durable transaction each, one producer"


def measure() -> list[Figure]:
    """Every figure of the outbox; takes about two minutes."""
    with warm_sides() as sides:
        figures = [
            _append_1(sides, "outbox.append.1", loyal=False),
            _append_1(sides, "outbox.append.1.loyal", loyal=True),
            _append_1(sides, "outbox.append.1.unindexed", loyal=False, bare=sides.unindexed),
            _append_64(sides),
            _append_batch(sides),
            _append_few(sides),
            _drain(sides, "outbox.drain", synced=True),
            _drain(sides, "outbox.drain.relaxed"),
            _drain(sides, "outbox.drain.and_delete", delete=True),
        ]
        figures += outbox_peers.measure(sides)
    return figures + outbox_scale.measure()


@contextmanager
def warm_sides() -> Iterator[Sides]:
    """An outbox and a bare file that have both been through a checkpoint."""
    with tempfile.TemporaryDirectory() as folder:
        premises = Premises(Path(folder), clock=SystemClock())
        bare = Bare(Path(folder) / "bare.sqlite3")
        unindexed = Bare(Path(folder) / "unindexed.sqlite3", indexed=False)
        sides = Sides(premises, premises.open(), bare, unindexed)
        drafts, rows = sides.fresh(WARM_UP, loyal=True)
        append_each(sides.outbox, drafts)
        bare.append_each(rows)
        unindexed.append_each(rows)
        yield sides
        sides.outbox.close()
        bare.close()
        unindexed.close()
        premises.close()


def _append_1(sides: Sides, name: str, *, loyal: bool, bare: Bare | None = None) -> Figure:
    theirs = bare or sides.bare

    def once() -> Pair:
        drafts, rows = sides.fresh(APPENDS, loyal=loyal)
        return (lambda: append_each(sides.outbox, drafts)), (lambda: theirs.append_each(rows))

    return figure(name, APPENDS, once, _ALONE, rounds=ROUNDS)


def _append_64(sides: Sides) -> Figure:
    """Each of the producers waits for its own; the bare loop does a part of the work alone."""
    events = MANY_PRODUCERS * APPENDS_EACH

    def once() -> Pair:
        drafts, rows = sides.fresh(events, loyal=False)
        crew = Crew(lambda part: append_each(sides.outbox, part), drafts, MANY_PRODUCERS)
        return crew, (lambda: sides.bare.append_each(rows[: events // 4]))

    return figure(
        "outbox.append.64", events, once, _ALONE, rounds=FEW_ROUNDS, their_events=events // 4
    )


def _append_batch(sides: Sides) -> Figure:
    def once() -> Pair:
        drafts, rows = sides.fresh(BATCH, loyal=False)
        return (lambda: sides.outbox.append(Stream.SALE, drafts)), (
            lambda: sides.bare.append_each(rows)
        )

    return figure("outbox.append.batch64", BATCH, once, _ALONE, rounds=ROUNDS)


def _append_few(sides: Sides) -> Figure:
    events = FEW_PRODUCERS * APPENDS_EACH

    def once() -> Pair:
        drafts, rows = sides.fresh(events, loyal=False)
        return (
            Crew(lambda part: append_each(sides.outbox, part), drafts, FEW_PRODUCERS),
            Crew(sides.bare.append_each_in_turn, rows, FEW_PRODUCERS),
        )

    against = f"sqlite3, {FEW_PRODUCERS} threads, a durable transaction each"
    name = f"outbox.append.{FEW_PRODUCERS}threads"
    return figure(name, events, once, against, rounds=FEW_ROUNDS)


def _drain(sides: Sides, name: str, *, synced: bool = False, delete: bool = False) -> Figure:
    def once() -> Pair:
        drafts, rows = sides.fresh(LEASE * DRAIN_LEASES, loyal=False)
        sides.outbox.append(Stream.SALE, drafts)
        sides.bare.append_all(rows)
        return (lambda: lease_and_settle(sides.outbox, DRAIN_LEASES, delete=delete)), (
            lambda: sides.bare.drain(DRAIN_LEASES)
        )

    settle_all(sides.outbox)
    against = "sqlite3, batched select and durable delete"
    with every_commit_synced(sides.outbox) if synced else nullcontext():
        return figure(name, LEASE * DRAIN_LEASES, once, against, rounds=FEW_ROUNDS)


if __name__ == "__main__":
    for one in measure():
        print(json.dumps(one))
