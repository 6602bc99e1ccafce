"""Orders as Shopify tells them (webhooks orders/create, orders/paid, orders/updated, …).

An order is one sale, named by its id, as it was bought: amounts after a refund are not looked at.
Each refund in it is a sale of its own that goes the other way and is linked to the order, so an
order that comes again with one more refund adds that refund and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.transcript import Field, Texts, Transcript
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CaptureContext
from agent.capture.pos.web.bodies import decimal_of, decode_object, object_at, objects_at, text_of
from agent.capture.pos.web.faults import blamed_on_us
from agent.capture.pos.web.profile import WebProfile
from agent.capture.pos.web.reading import Mapping as SaleMapping
from agent.capture.pos.web.reading import Reading

_TOPIC: Final = "x-shopify-topic"
_DAY_CHARS: Final = 10
_SUCCESS: Final = "success"
_PAID_BY: Final = ("sale", "capture")
_REFUND: Final = "refund"


def tells_of_orders(headers: Mapping[str, str]) -> bool:
    """Whether the topic is one whose body is a whole order; it holds its refunds, too."""
    return headers.get(_TOPIC, "").partition("/")[0] == "orders"


class ShopifyReader:
    """A ``BodyReader`` of Shopify's orders."""

    def __init__(self, profile: WebProfile, context: CaptureContext) -> None:
        self._mapping = SaleMapping(profile, context)
        self._locations = frozenset(profile.locations)

    def read(self, body: bytes) -> Reading:
        """The order and its refunds; nothing where it is another shop's."""
        order = decode_object(body)
        if self._locations and text_of(order.get("location_id")) not in self._locations:
            return Reading()
        try:
            with blamed_on_us():
                transcripts = [_sale(order), *_refunds(order)]
        except Malformed as error:
            return Reading(refused=[Refused(body, str(error), number=1, offset=0)])
        return self._mapping.reading(transcripts, body)


def _sale(order: dict[str, Any]) -> Transcript:
    goods = [_line(order, each) for each in objects_at(order, "line_items")]
    shipping = [_shipping(each) for each in objects_at(order, "shipping_lines")]
    lines = [*goods, *shipping, *_tip(order)]
    return Transcript(
        header=_header(order),
        lines=lines,
        taxes=[_tax(order, each, 1) for each in objects_at(order, "tax_lines")],
        tenders=list(_tenders(order)),
    )


def _header(order: dict[str, Any]) -> dict[Field, str]:
    customer = object_at(order, "customer")
    created = text_of(order.get("created_at"))
    return {
        Field.SEQUENCE_NUMBER: _id_of(order, "the order"),
        Field.RECEIPT_NUMBER: text_of(order.get("name")),
        Field.TILL_ID: text_of(order.get("location_id")),
        Field.OPERATOR: text_of(order.get("user_id")),
        # The day of making never changes, and the key is made of it.
        Field.BUSINESS_DAY: created[:_DAY_CHARS],
        Field.BEGIN_AT: created,
        Field.END_AT: text_of(order.get("processed_at")) or created,
        Field.STATUS: _status(order),
        Field.TRAINING: text_of(order.get("test")),
        Field.CURRENCY: text_of(order.get("currency")),
        Field.TOTAL: text_of(order.get("total_price")),
        Field.TAX_TOTAL: text_of(order.get("total_tax")),
        Field.PHONE: text_of(order.get("phone")) or text_of(customer.get("phone")),
        Field.FAMILY_NAME: text_of(customer.get("last_name")),
        Field.GIVEN_NAME: text_of(customer.get("first_name")),
    }


def _status(order: dict[str, Any]) -> str:
    """A cancelled order is void unless it was paid; then its refunds say what came back."""
    financial = text_of(order.get("financial_status"))
    return "cancelled" if order.get("cancelled_at") and financial == "voided" else financial


