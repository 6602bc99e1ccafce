"""Several workers write one ledger: what readers have passed never fills in later."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select

from cloud.errors import DatabaseUnavailable
from cloud.ledger.arrival import Arrival
from cloud.ledger.tables import EventRow, SettledRow, StreamRow, table_of
from cloud.storage import in_turn, read, write
from models.wire.ids import DeviceId, DevicePath
from models.wire.topics import Stream
from tests.simulators.databases import Databases
from tests.simulators.facts import EPOCH, NOON, SHOP, a_batch, a_sale
from tests.simulators.ledger_premises import LedgerPremises

WORKERS = 4
BATCHES = 15
EACH = 3


@pytest.fixture
def ledger(databases: Databases, tmp_path: Path) -> Iterator[LedgerPremises]:
    premises = LedgerPremises(tmp_path, databases)
    yield premises
    premises.close()


def a_till(number: int) -> DevicePath:
    return DevicePath(SHOP.tenant, SHOP.store, DeviceId(f"sh-0001-pos{number}"))


def test_a_reader_never_passes_an_open_transaction(ledger: LedgerPremises) -> None:
    """Many workers commit; whoever follows their positions sees 1, 2, 3 … without a hole."""
    seen: list[int] = []
    done = threading.Event()

    def work(number: int) -> None:
        journal, till = ledger.another_journal(), a_till(number)
        for batch in range(BATCHES):
            first = batch * EACH + 1
            sales = [a_sale(1_000 * number + n) for n in range(first, first + EACH)]
            payload = a_batch(sales, first, device=till)
            journal.append([Arrival(till, Stream.SALE, payload, NOON)])

    def follow() -> None:
        while not done.is_set():
            seen.extend(e.position for e in ledger.journal.read(seen[-1] if seen else 0, 1_000))

    follower = threading.Thread(target=follow)
    workers = [threading.Thread(target=work, args=(number,)) for number in range(1, WORKERS + 1)]
    for thread in (follower, *workers):
        thread.start()
    for thread in workers:
        thread.join()
    total = WORKERS * BATCHES * EACH
    deadline = time.monotonic() + 10
    while len(seen) < total and time.monotonic() < deadline:
        time.sleep(0.01)
    done.set()
    follower.join()
    assert seen == list(range(1, total + 1))


def test_the_second_waits_while_the_first_has_positions_that_nobody_sees(
    ledger: LedgerPremises,
) -> None:
    """The first takes position 2 and dawdles; the second may neither take 3 nor become visible."""
    ledger.append(a_batch([a_sale(1)]))
    events = table_of(EventRow)
    with read(ledger.engine) as connection:
        row = dict(connection.execute(events.select()).one()._mapping)
    late = threading.Thread(target=lambda: ledger.append(a_batch([a_sale(3)], 3)))
    with write(ledger.engine) as first:
        in_turn(first, "ledger")
        first.execute(insert(events), {**row, "position": 2, "event_id": "a", "natural_key": "b"})
        late.start()
        late.join(0.3)
        assert late.is_alive()
        assert [entry.position for entry in ledger.entries()] == [1]
    late.join(30)
    assert [entry.position for entry in ledger.entries()] == [1, 2, 3]


def test_a_database_put_back_under_a_worker_costs_it_one_more_try(ledger: LedgerPremises) -> None:
    """The older state does not know the lane, and gives its number to another one."""
    settled, streams = table_of(SettledRow), table_of(StreamRow)
    ledger.append(a_batch([a_sale(1)]))
    other = a_till(7)
    with write(ledger.engine) as connection:
        (number,) = connection.execute(select(streams.c.id)).one()
        connection.execute(delete(settled))
        connection.execute(delete(streams))
        lane = {"tenant": other.tenant, "store": other.store, "device": other.device}
        row = {"id": number, **lane, "epoch": EPOCH, "stream": Stream.SALE.value, "heard_ms": 0}
        connection.execute(insert(streams), row)
    with pytest.raises(DatabaseUnavailable, match="put back"):
        ledger.append(a_batch([a_sale(2)], 2))
    ledger.append(a_batch([a_sale(2)], 2))
    assert ledger.runs() == [(2, 2, "accepted")]
    assert ledger.runs(device=other) == []
