"""What comes by web: our own JSON, POSLog by POST, Shopify's and Square's webhooks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulators.damaged_day.damages import ANY, JSON, Damage
from tests.simulators.damaged_day.plants import by_kind
from tests.simulators.damaged_day.records import Record, blank_records
from tests.simulators.damaged_day.tills import Choice
from tests.simulators.shop_platforms import (
    shopify_headers,
    shopify_order,
    square_headers,
    square_notice,
    square_payment,
)

SENDERS = ("bad_signature", "body_shorter", "body_longer")
"""Damages of the request and not of its body."""

TOKEN = "till-token-0123456789abcdef"  # made up for these tests


@dataclass(frozen=True)
class Post:
    """One request.

    Attributes:
        stated: what its Content-Length says; what it has where None.
    """

    path: str
    body: bytes
    headers: Mapping[str, str]
    stated: int | None = None


@dataclass
class PostingTill:
    """A till or a platform; ``posts`` in the order of the records."""

    name: str
    records: list[Record]
    posts: list[Post]

    @classmethod
    def of(
        cls,
        name: str,
        seed: int,
        count: int,
        first: int,
        *,
        write: Callable[[Choice, Record], bytes],
        path: str,
        sign: Callable[[bytes], dict[str, str]],
    ) -> PostingTill:
        """Invent and damage; a damaged body is signed as it is, unless the damage is the sign."""
        choice, records = Choice(seed, name), list(blank_records(name, count, first))
        bodies: dict[str, Damage] = {**ANY, **JSON}
        choice.prepare(records, {**bodies, **dict.fromkeys(SENDERS, bodies["noise"])})
        posts = []
        for record in records:
            whole = write(choice, record)
            body = whole if record.damage in SENDERS else choice.spoil(whole, record, bodies)
            record.wrote, record.sent = whole, body
            posts.append(_sent(record, path, body, sign))
        return cls(name, records, posts)


def _sent(record: Record, path: str, body: bytes, sign: Callable[[bytes], dict[str, str]]) -> Post:
    headers = sign(body)
    match record.damage:
        case "bad_signature":
            return Post(path, body, sign(body + b" ") if "Authorization" not in headers else {})
        case "body_shorter":
            return Post(path, body[: len(body) // 2], headers, len(body))
        case "body_longer":
            return Post(path, body, headers, len(body) // 2)
        case _:
            return Post(path, body, headers)


def rest_till(seed: int, count: int, first: int) -> PostingTill:
    """Our own JSON."""
    return PostingTill.of(
        "rest", seed, count, first, write=_sale, path="/v1/transactions", sign=_bearer
    )


def _bearer(_body: bytes) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


def _sale(choice: Choice, record: Record) -> bytes:
    basket, plant = choice.basket(record, 6), by_kind(record.plants)
    sale: dict[str, Any] = {
        "number": str(record.number),
        "ended_at": "2025-11-07T12:30:00+08:00",
        "currency": "CNY",
        "total_minor": basket.total,
        "business_day": "2025-11-07",
        "workstation": "6",
        "lines": [
            {
                "amount_minor": each.amount,
                "item_id": each.name,
                "quantity": str(each.milli // 1_000),
                "description": f"{each.name} {plant('card')} {plant('cvv')}",
            }
            for each in basket.articles
        ],
        "discounts": [{"amount_minor": -basket.saved, "reason": "coupon"}] if basket.saved else [],
        "tenders": [{"type": "cash", "amount_minor": basket.total}],
    }
    if record.plants:
        sale |= {"family_name": plant("name"), "phone": "13800138000"}
    return json.dumps(sale).encode()


def shopify_till(seed: int, count: int, first: int) -> PostingTill:
    """Orders of Shopify."""

    def write(choice: Choice, record: Record) -> bytes:
        del choice
        order, plant = shopify_order(), by_kind(record.plants)
        order["id"] = record.number
        order["admin_graphql_api_id"] = f"gid://shopify/Order/{record.number}"
        order["name"], order["order_number"] = f"#{record.number}", record.number
        for side, item in zip("ab", order["line_items"], strict=True):
            item["title"] = item["name"] = f"{record.marker}{side} {plant('card')}"
            item["sku"] = f"{record.marker}{side}"
        if record.plants:
            order["customer"]["first_name"] = plant("name")
            order["note"] = f"{plant('cvv')} {plant('track')}"
            order["payment_details"] = {"credit_card_number": plant("card")}
            order["authorization_code"] = plant("code")
        record.total_minor = 2_750
        return json.dumps(order).encode()

    return PostingTill.of(
        "shopify",
        seed,
        count,
        first,
        write=write,
        path="/v1/webhooks/shopify",
        sign=shopify_headers,
    )


def square_till(seed: int, count: int, first: int) -> PostingTill:
    """Payments of Square."""

    def write(choice: Choice, record: Record) -> bytes:
        del choice
        payment, plant = square_payment(), by_kind(record.plants)
        payment |= {"id": f"{record.marker}a{record.number}", "order_id": f"{record.marker}b"}
        payment["receipt_number"] = f"{record.marker}c"
        if record.plants:
            payment["note"] = f"{plant('card')} {plant('cvv')} {plant('track')}"
            payment["buyer_email_address"] = f"{plant('name')}@example.com"
            payment["card_details"]["auth_result_code"] = plant("code")
        record.total_minor = 1_434
        return square_notice("payment.updated", "payment", payment)

    return PostingTill.of(
        "square", seed, count, first, write=write, path="/v1/webhooks/square", sign=square_headers
    )
