"""What the ledger promises about whatever arrives, and how often."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from cloud.errors import DatabaseUnavailable, FaultyService
from cloud.ledger.arrival import Appended, Arrival
from cloud.ledger.fact import LAST_SEQUENCE
from cloud.ledger.generation import renew_generation
from cloud.ledger.reading import distrust
from cloud.ledger.watermark import progress
from models.wire.ack import Ack, EpochSettled, Refusal, Rejection
from models.wire.events.device import EpochClosed, RangeVoid, StreamClosed
from models.wire.events.sale import Kind
from models.wire.ids import DeviceId, DevicePath, StoreId, TenantId
from models.wire.topics import Stream
from tests.simulators.databases import Databases
from tests.simulators.facts import EPOCH, NOON, SHOP, a_batch, a_sale, stamped
from tests.simulators.ledger_premises import (
    LedgerPremises,
    a_heartbeat,
    a_payload,
    an_event,
)

PHONE = "+8613911112222"
OTHER_EPOCH = "f" * 32


@pytest.fixture
def ledger(databases: Databases, tmp_path: Path) -> Iterator[LedgerPremises]:
    premises = LedgerPremises(tmp_path, databases)
    yield premises
    premises.close()


def the_ack(appended: Appended) -> Ack:
    (one,) = appended.acknowledgements
    return one.ack


def test_a_sale_is_kept_and_its_sequence_acknowledged(ledger: LedgerPremises) -> None:
    appended = ledger.append(a_batch([a_sale(1), a_sale(2)]))
    assert the_ack(appended) == Ack(
        ledger=ledger.journal.generation, epoch=EPOCH, stream="sale", settled=[(1, 2)]
    )
    assert (appended.accepted, appended.head) == (2, 2)
    assert [entry.position for entry in ledger.entries()] == [1, 2]
    assert ledger.entries()[0].data() == a_sale(1)


def test_the_original_bytes_come_back_and_no_phone_lies_in_the_clear(
    ledger: LedgerPremises,
) -> None:
    events = [stamped(a_sale(n, phone=PHONE, family_name="欧阳"), n) for n in (1, 2)]
    ledger.append(a_payload(events))
    assert ledger.bodies() == events
    assert PHONE.encode() not in ledger.at_rest()
    assert "欧阳".encode() not in ledger.at_rest()


def test_the_greatest_sequence_is_kept_and_given_up_like_any_other(ledger: LedgerPremises) -> None:
    last = LAST_SEQUENCE
    kept = ledger.append(a_payload([stamped(a_sale(1), last)], last))
    assert the_ack(kept).settled == [(last, last)]
    void = RangeVoid(epoch=EPOCH, stream="sale", ranges=[(1, last)], count=last, reason="")
    ledger.append(a_payload([an_event(void, 1)], stream="telemetry"), stream=Stream.TELEMETRY)
    assert ledger.runs() == [(1, last - 1, "void"), (last, last, "accepted")]


def test_a_sale_sent_twice_is_counted_once(ledger: LedgerPremises) -> None:
    payload = a_batch([a_sale(1), a_sale(2)])
    first, second = ledger.append(payload), ledger.append(payload)
    assert (second.accepted, second.duplicates, second.head) == (0, 2, 2)
    assert first.acknowledgements == second.acknowledgements
    assert ledger.journal.counts().sales == 2
    assert ledger.journal.counts().duplicates == 0


def test_a_repeat_within_one_group_is_a_duplicate_too(ledger: LedgerPremises) -> None:
    appended = ledger.append(a_batch([a_sale(1), a_sale(2)]), a_batch([a_sale(2), a_sale(3)], 2))
    assert (appended.accepted, appended.duplicates) == (3, 1)
    assert the_ack(appended).settled == [(1, 3)]


def test_a_sale_renumbered_under_a_fresh_epoch_is_the_same_sale(ledger: LedgerPremises) -> None:
    ledger.append(a_batch([a_sale(1)], 7))
    appended = ledger.append(a_batch([a_sale(1)], 1, epoch=OTHER_EPOCH))
    assert (appended.accepted, appended.duplicates) == (0, 1)
    assert the_ack(appended).rehome is None
    assert ledger.runs(OTHER_EPOCH) == [(1, 1, "duplicate")]


def test_a_corrected_sale_names_the_one_it_corrects(ledger: LedgerPremises) -> None:
    ledger.append(a_batch([a_sale(1, total_minor=100), a_sale(2)]))
    appended = ledger.append(a_batch([a_sale(1, total_minor=200), a_sale(1, total_minor=300)], 3))
    assert (appended.accepted, the_ack(appended).rehome) == (2, None)
    assert [entry.supersedes for entry in ledger.entries()] == [None, None, 1, 3]
    assert ledger.journal.counts().sales == 2


def test_other_content_under_a_taken_sequence_is_kept_and_the_device_re_homed(
    ledger: LedgerPremises,
) -> None:
    ledger.append(a_batch([a_sale(1), a_sale(2)]))
    appended = ledger.append(a_batch([a_sale(9)], 2))
    assert (appended.conflicts, the_ack(appended).settled) == (1, [(2, 2)])
    assert the_ack(appended).rehome == "sequence_taken"
    assert [entry.conflict for entry in ledger.entries()] == [False, False, True]
    assert ledger.runs() == [(1, 2, "accepted")]
    again = ledger.append(a_batch([a_sale(9)], 2))
    assert (again.duplicates, the_ack(again).rehome) == (1, None)
    assert ledger.journal.counts().conflicts == 1


def test_other_content_under_a_taken_id_is_kept_and_the_device_re_homed(
    ledger: LedgerPremises,
) -> None:
    beats = [a_heartbeat(1), a_heartbeat(2, uptime_s=9.0, number=1)]
    appended = ledger.append(a_payload(beats, stream="telemetry"), stream=Stream.TELEMETRY)
    assert (appended.accepted, appended.conflicts) == (1, 1)
    assert the_ack(appended).rehome == "id_taken"
    assert ledger.runs(stream="telemetry") == [(1, 1, "accepted"), (2, 2, "conflict")]
    assert ledger.bodies() == beats


def test_a_sale_under_the_id_of_another_sale_is_kept_as_a_conflict(ledger: LedgerPremises) -> None:
    ledger.append(a_batch([a_sale(1)]))
    (known,) = ledger.entries()
    forged = with_id(stamped(a_sale(2), 2), known.event_id)
    appended = ledger.append(a_payload([forged], 2))
    assert (appended.conflicts, the_ack(appended).rehome) == (1, "id_taken")
    assert ledger.bodies()[1] == forged
    honest = ledger.append(a_batch([a_sale(2)], 3))
    assert (honest.duplicates, ledger.journal.counts().duplicates) == (1, 0)


def with_id(event: bytes, event_id: str) -> bytes:
    own = msgspec.json.decode(event)["id"]
    return event.replace(own.encode(), event_id.encode())


def test_fresh_sales_ahead_of_a_backlog_are_settled_at_once(ledger: LedgerPremises) -> None:
    ledger.append(a_batch([a_sale(1)]))
    appended = ledger.append(a_batch([a_sale(n) for n in (101, 102)], 101))
    assert the_ack(appended).settled == [(101, 102)]
    (lane,) = progress(ledger.engine, SHOP)
    assert (lane.watermark, lane.last, lane.gaps, lane.missing) == (1, 102, [(2, 100)], 99)
    assert lane.heard_at == NOON


def test_neighbouring_batches_become_one_run(ledger: LedgerPremises) -> None:
    for first in (3, 1, 5):
        ledger.append(a_batch([a_sale(first), a_sale(first + 1)], first))
    assert ledger.runs() == [(1, 6, "accepted")]


def test_ranges_declared_void_are_no_gaps(ledger: LedgerPremises) -> None:
    void = RangeVoid(epoch=EPOCH, stream="telemetry", ranges=[(2, 9), (7, 20)], count=12, reason="")
    ledger.append(a_payload([a_heartbeat(1)], stream="telemetry"), stream=Stream.TELEMETRY)
    ledger.append(a_payload([an_event(void, 5, number=50)], 5))
    assert ledger.runs(stream="telemetry") == [(1, 1, "accepted"), (2, 20, "void")]


def test_a_closed_epoch_owes_nothing_more(ledger: LedgerPremises) -> None:
    ledger.append(a_batch([a_sale(1)], 2))
    closed = EpochClosed(
        epoch=EPOCH,
        successor=OTHER_EPOCH,
        reason="restored",
        streams=[StreamClosed("sale", 4), StreamClosed("guide", 0), StreamClosed("member", 2)],
    )
    ledger.append(a_payload([an_event(closed, 1, epoch=OTHER_EPOCH)], epoch=OTHER_EPOCH))
    assert ledger.runs() == [(1, 1, "void"), (2, 2, "accepted"), (3, 4, "void")]
    assert ledger.runs(stream="member") == [(1, 2, "void")]
    welcome = ledger.journal.settled(SHOP, [EPOCH])
    assert welcome == [EpochSettled(EPOCH, {"sale": [(2, 2)]})], "an older image may hold the rest"


def test_what_was_given_up_and_still_arrives_is_accepted_without_alarm(
    ledger: LedgerPremises,
) -> None:
    void = RangeVoid(epoch=EPOCH, stream="sale", ranges=[(1, 3)], count=3, reason="disk")
    ledger.append(a_payload([an_event(void, 4)], 4))
    appended = ledger.append(a_batch([a_sale(2)], 2))
    assert (appended.accepted, the_ack(appended).rehome) == (1, None)
    assert ledger.runs() == [(1, 1, "void"), (2, 2, "accepted"), (3, 3, "void"), (4, 4, "accepted")]


def test_the_welcome_names_what_is_settled_of_the_epochs_asked_for(ledger: LedgerPremises) -> None:
    ledger.append(a_batch([a_sale(1)]), a_batch([a_sale(5)], 5))
    ledger.append(a_batch([a_sale(6)], epoch=OTHER_EPOCH))
    ours = EpochSettled(EPOCH, {"sale": [(1, 1), (5, 5)]})
    other = EpochSettled(OTHER_EPOCH, {"sale": [(1, 1)]})
    assert ledger.journal.settled(SHOP) == [ours, other]
    assert ledger.journal.settled(SHOP, [EPOCH, "0" * 32]) == [ours]
    stranger = DevicePath(SHOP.tenant, SHOP.store, DeviceId("sh-0001-pos2"))
    assert ledger.journal.settled(stranger) == []


def test_a_restored_ledger_answers_under_another_generation(ledger: LedgerPremises) -> None:
    before = ledger.journal.generation
    assert ledger.another_journal().generation == before
    renewed = renew_generation(ledger.engine)
    assert renewed != before
    assert ledger.another_journal().generation == renewed


def test_a_batch_with_a_damaged_body_is_refused_for_bisection(ledger: LedgerPremises) -> None:
    payload = a_payload([b'{"a":1}', b'{"a":2}']).replace(b'{"a":2}', b'{"a":2]')
    appended = ledger.append(payload)
    (refusal,) = the_ack(appended).refused
    assert refusal == Refusal(1, 2, "unreadable_body")
    assert the_ack(appended).settled == []
    assert (appended.refused, ledger.letters()) == (1, [])


def test_a_damaged_event_alone_is_rejected_and_kept_as_a_dead_letter(
    ledger: LedgerPremises,
) -> None:
    payload = a_payload([b'{"a":1}'], 5).replace(b'{"a":1}', b'{"a":1]')
    for _ in range(2):
        appended = ledger.append(payload)
        assert the_ack(appended).settled == [(5, 5)]
        assert the_ack(appended).rejected == [Rejection(5, "unreadable_body")]
    assert [reason for reason, _ in ledger.letters()] == ["unreadable_body"]
    assert ledger.runs() == [(5, 5, "rejected")]


def test_a_payload_without_a_header_is_buried_once_and_not_answered(
    ledger: LedgerPremises,
) -> None:
    first, second = ledger.append(b"noise", b"noise"), ledger.append(b"noise")
    assert (first.unreadable, first.buried, second.buried) == (2, 1, 0)
    assert first.acknowledgements == []
    assert [reason for reason, _ in ledger.letters()] == ["unreadable"]


def test_a_bad_event_does_not_hold_up_its_neighbours(ledger: LedgerPremises) -> None:
    appended = ledger.append(
        a_payload([stamped(a_sale(1), 1), stamped(a_sale(2), 99), stamped(a_sale(3), 3)])
    )
    assert (appended.accepted, appended.rejected) == (2, 1)
    assert the_ack(appended).settled == [(1, 3)]
    assert the_ack(appended).rejected == [Rejection(2, "sequence_mismatch")]


def test_a_rejected_event_that_becomes_acceptable_is_accepted(ledger: LedgerPremises) -> None:
    ledger.append(a_payload([b'{"a":1}']))
    appended = ledger.append(a_batch([a_sale(1)]))
    assert (appended.accepted, the_ack(appended).rehome) == (1, None)
    assert ledger.runs() == [(1, 1, "accepted")]


def test_one_acknowledgement_per_lane_however_many_batches(ledger: LedgerPremises) -> None:
    till = DevicePath(SHOP.tenant, SHOP.store, DeviceId("sh-0001-pos2"))
    appended = ledger.journal.append(
        [
            ledger.arrival(a_batch([a_sale(1)])),
            ledger.arrival(a_batch([a_sale(1, workstation="2")], device=till), till),
            ledger.arrival(a_batch([a_sale(2)], 2)),
        ]
    )
    answers = [(one.device, one.ack.settled) for one in appended.acknowledgements]
    assert answers == [(SHOP, [(1, 2)]), (till, [(1, 1)])]


def test_tenants_share_nothing(ledger: LedgerPremises) -> None:
    other = DevicePath(TenantId("other"), SHOP.store, SHOP.device)
    ledger.append(a_payload([a_heartbeat(1)], stream="telemetry"), stream=Stream.TELEMETRY)
    beat = a_heartbeat(1, uptime_s=2.0).replace(b"lk1/demo/", b"lk1/other/")
    appended = ledger.append(
        a_payload([beat], stream="telemetry"), device=other, stream=Stream.TELEMETRY
    )
    assert (appended.accepted, appended.conflicts) == (1, 0)


def test_fields_unknown_to_this_version_survive(ledger: LedgerPremises) -> None:
    beat = a_heartbeat(1).replace(b'"uptime_s"', b'"mood":"fine","uptime_s"')
    ledger.append(a_payload([beat], stream="telemetry"), stream=Stream.TELEMETRY)
    assert ledger.bodies() == [beat]


def test_a_batch_of_thousands_is_one_transaction(ledger: LedgerPremises) -> None:
    beats = [a_heartbeat(n) for n in range(1, 2301)]
    payload = a_payload(beats, stream="telemetry")
    assert ledger.append(payload, stream=Stream.TELEMETRY).accepted == 2300
    assert ledger.append(payload, stream=Stream.TELEMETRY).duplicates == 2300


def test_controls_and_sales_are_counted_apart(ledger: LedgerPremises) -> None:
    kinds = [Kind.RETAIL, Kind.CONTROL, Kind.TENDER_CONTROL, Kind.RETAIL]
    ledger.append(a_batch([a_sale(n, kind=kind) for n, kind in enumerate(kinds, 1)]))
    counts = ledger.journal.counts()
    assert (counts.events, counts.sales, counts.controls) == (4, 2, 2)


def test_a_repeat_of_an_erased_persons_sale_makes_them_no_new_key(ledger: LedgerPremises) -> None:
    payload = a_batch([a_sale(1, phone=PHONE)])
    ledger.append(payload)
    assert ledger.keyring.destroy("phone", PHONE) == 1
    assert ledger.append(payload).duplicates == 1
    assert ledger.keyring.destroy("phone", PHONE) == 0
    assert b'"erased"' in ledger.bodies()[0]


def test_an_event_that_cannot_be_sealed_is_rejected_alone(ledger: LedgerPremises) -> None:
    odd = stamped(a_sale(2, phone=PHONE), 2).replace(b'"value":', b'"v\\u0061lue":')
    appended = ledger.append(
        a_payload([stamped(a_sale(1, phone=PHONE), 1), odd, stamped(a_sale(3), 3)])
    )
    assert (appended.accepted, appended.rejected) == (2, 1)
    assert the_ack(appended).rejected == [Rejection(2, "malformed")]
    assert PHONE.encode() not in ledger.at_rest()


def test_trouble_with_the_keyring_passes_and_leaves_no_trace(ledger: LedgerPremises) -> None:
    ledger.keyring.close()
    with pytest.raises(DatabaseUnavailable, match="keyring"):
        ledger.append(a_batch([a_sale(1, phone=PHONE)]), b"noise")
    assert (ledger.journal.head(), ledger.runs(), ledger.letters()) == (0, [], [])
    assert ledger.append(a_batch([a_sale(1)])).accepted == 1


def test_a_keyring_under_another_master_key_stops_ingest(
    databases: Databases, tmp_path: Path
) -> None:
    ledger = LedgerPremises(tmp_path, databases)
    ledger.append(a_batch([a_sale(1, phone=PHONE)]))
    ledger.close()
    reopened = LedgerPremises(tmp_path, databases)
    reopened.keyring._by_fingerprint.clear()
    reopened.keyring._db.execute("UPDATE data_key SET wrapped = zeroblob(60)")
    with pytest.raises(FaultyService, match="master key"):
        reopened.append(a_batch([a_sale(2, phone=PHONE)], 2))
    reopened.close()


def test_two_workers_that_receive_the_same_accept_it_once(ledger: LedgerPremises) -> None:
    payloads = [a_batch([a_sale(n), a_sale(n + 1)], n) for n in range(1, 12)]
    accepted: list[int] = []

    def work(order: list[bytes]) -> None:
        journal = ledger.another_journal()
        for payload in order:
            appended = journal.append([Arrival(SHOP, Stream.SALE, payload, NOON)])
            accepted.append(appended.accepted)

    threads = [threading.Thread(target=work, args=(order,)) for order in (payloads, payloads[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(accepted) == 12
    assert ledger.runs() == [(1, 12, "accepted")]
    assert [entry.position for entry in ledger.entries()] == list(range(1, 13))


def test_a_distrusted_batch_is_refused_and_a_single_event_set_aside(
    ledger: LedgerPremises,
) -> None:
    many, one = (
        ledger.arrival(a_batch([a_sale(1), a_sale(2)])),
        ledger.arrival(a_batch([a_sale(3)])),
    )
    appended = ledger.journal.commit([distrust(many, "bug"), distrust(one, "bug")])
    (answer,) = appended.acknowledgements
    assert answer.ack.refused == [Refusal(1, 2, "malformed")]
    assert answer.ack.rejected == [Rejection(1, "malformed")]
    assert ledger.letters() == [("malformed", "bug")]


def test_another_store_of_the_same_name_elsewhere_is_another_lane(ledger: LedgerPremises) -> None:
    away = DevicePath(SHOP.tenant, StoreId("sh-0002"), SHOP.device)
    ledger.append(a_batch([a_sale(1)]))
    sale = a_sale(1, store="sh-0002")
    appended = ledger.append(a_batch([sale], 4, device=away), device=away)
    assert (appended.accepted, the_ack(appended).rehome) == (1, None)
    assert ledger.journal.settled(away) == [EpochSettled(EPOCH, {"sale": [(4, 4)]})]
    assert [lane.gaps for lane in progress(ledger.engine, SHOP)] == [[]]
