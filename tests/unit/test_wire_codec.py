from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
import zstandard

from models.wire import codec as wire
from models.wire.ack import Ack, Reason, Refusal, Rejection, decode_answer
from models.wire.birth import decode_birth, decode_state
from models.wire.cards import decode_delta, decode_page
from models.wire.codec import Codec
from models.wire.digest import content_digest
from models.wire.envelope import MAX_EVENT_BYTES, expected_id, open_envelope
from models.wire.errors import BadBatch, BadEvent, TooLarge, UnreadableBatch, WireError
from models.wire.events.sale import SaleRecorded
from models.wire.registry import FOOTFALL_COUNTED, SALE_RECORDED, decode_data, event_type
from models.wire.twin import decode_desired, decode_reported
from tests.simulators.facts import EPOCH, SHOP, a_batch, a_sale, stamped


def test_a_batch_of_a_hundred_sales_shrinks_to_a_fifth() -> None:
    sales = [a_sale(n, lines=10) for n in range(1, 101)]
    plain = sum(len(stamped(sale, n)) for n, sale in enumerate(sales, 1))
    assert len(a_batch(sales)) < plain / 5


def test_a_batch_whose_body_is_damaged_is_refused_by_its_header() -> None:
    events = [b'{"id":"1"}', b'{"id":"2"']
    with pytest.raises(BadBatch) as caught:
        Codec().decode(Codec().encode(EPOCH, "sale", 7, events))
    assert (caught.value.header.first, caught.value.header.count) == (7, 2)
    assert caught.value.reason == Reason.UNREADABLE_BODY


def test_a_truncated_zstd_frame_still_gives_up_its_header() -> None:
    payload = a_batch([a_sale(n, lines=10) for n in range(1, 1001)])
    with pytest.raises(BadBatch) as caught:
        Codec().decode(payload[: len(payload) * 3 // 4])
    assert (caught.value.header.stream, caught.value.header.count) == ("sale", 1000)


def test_a_batch_that_lies_about_its_count_is_refused() -> None:
    with pytest.raises(BadBatch, match="says 3 events and holds 1"):
        Codec().decode(
            b'{"v":1,"epoch":"e","stream":"sale","first":1,"count":3,"events":[{"a":1}]}'
        )


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x00\xff",
        wire.ZSTD_MAGIC + b"broken",
        b'{"v":1}',
        b"[]",
        b'{"v":2,"epoch":"e","stream":"sale","first":1,"count":1,"events":[{}]}',
        b'{"v":1,"epoch":"e","stream":"sale","first":0,"count":1,"events":[{}]}',
        b'{"v":1,"epoch":"e","stream":"sale","first":"x","count":1,"events":[{]}',
        b'{"v":1,"epoch":"e","stream":"sale","first":-4,"count":1,"events":[{]}',
        b'{"v":1,"epoch":"\xff\x9b","stream":"sale","first":1,"count":1,"events":[{}]}',
    ],
)
def test_bytes_that_are_no_batch_name_no_sequence(payload: bytes) -> None:
    with pytest.raises(UnreadableBatch):
        Codec().decode(payload)


def test_a_decompression_bomb_stops_at_the_limit() -> None:
    head = b'{"v":1,"epoch":"e","stream":"sale","first":1,"count":9,"events":['
    bomb = zstandard.ZstdCompressor().compress(head + b" " * (wire.MAX_BATCH_BYTES + 1) + b"]}")
    assert len(bomb) < wire.MAX_PAYLOAD_BYTES
    with pytest.raises(BadBatch) as caught:
        Codec().decode(bomb)
    assert caught.value.reason == Reason.TOO_LARGE


def test_a_frame_that_does_not_say_its_size_is_read_and_bounded_all_the_same() -> None:
    silent = zstandard.ZstdCompressor(write_content_size=False)
    plain = b'{"v":1,"epoch":"e","stream":"sale","first":1,"count":1,"events":[{"a":1}]}'
    assert [bytes(event) for event in Codec().decode(silent.compress(plain)).events] == [b'{"a":1}']
    head = b'{"v":1,"epoch":"e","stream":"sale","first":1,"count":9,"events":['
    with pytest.raises(BadBatch) as caught:
        Codec().decode(silent.compress(head + b" " * (wire.MAX_BATCH_BYTES + 1) + b"]}"))
    assert caught.value.reason == Reason.TOO_LARGE


