"""The link, a real outbox and a broker that has bad days."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import msgspec
import pytest

from agent.outbox import Inspection
from agent.sync.held_back import AT_MOST
from agent.sync.link import STABLE_S
from agent.sync.transport import Message
from models.wire.ack import Ack, Reason, Rejection, Welcome
from models.wire.topics import Down, ShopDown, down, shop_down
from tests.simulators.broker import Fate, SimulatedBroker
from tests.simulators.facts import SHOP
from tests.simulators.head_office import HeadOffice
from tests.simulators.linked_shop import BIRTH_AGAIN_S, LOGINS, LinkedShop
from tests.simulators.processes import eventually
from tests.simulators.wayward_lines import Bolted, Hanging, TwoBrokers


@pytest.fixture
def opened() -> Iterator[Callable[[LinkedShop], LinkedShop]]:
    shops: list[LinkedShop] = []

    def remember(shop: LinkedShop) -> LinkedShop:
        shops.append(shop)
        return shop

    yield remember
    for shop in shops:
        shop.stop()


@pytest.fixture
def broker() -> SimulatedBroker:
    return SimulatedBroker(LOGINS)


@pytest.fixture
def office(broker: SimulatedBroker) -> HeadOffice:
    return HeadOffice(broker)


@pytest.fixture
def shop(
    tmp_path: Path,
    broker: SimulatedBroker,
    office: HeadOffice,
    opened: Callable[[LinkedShop], LinkedShop],
) -> LinkedShop:
    """A shop whose link is not started yet, with a head office to talk to."""
    assert office.births == 0
    return opened(LinkedShop(tmp_path, broker))


def test_every_sale_reaches_head_office_and_then_nothing_is_owed(
    office: HeadOffice, shop: LinkedShop
) -> None:
    before = shop.sell(1, 20)
    shop.link.start()
    after = shop.sell(21, 20)
    assert shop.drained()
    assert set(office.received) == {*before, *after}
    assert shop.link.online()
    assert shop.link.since() <= datetime.now(UTC)


def test_a_broker_that_confirms_and_forgets_repeats_and_reorders_costs_only_repeats(
    tmp_path: Path, opened: Callable[[LinkedShop], LinkedShop]
) -> None:
    random = Random(11)
    broker = SimulatedBroker(LOGINS, lambda _message: random.choice([*Fate, Fate.DELIVER]))
    office = HeadOffice(broker)
    shop = opened(LinkedShop(tmp_path, broker))
    shop.link.start()
    ids = shop.sell(1, 60)

    def settled() -> bool:
        broker.release_held()
        return shop.owed() == 0

    assert eventually(settled, every_s=0.02)
    assert set(office.received) == set(ids)


def test_nothing_is_sent_before_the_cloud_has_answered(
    office: HeadOffice, shop: LinkedShop
) -> None:
    office.silent = True
    shop.sell(1, 3)
    shop.link.start()
    assert eventually(lambda: office.births >= 3)
    assert not office.received
    assert not shop.link.online()
    office.silent = False
    assert shop.drained()


def test_a_welcome_that_was_queued_for_an_earlier_connection_opens_nothing(
    office: HeadOffice, shop: LinkedShop
) -> None:
    office.silent = True
    shop.sell(1, 3)
    shop.link.start()
    assert eventually(lambda: office.births >= 1)
    stale = Welcome(ledger=office.ledger, birth="an earlier one", epochs=[])
    office._connection.publish(Message(down(SHOP, Down.ACK), msgspec.json.encode(stale)))
    assert eventually(lambda: office.births >= 3), "it goes on saying its birth"
    assert not office.received
    assert not shop.link.online()


def test_what_the_ledger_does_not_settle_in_time_is_sent_again(
    office: HeadOffice, shop: LinkedShop
) -> None:
    shop.link.start()
    assert eventually(shop.link.online)
    office.silent = True
    [sold] = shop.sell(1, 1)
    assert eventually(lambda: office.received[sold] >= 3)
    office.silent = False
    assert shop.drained()


def test_more_than_one_window_drains_while_the_disk_takes_nothing(
    office: HeadOffice, shop: LinkedShop
) -> None:
    """Full or read-only: sending is what frees a disk, so nothing of it may wait for the disk."""
    ids = shop.sell(1, 20 * shop.window * shop.batch_events)
    shop.outbox._file._writer.execute("PRAGMA query_only = ON")
    (shop.folder / ".twin.json.part").mkdir()  # and no other file can be written either
    shop.link.start()
    assert shop.drained(60)
    assert set(office.received) == set(ids)
    assert office.births == 1, "the connection lasts"
    shop.outbox._file._writer.execute("PRAGMA query_only = OFF")
    [last] = shop.sell(9_000, 1)
    assert shop.drained(60)
    assert office.received[last] == 1
    with Inspection.open(shop.folder / "outbox.sqlite3") as inspection:
        assert inspection.depths()[0].pending == 0, "and it is written when the disk takes it"


def test_a_line_that_breaks_while_the_disk_takes_nothing_is_used_again(
    broker: SimulatedBroker, office: HeadOffice, shop: LinkedShop
) -> None:
    ids = shop.sell(1, 10 * shop.window * shop.batch_events)
    shop.outbox._file._writer.execute("PRAGMA query_only = ON")
    shop.link.start()
    for _ in range(3):
        assert eventually(shop.link.online, 30)
        broker.cut(SHOP.device)
    assert shop.drained(60)
    assert set(office.received) == set(ids)
    shop.outbox._file._writer.execute("PRAGMA query_only = OFF")


def test_a_line_that_breaks_again_and_again_loses_nothing(
    broker: SimulatedBroker, office: HeadOffice, shop: LinkedShop
) -> None:
    shop.link.start()
    ids = []
    for n in range(10):
        ids += shop.sell(1 + n * 9, 9)
        assert eventually(shop.link.online)
        broker.cut(SHOP.device)
    assert shop.drained()
    assert set(office.received) == set(ids)


def test_history_is_marked_and_fresh_sales_overtake_it(
    tmp_path: Path, opened: Callable[[LinkedShop], LinkedShop]
) -> None:
    sold = threading.Event()

    def after_the_sale(message: Message) -> Fate:
        if at_work.order and message.topic.endswith("/up/sale"):
            assert sold.wait(30)
        return Fate.DELIVER

    broker = SimulatedBroker(LOGINS, after_the_sale)
    at_work = HeadOffice(broker)
    shop = opened(LinkedShop(tmp_path, broker))
    shop.sell(1, 300)
    shop.link.start()
    assert eventually(lambda: len(at_work.order) > 0)
    shop.sell(301, 7)
    sold.set()
    assert shop.drained()
    places = {sequence: n for n, (_, sequence, _) in enumerate(at_work.order)}
    assert all(historical == (sequence <= 300) for _, sequence, historical in at_work.order)
    assert places[307] < places[300]


def test_a_damaged_event_ends_alone_in_the_dead_letters_and_its_neighbours_go_on(
    office: HeadOffice, shop: LinkedShop
) -> None:
    ids = shop.sell(1, 14)
    office.refuse_body_of = {ids[4]}
    office.reject = {ids[9]}
    shop.link.start()
    assert shop.drained()
    assert set(office.received) == set(ids) - {ids[4], ids[9]}
    assert shop.outbox.dead_letters() == 2


def test_a_ledger_that_is_ahead_makes_a_fresh_epoch_before_anything_is_sent(
    office: HeadOffice, shop: LinkedShop
) -> None:
    ids = shop.sell(1, 5)
    old = shop.outbox.epoch
    office.settled[(old, "sale")].add(1, 9)
    shop.link.start()
    assert shop.drained()
    assert shop.outbox.epoch != old
    assert set(ids) <= set(office.received)
    assert {epoch for epoch, _ in office.settled} == {old, shop.outbox.epoch}


def test_a_conflict_makes_the_device_rehome(office: HeadOffice, shop: LinkedShop) -> None:
    office.rehome_next = "conflict"
    old = shop.outbox.epoch
    shop.link.start()
    ids = shop.sell(1, 30)
    assert eventually(lambda: shop.outbox.epoch != old)
    assert shop.drained()
    assert set(ids) <= set(office.received)


def test_a_refused_login_is_said_once_per_try_and_tried_again_later(
    tmp_path: Path, opened: Callable[[LinkedShop], LinkedShop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    shop = opened(LinkedShop(tmp_path, broker, password="wrong"))
    shop.link.start()
    shop.sell(1, 1)
    assert not eventually(shop.link.online, 0.5)
    assert shop.owed() == 1


def test_a_broker_that_is_away_is_found_again(
    tmp_path: Path, opened: Callable[[LinkedShop], LinkedShop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    broker.kill()
    shop = opened(LinkedShop(tmp_path, broker))
    ids = shop.sell(1, 5)
    shop.link.start()
    broker.restart()
    office = HeadOffice(broker)
    assert shop.drained()
    assert set(office.received) == set(ids)


def test_cards_and_damaged_messages_from_above(office: HeadOffice, shop: LinkedShop) -> None:
    shop.link.start()
    assert eventually(lambda: bool(shop.heads))
    cards = shop_down(SHOP.tenant, SHOP.store, ShopDown.CARDS)
    office._connection.publish(Message(cards, b"{half"))
    office._connection.publish(
        Message(cards, b'{"store":"sh-0001","sequence":1,"one_id":"x","version":1,"card":null}')
    )
    assert eventually(lambda: len(shop.cards) == 1)
    undecodable = shop.registry.get_sample_value("lianke_sync_messages_undecodable_total")
    assert undecodable == 1


def test_a_damaged_desired_document_is_reported_and_the_last_good_one_stays(
    office: HeadOffice, shop: LinkedShop
) -> None:
    shop.link.start()
    assert eventually(lambda: bool(shop.heads))
    for payload in (b'{"version":4,"document":{"a":1}}', b'{"version":5,"docu'):
        office._connection.publish(Message(down(SHOP, Down.TWIN), payload))
    assert eventually(lambda: any(twin.refusal for twin in office.twins))
    assert (office.twins[-1].desired, office.twins[-1].refused) == (4, 0)
    assert shop.desired.in_force is not None


def test_a_broker_that_confirms_and_forgets_raises_the_alarm_until_the_ledger_answers(
    tmp_path: Path, opened: Callable[[LinkedShop], LinkedShop]
) -> None:
    deaf = True

    def forget(message: Message) -> Fate:
        return Fate.DROP if deaf and message.topic.endswith("/up/sale") else Fate.DELIVER

    broker = SimulatedBroker(LOGINS, forget)
    office = HeadOffice(broker)
    shop = opened(LinkedShop(tmp_path, broker))
    shop.link.start()
    [sold] = shop.sell(1, 1)
    assert eventually(lambda: shop.standing.facts().ledger_silent is True)
    assert not office.received
    deaf = False
    assert shop.drained()
    assert office.received[sold] == 1
    assert eventually(lambda: shop.standing.facts().ledger_silent is False)


def test_an_answer_to_an_earlier_connection_counts_when_the_epoch_proves_to_be_ours(
    broker: SimulatedBroker, office: HeadOffice, shop: LinkedShop
) -> None:
    """Until the welcome it may be about another copy's events; it alone says why one is refused."""
    shop.link.start()
    assert eventually(shop.link.online, 30)
    office.silent = True
    sold = shop.sell(1, 2)
    assert eventually(lambda: len(office.received) == 2, 30)
    broker.cut(SHOP.device)
    rejected = [Rejection(2, Reason.MALFORMED)]
    epoch, settled = shop.outbox.epoch, [(1, 2)]
    late = Ack(ledger=office.ledger, epoch=epoch, stream="sale", settled=settled, rejected=rejected)
    born = office.births
    office._connection.publish(Message(down(SHOP, Down.ACK), msgspec.json.encode(late)))
    assert eventually(lambda: office.births > born + 1, 30)
    assert shop.owed() == 2
    office.silent = False
    assert shop.drained(30)
    assert shop.outbox.dead_letters() == 1
    assert [office.received[one] for one in sold] == [1, 1]


