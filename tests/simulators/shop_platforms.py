"""Shopify and Square as their documentation shows them: orders, payments, and how they sign.

Amounts are worked out here from prices and quantities, by the platforms' own rules, so that a
reader that adds up wrongly is found out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from decimal import Decimal
from typing import Any

SHOPIFY_SECRET = "shopify-made-up-secret"
SQUARE_KEY = "square-made-up-key"
SQUARE_URL = "https://till.example.com/v1/webhooks/square"


def shopify_order(*, taxes_included: bool = True, refunds: int = 0, tip: str = "0.00") -> Any:
    """Two teas at 10.00 less 1.00, a cup at 5.50, shipping 3.00; 10 % tax."""
    goods = Decimal("19.00") + Decimal("5.50") + Decimal("3.00")
    tax = (goods / 11 if taxes_included else goods / 10).quantize(Decimal("0.01"))
    total = goods + (0 if taxes_included else tax) + Decimal(tip)
    items = [
        {
            "id": 466157049,
            "sku": "TEA-1",
            "title": "Tea",
            "name": "Tea - green",
            "quantity": 2,
            "price": "10.00",
            "total_discount": "0.00",
            "discount_allocations": [{"amount": "1.00", "discount_application_index": 0}],
        },
        {
            "id": 518995019,
            "sku": None,
            "variant_id": 49148385,
            "title": "Cup",
            "quantity": 1,
            "price": "5.50",
            "total_discount": "0.00",
            "discount_allocations": [],
        },
    ]
    return {
        "id": 450789469,
        "admin_graphql_api_id": "gid://shopify/Order/450789469",
        "name": "#1001",
        "order_number": 1001,
        "created_at": "2025-11-07T12:00:00+08:00",
        "processed_at": "2025-11-07T12:00:05+08:00",
        "cancelled_at": None,
        "currency": "USD",
        "financial_status": "partially_refunded" if refunds else "paid",
        "location_id": 655441491,
        "user_id": 548380009,
        "test": False,
        "taxes_included": taxes_included,
        "total_price": f"{total}",
        "total_tax": f"{tax}",
        "total_tip_received": tip,
        "total_discounts": "1.00",
        "tax_lines": [{"title": "VAT", "rate": 0.1, "price": f"{tax}"}],
        "discount_applications": [{"title": "Autumn", "type": "manual"}],
        "payment_gateway_names": ["cash", "visa"],
        "line_items": items,
        "shipping_lines": [{"title": "Courier", "price": "3.00", "discount_allocations": []}],
        "customer": {"first_name": "Bob", "last_name": "Norman", "phone": "+8613800138000"},
        "phone": None,
        "refunds": [_shopify_refund(number, items[1]) for number in range(refunds)],
    }


def _shopify_refund(number: int, item: Any) -> Any:
    return {
        "id": 929361462 + number,
        "created_at": "2025-11-09T10:00:00+08:00",
        "user_id": 548380009,
        "refund_line_items": [
            {
                "quantity": 1,
                "line_item_id": item["id"],
                "subtotal": 5.5,
                "subtotal_set": {"shop_money": {"amount": "5.50", "currency_code": "USD"}},
                "total_tax": 0.5000000000000001,
                "total_tax_set": {"shop_money": {"amount": "0.50", "currency_code": "USD"}},
                "line_item": item,
            }
        ],
        "order_adjustments": [],
        "transactions": [
            {"kind": "refund", "status": "success", "gateway": "cash", "amount": "5.50"}
        ],
    }


def shopify_headers(body: bytes, topic: str = "orders/updated") -> dict[str, str]:
    digest = hmac.new(SHOPIFY_SECRET.encode(), body, hashlib.sha256).digest()
    return {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
    }


def square_headers(body: bytes) -> dict[str, str]:
    signed = SQUARE_URL.encode() + body
    digest = hmac.new(SQUARE_KEY.encode(), signed, hashlib.sha256).digest()
    return {"x-square-hmacsha256-signature": base64.b64encode(digest).decode()}


def square_notice(kind: str, name: str, content: Any) -> bytes:
    return json.dumps(
        {
            "merchant_id": "6SSW7HV8K2ST5",
            "type": kind,
            "event_id": "6a8f5f28-54a1-4eb0-a98a-3111513fd4fc",
            "created_at": "2025-11-07T04:00:05.123Z",
            "data": {"type": name, "id": "x", "object": {name: content}},
        }
    ).encode()


def usd(minor: int) -> dict[str, Any]:
    return {"amount": minor, "currency": "USD"}


def square_payment() -> Any:
    """12.34 and a tip of 2.00, by card."""
    return {
        "id": "KkAkhdMsgzn59SM8A89WgKwekxLZY",
        "order_id": "nUSN9TdxpiK3SrQg3wzmf6r8LP9YY",
        "created_at": "2025-11-07T04:00:00.000Z",
        "status": "COMPLETED",
        "source_type": "CARD",
        "location_id": "L88917AVBK2S5",
        "amount_money": usd(1234),
        "tip_money": usd(200),
        "total_money": usd(1434),
        "card_details": {"card": {"card_brand": "VISA", "last_4": "1111"}},
        "receipt_number": "KkAk",
    }


def square_order() -> Any:
    """Two teas at 5.00 less 1.00, 10 % tax added, a tip of 0.50; cash 20.00, change 9.60."""
    return {
        "id": "CAISENgvlJ6jLWAzERDzjyHVybY",
        "location_id": "L88917AVBK2S5",
        "created_at": "2025-11-07T04:00:00.000Z",
        "closed_at": "2025-11-07T04:01:00.000Z",
        "state": "COMPLETED",
        "line_items": [
            {
                "uid": "a",
                "name": "Tea",
                "quantity": "2",
                "base_price_money": usd(500),
                "gross_sales_money": usd(1000),
                "total_discount_money": usd(100),
                "total_tax_money": usd(90),
                "total_money": usd(990),
            }
        ],
        "taxes": [
            {"name": "Tax", "percentage": "10", "type": "ADDITIVE", "applied_money": usd(90)}
        ],
        "total_tip_money": usd(50),
        "total_money": usd(1040),
        "tenders": [
            {
                "type": "CASH",
                "amount_money": usd(1040),
                "cash_details": {
                    "buyer_tendered_money": usd(2000),
                    "change_back_money": usd(960),
                },
            }
        ],
    }