def test_damage_leaves_nothing_behind_for_the_batches_after_it() -> None:
    sales = [a_sale(n, lines=9) for n in range(1, 20)]
    good = a_batch(sales)
    for cut in (5, 40, len(good) // 2, len(good) - 1):
        with pytest.raises(WireError):
            Codec().decode(good[:cut])
        assert len(Codec().decode(good).events) == len(sales)


def test_every_thread_has_contexts_of_its_own() -> None:
    payloads = [a_batch([a_sale(n, lines=40)]) for n in range(1, 9)]

    def there_and_back(payload: bytes) -> bool:
        codec = Codec()
        for _ in range(50):
            batch = codec.decode(payload)
            header, events = batch.header, [bytes(event) for event in batch.events]
            if codec.encode(header.epoch, header.stream, header.first, events) != payload:
                return False
        return True

    with ThreadPoolExecutor(len(payloads)) as threads:
        assert all(threads.map(there_and_back, payloads))


def test_an_oversized_payload_is_refused_before_it_is_read() -> None:
    head = b'{"v":1,"epoch":"e","stream":"sale","first":1,"count":9,"events":['
    with pytest.raises(BadBatch) as caught:
        Codec().decode(head + b" " * wire.MAX_PAYLOAD_BYTES)
    assert caught.value.reason == Reason.TOO_LARGE


def test_the_sender_is_told_when_a_batch_is_too_large() -> None:
    noise = zstandard.ZstdCompressor().compress(b"x")  # any bytes; random text does not compress
    text = "".join(chr(33 + (i * 7919 + len(noise)) % 90) for i in range(1000)).replace('"', "x")
    text = text.replace("\\", "y")
    event = msgspec.json.encode({"t": text * 9})
    with pytest.raises(TooLarge):
        Codec().encode(EPOCH, "sale", 1, [event] * 1000)


def test_an_event_opens_with_its_place_in_the_stream() -> None:
    envelope = open_envelope(stamped(a_sale(phone="+8613912345678"), 42))
    assert (envelope.sequence, envelope.epoch, envelope.source) == ("42", EPOCH, SHOP.prefix)
    kind = event_type(envelope.type, envelope.dataschema)
    sale = decode_data(kind, envelope.data)
    assert isinstance(sale, SaleRecorded)
    assert sale.revision == content_digest(envelope.data).hex()
    assert envelope.id == expected_id(SHOP, sale.natural_key, content_digest(envelope.data))


def test_how_a_sale_was_captured_does_not_change_its_revision() -> None:
    sale = a_sale()
    other = msgspec.structs.replace(
        sale, capture=msgspec.structs.replace(sale.capture, raw_sha256="ff" * 32)
    )
    dearer = msgspec.structs.replace(sale, total_minor=1251)
    digest = content_digest(msgspec.json.encode(sale))
    assert content_digest(msgspec.json.encode(other)) == digest
    assert content_digest(msgspec.json.encode(dearer)) != digest


def test_a_corrected_phone_is_a_revision_and_a_corrected_name_is_none() -> None:
    def digest(**about: str) -> bytes:
        return content_digest(msgspec.json.encode(a_sale(**about)))  # type: ignore[arg-type]

    one = digest(phone="+8613916825678")
    assert digest(phone="+8613916825679") != one
    assert digest(phone="+8613916825678", family_name="王") == one
    assert digest() != one


def test_the_digest_fits_too_many_phones_to_tell_which_one_it_was() -> None:
    def digest(number: int) -> bytes:
        data = b'{"loyalty":[{"scheme":"phone","value":"+86139%08d"}]}' % number
        return content_digest(data)

    digests = {digest(number) for number in range(20_000)}
    assert 3_900 < len(digests) <= 4_096


def test_nesting_beyond_reason_is_refused_by_the_header() -> None:
    head = b'{"v":1,"epoch":"e","stream":"sale","first":3,"count":2,"events":['
    with pytest.raises(BadBatch) as caught:
        Codec().decode(head + b"[" * 100_000 + b"]" * 100_000 + b"]}")
    assert caught.value.header.first == 3
    with pytest.raises(BadEvent):
        content_digest(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}")


@pytest.mark.parametrize("year", ["0001", "9999", "1969"])
def test_a_time_that_no_calendar_of_ours_holds_is_refused(year: str) -> None:
    data = msgspec.json.encode(a_sale()).replace(b"2026-11-22T12", year.encode() + b"-11-22T12")
    with pytest.raises(BadEvent, match="must lie in"):
        decode_data(SALE_RECORDED, data)


def test_an_amount_beyond_what_json_readers_hold_is_refused() -> None:
    data = msgspec.json.encode(a_sale()).replace(b'"total_minor":1250', b'"total_minor":%d' % 2**60)
    with pytest.raises(BadEvent, match="total_minor"):
        decode_data(SALE_RECORDED, data)


def test_fields_of_a_later_version_count_in_the_digest() -> None:
    data = msgspec.json.encode(a_sale())
    assert content_digest(data[:-1] + b',"later":1}') != content_digest(data)


GOOD = stamped(a_sale(), 1)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (GOOD.replace(b'"1.0"', b'"0.3"'), Reason.MALFORMED),
        (GOOD.replace(b'"sequence":"1"', b'"sequence":"01"'), Reason.MALFORMED),
        (GOOD.replace(b'"sequence":"1"', b'"sequence":1'), Reason.MALFORMED),
        (GOOD.replace(b"04:00:00.000Z", b"04:00:00.000"), Reason.MALFORMED),
        (GOOD.replace(b'"synchronised"', b'"sundial"'), Reason.MALFORMED),
        (b"[]", Reason.MALFORMED),
        (b'{"x":"' + b"x" * MAX_EVENT_BYTES + b'"}', Reason.TOO_LARGE),
    ],
)
def test_an_envelope_that_is_not_ours_says_why(event: bytes, reason: Reason) -> None:
    with pytest.raises(BadEvent) as caught:
        open_envelope(event)
    assert caught.value.reason == reason


