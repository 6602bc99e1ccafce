"""What shop platforms tell us, and what nobody else can."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.capture.pos.web.profile import Takes, WebFormat, load_web_profile
from agent.capture.pos.web.shopify import ShopifyReader, tells_of_orders
from agent.capture.pos.web.signatures import shopify_signature, square_signature
from agent.capture.pos.web.site import Hook
from agent.capture.pos.web.square import SquareReader
from agent.errors import DiskUnusable
from models.wire.events.sale import LinkReason, SaleRecorded, Status
from tests.simulators.capturing import PROFILES, context
from tests.simulators.shop_platforms import (
    SHOPIFY_SECRET,
    SQUARE_KEY,
    SQUARE_URL,
    shopify_headers,
    shopify_order,
    square_headers,
    square_notice,
    square_order,
    square_payment,
    usd,
)
from tests.simulators.web_door import Said, TillDoor, till_door


@contextmanager
def hooked(
    folder: Path, takes: Takes = Takes.PAYMENTS, locations: tuple[str, ...] = ()
) -> Iterator[TillDoor]:
    shopify = load_web_profile(PROFILES, "web-shopify", WebFormat.SHOPIFY)
    square = load_web_profile(PROFILES, "web-square", WebFormat.SQUARE)
    hooks = {
        "shopify": Hook(
            "web-shopify",
            shopify_signature(SHOPIFY_SECRET),
            ShopifyReader(replace(shopify, locations=locations), context()),
            tells_of_orders,
        ),
        "square": Hook(
            "web-square",
            square_signature(SQUARE_KEY, SQUARE_URL),
            SquareReader(replace(square, takes=takes, locations=locations), context()),
            lambda _headers: True,
        ),
    }
    with till_door(folder, hooks=hooks) as till:
        yield till


def tell_shopify(till: TillDoor, order: Any, **headers: str) -> Said:
    body = order if isinstance(order, bytes) else json.dumps(order).encode()
    sent = shopify_headers(body) | headers
    return till.post(body, path="/v1/webhooks/shopify", token="", headers=sent)


def tell_square(till: TillDoor, body: bytes, **headers: str) -> Said:
    sent = square_headers(body) | headers
    return till.post(body, path="/v1/webhooks/square", token="", headers=sent)


def sales(till: TillDoor) -> list[SaleRecorded]:
    return [each.sale for each in till.sink.stored.values()]


@pytest.mark.parametrize(("taxes_included", "total"), [(True, 2750), (False, 3025)])
def test_an_order_of_shopify_is_right_to_the_cent(
    tmp_path: Path, taxes_included: bool, total: int
) -> None:
    with hooked(tmp_path) as till:
        assert tell_shopify(till, shopify_order(taxes_included=taxes_included)).status == 201
        (sale,) = sales(till)
    assert sale.natural_key == "sh-0001/sh-0001/shopify/2025-11-07/450789469"
    assert (sale.total_minor, sale.currency, sale.receipt_number) == (total, "USD", "#1001")
    assert [line.extended_amount_minor for line in sale.lines] == [1900, 550, 300]
    assert sale.lines[0].discounts[0].reason == "Autumn"
    assert sale.taxes[0].percent == "10"
    assert sale.capture.flags == []


def test_a_tip_is_a_line_and_several_payments_are_several_tenders(tmp_path: Path) -> None:
    order = shopify_order(tip="2.00") | {
        "transactions": [
            {"kind": "sale", "status": "success", "gateway": "cash", "amount": "9.50"},
            {"kind": "sale", "status": "failure", "gateway": "visa", "amount": "20.00"},
            {"kind": "capture", "status": "success", "gateway": "visa", "amount": "20.00"},
        ]
    }
    with hooked(tmp_path) as till:
        tell_shopify(till, order)
        (sale,) = sales(till)
    assert sale.lines[-1].item_id == "tip"
    assert [(each.type, each.amount_minor) for each in sale.tenders] == [
        ("cash", 950),
        ("visa", 2000),
    ]
    assert sale.capture.flags == []


def test_a_refund_is_a_sale_of_its_own_and_leaves_the_order_as_it_was(tmp_path: Path) -> None:
    with hooked(tmp_path) as till:
        tell_shopify(till, shopify_order())
        tell_shopify(till, shopify_order(refunds=1))
        tell_shopify(till, shopify_order(refunds=2))
        _, first, second = sales(till)
    assert (first.total_minor, first.lines[0].quantity) == (-550, "-1")
    assert first.links[0].reason is LinkReason.RETURN
    assert first.links[0].sequence_number == "450789469"
    assert first.capture.flags == []
    assert second.sequence_number == "929361463"


def test_a_replay_adds_nothing(tmp_path: Path) -> None:
    with hooked(tmp_path) as till:
        statuses = [tell_shopify(till, shopify_order()).status for _ in range(3)]
        assert (statuses, len(till.sink.stored)) == ([201, 200, 200], 1)


def test_a_shopper_of_shopify_has_a_phone_and_no_name(tmp_path: Path) -> None:
    with hooked(tmp_path) as till:
        tell_shopify(till, shopify_order())
        (stored,) = till.sink.stored.values()
    assert len(stored.sale.loyalty) == 1
    assert b"Norman" not in stored.body


@pytest.mark.parametrize("signature", ["", "AAAA", "no base64", "é"])
def test_what_is_not_signed_is_not_even_parsed(tmp_path: Path, signature: str) -> None:
    sent = signature.encode().decode("latin-1")
    with hooked(tmp_path) as till:
        shopify = {"X-Shopify-Hmac-Sha256": sent}
        assert tell_shopify(till, b"[" * 10_000, **shopify).status == 401
        square = {"x-square-hmacsha256-signature": sent}
        assert tell_square(till, b"[" * 10_000, **square).status == 401
        assert not till.sink.calls


def test_an_order_that_cannot_be_mapped_is_acknowledged_once_it_is_set_aside(
    tmp_path: Path,
) -> None:
    order = shopify_order() | {"total_price": "12.345"}
    with hooked(tmp_path) as till:
        till.aside.refuse_with = DiskUnusable("full")
        assert tell_shopify(till, order).status == 503
        till.aside.refuse_with = None
        said = tell_shopify(till, order)
        assert (said.status, len(till.aside.kept)) == (200, 1)
        assert said.json["refused"][0]["set_aside"] is True


def test_topics_without_orders_are_not_swallowed(tmp_path: Path) -> None:
    body = json.dumps(shopify_order()).encode()
    with hooked(tmp_path) as till:
        sent = shopify_headers(body, "products/update")
        said = till.post(body, path="/v1/webhooks/shopify", token="", headers=sent)
        assert (said.status, till.sink.calls) == (404, [])


def test_orders_of_other_locations_are_another_shops(tmp_path: Path) -> None:
    with hooked(tmp_path, locations=("1",)) as till:
        assert tell_shopify(till, shopify_order()).status == 200
        assert not till.sink.calls


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"id":' + b"[" * 100_000, b"\xff"])
def test_a_signed_body_that_is_none_is_a_problem(tmp_path: Path, body: bytes) -> None:
    with hooked(tmp_path) as till:
        assert tell_shopify(till, body).status == 400


@pytest.mark.parametrize(
    "change",
    [
        {"line_items": 3},
        {"line_items": [3]},
        {"total_price": "1e999999"},
        {"id": None},
        {"refunds": [{}]},
        {"tax_lines": [{"rate": "NaN", "price": "1"}]},
        {"created_at": 5},
        {"currency": None},
        {"line_items": [{"price": "9" * 400, "quantity": 10**30}]},
    ],
)
def test_an_order_of_odd_shape_ends_in_an_answer(tmp_path: Path, change: Any) -> None:
    with hooked(tmp_path) as till:
        assert tell_shopify(till, shopify_order() | change).status in (200, 201)


def test_an_endless_order_is_answered_within_a_second(tmp_path: Path) -> None:
    order = shopify_order() | {"line_items": [{}] * 100_000, "refunds": [{}] * 10_000}
    with hooked(tmp_path) as till:
        began_s = time.process_time()
        assert tell_shopify(till, order).status == 200
        assert time.process_time() - began_s < 1.0
        assert len(till.aside.kept) == 1


def test_a_payment_of_square_is_a_sale(tmp_path: Path) -> None:
    body = square_notice("payment.updated", "payment", square_payment())
    with hooked(tmp_path) as till:
        assert tell_square(till, body).status == 201
        assert tell_square(till, body).status == 200
        (sale,) = sales(till)
    assert sale.natural_key == ("sh-0001/sh-0001/square/2025-11-07/KkAkhdMsgzn59SM8A89WgKwekxLZY")
    assert sale.end_at.isoformat() == "2025-11-07T12:00:00+08:00"
    assert sale.total_minor == 1434
    assert [line.extended_amount_minor for line in sale.lines] == [1234, 200]
    assert (sale.tenders[0].type, sale.tenders[0].card_last4) == ("CARD", "1111")
    assert sale.capture.flags == []


def test_a_refund_of_square_is_linked_to_its_payment(tmp_path: Path) -> None:
    refund = {
        "id": "R1",
        "payment_id": "P1",
        "status": "COMPLETED",
        "created_at": "2025-11-08T04:00:00.000Z",
        "amount_money": usd(500),
        "location_id": "L88917AVBK2S5",
    }
    with hooked(tmp_path) as till:
        tell_square(till, square_notice("refund.updated", "refund", refund))
        (sale,) = sales(till)
    assert sale.total_minor == -500
    assert sale.links[0].sequence_number == "P1"
    assert sale.capture.flags == []


@pytest.mark.parametrize("at", ["", "2025-11-07", "9999-99-99T00:00:00Z", 5])
def test_a_payment_without_a_time_is_set_aside(tmp_path: Path, at: object) -> None:
    body = square_notice("payment.updated", "payment", square_payment() | {"created_at": at})
    with hooked(tmp_path) as till:
        assert tell_square(till, body).status == 200
        assert len(till.aside.kept) == 1


def test_a_payment_that_is_not_done_is_no_sale_yet(tmp_path: Path) -> None:
    pending = square_payment() | {"status": "APPROVED"}
    with hooked(tmp_path) as till:
        assert tell_square(till, square_notice("payment.created", "payment", pending)).status == 200
        assert not till.sink.calls


def test_a_whole_order_of_square_is_right_to_the_cent(tmp_path: Path) -> None:
    with hooked(tmp_path, Takes.ORDERS) as till:
        assert tell_square(till, square_notice("order", "order", square_order())).status == 201
        (sale,) = sales(till)
    assert sale.status is Status.COMPLETED
    assert (sale.total_minor, sale.lines[0].extended_amount_minor) == (1040, 900)
    assert (sale.tenders[0].amount_minor, sale.tenders[0].change_minor) == (2000, 960)
    assert sale.capture.flags == []


def test_a_notice_that_only_names_an_order_is_not_taken_for_one(tmp_path: Path) -> None:
    body = square_notice("order.updated", "order_updated", {"order_id": "x", "version": 2})
    with hooked(tmp_path, Takes.ORDERS) as till:
        assert tell_square(till, body).status == 422


@pytest.mark.parametrize(
    "spoil",
    [
        lambda notice: notice["data"].pop("object"),
        lambda notice: notice.pop("data"),
        lambda notice: notice["data"]["object"]["payment"].pop("status"),
        lambda notice: notice["data"]["object"].update(payment_v2={}, payment=None),
    ],
)
def test_a_notice_of_a_payment_in_new_words_is_set_aside_and_not_passed_over(
    tmp_path: Path, spoil: Any
) -> None:
    notice = json.loads(square_notice("payment.updated", "payment", square_payment()))
    spoil(notice)
    with hooked(tmp_path) as till:
        assert tell_square(till, json.dumps(notice).encode()).status == 200
        assert len(till.aside.kept) == 1
        assert not till.sink.stored