def test_a_session_moves_to_the_first_broker_when_that_answers_again(
    tmp_path: Path, opened: Callable[[LinkedShop], LinkedShop]
) -> None:
    first, second = SimulatedBroker(LOGINS), SimulatedBroker(LOGINS)
    home, away = HeadOffice(first), HeadOffice(second)
    home.settled = away.settled  # two brokers, one ledger
    brokers = TwoBrokers(first, second)
    shop = opened(LinkedShop(tmp_path, second, brokers=brokers))
    shop.link.start()
    [early] = shop.sell(1, 1)
    assert shop.drained()
    brokers.first_answers = True
    assert eventually(lambda: home.births > 0)
    [late] = shop.sell(2, 1)
    assert shop.drained()
    assert (set(away.received), set(home.received)) == ({early}, {late})


def test_a_connection_that_is_welcomed_and_dropped_at_once_is_not_tried_at_full_speed(
    broker: SimulatedBroker, shop: LinkedShop
) -> None:
    shop.link.start()

    def dropped_often() -> bool:
        if shop.link.online():
            broker.cut(SHOP.device)
        return shop.backoff.failures >= 5

    assert eventually(dropped_often, every_s=0.005)


def test_a_connection_that_held_for_some_seconds_makes_the_next_wait_a_short_one(
    broker: SimulatedBroker, shop: LinkedShop
) -> None:
    for _ in range(7):
        shop.backoff.next_s()
    shop.link.start()
    assert eventually(shop.link.online)
    time.sleep(STABLE_S)  # a life long enough is what is tested
    broker.cut(SHOP.device)
    assert eventually(lambda: shop.backoff.failures == 1)