def _line(order: dict[str, Any], line: dict[str, Any]) -> Texts:
    price, quantity = _amount(line, "price"), decimal_of(line.get("quantity"), "quantity")
    saved = _saved(line)
    return {
        Field.LINE_DIRECTION: "sale",
        Field.ITEM_ID: text_of(line.get("sku")) or text_of(line.get("variant_id")),
        Field.GTIN: text_of(line.get("barcode")),
        Field.DESCRIPTION: text_of(line.get("name")) or text_of(line.get("title")),
        Field.QUANTITY: f"{quantity:f}",
        Field.ACTUAL_PRICE: f"{price:f}",
        Field.AMOUNT: f"{price * quantity - saved:f}",
        Field.DISCOUNT: f"{-saved:f}" if saved else "",
        Field.DISCOUNT_REASON: _reason(order, line) if saved else "",
    }


def _saved(line: dict[str, Any]) -> Decimal:
    """What was taken off a line, its share of the order's discounts included."""
    shares = objects_at(line, "discount_allocations")
    if shares:
        return sum((_amount(each, "amount") for each in shares), Decimal(0))
    return _amount(line, "total_discount")


def _reason(order: dict[str, Any], line: dict[str, Any]) -> str:
    applied = objects_at(order, "discount_applications")
    for share in objects_at(line, "discount_allocations"):
        place = share.get("discount_application_index")
        if isinstance(place, int) and 0 <= place < len(applied):
            return text_of(applied[place].get("title")) or text_of(applied[place].get("code"))
    return ""


def _shipping(line: dict[str, Any]) -> Texts:
    price, saved = _amount(line, "price"), _saved(line)
    return {
        Field.LINE_DIRECTION: "sale",
        Field.ITEM_ID: "shipping",
        Field.DESCRIPTION: text_of(line.get("title")),
        Field.AMOUNT: f"{price - saved:f}",
        Field.DISCOUNT: f"{-saved:f}" if saved else "",
    }


def _tip(order: dict[str, Any]) -> Iterator[Texts]:
    tip = _amount(order, "total_tip_received")
    if tip:
        yield {Field.LINE_DIRECTION: "sale", Field.ITEM_ID: "tip", Field.AMOUNT: f"{tip:f}"}


def _tax(order: dict[str, Any], tax: dict[str, Any], sign: int) -> Texts:
    percent = decimal_of(tax.get("rate"), "rate") * 100
    return {
        Field.TAX_ID: text_of(tax.get("title")),
        Field.TAX_PERCENT: f"{percent.normalize():f}",
        Field.TAX_AMOUNT: f"{sign * _amount(tax, 'price'):f}",
        Field.TAX_INCLUDED: text_of(order.get("taxes_included")),
    }


def _tenders(order: dict[str, Any]) -> Iterator[Texts]:
    """The payments where the order has them; else what was paid, by the gateways' names."""
    paid = [
        each
        for each in objects_at(order, "transactions")
        if each.get("kind") in _PAID_BY and each.get("status") == _SUCCESS
    ]
    for each in paid:
        yield _tender(text_of(each.get("gateway")), _amount(each, "amount"))
    if not paid:
        gateways = order.get("payment_gateway_names")
        named = map(text_of, gateways) if isinstance(gateways, list) else ()
        paid_sum = _amount(order, "total_price") - _unpaid(order)
        if paid_sum:
            yield _tender(" + ".join(filter(None, named)) or "unknown", paid_sum)


def _unpaid(order: dict[str, Any]) -> Decimal:
    """What was never paid. What is outstanding after a refund was paid and came back."""
    if text_of(order.get("financial_status")) in ("pending", "authorized", "partially_paid"):
        return _amount(order, "total_outstanding")
    return Decimal(0)


def _tender(kind: str, amount: Decimal) -> Texts:
    return {Field.TENDER_TYPE: kind, Field.TENDER_AMOUNT: f"{amount:f}"}