def test_an_unknown_type_is_named_and_can_be_replayed_later() -> None:
    with pytest.raises(BadEvent, match="upgrade, then replay"):
        event_type("lianke.sale.recorded", "urn:lianke:schema:sale.recorded:99")


@pytest.mark.parametrize("data", [b"1", b"[1]", b"{"])
def test_a_digest_needs_an_object(data: bytes) -> None:
    with pytest.raises(BadEvent):
        content_digest(data)


def test_a_malformed_field_is_named_but_its_value_is_not() -> None:
    data = msgspec.json.encode(a_sale(phone="+8613912345678"))
    with pytest.raises(BadEvent) as caught:
        decode_data(SALE_RECORDED, data.replace(b'"phone"', b'"13912345678"'))
    assert "loyalty" in str(caught.value)
    assert "139" not in str(caught.value)


def test_an_acknowledgement_survives_the_way() -> None:
    ack = Ack(
        ledger="g1",
        epoch=EPOCH,
        stream="sale",
        settled=[(1, 5), (9, 9)],
        rejected=[Rejection(3, "malformed")],
        refused=[Refusal(10, 4, "unreadable_body")],
        rehome="conflict",
    )
    assert decode_answer(msgspec.json.encode(ack)) == ack


@pytest.mark.parametrize(
    "decode",
    [
        decode_answer,
        decode_birth,
        decode_state,
        decode_delta,
        decode_page,
        decode_desired,
        decode_reported,
    ],
)
def test_a_damaged_message_is_a_wire_error(decode: object) -> None:
    assert callable(decode)
    for damaged in (b"", b"{", b"{}", b"null", b"\xff", b'{"birth":"\xff"}', b'{"store":"\xff"}'):
        with pytest.raises(WireError):
            decode(damaged)


@pytest.mark.parametrize("begin_at", ["2026-11-22T04:00:00", "9999-01-01T00:00:00Z"])
def test_a_minute_at_no_time_of_ours_is_refused_as_malformed(begin_at: str) -> None:
    data = {"camera": "door", "begin_at": begin_at, "observed_ms": 0, "samples": 0, "lines": []}
    with pytest.raises(BadEvent, match=r"footfall\.counted"):
        decode_data(FOOTFALL_COUNTED, msgspec.json.encode(data))
