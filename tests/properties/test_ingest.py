"""Laws of the whole worker: whatever the broker does, what is acknowledged is in the ledger."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.errors import DatabaseUnavailable
from cloud.ingest.pipeline import Ingest, Limits
from cloud.ledger.arrival import Appended
from cloud.ledger.foresight import Foresight
from cloud.ledger.journal import Journal
from cloud.ledger.reading import Reading
from cloud.ledger.turn import Fence
from models.wire.ack import Ack
from models.wire.ids import DevicePath, TenantId
from models.wire.ranges import RangeSet
from models.wire.topics import Stream, up
from tests.simulators.cloud_source import KnownDevices, SimulatedSource
from tests.simulators.databases import Databases
from tests.simulators.facts import SHOP, a_batch, a_sale
from tests.simulators.ledger_premises import LedgerPremises

LAST = 20
NUMBERS = count(1)

slices = st.tuples(st.integers(1, LAST), st.integers(0, 5)).map(
    lambda cut: (cut[0], min(LAST, cut[0] + cut[1]))
)


class Unsteady(Journal):
    """Fails before or after its commit, as often as ``fates`` says: a process may die at either."""

    fates: Iterator[str] = iter(())

    def commit(
        self,
        readings: Sequence[Reading],
        foresight: Foresight | None = None,
        fence: Fence | None = None,
    ) -> Appended:
        fate = next(self.fates, "well")
        if fate == "before":
            raise DatabaseUnavailable("died before the commit")
        appended = super().commit(readings, foresight, fence)
        if fate == "after":
            raise DatabaseUnavailable("died after the commit")
        return appended


@pytest.fixture(scope="module")
def ledger(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LedgerPremises]:
    premises = LedgerPremises(tmp_path_factory.mktemp("ledger"), databases)
    yield premises
    premises.close()


@settings(max_examples=25, deadline=None)
@given(
    delivered=st.lists(slices, min_size=1, max_size=8),
    fates=st.lists(st.sampled_from(["before", "after", "well"]), max_size=8),
    group_events=st.integers(1, 30),
)
def test_every_delivery_is_answered_and_every_sale_kept_once(
    ledger: LedgerPremises, delivered: list[tuple[int, int]], fates: list[str], group_events: int
) -> None:
    device = DevicePath(TenantId(f"t{next(NUMBERS)}"), SHOP.store, SHOP.device)
    start = ledger.journal.head()
    journal = Unsteady(ledger.engine, ledger.sealer, ledger.dead_letters, ledger.clock)
    journal.fates = iter(fates)
    source, stop = SimulatedSource(), threading.Event()
    ingest = Ingest(
        source,
        journal,
        KnownDevices({device}),
        cards_head=lambda _tenant, _store: 0,
        clock=ledger.clock,
        random=lambda: 0.5,
        limits=Limits(group_events=group_events, group_s=0.0),
    )
    thread = threading.Thread(target=ingest.run, args=(stop,))
    thread.start()
    expected = RangeSet(delivered)
    for first, last in delivered:
        sales = [a_sale(n) for n in range(first, last + 1)]
        source.deliver(up(device, Stream.SALE), a_batch(sales, first, device))
    _until_settled(source, device, expected)
    stop.set()
    thread.join(30)
    assert ledger.runs(device=device) == [(first, last, "accepted") for first, last in expected]
    assert len(ledger.entries(start)) == len(expected)


def _until_settled(source: SimulatedSource, device: DevicePath, expected: RangeSet) -> None:
    answers = 1
    while True:
        settled = RangeSet()
        for answer in source.wait_for_answers(device, answers):
            assert isinstance(answer, Ack)
            for first, last in answer.settled:
                settled.add(first, last)
        if settled == expected:
            return
        answers += 1
