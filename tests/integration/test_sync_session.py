"""The link, a real outbox and a broker that has bad days."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from agent.clock import DeviceClock
from agent.facts import FactMaker
from agent.outbox import Draft, Outbox
from agent.sync.announcement import Announcer
from agent.sync.egress import Limits
from agent.sync.ingress import Ingress
from agent.sync.link import Link
from agent.sync.metrics import SyncMetrics
from agent.sync.session import Mailbox, Session, Timing
from agent.sync.transport import Message
from agent.twin.reporter import Reporter
from models.runtime.backoff import Backoff
from models.runtime.clock import SystemClock
from models.vault.keyring import Keyring
from models.vault.master import MasterKey
from models.vault.seal import Sealer
from models.wire.ack import Welcome
from models.wire.cards import CardDelta
from models.wire.events.device import EpochClosed
from models.wire.ids import EventId
from models.wire.registry import EPOCH_CLOSED
from models.wire.topics import Down, ShopDown, Stream, device_filters, down, shop_down
from tests.simulators.broker import Fate, SimulatedBroker
from tests.simulators.facts import SHOP, a_sale, composed
from tests.simulators.head_office import NAME, PASSWORD, HeadOffice
from tests.simulators.processes import eventually

LOGINS = {SHOP.device: "secret", NAME: PASSWORD}


@dataclass
class Shop:
    """An outbox with a link to the simulated broker."""

    folder: Path
    broker: SimulatedBroker
    password: str = "secret"
    resend_after_s: float = 0.3
    cards: list[CardDelta] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = SystemClock()
        keyring = Keyring(self.folder / "keyring.sqlite3", MasterKey(b"k" * 32))
        self.outbox = Outbox.open(
            self.folder / "outbox.sqlite3",
            Sealer(keyring),
            clock=clock,
            compose_closed=self._closed,
        )
        self.registry = CollectorRegistry()
        self.metrics = SyncMetrics(self.registry)
        ingress = Ingress(
            SHOP, on_card=self.cards.append, on_cards_head=self.heads.append, metrics=self.metrics
        )
        announcer = Announcer(
            device=SHOP,
            bootid="boot-1",
            started_at=clock.now(),
            now=clock.now,
            held=self.outbox.held,
            ledger=lambda: self.outbox.ledger,
            cards=lambda: 0,
            capabilities=("poslog",),
            report=lambda: Reporter(self.folder / "twin.json").report({}),
        )

        def make_session(birth: str, mailbox: Mailbox) -> Session:
            return Session(
                device=SHOP,
                outbox=self.outbox,
                ingress=ingress,
                mailbox=mailbox,
                birth=birth,
                announce=announcer.announce,
                limits=Limits(batch_events=7, resend_after_s=self.resend_after_s),
                timing=Timing(welcome_timeout_s=0.2, idle_s=0.05),
                window=4,
                clock=clock,
                metrics=self.metrics,
            )

        births = iter(range(1_000_000))
        self.link = Link(
            self.broker.transport(SHOP.device, self.password),
            device_filters(SHOP),
            new_birth=lambda: f"birth-{next(births)}",
            will=announcer.will,
            make_session=make_session,
            backoff=Backoff(Random(1).random, 0.01, 0.05),
            clock=clock,
            metrics=self.metrics,
        )
        self.outbox.on_append(lambda _stream: self.link.wake())

    @staticmethod
    def _closed(notice: EpochClosed) -> Draft:
        clock = DeviceClock(SystemClock(), "boot-1")
        return FactMaker(SHOP, clock, Random(3).randbytes).draft(EPOCH_CLOSED, notice)

    def sell(self, first: int, count: int) -> list[str]:
        """Capture sales; their event ids."""
        drafts = []
        for n in range(first, first + count):
            event_id, body = composed(a_sale(n))
            drafts.append(Draft(EventId(event_id), body))
        self.outbox.append(Stream.SALE, drafts)
        return [draft.event_id for draft in drafts]

    def owed(self) -> int:
        """Events the ledger has not settled."""
        return sum(depth.pending for depth in self.outbox.depths())

    def drained(self, timeout_s: float = 10.0) -> bool:
        """Wait until nothing is owed."""
        return eventually(lambda: self.owed() == 0, timeout_s, every_s=0.01)

    def stop(self) -> None:
        """End link and outbox."""
        self.link.stop()
        self.outbox.close()


@pytest.fixture
def opened() -> Iterator[Callable[[Shop], Shop]]:
    shops: list[Shop] = []

    def remember(shop: Shop) -> Shop:
        shops.append(shop)
        return shop

    yield remember
    for shop in shops:
        shop.stop()


def test_every_sale_reaches_head_office_and_then_nothing_is_owed(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    before = shop.sell(1, 20)
    shop.link.start()
    after = shop.sell(21, 20)
    assert shop.drained()
    assert set(office.received) == {*before, *after}
    assert shop.link.online()
    assert shop.link.since() <= datetime.now(UTC)


def test_a_broker_that_confirms_and_forgets_repeats_and_reorders_costs_only_repeats(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    random = Random(11)
    broker = SimulatedBroker(LOGINS, lambda _message: random.choice([*Fate, Fate.DELIVER]))
    office = HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    shop.link.start()
    ids = shop.sell(1, 60)

    def settled() -> bool:
        broker.release_held()
        return shop.owed() == 0

    assert eventually(settled, 20, every_s=0.02)
    assert set(office.received) == set(ids)


def test_nothing_is_sent_before_the_cloud_has_answered(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    office.silent = True
    shop = opened(Shop(tmp_path, broker))
    shop.sell(1, 3)
    shop.link.start()
    assert eventually(lambda: office.births >= 3, 5)
    assert not office.received
    assert not shop.link.online()
    office.silent = False
    assert shop.drained()


def test_a_welcome_that_was_queued_for_an_earlier_connection_opens_nothing(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    office.silent = True
    shop = opened(Shop(tmp_path, broker))
    shop.sell(1, 3)
    shop.link.start()
    assert eventually(lambda: office.births >= 1, 5)
    stale = Welcome(ledger=office.ledger, birth="an earlier one", epochs=[])
    office._connection.publish(Message(down(SHOP, Down.ACK), msgspec.json.encode(stale)))
    assert eventually(lambda: office.births >= 3, 5), "it goes on saying its birth"
    assert not office.received
    assert not shop.link.online()


def test_what_the_ledger_does_not_settle_in_time_is_sent_again(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    shop.link.start()
    assert eventually(shop.link.online, 5)
    office.silent = True
    [sold] = shop.sell(1, 1)
    assert eventually(lambda: office.received[sold] >= 3, 5)
    office.silent = False
    assert shop.drained()


def test_a_line_that_breaks_again_and_again_loses_nothing(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    shop.link.start()
    ids = []
    for n in range(10):
        ids += shop.sell(1 + n * 9, 9)
        assert eventually(shop.link.online, 5)
        broker.cut(SHOP.device)
    assert shop.drained()
    assert set(office.received) == set(ids)


def test_history_is_marked_and_fresh_sales_overtake_it(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    def slowly(_message: Message) -> Fate:
        time.sleep(0.005)
        return Fate.DELIVER

    broker = SimulatedBroker(LOGINS, slowly)
    office = HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    shop.sell(1, 300)
    shop.link.start()
    assert eventually(lambda: len(office.order) > 0, 5)
    shop.sell(301, 7)
    assert shop.drained()
    places = {sequence: n for n, (_, sequence, _) in enumerate(office.order)}
    assert all(historical == (sequence <= 300) for _, sequence, historical in office.order)
    assert places[307] < places[300]


def test_a_damaged_event_ends_alone_in_the_dead_letters_and_its_neighbours_go_on(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    ids = shop.sell(1, 14)
    office.refuse_body_of = {ids[4]}
    office.reject = {ids[9]}
    shop.link.start()
    assert shop.drained()
    assert set(office.received) == set(ids) - {ids[4], ids[9]}
    assert shop.outbox.dead_letters() == 2


def test_a_ledger_that_is_ahead_makes_a_fresh_epoch_before_anything_is_sent(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    ids = shop.sell(1, 5)
    old = shop.outbox.epoch
    office.settled[(old, "sale")].add(1, 9)
    shop.link.start()
    assert shop.drained()
    assert shop.outbox.epoch != old
    assert set(ids) <= set(office.received)
    assert {epoch for epoch, _ in office.settled} == {old, shop.outbox.epoch}


def test_a_conflict_makes_the_device_rehome(tmp_path: Path, opened: Callable[[Shop], Shop]) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    office.rehome_next = "conflict"
    shop = opened(Shop(tmp_path, broker))
    old = shop.outbox.epoch
    shop.link.start()
    ids = shop.sell(1, 30)
    assert eventually(lambda: shop.outbox.epoch != old, 5)
    assert shop.drained()
    assert set(ids) <= set(office.received)


def test_a_refused_login_is_said_once_per_try_and_tried_again_later(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    shop = opened(Shop(tmp_path, broker, password="wrong"))
    shop.link.start()
    shop.sell(1, 1)
    assert not eventually(shop.link.online, 0.5)
    assert shop.owed() == 1


def test_a_broker_that_is_away_is_found_again(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    broker.kill()
    shop = opened(Shop(tmp_path, broker))
    ids = shop.sell(1, 5)
    shop.link.start()
    broker.restart()
    office = HeadOffice(broker)
    assert shop.drained()
    assert set(office.received) == set(ids)


def test_cards_and_damaged_messages_from_above(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    shop.link.start()
    assert eventually(lambda: bool(shop.heads), 5)
    cards = shop_down(SHOP.tenant, SHOP.store, ShopDown.CARDS)
    office._connection.publish(Message(cards, b"{half"))
    office._connection.publish(
        Message(cards, b'{"store":"sh-0001","sequence":1,"one_id":"x","version":1,"card":null}')
    )
    assert eventually(lambda: len(shop.cards) == 1, 5)
    undecodable = shop.registry.get_sample_value("lianke_sync_messages_undecodable_total")
    assert undecodable == 1
