"""What is checked before the database is asked, and in which words it is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
import zstandard

from cloud.ledger.arrival import Arrival
from cloud.ledger.detail import unquoted
from cloud.ledger.fact import LAST_SEQUENCE, Fact
from cloud.ledger.reading import Readable, Refused, Reject, Unreadable, distrust, read_arrival
from models.wire.ack import Reason
from models.wire.envelope import MAX_EVENT_BYTES
from models.wire.events.device import EpochClosed, RangeVoid, StreamClosed
from models.wire.topics import Stream
from tests.simulators.facts import EPOCH, NOON, SHOP, a_sale, stamped, with_revision
from tests.simulators.ledger_premises import a_heartbeat, a_payload, an_event

SALE = stamped(a_sale(1, phone="+8613911112222", family_name="欧阳"), 1)


def read(payload: bytes, stream: Stream = Stream.SALE) -> Readable | Refused | Unreadable:
    return read_arrival(Arrival(SHOP, stream, payload, NOON))


def read_one(event: bytes, sequence: int = 1) -> Fact | Reject:
    reading = read(a_payload([event], sequence))
    assert isinstance(reading, Readable)
    (one,) = reading.events
    return one


def test_an_event_becomes_a_fact_with_all_that_judging_it_needs() -> None:
    fact = read_one(SALE)
    assert isinstance(fact, Fact)
    assert (fact.natural_key, fact.fact_kind) == (a_sale(1).natural_key, "retail")
    assert (fact.id_fits, fact.body, len(fact.spans)) == (True, SALE, 1)
    assert fact.digest.hex() == a_sale(1, phone="+8613911112222", family_name="欧阳").revision
    assert fact.time_ms == NOON.timestamp() * 1000


VOID = RangeVoid(epoch=EPOCH, stream="sale", ranges=[(1, 2)], count=2, reason="")
CLOSED = EpochClosed(epoch=EPOCH, successor=EPOCH, reason="", streams=[StreamClosed("sale", 2)])


def change(old: bytes, new: bytes, event: bytes = SALE) -> bytes:
    assert old in event
    return event.replace(old, new)


def voiding(**changes: object) -> bytes:
    return an_event(msgspec.structs.replace(VOID, **changes), 1)


@pytest.mark.parametrize(
    ("event", "reason", "detail"),
    [
        (b'{"a":1}', Reason.MALFORMED, "specversion"),
        (b"[]", Reason.MALFORMED, "envelope"),
        (change(b'"1.0"', b'"1.1"'), Reason.MALFORMED, "specversion"),
        (change(b"sh-0001-pos1", b"sh-0001-pos2"), Reason.SOURCE_MISMATCH, "source"),
        (stamped(a_sale(1), 2), Reason.SEQUENCE_MISMATCH, "sequence"),
        (stamped(a_sale(1), 1, epoch="f" * 32), Reason.SEQUENCE_MISMATCH, "epoch"),
        (change(b"sale.recorded:1", b"sale.recorded:9"), Reason.UNKNOWN_TYPE, "unknown"),
        (change(b'"lianke.sale.recorded"', b'"x"'), Reason.UNKNOWN_TYPE, "unknown"),
        (change(b'"currency":"CNY"', b'"currency":7'), Reason.MALFORMED, "$.currency"),
        (change(b'"kind":"retail"', b'"kind":"+8613911112222"'), Reason.MALFORMED, "$.kind"),
        (change(b"2026-11-22T04:00:00.000Z", b"1899-12-31T23:59:59Z"), Reason.MALFORMED, "1900"),
        (change(b"2026-11-22T04:00:00.000Z", b"9999-12-31T23:59:59Z"), Reason.MALFORMED, "9999"),
        (change(b"2026-11-22T04:00:00.000Z", b"2026-11-22T04:00:00"), Reason.MALFORMED, "offset"),
        (change(b'"+86139', b'"sealed:1:%b:' % (b"0" * 32)), Reason.MALFORMED, "plain"),
        (b'{"x":"%b"}' % (b"y" * MAX_EVENT_BYTES), Reason.TOO_LARGE, str(MAX_EVENT_BYTES)),
        (a_heartbeat(1).replace(b"00000000-", b"zz-"), Reason.MALFORMED, "UUID"),
        (voiding(epoch="x"), Reason.MALFORMED, "void"),
        (voiding(stream="fish"), Reason.MALFORMED, "void"),
        (voiding(ranges=[(3, 2)]), Reason.MALFORMED, "void"),
        (voiding(ranges=[(0, 2)]), Reason.MALFORMED, "void"),
        (voiding(ranges=[(1, LAST_SEQUENCE + 1)]), Reason.MALFORMED, "53 bits"),
        (
            an_event(msgspec.structs.replace(CLOSED, streams=[StreamClosed("sale", -1)]), 1),
            Reason.MALFORMED,
            "void",
        ),
    ],
)
def test_each_reason_is_said_and_quotes_nobody(event: bytes, reason: Reason, detail: str) -> None:
    reject = read_one(event)
    assert isinstance(reject, Reject)
    assert (reject.reason, reject.sequence) == (reason, 1)
    assert detail in reject.detail
    assert "139" not in reject.detail
    assert "欧阳" not in reject.detail


@pytest.mark.parametrize("key", ["", "x" * 257, "a\nb", "a\0b"])
def test_a_natural_key_that_no_index_could_hold_is_malformed(key: str) -> None:
    sale = with_revision(msgspec.structs.replace(a_sale(1), natural_key=key, revision=""))
    reject = read_one(stamped(sale, 1))
    assert isinstance(reject, Reject)
    assert (reject.reason, "natural_key" in reject.detail) == (Reason.MALFORMED, True)


def test_a_rejected_event_can_be_read_again_from_its_dead_letter() -> None:
    reject = read_one(change(b'"currency":"CNY"', b'"currency":7'), 1)
    assert isinstance(reject, Reject)
    again = read(reject.payload)
    assert isinstance(again, Readable)
    assert again.events == [reject]


def test_an_event_too_large_for_a_payload_of_its_own_keeps_the_one_it_came_in() -> None:
    noise = bytes(range(32, 127)).replace(b'"', b"").replace(b"\\", b"") * 6000
    payload = b'{"v":1,"epoch":"%b","stream":"sale","first":1,"count":1,"events":["%b"]}' % (
        EPOCH.encode(),
        noise[: 512 * 1024 - 100],
    )
    reading = read(payload)
    assert isinstance(reading, Readable)
    (reject,) = reading.events
    assert isinstance(reject, Reject)
    assert reject.reason == Reason.TOO_LARGE


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"noise",
        b'{"v":2,"epoch":"x","stream":"sale","first":1,"count":1,"events":[{}]}',
        a_payload([SALE], epoch="nobody's epoch"),
        a_payload([SALE], stream="member"),
        a_payload([SALE], LAST_SEQUENCE + 1),
    ],
)
def test_a_payload_that_names_no_sequence_of_its_lane_is_unreadable(payload: bytes) -> None:
    assert isinstance(read(payload), Unreadable)
    assert isinstance(distrust(Arrival(SHOP, Stream.SALE, payload, NOON), "bug"), Unreadable)


def test_nesting_beyond_reason_is_rejected_alone_and_settled() -> None:
    reject = read_one(b'{"a":%b1%b}' % (b"[" * 3000, b"]" * 3000))
    assert isinstance(reject, Reject)
    assert reject.reason == Reason.UNREADABLE_BODY


def test_a_till_cannot_revise_what_another_shop_sold() -> None:
    reject = read_one(stamped(a_sale(1, store="sh-0002"), 1))
    assert isinstance(reject, Reject)
    assert (reject.reason, "natural_key" in reject.detail) == (Reason.SOURCE_MISMATCH, True)


def test_no_depth_of_nesting_makes_the_reading_fail() -> None:
    for depth in range(800, 1010):
        deep = b'{"a":' * depth + b"1" + b"}" * depth
        reading = read(a_payload([change(b'"currency"', b'"x":%b,"currency"' % deep)]))
        assert isinstance(reading, Readable | Unreadable)


def test_the_greatest_sequence_is_readable() -> None:
    fact = read_one(stamped(a_sale(1), LAST_SEQUENCE), LAST_SEQUENCE)
    assert isinstance(fact, Fact)


def test_a_batch_too_large_to_unpack_is_refused_by_its_header() -> None:
    huge = b'{"x":"%b"}' % (b"y" * 5_000_000)
    plain = b'{"v":1,"epoch":"%b","stream":"sale","first":3,"count":2,"events":[%b,%b]}'
    payload = zstandard.compress(plain % (EPOCH.encode(), huge, huge))
    reading = read(payload)
    assert isinstance(reading, Refused)
    assert (reading.refusal.first, reading.refusal.reason) == (3, Reason.TOO_LARGE)


def test_times_keep_their_milliseconds_and_lose_their_offset() -> None:
    event = change(b"2026-11-22T04:00:00.000Z", b"2026-11-22T12:00:00.123+08:00")
    fact = read_one(event)
    assert isinstance(fact, Fact)
    moment = datetime(2026, 11, 22, 4, 0, 0, 123_000, tzinfo=UTC)
    assert fact.time_ms == round(moment.timestamp() * 1000)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (
            "Invalid enum value '欧阳' - at `$.scheme`",
            "Invalid enum value - at `$.scheme`",
        ),
        (
            "x: Invalid value '7' - at `$.n`' - at `$.kind`",
            "x: Invalid value - at `$.kind`",
        ),
        ("Invalid enum value '7", "Invalid enum value"),
        ("Expected `str`, got `int` - at `$.a`", "Expected `str`, got `int` - at `$.a`"),
        (
            "type '欧阳' with schema 'y' is unknown here; upgrade",
            "this type and schema are unknown here; upgrade",
        ),
        ("first 13911112222", "first …"),
        ("y" * 500, "y" * 200),
    ],
)
def test_details_quote_nobody(said: str, kept: str) -> None:
    assert unquoted(ValueError(said)) == kept
