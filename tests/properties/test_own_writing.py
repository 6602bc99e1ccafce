"""Laws of the short way from a stamped sale to a fact: it says what the definition says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cloud.ledger.arrival import Arrival, Lane
from cloud.ledger.fact import Fact, read_fact
from cloud.ledger.own_sales import find_own_sale, find_own_sales
from models.wire import ids
from models.wire.codec import Codec, unpacked
from models.wire.digest import content_digest
from models.wire.envelope import ClockQuality, Moment, compose, stamp_run
from models.wire.events.sale import (
    Capture,
    Discount,
    Kind,
    Line,
    LineKind,
    Link,
    LinkReason,
    Loyalty,
    SaleRecorded,
    Scheme,
    Status,
    Tax,
    Tender,
    Total,
)
from models.wire.ids import keyed_event_id
from models.wire.own_writing import read_own_sale, sale_digest, sale_spans
from models.wire.personal import personal_spans
from models.wire.registry import SALE_RECORDED
from models.wire.topics import Stream
from tests.simulators.facts import EPOCH, NOON, SHOP, with_revision

AMOUNTS = st.integers(-(2**53), 2**53)
TEXTS = st.text(max_size=6) | st.sampled_from(
    ['","capture":{', '"', "\\", "王", "value", "é\u2028"]
)
DAYS = st.dates(date(1970, 1, 2), date(2199, 12, 30))
OFFSETS = st.integers(-720, 720).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30), timezones=OFFSETS)  # noqa: DTZ001 - the zones are drawn


def one(of: type[Any], /, **members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object of a class, of which each optional member may be left out."""
    needed = {field.name for field in msgspec.structs.fields(of) if field.required}
    required = {name: member for name, member in members.items() if name in needed}
    optional = {name: member for name, member in members.items() if name not in needed}
    drawn = st.fixed_dictionaries(required, optional=optional)
    return drawn.map(lambda given: of(**given))


def some(of: type[Any], /, **members: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """At most two of them."""
    return st.lists(one(of, **members), max_size=2)


DISCOUNTS = some(Discount, amount_minor=AMOUNTS, reason=TEXTS)
SALES: st.SearchStrategy[SaleRecorded] = one(
    SaleRecorded,
    natural_key=TEXTS,
    revision=TEXTS,
    kind=st.sampled_from(Kind),
    status=st.sampled_from(Status),
    business_unit=TEXTS,
    workstation_id=TEXTS,
    sequence_number=TEXTS,
    business_day_date=DAYS,
    end_at=MOMENTS,
    currency=st.just("CNY"),
    capture=one(
        Capture,
        adapter=TEXTS,
        profile=TEXTS,
        profile_version=st.integers(0, 9),
        raw_sha256=TEXTS,
    ),
    total_minor=AMOUNTS,
    begin_at=MOMENTS | st.none(),
    till_id=TEXTS,
    operator_ref=TEXTS,
    transaction_id=TEXTS,
    receipt_number=TEXTS,
    lines=some(
        Line,
        sequence=st.integers(0, 2**64),
        kind=st.sampled_from(LineKind),
        extended_amount_minor=AMOUNTS,
        item_id=TEXTS,
        description=TEXTS,
        quantity=TEXTS,
        regular_price_minor=AMOUNTS | st.none(),
        discounts=DISCOUNTS,
        void=st.booleans(),
    ),
    discounts=DISCOUNTS,
    links=some(
        Link,
        reason=st.sampled_from(LinkReason),
        business_day_date=DAYS | st.none(),
        line=st.integers(0, 9),
    ),
    taxes=some(Tax, amount_minor=AMOUNTS, percent=TEXTS, included=st.booleans()),
    tenders=some(Tender, type=TEXTS, amount_minor=AMOUNTS, change_minor=AMOUNTS, wallet=TEXTS),
    totals=some(Total, type=TEXTS, amount_minor=AMOUNTS),
    loyalty=some(
        Loyalty,
        scheme=st.sampled_from(Scheme),
        value=TEXTS,
        programme=TEXTS,
        family_name=TEXTS,
        given_name=TEXTS,
    ),
    control=TEXTS,
)


MOMENTS_OF_DEVICES = st.builds(
    Moment,
    st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 10**15 - 1),
    st.sampled_from(["boot-1", "boot-2"]),
    st.sampled_from(ClockQuality),
)
LANE = Lane(SHOP, ids.epoch(EPOCH), Stream.SALE)