def _refunds(order: dict[str, Any]) -> Iterator[Transcript]:
    """Each refund by which money or goods came back."""
    for refund in objects_at(order, "refunds"):
        tenders = [
            _tender(text_of(each.get("gateway")), -_amount(each, "amount"))
            for each in objects_at(refund, "transactions")
            if each.get("kind") == _REFUND and each.get("status") == _SUCCESS
        ]
        items = objects_at(refund, "refund_line_items")
        if tenders or items:
            yield _refund(order, refund, items, tenders)


def _refund(
    order: dict[str, Any], refund: dict[str, Any], items: list[dict[str, Any]], tenders: list[Texts]
) -> Transcript:
    adjusted = [_adjustment(each) for each in objects_at(refund, "order_adjustments")]
    taxes = [_returned_tax(order, each, "total_tax", -1) for each in items]
    taxes += [
        _returned_tax(order, each, "tax_amount", 1)
        for each in objects_at(refund, "order_adjustments")
    ]
    total = sum((Decimal(each[Field.TENDER_AMOUNT]) for each in tenders), Decimal(0))
    created = text_of(refund.get("created_at"))
    header = {
        **_header(order),
        Field.SEQUENCE_NUMBER: _id_of(refund, "a refund"),
        Field.OPERATOR: text_of(refund.get("user_id")),
        Field.BUSINESS_DAY: created[:_DAY_CHARS],
        Field.BEGIN_AT: "",
        Field.END_AT: text_of(refund.get("processed_at")) or created,
        Field.STATUS: "",
        Field.DIRECTION: "return",
        Field.TOTAL: f"{total:f}",
        Field.TAX_TOTAL: "",
        Field.LINK_REASON: "return",
        Field.LINK_BUSINESS_DAY: text_of(order.get("created_at"))[:_DAY_CHARS],
        Field.LINK_SEQUENCE_NUMBER: _id_of(order, "the order"),
    }
    return Transcript(
        header=header,
        lines=[*map(_returned, items), *adjusted],
        taxes=[each for each in taxes if Decimal(each[Field.TAX_AMOUNT])],
        tenders=tenders,
    )


def _returned(item: dict[str, Any]) -> Texts:
    line = object_at(item, "line_item")
    return {
        Field.LINE_DIRECTION: "return",
        Field.ITEM_ID: text_of(line.get("sku")) or text_of(line.get("variant_id")),
        Field.DESCRIPTION: text_of(line.get("name")) or text_of(line.get("title")),
        Field.QUANTITY: f"{-decimal_of(item.get('quantity'), 'quantity'):f}",
        Field.AMOUNT: f"{-_amount(item, 'subtotal'):f}",
    }


def _adjustment(adjustment: dict[str, Any]) -> Texts:
    """Shipping given back, and what a cashier gave more or less; written with its sign."""
    return {
        Field.LINE_DIRECTION: "return",
        Field.ITEM_ID: text_of(adjustment.get("kind")) or "adjustment",
        Field.DESCRIPTION: text_of(adjustment.get("reason")),
        Field.AMOUNT: f"{_amount(adjustment, 'amount'):f}",
    }


def _returned_tax(order: dict[str, Any], item: dict[str, Any], name: str, sign: int) -> Texts:
    return {
        Field.TAX_AMOUNT: f"{sign * _amount(item, name):f}",
        Field.TAX_INCLUDED: text_of(order.get("taxes_included")),
    }


def _amount(holder: dict[str, Any], name: str) -> Decimal:
    """An amount in the shop's currency.

    Refunds write some as binary fractions, and beside them the exact text in ``…_set``.
    """
    exact = object_at(object_at(holder, f"{name}_set"), "shop_money").get("amount")
    return decimal_of(holder.get(name) if exact is None else exact, name)


def _id_of(holder: dict[str, Any], what: str) -> str:
    found = text_of(holder.get("id"))
    if not found:
        raise Malformed(f"{what} has no id")
    return found
