"""Both real halves on a broker that has bad days: outbox and link, ingest and ledger.

Whatever the broker drops, repeats, delays or cuts, every sale is in the ledger exactly once and the
shop owes nothing at the end.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from cloud.ingest.pipeline import Ingest
from models.runtime.clock import SystemClock
from models.wire.events.sale import SaleRecorded
from tests.simulators.bridged_source import BridgedSource
from tests.simulators.broker import Fate, SimulatedBroker
from tests.simulators.cloud_source import KnownDevices
from tests.simulators.facts import SHOP
from tests.simulators.ledger_premises import LedgerPremises
from tests.simulators.linked_shop import LinkedShop
from tests.simulators.processes import eventually

WORKER, PASSWORD = "_cloud-ingest", "worker"
SALES = 120


@contextmanager
def an_ingest(broker: SimulatedBroker, premises: LedgerPremises) -> Iterator[Ingest]:
    ingest = Ingest(
        BridgedSource(broker, WORKER, PASSWORD),
        premises.journal,
        KnownDevices({SHOP}),
        cards_head=lambda _tenant, _store: 0,
        clock=SystemClock(),
        random=random.random,
    )
    stop = threading.Event()
    thread = threading.Thread(target=ingest.run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield ingest
    finally:
        stop.set()
        thread.join(30)


@pytest.mark.parametrize("seed", range(6))
def test_a_broker_with_bad_days_loses_nothing_and_doubles_nothing(
    tmp_path: Path, seed: int
) -> None:
    chance = Random(seed)
    fates = [Fate.DELIVER] * 3 + list(Fate)
    broker = SimulatedBroker(
        {SHOP.device: "secret", WORKER: PASSWORD}, lambda _message: chance.choice(fates)
    )
    (tmp_path / "cloud").mkdir()
    premises = LedgerPremises(tmp_path / "cloud")
    shop = LinkedShop(tmp_path, broker, resend_after_s=0.2)
    try:
        with an_ingest(broker, premises):
            shop.link.start()
            for first in range(1, SALES + 1, 10):
                shop.sell(first, 10)
                if chance.random() < 0.3:
                    broker.cut(SHOP.device)

            def settled() -> bool:
                broker.release_held()
                return shop.owed() == 0

            assert eventually(settled, 30, every_s=0.02)
    finally:
        shop.stop()
    entries = premises.journal.read(0, 10_000)
    sales = [data for entry in entries if isinstance(data := entry.data(), SaleRecorded)]
    assert len(sales) == len({sale.natural_key for sale in sales}) == SALES
    assert not [entry for entry in entries if entry.conflict]
    assert premises.journal.counts().duplicates == 0
    premises.close()