@st.composite
def composed_sales(draw: st.DrawFn) -> bytes:
    """A sale of the shop's own as its device composes it."""
    number = draw(st.sampled_from(["1", "2", "王", '"', "\\", '","capture":{']))
    key, sale = f"{SHOP.store}/{number}", draw(SALES)
    sale = with_revision(msgspec.structs.replace(sale, natural_key=key, revision=""))
    event_id = keyed_event_id(SHOP.tenant, key, sale.revision)
    at = draw(MOMENTS_OF_DEVICES)
    return compose(
        device=SHOP, event_id=event_id, kind=SALE_RECORDED, data=sale, at=at, subject=key
    )


@st.composite
def batches(draw: st.DrawFn) -> bytes:
    """A plain batch of such sales."""
    first = draw(st.integers(1, 10**6))
    bodies = draw(st.lists(composed_sales(), min_size=1, max_size=3))
    events = stamp_run(bodies, EPOCH, first, historical=draw(st.booleans()))
    plain = unpacked(Codec().encode(EPOCH, Stream.SALE, first, events))
    assert plain is not None
    return plain


def step_by_step(plain: bytes) -> list[Fact]:
    """The facts of a batch as the definition has them; raises WireError where it has none."""
    batch = Codec().decode(plain)
    return [
        read_fact(LANE, SHOP.prefix, sequence, raw)
        for sequence, raw in enumerate(batch.events, batch.header.first)
    ]


def at_once(plain: bytes) -> list[Fact] | None:
    """The same by the short way, where that can be gone."""
    own = find_own_sales(Arrival(SHOP, Stream.SALE, b"", NOON), plain)
    return own.facts(plain) if own is not None else None


@given(SALES)
def test_the_short_way_agrees_with_the_definition(sale: SaleRecorded) -> None:
    data = msgspec.json.encode(sale)
    assert sale_digest(sale) == content_digest(data)
    read = msgspec.json.decode(data, type=SaleRecorded)
    assert sale_digest(read) == content_digest(data)
    assert sale_spans(read) == personal_spans(SALE_RECORDED, data)


@given(composed_sales(), st.booleans())
def test_what_a_device_has_written_is_read_the_short_way(body: bytes, historical: bool) -> None:
    (event,) = stamp_run([body], EPOCH, 7, historical=historical)
    plain = unpacked(Codec().encode(EPOCH, Stream.SALE, 7, [event]))
    assert plain is not None
    assert at_once(plain) == [find_own_sale(LANE, 7, event)] == step_by_step(plain)


@given(batches())
def test_a_batch_is_read_at_once_as_it_is_step_by_step(plain: bytes) -> None:
    facts = at_once(plain)
    assert facts is None or facts == step_by_step(plain)


MORE = [b'"later":1', b'"lines":[]', b'"control":""', b' "control":"x"', b'"loyalty":[]']


@given(composed_sales(), st.sampled_from(MORE))
def test_whatever_else_the_bytes_hold_shows(body: bytes, more: bytes) -> None:
    (event,) = stamp_run([body], EPOCH, 1)
    at = event.index(b'},"epoch":')
    assert read_own_sale(event) is not None
    assert read_own_sale(event[:at] + b"," + more + event[at:]) is None
    assert read_own_sale(event[:-1] + b"," + more + b"}") is None


@given(batches(), st.data())
def test_no_changed_byte_is_read_otherwise_than_step_by_step(
    plain: bytes, data: st.DataObject
) -> None:
    begin = data.draw(st.integers(0, len(plain) - 1))
    end = data.draw(st.integers(begin, min(begin + 3, len(plain))))
    new = data.draw(st.binary(max_size=3) | st.sampled_from([b" ", b'"', b"\\u0041", b"0", b"e1"]))
    changed = plain[:begin] + new + plain[end:]
    facts = at_once(changed)
    assert facts is None or facts == step_by_step(changed)
