"""Both whole halves, and a box whose clock is set about: nothing is lost, all of it is dated."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.app import Agent
from agent.clock import FloorFile
from agent.config import (
    AgentConfig,
    TabletSettings,
)
from cloud.devices import BootClocks
from cloud.ingest.pipeline import Ingest
from cloud.ledger.entry import LedgerEntry
from cloud.ledger.journal import Journal
from cloud.storage.columns import from_ms
from models.runtime.clock import SystemClock
from models.vault.blob import BlobSealer
from models.vault.keyring import Keyring
from models.vault.seal import Sealer
from models.wire.envelope import ClockQuality
from tests.simulators.back_office import OURS, BackOffice
from tests.simulators.bridged_source import BridgedSource
from tests.simulators.broker import SimulatedBroker
from tests.simulators.facts import SHOP
from tests.simulators.processes import eventually
from tests.simulators.small_shop import SECRET, a_box
from tests.simulators.till import Delivery, Player, ShopDay, SystemPlayerClock

WORKER, PASSWORD = "_cloud-ingest", "worker"
NEARLY = timedelta(seconds=20)
"""Two busy cores: what counts is that it is neither an hour nor half a century."""


class SetClock(SystemClock):
    """The box's wall clock, as far off as the test sets it."""

    def __init__(self, shows: datetime) -> None:
        self.ahead = shows - super().now()

    def now(self) -> datetime:
        return super().now() + self.ahead


class Cloud:
    """Registry, ledger and ingest on one database, by the machine's true clock."""

    def __init__(self, folder: Path, broker: SimulatedBroker) -> None:
        self.office = BackOffice(folder, (*OURS, "cloud.ledger.tables"), clock=SystemClock())
        self.office.open_store()
        self.office.enrol()
        self._keyring = Keyring(folder / "ring.db", self.office.master)
        letters = BlobSealer(self.office.master, "dead letter")
        self.journal = Journal(
            self.office.engine,
            Sealer(self._keyring),
            letters,
            self.office.clock,
            timekeeper=BootClocks(),
        )
        self._broker = broker

    @contextmanager
    def ingesting(self) -> Iterator[None]:
        ingest = Ingest(
            BridgedSource(self._broker, WORKER, PASSWORD),
            self.journal,
            self.office.registry,
            cards_head=lambda _tenant, _store: 0,
            clock=self.office.clock,
            random=random.random,
        )
        stop = threading.Event()
        thread = threading.Thread(target=ingest.run, args=(stop,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(30)

    def entries(self) -> list[LedgerEntry]:
        return self.journal.read(0, 10_000)

    def close(self) -> None:
        self._keyring.close()
        self.office.close()


@pytest.fixture
def broker() -> SimulatedBroker:
    return SimulatedBroker({SHOP.device: SECRET, WORKER: PASSWORD})


@pytest.fixture
def cloud(tmp_path: Path, broker: SimulatedBroker) -> Iterator[Cloud]:
    (tmp_path / "cloud").mkdir()
    made = Cloud(tmp_path / "cloud", broker)
    yield made
    made.close()


@pytest.fixture
def config(tmp_path: Path) -> AgentConfig:
    return replace(a_box(tmp_path), tablet=TabletSettings(enabled=False, port=0))


def play(config: AgentConfig, deliveries: Sequence[Delivery]) -> None:
    """The till writes these files, and the agent takes them all."""
    folder = config.till.folder
    assert folder is not None
    for _ in Player(folder, SystemPlayerClock()).play(deliveries):
        pass
    assert eventually(lambda: not list(folder.rglob("*.xml")), 30)


def settled(agent: Agent) -> bool:
    return eventually(lambda: not any(depth.pending for depth in agent.outbox.depths()), 30)


def test_a_box_that_wakes_in_1970_and_is_set_about_is_dated_rightly_all_day(
    config: AgentConfig, cloud: Cloud, broker: SimulatedBroker
) -> None:
    day = ShopDay(seed=5, sales=60)
    deliveries = day.deliveries()
    third = len(deliveries) // 3
    clock = SetClock(datetime(1970, 1, 1, 0, 0, 30, tzinfo=UTC))
    transport = broker.transport(SHOP.device, SECRET)
    with Agent(config, clock=clock, transport=transport) as agent:
        play(config, deliveries[:third])  # nobody answers yet: it cannot know what time it is
        with cloud.ingesting():
            assert settled(agent)
            for hours, some in ((1, deliveries[third : 2 * third]), (-1, deliveries[2 * third :])):
                clock.ahead = timedelta(hours=hours)
                play(config, some)
                assert settled(agent)
    entries = cloud.entries()
    sales = {entry.natural_key for entry in entries if entry.natural_key}
    assert len(sales) == day.truth.retail + day.truth.controls
    assert all(entry.corrected is not None for entry in entries)
    now = datetime.now(UTC)
    assert all(now - 3 * NEARLY <= entry.captured_at <= now for entry in entries)
    assert {entry.clock_quality() for entry in entries} == {ClockQuality.UNSET}
    told = [entry for entry in entries if entry.position > len(entries) // 2]
    assert all(abs(entry.time - entry.captured_at) <= NEARLY for entry in told)


def test_what_the_cloud_said_outlives_a_restart(
    config: AgentConfig, cloud: Cloud, broker: SimulatedBroker
) -> None:
    clock = SetClock(datetime(1970, 1, 1, tzinfo=UTC))
    transport = broker.transport(SHOP.device, SECRET)
    with cloud.ingesting(), Agent(config, clock=clock, transport=transport) as agent:
        assert eventually(agent.link.online, 30)
    with Agent(config, clock=clock, transport=transport):
        pass  # without a line, and the clock still says 1970
    floor = FloorFile.of(config.device.data_dir).read()
    assert floor is not None
    assert abs(from_ms(floor.floor_ms) - datetime.now(UTC)) <= NEARLY
