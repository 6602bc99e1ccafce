"""Laws of the short way to a sale's digest and spans: it says what the definition says."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from models.wire.digest import content_digest
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
from models.wire.own_writing import is_own_writing, sale_digest, sale_spans
from models.wire.personal import personal_spans
from models.wire.registry import SALE_RECORDED

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


@given(SALES)
def test_the_short_way_agrees_with_the_definition(sale: SaleRecorded) -> None:
    data = msgspec.json.encode(sale)
    assert sale_digest(sale) == content_digest(data)
    read = msgspec.json.decode(data, type=SaleRecorded)
    assert is_own_writing(read, data)
    assert sale_digest(read) == content_digest(data)
    assert sale_spans(read) == personal_spans(SALE_RECORDED, data)


@given(SALES, st.sampled_from([b'"later":1', b'"lines":[]', b'"control":""', b' "control":"x"']))
def test_whatever_else_the_bytes_hold_shows(sale: SaleRecorded, more: bytes) -> None:
    data = msgspec.json.encode(sale)[:-1] + b"," + more + b"}"
    assert not is_own_writing(msgspec.json.decode(data, type=SaleRecorded), data)
