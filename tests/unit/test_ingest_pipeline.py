"""Ingest from the broker's message to the published answer, on a good day and on bad ones."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cloud.errors import BrokerRefusedLogin, DatabaseUnavailable, FaultyService, NotFound
from cloud.ingest.deadletters import DeadLetters
from cloud.ingest.guard import RefusalGuard, TooManyRefusals
from cloud.ingest.pipeline import Ingest, Limits
from cloud.ingest.withholding import Withholding
from cloud.ledger.arrival import Appended
from cloud.ledger.fact import Fact
from cloud.ledger.foresight import Foresight
from cloud.ledger.journal import Journal
from cloud.ledger.reading import Readable, Reading
from cloud.ledger.turn import Fence
from models.wire.ack import Ack, EpochSettled, Refusal, Rejection, Welcome
from models.wire.birth import Birth, EpochHeld, State
from models.wire.ids import DeviceId, DevicePath, StoreId, TenantId
from models.wire.topics import Down, Stream, Up, down, up
from models.wire.twin import Desired, Reported, decode_desired
from tests.simulators.cloud_source import KnownDevices, SimulatedSource
from tests.simulators.databases import Databases
from tests.simulators.facts import EPOCH, SHOP, a_batch, a_sale, stamped
from tests.simulators.ledger_premises import LedgerPremises, a_payload
from tests.simulators.processes import eventually

SALES = up(SHOP, Stream.SALE)
STRANGER = DevicePath(SHOP.tenant, SHOP.store, DeviceId("sh-0001-pos9"))
PHONE = "+8613911112222"


class Fragile(Journal):
    """A journal with bad days: raises what is in ``troubles``, and chokes on one event id."""

    troubles: Sequence[Exception] = ()
    chokes_on: str = ""
    foresees_wrongly = False

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.may_commit = threading.Event()
        self.may_commit.set()

    def commit(
        self,
        readings: Sequence[Reading],
        foresight: Foresight | None = None,
        fence: Fence | None = None,
    ) -> Appended:
        assert self.may_commit.wait(30)
        if self.troubles:
            trouble, *self.troubles = self.troubles
            raise trouble
        if self.foresees_wrongly and foresight is not None:
            raise ZeroDivisionError
        for one in readings:
            if isinstance(one, Readable) and any(self._is_poison(e) for e in one.events):
                raise ZeroDivisionError(PHONE)
        return super().commit(readings, foresight, fence)

    def _is_poison(self, event: object) -> bool:
        return isinstance(event, Fact) and event.event_id == self.chokes_on


class Works:
    """Ingest with everything around it."""

    def __init__(self, folder: Path, databases: Databases) -> None:
        self.ledger = LedgerPremises(folder, databases)
        self.source = SimulatedSource()
        self.devices = KnownDevices({SHOP})
        self.journal = Fragile(
            self.ledger.engine, self.ledger.sealer, self.ledger.dead_letters, self.ledger.clock
        )
        self.limits = Limits()
        self.guard = RefusalGuard()
        self.withholding = Withholding("ingest", "1")
        self.heads: list[int] = []
        self.stop = threading.Event()
        self.fault: FaultyService | None = None

    def make(self) -> Ingest:
        ingest = Ingest(
            self.source,
            self.journal,
            self.devices,
            cards_head=lambda tenant, store: len(tenant) + len(store),
            clock=self.ledger.clock,
            random=lambda: 0.5,
            limits=self.limits,
            guard=self.guard,
            withholding=self.withholding,
        )
        ingest.after_commit(self.heads.append)
        return ingest

    @contextmanager
    def running(self) -> Iterator[Ingest]:
        ingest = self.make()
        thread = threading.Thread(target=self._run, args=(ingest,))
        thread.start()
        try:
            yield ingest
        finally:
            self.stop.set()
            thread.join(30)
            assert not thread.is_alive()

    def _run(self, ingest: Ingest) -> None:
        try:
            ingest.run(self.stop)
        except FaultyService as fault:
            self.fault = fault

    def acks(self, count: int) -> list[Ack]:
        answers = self.source.wait_for_answers(SHOP, count)
        return [one for one in answers if isinstance(one, Ack)]


@pytest.fixture
def works(databases: Databases, tmp_path: Path) -> Iterator[Works]:
    works = Works(tmp_path, databases)
    yield works
    works.ledger.close()


def test_a_large_group_is_stored_though_what_was_foreseen_is_wrong(works: Works) -> None:
    works.journal.foresees_wrongly = True
    with works.running() as ingest:
        works.source.deliver(SALES, a_batch([a_sale(n) for n in range(1, 121)]))
        (ack,) = works.acks(1)
    assert (ack.settled, ack.rejected, ack.refused) == ([(1, 120)], [], [])
    assert ingest.tally.mishaps == 0


def test_a_batch_is_answered_once_it_is_in_the_ledger(works: Works) -> None:
    with works.running():
        works.source.deliver(SALES, a_batch([a_sale(1), a_sale(2)]))
        (ack,) = works.acks(1)
    assert (ack.settled, ack.ledger) == ([(1, 2)], works.journal.generation)
    assert works.heads == [2]
    assert works.source.filters == ["lk1/+/+/+/+/up/+"]
    assert works.source.closed


def test_what_waits_together_is_committed_together(works: Works) -> None:
    works.limits = Limits(group_events=4, group_s=0.0)
    works.journal.may_commit.clear()
    with works.running() as ingest:
        for n in range(1, 10):
            works.source.deliver(SALES, a_batch([a_sale(n)], n))
        assert eventually(lambda: ingest.tally.messages >= 6), "some wait behind the first group"
        works.journal.may_commit.set()
        assert eventually(lambda: works.ledger.journal.head() == 9)
    assert len(works.heads) < 9
    assert max(b - a for a, b in zip([0, *works.heads], works.heads, strict=False)) <= 4


def test_a_repeat_wakes_nobody_and_is_answered_again(works: Works) -> None:
    with works.running():
        for n in (1, 2):
            works.source.deliver(SALES, a_batch([a_sale(1)]))
            works.acks(n)
    assert works.heads == [1]


def test_while_the_database_is_away_nothing_is_acknowledged(works: Works) -> None:
    works.journal.troubles = [DatabaseUnavailable("away"), OSError("disk"), MemoryError()]
    with works.running() as ingest:
        works.source.deliver(SALES, a_batch([a_sale(1)]))
        (ack,) = works.acks(1)
    assert ack.settled == [(1, 1)]
    assert ingest.tally.retries == 3
    assert works.ledger.clock.waits_s == [0.125, 0.25, 0.5]


def test_stopping_while_the_database_is_away_answers_nobody(works: Works) -> None:
    works.journal.troubles = [DatabaseUnavailable("away")] * 10_000
    with works.running() as ingest:
        works.source.deliver(SALES, a_batch([a_sale(1)]))
        assert eventually(lambda: ingest.tally.retries > 2)
    assert works.source.published == []


def test_a_full_queue_makes_the_broker_wait(works: Works) -> None:
    works.limits = Limits(queue_messages=2, group_events=1)
    works.journal.troubles = [DatabaseUnavailable("away")] * 40
    with works.running():
        for n in range(1, 8):
            works.source.deliver(SALES, a_batch([a_sale(n)], n))
        assert eventually(lambda: works.ledger.journal.head() == 7)
    assert len(works.source.answers(SHOP)) == 7


def test_a_poisoned_event_does_not_hold_up_its_neighbours(works: Works) -> None:
    works.limits = Limits(group_s=60.0, group_events=4)
    poison = msgspec.json.decode(stamped(a_sale(3, phone=PHONE), 3))["id"]
    works.journal.chokes_on = poison
    with works.running() as ingest:
        works.source.deliver(SALES, a_batch([a_sale(1), a_sale(2)]))
        works.source.deliver(SALES, a_batch([a_sale(3, phone=PHONE), a_sale(4)], 3))
        first, second = works.acks(2)
        works.source.deliver(SALES, a_batch([a_sale(3, phone=PHONE)], 3))
        works.source.deliver(SALES, a_batch([a_sale(4), a_sale(5), a_sale(6)], 4))
        *_, third, fourth = works.acks(4)
    assert first.settled == [(1, 2)]
    assert second.refused == [Refusal(3, 2, "malformed")]
    assert third.rejected == [Rejection(3, "malformed")]
    assert fourth.settled == [(4, 6)]
    assert ingest.tally.mishaps == 2
    ((reason, detail),) = works.ledger.letters()
    assert reason == "malformed"
    assert "ZeroDivisionError" in detail
    assert "139" not in detail


def test_a_dead_letter_of_a_mended_bug_is_accepted_when_replayed(works: Works) -> None:
    works.journal.chokes_on = msgspec.json.decode(stamped(a_sale(1), 1))["id"]
    with works.running():
        works.source.deliver(SALES, a_batch([a_sale(1)]))
        works.acks(1)
    ledger = works.ledger
    letters = DeadLetters(ledger.engine, ledger.dead_letters, ledger.journal, ledger.clock)
    (letter,) = letters.recent()
    assert letters.replay(letter.id).accepted == 1
    assert letters.recent() == []
    assert ledger.runs() == [(1, 1, "accepted")]


def test_a_message_whose_header_harms_as_well_is_a_dead_letter_and_its_neighbours_go_on(
    works: Works,
) -> None:
    works.journal.troubles = [ZeroDivisionError(), ZeroDivisionError()]
    with works.running() as ingest:
        works.source.deliver(SALES, a_batch([a_sale(1)]))
        assert eventually(lambda: len(works.ledger.letters()) == 1)
        works.source.deliver(SALES, a_batch([a_sale(2)], 2))
        (ack,) = works.acks(1)
    assert (ack.settled, ingest.tally.mishaps) == ([(2, 2)], 2)
    assert [reason for reason, _ in works.ledger.letters()] == ["unreadable"]
    assert works.fault is None


def test_a_message_that_cannot_even_be_set_aside_stops_ingest(works: Works) -> None:
    works.journal.troubles = [ZeroDivisionError(), ZeroDivisionError(), ZeroDivisionError()]
    with works.running():
        works.source.deliver(SALES, a_batch([a_sale(1)]))
        assert eventually(lambda: works.fault is not None)
    assert "neither stored nor set aside" in str(works.fault)
    assert works.source.published == []


def test_a_faulty_service_stops_ingest_and_answers_nobody(works: Works) -> None:
    works.journal.troubles = [FaultyService("disk is read-only")]
    with works.running():
        works.source.deliver(SALES, a_batch([a_sale(1)]))
        assert eventually(lambda: works.fault is not None)
    assert works.source.published == []
    assert works.source.closed


def test_a_broker_that_refuses_us_stops_ingest(works: Works) -> None:
    with works.running():
        works.source.fail(BrokerRefusedLogin("wrong password"))
        assert eventually(lambda: works.fault is not None)
    assert isinstance(works.fault, BrokerRefusedLogin)


def test_after_too_many_refusals_the_bad_stay_with_their_shops_and_the_good_go_on(
    works: Works,
) -> None:
    works.guard = RefusalGuard(window=20, at_least=10)
    bad = [b'{"n":%d}' % n for n in range(200)]
    with works.running() as ingest:
        works.source.deliver(SALES, a_payload(bad[:10], 1))
        (alarming,) = works.acks(1)
        for first in range(11, 101, 10):
            works.source.deliver(SALES, a_payload(bad[first : first + 10], first))
        works.source.deliver(SALES, b"noise")
        works.source.deliver(SALES, a_payload([b"{}", b"{}"], 300)[:-3] + b"]")
        works.source.deliver(SALES, a_payload([stamped(a_sale(101), 101), b"{}"], 101))
        assert eventually(lambda: any((101, 101) in ack.settled for ack in works.acks(2)))
    after = works.acks(2)[1:]
    assert len(alarming.rejected) == 10
    assert [ack.settled for ack in after if ack.settled] == [[(101, 101)]]
    assert [ack.refused for ack in after if ack.refused] == [[Refusal(300, 2, "unreadable_body")]]
    assert not any(ack.rejected for ack in after)
    assert len(works.ledger.letters()) == 10
    assert works.ledger.runs() == [(1, 10, "rejected"), (101, 101, "accepted")]
    assert ingest.tally.withheld == 90 + 1 + 1
    assert works.fault is None


def test_a_hostile_device_closes_nobodys_way_but_its_own(works: Works) -> None:
    works.guard = RefusalGuard(window=20, at_least=10)
    works.devices.enrolled.add(STRANGER)
    with works.running():
        for n in range(30):
            works.source.deliver(up(STRANGER, Stream.SALE), b"noise %d" % n)
        works.source.deliver(SALES, a_payload([stamped(a_sale(1), 1), b"{}"]))
        (ack,) = works.acks(1)
    assert (ack.settled, ack.rejected) == ([(1, 2)], [Rejection(2, "malformed")])
    assert len(works.ledger.letters()) == 10 + 1


def test_one_large_group_of_refusals_is_stopped_after_its_first_batches(works: Works) -> None:
    works.guard = RefusalGuard(window=20, at_least=10)
    works.limits = Limits(group_s=60.0, group_events=100)
    with works.running():
        for first in range(1, 100, 5):
            works.source.deliver(SALES, a_payload([b'{"n":%d}' % first] * 5, first))
        assert eventually(lambda: len(works.ledger.letters()) >= 10)
        works.source.deliver(
            SALES, a_payload([stamped(a_sale(n), n) for n in range(101, 201)], 101)
        )
        assert eventually(lambda: works.ledger.journal.head() == 100)
    assert len(works.ledger.letters()) == 10


def test_poison_met_while_refusals_are_withheld_is_left_with_its_shop(works: Works) -> None:
    works.journal.chokes_on = msgspec.json.decode(stamped(a_sale(1), 1))["id"]
    works.withholding.begin(TooManyRefusals(SHOP, 200, 300))
    with works.running() as ingest:
        works.source.deliver(SALES, a_batch([a_sale(1)]))
        works.source.deliver(SALES, a_batch([a_sale(2)], 2))
        (ack,) = works.acks(1)
    assert ack.settled == [(2, 2)]
    assert works.ledger.letters() == []
    assert ingest.tally.withheld == 1


def test_a_poisoned_event_sent_again_in_other_company_is_one_dead_letter(works: Works) -> None:
    poison = b'{"specversion":"1.0","note":"%b"}' % (b"x" * 1500)
    late = poison[:-1] + b',"historical":true}'
    with works.running():
        for first, events in (
            (3, [poison]),
            (1, [stamped(a_sale(1), 1), stamped(a_sale(2), 2), poison]),
            (3, [late, stamped(a_sale(4), 4)]),
            (3, [late]),
        ):
            works.source.deliver(SALES, a_payload(events, first))
        acks = works.acks(1)
        assert eventually(lambda: works.ledger.runs()[-1][1] == 4)
    assert acks[0].rejected == [Rejection(3, "malformed")]
    assert len(works.ledger.letters()) == 1
    assert works.ledger.runs() == [(1, 2, "accepted"), (3, 3, "rejected"), (4, 4, "accepted")]


def test_an_unknown_device_is_neither_kept_nor_answered(works: Works) -> None:
    with works.running() as ingest:
        sale = a_batch([a_sale(1)], device=STRANGER)
        for _ in range(2):
            works.source.deliver(up(STRANGER, Stream.SALE), sale)
        works.source.deliver("lk1/demo/00/sh-0001/x/up/sale", sale)
        works.source.deliver(SALES, a_batch([a_sale(2)]))
        works.acks(1)
        works.devices.enrolled.add(STRANGER)
        works.source.deliver(up(STRANGER, Stream.SALE), sale)
        works.source.wait_for_answers(STRANGER, 1)
    assert (ingest.tally.unknown_devices, ingest.tally.foreign_topics) == (2, 1)
    assert works.ledger.journal.head() == 2


def test_a_registry_that_fails_is_asked_again_or_reported(works: Works) -> None:
    works.devices.questions = [DatabaseUnavailable("away"), ZeroDivisionError(PHONE)]
    with works.running() as ingest:
        works.source.deliver(SALES, a_batch([a_sale(1)]))
        works.source.deliver(SALES, a_batch([a_sale(1)]))
        works.acks(1)
    assert (ingest.tally.retries, ingest.tally.mishaps) == (1, 1)


def test_answers_that_find_no_connection_are_counted_and_dropped(works: Works) -> None:
    with works.running() as ingest:
        works.source.cut()
        works.source.deliver(SALES, a_batch([a_sale(1)]))
        assert eventually(lambda: ingest.tally.unanswered == 1)
        works.source.restore()
        works.source.deliver(SALES, a_batch([a_sale(1)]))
        works.acks(1)


BIRTH = Birth(
    birth="b1",
    bootid="boot",
    agent_version="1",
    started_at="2026-11-22T04:00:00.000Z",
    epochs=[EpochHeld(EPOCH, {"sale": 3})],
)


@pytest.mark.parametrize("retained", [False, True])
def test_a_birth_is_answered_with_what_is_settled(works: Works, retained: bool) -> None:
    works.ledger.append(a_batch([a_sale(1), a_sale(2)]), a_batch([a_sale(9)], epoch="f" * 32))
    with works.running():
        works.source.deliver(up(SHOP, Up.BIRTH), msgspec.json.encode(BIRTH), retained=retained)
        (welcome,) = works.source.wait_for_answers(SHOP, 1)
    assert welcome == Welcome(
        ledger=works.journal.generation,
        birth="b1",
        epochs=[EpochSettled(EPOCH, {"sale": [(1, 2)]})],
        cards=len("demo") + len("sh-0001"),
        now="2026-11-22T04:00:00.000Z",
    )
    assert works.devices.births == [(SHOP, BIRTH)]


def test_a_box_hears_that_another_one_uses_its_name(works: Works) -> None:
    works.devices.rivalled = {SHOP}
    with works.running():
        works.source.deliver(up(SHOP, Up.BIRTH), msgspec.json.encode(BIRTH))
        (welcome,) = works.source.wait_for_answers(SHOP, 1)
    assert isinstance(welcome, Welcome)
    assert welcome.rival


def test_a_birth_waits_for_the_database_and_for_the_batches_before_it(works: Works) -> None:
    works.devices.troubles = [DatabaseUnavailable("away")]
    with works.running() as ingest:
        works.source.deliver(SALES, a_batch([a_sale(1)]))
        works.source.deliver(up(SHOP, Up.BIRTH), msgspec.json.encode(BIRTH))
        _, welcome = works.source.wait_for_answers(SHOP, 2)
    assert isinstance(welcome, Welcome)
    assert welcome.epochs == [EpochSettled(EPOCH, {"sale": [(1, 1)]})]
    assert ingest.tally.retries == 1


def test_states_and_twins_reach_the_registry(works: Works) -> None:
    state = State(online=False, bootid="boot", birth="b1", at="2026-11-22T04:00:00.000Z")
    twin = Reported(version=3, desired=2, document={})
    with works.running() as ingest:
        works.source.deliver(up(SHOP, Up.STATE), msgspec.json.encode(state), retained=True)
        works.source.deliver(up(SHOP, Up.TWIN), msgspec.json.encode(twin))
        works.source.deliver(up(SHOP, Up.RESULT), b"{}")
        works.source.deliver(up(SHOP, Up.STATE), b"")
        assert eventually(lambda: ingest.tally.messages == 4 and ingest.tally.documents == 3)
    assert works.devices.states == [(SHOP, state)]
    assert works.devices.twins == [(SHOP, twin)]
    assert works.source.published == []


def test_a_device_that_lacks_what_is_wanted_of_it_is_answered_with_it(works: Works) -> None:
    wanted = Desired(version=4, document={"camera.door": msgspec.Raw(b"{}")})
    works.devices.wanted[SHOP] = wanted
    with works.running():
        twin = Reported(version=3, desired=2, document={})
        works.source.deliver(up(SHOP, Up.TWIN), msgspec.json.encode(twin))
        assert eventually(lambda: len(works.source.published) == 1)
    [answer] = works.source.published
    assert answer.topic == down(SHOP, Down.TWIN)
    assert decode_desired(answer.payload) == wanted
    assert not answer.retained


def test_a_document_that_cannot_be_used_harms_nobody(works: Works) -> None:
    works.devices.troubles = [ZeroDivisionError(PHONE), NotFound("no such store")]
    with works.running() as ingest:
        works.source.deliver(up(SHOP, Up.BIRTH), b'{"birth":"+8613911112222"}')
        for _ in range(3):
            works.source.deliver(up(SHOP, Up.BIRTH), msgspec.json.encode(BIRTH))
        works.source.wait_for_answers(SHOP, 1)
    assert (ingest.tally.bad_documents, ingest.tally.mishaps) == (3, 1)


def test_a_worker_serves_only_its_parts(works: Works) -> None:
    works.limits = Limits(parts=(3, 1))
    with works.running():
        assert eventually(lambda: works.source.connected)
    assert works.source.filters == ["lk1/+/01/+/+/up/+", "lk1/+/03/+/+/up/+"]


def test_two_workers_over_one_ledger_answer_both_and_keep_one(works: Works) -> None:
    second = SimulatedSource()
    other = Ingest(
        second,
        works.ledger.another_journal(),
        works.devices,
        cards_head=lambda _tenant, _store: 0,
        clock=works.ledger.clock,
        random=lambda: 0.5,
    )
    with works.running():
        thread = threading.Thread(target=other.run, args=(works.stop,))
        thread.start()
        for n in range(1, 20):
            for source in (works.source, second):
                source.deliver(SALES, a_batch([a_sale(n), a_sale(n + 1)], n))
        assert eventually(lambda: works.ledger.journal.head() == 20)
        works.source.wait_for_answers(SHOP, 1)
        second.wait_for_answers(SHOP, 1)
        works.stop.set()
        thread.join(30)
    assert works.ledger.runs() == [(1, 20, "accepted")]
    assert works.ledger.journal.counts().duplicates == 0


def test_tenant_and_store_of_the_topic_decide_whose_cards_are_meant(works: Works) -> None:
    away = DevicePath(TenantId("other"), StoreId("s"), DeviceId("d"))
    works.devices.enrolled.add(away)
    with works.running():
        works.source.deliver(up(away, Up.BIRTH), msgspec.json.encode(BIRTH))
        (welcome,) = works.source.wait_for_answers(away, 1)
    assert isinstance(welcome, Welcome)
    assert (welcome.cards, welcome.epochs) == (6, [])
