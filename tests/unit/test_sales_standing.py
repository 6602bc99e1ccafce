"""What a transaction is worth by itself: the table at the top of ``cloud.sales.standing``."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from cloud.sales.standing import Standing, foremost_link, linked_ref, receipt_ref, standing_of
from models.wire.events.sale import (
    Kind,
    LineKind,
    Link,
    LinkReason,
    SaleRecorded,
    Status,
)
from tests.simulators.facts import SHOP, a_sale


def changed(sale: SaleRecorded, **fields: Any) -> SaleRecorded:
    return msgspec.structs.replace(sale, **fields)


def linked(reason: LinkReason, **fields: Any) -> Link:
    return Link(reason=reason, sequence_number="7", **fields)


def with_lines(*kinds: LineKind, void: bool = False) -> SaleRecorded:
    sale = a_sale(lines=len(kinds))
    lines = [
        msgspec.structs.replace(line, kind=kind, void=void)
        for line, kind in zip(sale.lines, kinds, strict=True)
    ]
    return changed(sale, lines=lines)


@pytest.mark.parametrize(
    ("sale", "standing"),
    [
        (a_sale(), Standing.SALE),
        (a_sale(status=Status.OFFLINE), Standing.SALE),
        (with_lines(LineKind.RETURN, LineKind.RETURN), Standing.RETURN),
        (with_lines(LineKind.SALE, LineKind.RETURN), Standing.SALE),
        (changed(a_sale(), lines=[], total_minor=-500), Standing.RETURN),
        (changed(with_lines(LineKind.RETURN, void=True), total_minor=0), Standing.SALE),
        (changed(a_sale(), links=[linked(LinkReason.VOID)]), Standing.REVERSAL),
        (
            changed(a_sale(status=Status.VOIDED), links=[linked(LinkReason.VOID)]),
            Standing.REVERSAL,
        ),
        (a_sale(status=Status.VOIDED), Standing.VOIDED),
        (a_sale(status=Status.SUSPENDED), Standing.SUSPENDED),
        (changed(a_sale(), links=[linked(LinkReason.RESUME)]), Standing.SALE),
        (a_sale(status=Status.TRAINING), Standing.TRAINING),
        (
            changed(a_sale(status=Status.TRAINING), links=[linked(LinkReason.VOID)]),
            Standing.TRAINING,
        ),
        (a_sale(kind=Kind.CONTROL), Standing.CONTROL),
        (a_sale(kind=Kind.TENDER_CONTROL), Standing.CONTROL),
        (a_sale(kind=Kind.CONTROL, status=Status.TRAINING), Standing.TRAINING),
    ],
)
def test_a_transaction_stands_as_the_table_says(sale: SaleRecorded, standing: Standing) -> None:
    assert standing_of(sale) is standing


def test_a_void_link_comes_before_any_other() -> None:
    links = [linked(LinkReason.OTHER), linked(LinkReason.RETURN), linked(LinkReason.VOID)]
    link = foremost_link(changed(a_sale(), links=links))
    assert link is not None
    assert link.reason is LinkReason.VOID
    assert foremost_link(a_sale()) is None


def test_a_link_names_the_receipt_that_the_other_one_calls_itself() -> None:
    sale = a_sale(9, workstation="2")
    link = linked(LinkReason.VOID, workstation_id="1", business_day_date=date(2026, 11, 21))
    named = linked_ref(SHOP.tenant, SHOP.store, sale, link)
    original = a_sale(7, workstation="1", day=date(2026, 11, 21))
    assert named == receipt_ref(SHOP.tenant, SHOP.store, original)


def test_what_a_link_leaves_out_is_as_on_its_own_receipt() -> None:
    sale = a_sale(9)
    named = linked_ref(SHOP.tenant, SHOP.store, sale, linked(LinkReason.VOID))
    assert named == receipt_ref(SHOP.tenant, SHOP.store, a_sale(7))


@pytest.mark.parametrize(
    "link",
    [Link(reason=LinkReason.VOID), linked(LinkReason.RETURN, business_unit="another shop")],
)
def test_a_link_without_number_or_into_another_shop_names_no_receipt_of_ours(link: Link) -> None:
    assert linked_ref(SHOP.tenant, SHOP.store, a_sale(9), link) is None
