"""The link, a real outbox and a broker that has bad days."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from agent.clock import DeviceClock, milliseconds_since_boot
from agent.errors import BadConfiguration
from agent.facts import FactMaker
from agent.outbox import Draft, Outbox
from agent.sync.announcement import Announcer
from agent.sync.egress import Limits
from agent.sync.held_back import AT_MOST
from agent.sync.ingress import Ingress
from agent.sync.link import STABLE_S, Link
from agent.sync.mailbox import Mailbox
from agent.sync.metrics import SyncMetrics
from agent.sync.session import Session, Timing
from agent.sync.standing import LineStanding
from agent.sync.transport import Connection, Listener, Message, Receipt, Transport
from agent.twin.desired import DesiredKeeper
from agent.twin.reporter import Reporter
from models.runtime.backoff import Backoff
from models.runtime.clock import SystemClock
from models.runtime.pulses import Pulses
from models.vault.keyring import Keyring
from models.vault.master import MasterKey
from models.vault.seal import Sealer
from models.wire.ack import Ack, Welcome
from models.wire.cards import CardDelta
from models.wire.ids import EventId
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
    ask_again_s: float = 3600.0
    brokers: Transport | None = None
    cards: list[CardDelta] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    other_ledgers: list[str] = field(default_factory=list)
    news: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = SystemClock()
        self._facts = FactMaker(SHOP, DeviceClock(clock, "boot-1"), Random(3).randbytes)
        keyring = Keyring(self.folder / "keyring.sqlite3", MasterKey(b"k" * 32))
        self.outbox = Outbox.open(
            self.folder / "outbox.sqlite3",
            Sealer(keyring),
            clock=clock,
            compose_closed=self._facts.closed,
            compose_void=self._facts.void,
        )
        self.registry = CollectorRegistry()
        self.pulses = Pulses(clock.monotonic_s)
        self.desired = DesiredKeeper(self.folder / "desired.json")
        self.standing = LineStanding(clock)
        self.metrics = SyncMetrics(self.registry, self.standing)
        announcer = Announcer(
            monotonic_ms=milliseconds_since_boot,
            device=SHOP,
            bootid="boot-1",
            started_at=clock.now(),
            now=clock.now,
            held=self.outbox.held,
            ledger=lambda: self.outbox.ledger,
            acknowledged=self.outbox.acknowledged,
            cards=lambda: 0,
            capabilities=("poslog",),
            report=lambda: Reporter(self.folder / "twin.json").report({}, self.desired.standing),
        )
        ingress = Ingress(
            SHOP,
            on_card=self.cards.append,
            on_cards_head=self.heads.append,
            on_twin=lambda payload: announcer.twin() if self.desired.take(payload) else None,
            metrics=self.metrics,
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
                timing=Timing(0.2, 0.05, self.ask_again_s),
                window=4,
                clock=clock,
                metrics=self.metrics,
                on_other_ledger=lambda: self.other_ledgers.append(self.outbox.ledger),
                news=lambda: [announcer.twin()] if self.news and self.news.pop() else [],
            )

        births = iter(range(1_000_000))
        self.backoff = Backoff(Random(1).random, 0.01, 0.05)
        self.rivalry = Backoff(Random(1).random, 0.01, 0.05)
        self.link = Link(
            self.brokers or self.broker.transport(SHOP.device, self.password),
            device_filters(SHOP),
            new_birth=lambda: f"birth-{next(births)}",
            will=announcer.will,
            make_session=make_session,
            backoff=self.backoff,
            rivalry=self.rivalry,
            clock=clock,
            metrics=self.metrics,
            stop=self.pulses.watch("sync", threading.Event()),
        )
        self.outbox.on_append(lambda _stream: self.link.wake())

    def sell(self, first: int, count: int) -> list[str]:
        """Capture sales; their event ids."""
        drafts = []
        for n in range(first, first + count):
            event_id, body = composed(a_sale(n))
            drafts.append(Draft(EventId(event_id), body))
        self.outbox.append(Stream.SALE, drafts)
        return [draft.event_id for draft in drafts]

    def sell_bulky(self, count: int, *, size: int) -> list[str]:
        """The same with sales that do not shrink below so many bytes on the wire."""
        drafts = []
        for n in range(count):
            sale = a_sale(9_000 + n)
            words = Random(n).randbytes(size).hex()
            line = msgspec.structs.replace(sale.lines[0], description=words)
            event_id, body = composed(msgspec.structs.replace(sale, lines=[line]))
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


def test_a_damaged_desired_document_is_reported_and_the_last_good_one_stays(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    shop.link.start()
    assert eventually(lambda: bool(shop.heads), 5)
    for payload in (b'{"version":4,"document":{"a":1}}', b'{"version":5,"docu'):
        office._connection.publish(Message(down(SHOP, Down.TWIN), payload))
    assert eventually(lambda: any(twin.refusal for twin in office.twins), 5)
    assert (office.twins[-1].desired, office.twins[-1].refused) == (4, 0)
    assert shop.desired.in_force is not None


def test_a_broker_that_confirms_and_forgets_raises_the_alarm_until_the_ledger_answers(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    deaf = True

    def forget(message: Message) -> Fate:
        return Fate.DROP if deaf and message.topic.endswith("/up/sale") else Fate.DELIVER

    broker = SimulatedBroker(LOGINS, forget)
    office = HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    shop.link.start()
    [sold] = shop.sell(1, 1)
    assert eventually(lambda: shop.standing.facts().ledger_silent is True, 5)
    assert not office.received
    deaf = False
    assert shop.drained()
    assert office.received[sold] == 1
    assert eventually(lambda: shop.standing.facts().ledger_silent is False, 5)


def test_an_answer_to_an_earlier_connection_settles_before_the_welcome(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    shop.link.start()
    assert eventually(shop.link.online, 5)
    office.silent = True
    shop.sell(1, 2)
    assert eventually(lambda: len(office.received) == 2, 5)
    broker.cut(SHOP.device)
    late = Ack(ledger=office.ledger, epoch=shop.outbox.epoch, stream="sale", settled=[(1, 2)])
    office._connection.publish(Message(down(SHOP, Down.ACK), msgspec.json.encode(late)))
    assert shop.drained()
    assert not shop.link.online()


class TwoBrokers:
    """A list of two simulated brokers: the second answers now, the first one later."""

    def __init__(self, first: SimulatedBroker, second: SimulatedBroker) -> None:
        self._first = first
        self._second = second
        self.first_answers = False

    def open(self, filters: Sequence[str], will: Message, listener: Listener) -> Connection:
        chosen = self._first if self.first_answers else self._second
        inner = chosen.transport(SHOP.device, "secret").open(filters, will, listener)
        return Watchful(inner, lambda: self.first_answers and chosen is self._second)


@dataclass
class Watchful:
    """A connection that knows when a better broker answers."""

    inner: Connection
    better: Callable[[], bool]

    def publish(self, message: Message) -> Receipt:
        return self.inner.publish(message)

    def unconfirmed(self) -> int:
        return self.inner.unconfirmed()

    def largest_payload(self, topic: str) -> int:
        return self.inner.largest_payload(topic)

    def taken_over(self) -> bool:
        return self.inner.taken_over()

    def outdone(self) -> bool:
        return self.better()

    def close(self) -> None:
        self.inner.close()


@dataclass
class Hanging:
    """A transport whose first connection takes for ever."""

    broker: SimulatedBroker
    goes_on: threading.Event = field(default_factory=threading.Event)

    def open(self, filters: Sequence[str], will: Message, listener: Listener) -> Connection:
        self.goes_on.wait(20)
        return self.broker.transport(SHOP.device, "secret").open(filters, will, listener)


@dataclass
class Bolted:
    """A transport that opens no connection as long as something is wrong with the box."""

    broker: SimulatedBroker
    fault: Exception | None = field(
        default_factory=lambda: BadConfiguration("the client certificate has ended")
    )

    def open(self, filters: Sequence[str], will: Message, listener: Listener) -> Connection:
        if self.fault is not None:
            raise self.fault
        return self.broker.transport(SHOP.device, "secret").open(filters, will, listener)


def test_a_session_moves_to_the_first_broker_when_that_answers_again(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    first, second = SimulatedBroker(LOGINS), SimulatedBroker(LOGINS)
    home, away = HeadOffice(first), HeadOffice(second)
    home.settled = away.settled  # two brokers, one ledger
    brokers = TwoBrokers(first, second)
    shop = opened(Shop(tmp_path, second, brokers=brokers))
    shop.link.start()
    [early] = shop.sell(1, 1)
    assert shop.drained()
    brokers.first_answers = True
    assert eventually(lambda: home.births > 0, 5)
    [late] = shop.sell(2, 1)
    assert shop.drained()
    assert (set(away.received), set(home.received)) == ({early}, {late})


def test_a_connection_that_is_welcomed_and_dropped_at_once_is_not_tried_at_full_speed(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    shop.link.start()

    def dropped_often() -> bool:
        if shop.link.online():
            broker.cut(SHOP.device)
        return shop.backoff.failures >= 5

    assert eventually(dropped_often, 10, every_s=0.005)


def test_a_connection_that_held_for_some_seconds_makes_the_next_wait_a_short_one(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    for _ in range(7):
        shop.backoff.next_s()
    shop.link.start()
    assert eventually(shop.link.online, 5)
    time.sleep(STABLE_S)  # a life long enough is what is tested
    broker.cut(SHOP.device)
    assert eventually(lambda: shop.backoff.failures == 1, 5)


def test_two_boxes_with_one_name_get_their_turns_and_both_say_so(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    boxes = [Shop(tmp_path / name, broker) for name in ("one", "other")]
    ids = []
    for number, box in enumerate(boxes):
        opened(box)
        ids += box.sell(1 + 100 * number, 30)
        box.link.start()
    assert all(box.drained() for box in boxes)
    assert set(office.received) >= set(ids)
    assert eventually(lambda: all(box.standing.facts().identity_shared for box in boxes), 10)
    assert all(box.rivalry.failures > 1 for box in boxes)


def test_an_answer_of_another_ledger_settles_nothing_until_that_ledger_has_welcomed_us(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    """The cloud is restored from a backup while we are connected: its line to us never broke."""
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    shop.link.start()
    early = shop.sell(1, 10)
    assert shop.drained()
    office.ledger = "ledger-2"
    office.settled.clear()
    office.received.clear()
    late = shop.sell(11, 1)
    assert eventually(lambda: set(office.received) == {*early, *late}, 10)
    assert shop.drained()
    assert shop.outbox.ledger == "ledger-2"
    assert office.births == 2


def test_late_words_of_a_ledger_that_was_replaced_cost_one_birth_and_nothing_else(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    shop.link.start()
    assert eventually(shop.link.online, 5)
    office.silent = True
    [owed] = shop.sell(1, 1)
    assert eventually(lambda: office.received[owed] > 0, 5)
    old = Ack(
        ledger="ledger-0", epoch=shop.outbox.epoch, stream="sale", settled=[(1, 1)], rehome="?"
    )
    for _ in range(50):
        office._connection.publish(Message(down(SHOP, Down.ACK), msgspec.json.encode(old)))
    assert eventually(lambda: office.births == 2, 5)
    assert shop.owed() == 1
    office.silent = False
    assert shop.drained()
    assert office.births <= 4


def test_a_line_that_needs_a_person_says_why_until_it_works_again(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    HeadOffice(broker)
    bolted = Bolted(broker)
    shop = opened(Shop(tmp_path, broker, brokers=bolted))
    shop.link.start()
    why = "the client certificate has ended"
    assert eventually(lambda: shop.standing.facts().fault == why, 5)
    bolted.fault = ValueError("nobody foresaw this")
    said = "unexpected error (ValueError); see the log"
    assert eventually(lambda: shop.standing.facts().fault == said, 5)
    bolted.fault = None
    assert eventually(lambda: shop.standing.facts().fault == "", 5)
    assert shop.link.online()


def test_a_thread_that_hangs_in_a_connection_is_told_from_one_that_waits(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    HeadOffice(broker)
    hanging = Hanging(broker)
    shop = opened(Shop(tmp_path, broker, brokers=hanging))
    shop.link.start()

    def at_work_s() -> float:
        return max(still.seconds for still in shop.pulses.at_work())

    assert eventually(lambda: at_work_s() > 0.5, 5)
    hanging.goes_on.set()
    assert eventually(shop.link.online, 5)
    assert not eventually(lambda: at_work_s() > 0.4, 1.0, every_s=0.02), "it idles, and looks"


def test_an_event_too_large_for_the_broker_stays_owed_and_keeps_nobody_waiting(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    broker.largest_payload = 6_000
    office = HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    before = shop.sell(1, 10)
    [bulky] = shop.sell_bulky(1, size=9_000)
    after = shop.sell(11, 10)
    shop.link.start()
    assert eventually(lambda: shop.owed() == 1, 10)
    assert set(office.received) == {*before, *after}
    assert eventually(lambda: shop.standing.facts().held_back == 1, 5)
    assert shop.link.online()
    assert shop.backoff.failures == 0, "it was never sent"
    broker.largest_payload = 1 << 20
    broker.cut(SHOP.device)
    assert shop.drained()
    assert set(office.received) == {*before, bulky, *after}
    assert eventually(lambda: shop.standing.facts().held_back == 0, 5)


def test_a_broker_that_takes_hardly_anything_is_left_alone_for_longer_and_longer(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    broker.largest_payload = 1_200
    HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    shop.sell_bulky(AT_MOST, size=1_500)
    shop.link.start()
    assert eventually(lambda: shop.backoff.failures > 2, 10)
    assert shop.owed() == AT_MOST
    assert shop.standing.facts().held_back == AT_MOST


def test_news_of_the_device_are_told_at_once_and_once(
    tmp_path: Path, opened: Callable[[Shop], Shop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    shop = opened(Shop(tmp_path, broker))
    shop.link.start()
    assert eventually(lambda: bool(shop.heads), 5)
    told = len(office.twins)
    shop.news.append("somebody proposed a drawing")
    shop.link.wake()
    assert eventually(lambda: len(office.twins) == told + 1, 5)
    assert not eventually(lambda: len(office.twins) > told + 1, 0.3)