def test_two_boxes_with_one_name_get_their_turns_and_both_say_so(
    tmp_path: Path, opened: Callable[[LinkedShop], LinkedShop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    boxes = [LinkedShop(tmp_path / name, broker) for name in ("one", "other")]
    ids = []
    for number, box in enumerate(boxes):
        opened(box)
        ids += box.sell(1 + 100 * number, 30)
        box.link.start()
    assert all(box.drained() for box in boxes)
    assert set(office.received) >= set(ids)
    assert eventually(lambda: all(box.standing.facts().identity_shared for box in boxes))
    assert all(box.rivalry.failures > 1 for box in boxes)


def test_an_answer_of_another_ledger_settles_nothing_until_that_ledger_has_welcomed_us(
    office: HeadOffice, shop: LinkedShop
) -> None:
    """The cloud is restored from a backup while we are connected: its line to us never broke."""
    shop.link.start()
    early = shop.sell(1, 10)
    assert shop.drained()
    office.ledger = "ledger-2"
    office.settled.clear()
    office.received.clear()
    late = shop.sell(11, 1)
    assert eventually(lambda: set(office.received) == {*early, *late})
    assert shop.drained()
    assert shop.outbox.ledger == "ledger-2"
    assert office.births == 2


def test_late_words_of_a_ledger_that_was_replaced_cost_one_birth_and_nothing_else(
    office: HeadOffice, shop: LinkedShop
) -> None:
    shop.link.start()
    assert eventually(shop.link.online)
    office.silent = True
    [owed] = shop.sell(1, 1)
    assert eventually(lambda: office.received[owed] > 0)
    old = Ack(
        ledger="ledger-0", epoch=shop.outbox.epoch, stream="sale", settled=[(1, 1)], rehome="?"
    )
    doubted_s = time.monotonic()
    for _ in range(50):
        office._connection.publish(Message(down(SHOP, Down.ACK), msgspec.json.encode(old)))
    assert eventually(lambda: office.births >= 2)
    assert shop.owed() == 1
    office.silent = False
    assert shop.drained()
    assert office.births <= 3 + (time.monotonic() - doubted_s) / BIRTH_AGAIN_S


def test_a_line_that_needs_a_person_says_why_until_it_works_again(
    tmp_path: Path, opened: Callable[[LinkedShop], LinkedShop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    HeadOffice(broker)
    bolted = Bolted(broker)
    shop = opened(LinkedShop(tmp_path, broker, brokers=bolted))
    shop.link.start()
    why = "the client certificate has ended"
    assert eventually(lambda: shop.standing.facts().fault == why)
    bolted.fault = ValueError("nobody foresaw this")
    said = "unexpected error (ValueError); see the log"
    assert eventually(lambda: shop.standing.facts().fault == said)
    bolted.fault = None
    assert eventually(lambda: shop.standing.facts().fault == "")
    assert shop.link.online()


def test_a_thread_that_hangs_in_a_connection_is_told_from_one_that_waits(
    tmp_path: Path, opened: Callable[[LinkedShop], LinkedShop]
) -> None:
    broker = SimulatedBroker(LOGINS)
    HeadOffice(broker)
    hanging = Hanging(broker)
    shop = opened(LinkedShop(tmp_path, broker, brokers=hanging))
    shop.link.start()

    def at_work_s() -> float:
        return max(still.seconds for still in shop.pulses.at_work())

    assert eventually(lambda: at_work_s() > 0.5)
    hanging.goes_on.set()
    assert eventually(shop.link.online)
    assert not eventually(lambda: at_work_s() > 2.5, 3.0, every_s=0.02), "it idles, and looks"


def test_an_event_too_large_for_the_broker_stays_owed_and_keeps_nobody_waiting(
    broker: SimulatedBroker, office: HeadOffice, shop: LinkedShop
) -> None:
    broker.largest_payload = 6_000
    before = shop.sell(1, 10)
    [bulky] = shop.sell_bulky(1, size=9_000)
    after = shop.sell(11, 10)
    shop.link.start()
    assert eventually(lambda: shop.owed() == 1)
    assert set(office.received) == {*before, *after}
    assert eventually(lambda: shop.standing.facts().held_back == 1)
    assert shop.link.online()
    assert shop.backoff.failures == 0, "it was never sent"
    broker.largest_payload = 1 << 20
    broker.cut(SHOP.device)
    assert shop.drained()
    assert set(office.received) == {*before, bulky, *after}
    assert eventually(lambda: shop.standing.facts().held_back == 0)


def test_a_broker_that_takes_hardly_anything_is_left_alone_for_longer_and_longer(
    broker: SimulatedBroker, shop: LinkedShop
) -> None:
    broker.largest_payload = 1_200
    shop.sell_bulky(AT_MOST, size=1_500)
    shop.link.start()
    assert eventually(lambda: shop.backoff.failures > 2)
    assert shop.owed() == AT_MOST
    assert shop.standing.facts().held_back == AT_MOST


def test_news_of_the_device_are_told_at_once_and_once(office: HeadOffice, shop: LinkedShop) -> None:
    shop.link.start()
    assert eventually(lambda: bool(shop.heads))
    told = len(office.twins)
    shop.news.append("somebody proposed a drawing")
    shop.link.wake()
    assert eventually(lambda: len(office.twins) == told + 1)
    assert not eventually(lambda: len(office.twins) > told + 1, 0.3)
