"""A POSLog day with a hole: the shop's books and the cloud's capture page name the same number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from agent.app import Agent
from agent.config import TabletSettings
from agent.health.status.tills import WorkstationStatus
from models.wire.codec import Codec
from models.wire.events.sale import Flag, SaleRecorded
from models.wire.topics import Stream
from tests.simulators.broker import SimulatedBroker
from tests.simulators.clocks import RunningClock
from tests.simulators.console_visitor import PASSWORD, ConsoleVisitor
from tests.simulators.facts import SHOP
from tests.simulators.outbox_parts import take
from tests.simulators.processes import eventually
from tests.simulators.small_shop import SECRET, a_box
from tests.simulators.till import RetailTransaction, ShopDay, Transaction, poslog_batch_xml
from tests.simulators.whole_cloud import WholeCloud

DAY = ShopDay(seed=5, business_day=date(2026, 11, 20), sales=50, workstations=2)
ZONE = ZoneInfo(DAY.timezone)
MORNING = datetime.combine(DAY.business_day, time(8), ZONE)
NEXT_DAY = datetime.combine(date(2026, 11, 21), time(9), ZONE)
RIPE_S = 720.0


@dataclass
class Shop:
    """A box whose line is down, and how it reaches the ledger all the same.

    Attributes:
        agent: running.
        clock: the machine's.
        folder: of the till.
    """

    agent: Agent
    clock: RunningClock
    folder: Path

    def sell(self, transactions: Sequence[Transaction]) -> None:
        """The till writes a file of each; returns once all are captured."""
        before = self.captured
        for each in transactions:
            name = f"{each.head.workstation}-{each.head.sequence}"
            draft = self.folder / f"{name}.part"
            draft.write_bytes(poslog_batch_xml([each]))
            draft.rename(self.folder / f"{name}.xml")
        assert eventually(lambda: self.captured == before + len(transactions), 30), self.captured

    @property
    def captured(self) -> int:
        """Transactions in the outbox, none of which goes up by itself."""
        streams = self.agent.account.look().streams
        return sum(each.pending for each in streams if each.stream == Stream.SALE)

    def say(self, cloud: WholeCloud) -> None:
        """All that was ever captured goes up; the ledger knows what it has."""
        lease = take(self.agent.outbox, max_events=1000)
        assert lease is not None
        payload = Codec().encode(lease.epoch, Stream.SALE, lease.first, lease.events)
        cloud.arrive(payload)
        self.agent.outbox.release(lease)

    def let_ripen(self) -> None:
        """The books look, as each heartbeat makes them, and what is missing stays missing."""
        for _ in range(2):
            self.agent.account.look()
            self.clock.move(RIPE_S)

    def book(self, transaction: Transaction) -> WorkstationStatus:
        """What the books say of the transaction's workstation."""
        till = transaction.head.workstation
        (found,) = [
            each for each in self.agent.account.look().workstations if each.workstation_id == till
        ]
        return found


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    config = replace(a_box(tmp_path), tablet=TabletSettings(enabled=False, port=0))
    folder = config.till.folder
    assert folder is not None
    broker = SimulatedBroker({SHOP.device: SECRET})
    broker.kill()
    clock = RunningClock(MORNING)
    with Agent(config, clock=clock, transport=broker.transport(SHOP.device, SECRET)) as agent:
        yield Shop(agent, clock, folder)


@pytest.fixture
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path_factory.mktemp("cloud")) as made:
        made.door.prepare({"LIANKE_CONSOLE_PASSWORD": PASSWORD})
        made.open_store()
        made.enrol()
        yield made


@dataclass
class Page:
    """The cloud's word on the day, by API and console."""

    api: httpx.Client
    visitor: ConsoleVisitor

    def missing(self) -> list[tuple[str, str, str]]:
        """Till, first and last number of every gap."""
        return [
            (till["workstation"], gap["first"], gap["last"])
            for till in self._day()["tills"]
            for series in till["series"]
            for gap in series["gaps"]
        ]

    def late(self) -> int:
        """Transactions that are marked late."""
        return sum(each["flagged"].get(Flag.LATE, 0) for each in self._day()["sources"])

    def seen(self) -> tuple[str, str]:
        """The console's figure of missing numbers, and its page."""
        at = {"store": f"{SHOP.tenant}/{SHOP.store}", "day": str(DAY.business_day)}
        page = self.visitor.open("/console/capture", **at).text
        return self.visitor.figure("missing"), page

    def _day(self) -> dict[str, Any]:
        asked = {"store": SHOP.store, "business_day": str(DAY.business_day)}
        found: dict[str, Any] = self.api.get("/capture/by-till", params=asked).json()
        return found


@pytest.fixture
def page(cloud: WholeCloud) -> Iterator[Page]:
    headers = {"Authorization": f"Bearer {cloud.token().text}"}
    with (
        cloud.served() as url,
        httpx.Client(base_url=f"{url}/v1", headers=headers, timeout=30) as api,
        ConsoleVisitor(url) as visitor,
    ):
        visitor.sign_in()
        yield Page(api, visitor)


def held_back() -> list[Transaction]:
    """A sale in the middle of each till's day."""
    sales = [each for each in DAY.transactions if isinstance(each, RetailTransaction)]
    tills = sorted({each.head.workstation for each in sales})
    mine = [[each for each in sales if each.head.workstation == till] for till in tills]
    return [of_till[len(of_till) // 2] for of_till in mine]


def number_of(transaction: Transaction) -> str:
    return str(transaction.head.sequence)


def marked_late(cloud: WholeCloud) -> list[str]:
    """Numbers of the transactions that are late as the ledger keeps them."""
    sales = [each.data() for each in cloud.journal.read(0, 1000)]
    return [
        each.sequence_number
        for each in sales
        if isinstance(each, SaleRecorded) and Flag.LATE in each.capture.flags
    ]


def test_shop_and_cloud_name_the_same_hole_until_its_file_comes(
    shop: Shop, cloud: WholeCloud, page: Page
) -> None:
    prompt, late = held_back()
    shop.sell([each for each in DAY.transactions if each not in (prompt, late)])
    shop.say(cloud)
    assert shop.book(prompt).ripening, "it may be under way"
    shop.let_ripen()
    for each in (prompt, late):
        (gap,) = shop.book(each).gaps
        assert (gap.first, gap.last) == (number_of(each), number_of(each))
    assert page.missing() == [
        (each.head.workstation, number_of(each), number_of(each)) for each in (prompt, late)
    ]
    figure, seen = page.seen()
    assert figure == "2"
    assert "after the day was closed" not in seen
    assert all(f">{number_of(each)}<" in seen for each in (prompt, late))

    shop.sell([prompt])
    shop.say(cloud)
    assert (shop.book(prompt).missing, shop.book(prompt).late) == (0, 0)
    assert page.missing() == [(late.head.workstation, number_of(late), number_of(late))]
    assert page.late() == 0

    shop.agent._steady.learn(NEXT_DAY)  # as the cloud's welcome tells it
    shop.sell([late])
    shop.say(cloud)
    assert (shop.book(late).missing, shop.book(late).late) == (0, 1)
    assert (page.missing(), page.late()) == ([], 1)
    figure, seen = page.seen()
    assert figure == "0"
    assert "after the day was closed" in seen
    assert marked_late(cloud) == [number_of(late)]
