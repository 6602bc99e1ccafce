"""An Odoo order in the texts that the mapper reads.

Odoo keeps prices as decimals and sends them as binary fractions (``2.4000000000000004``), so they
are brought back to the cent where they are nearer to one than any cent could be off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.transcript import Field, Texts, Transcript
from agent.capture.pos.money import Currency
from agent.capture.pos.web.bodies import decimal_of, text_of
from agent.capture.pos.web.odoo.calling import Row
from agent.capture.pos.web.odoo.orders import WholeOrder

_NOISE: Final = Decimal("1e-6")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_HUNDRED: Final = Decimal(100)


def transcript_of(whole: WholeOrder, default_currency: str, zone: tzinfo) -> Transcript:
    """One order.

    Args:
        whole: the order with its lines and payments.
        default_currency: where the order does not say it.
        zone: of the shop; Odoo's dates are UTC.

    Raises:
        Malformed: an amount or a date cannot be read; names the field.
    """
    order = whole.order
    currency = Currency.of(_currency(order) or default_currency or "XXX")
    total = _money(order, "amount_total", currency)
    header = _header(whole, zone) | {
        Field.TOTAL: total,
        Field.CURRENCY: _currency(order),
        Field.DIRECTION: "return" if total.startswith("-") else "sale",
    }
    return Transcript(
        header={name: text for name, text in header.items() if text},
        lines=[_line(each, whole, currency) for each in whole.lines],
        taxes=_taxes(whole, currency),
        tenders=_tenders(whole, currency),
    )


def _header(whole: WholeOrder, zone: tzinfo) -> dict[Field, str]:
    order = whole.order
    header = {
        Field.TRANSACTION_ID: text_of(order.get("uuid")),
        Field.SEQUENCE_NUMBER: text_of(order.get("name")),
        Field.RECEIPT_NUMBER: text_of(order.get("pos_reference")),
        Field.WORKSTATION_ID: _number_of(order.get("config_id")),
        Field.TILL_ID: _number_of(order.get("session_id")),
        Field.OPERATOR: _number_of(order.get("employee_id")) or _number_of(order.get("user_id")),
        Field.END_AT: _local(order, "date_order", zone).isoformat(),
        Field.STATUS: text_of(order.get("state")),
        Field.PHONE: _phone(whole.partner),
        Field.MEMBER_CODE: _said(whole.partner, "barcode"),
    }
    if whole.refunded:
        header |= {
            Field.LINK_REASON: "return",
            Field.LINK_BUSINESS_DAY: _local(whole.refunded, "date_order", zone).date().isoformat(),
            Field.LINK_SEQUENCE_NUMBER: text_of(whole.refunded.get("name")),
        }
    return header


def _line(line: Row, whole: WholeOrder, currency: Currency) -> Texts:
    quantity = _plain(line, "qty", Decimal("1e-6"))
    amount = _money(line, "price_subtotal_incl", currency)
    product = whole.products.get(int(_number_of(line.get("product_id")) or 0), {})
    percent = _plain(line, "discount", Decimal("1e-4"))
    return {
        Field.LINE_DIRECTION: "return" if quantity < 0 else "sale",
        Field.ITEM_ID: _said(product, "default_code") or _number_of(line.get("product_id")),
        Field.GTIN: _said(product, "barcode"),
        Field.DESCRIPTION: _said(line, "full_product_name") or _name_of(line.get("product_id")),
        Field.QUANTITY: f"{quantity.normalize():f}",
        Field.UOM: _name_of(line.get("product_uom_id")),
        Field.AMOUNT: amount,
        Field.DISCOUNT: _saved(Decimal(amount), percent, currency),
        Field.DISCOUNT_REASON: f"{percent.normalize():f}%" if percent else "",
    }


def _saved(amount: Decimal, percent: Decimal, currency: Currency) -> str:
    """What a percentage took off, tax included as the amount is; unknown for a gift."""
    if not 0 < percent < _HUNDRED:
        return ""
    exact = -amount * percent / (_HUNDRED - percent)
    return f"{exact.quantize(1 / currency.scale, ROUND_HALF_UP):f}"


def _taxes(whole: WholeOrder, currency: Currency) -> list[Texts]:
    tax = _money(whole.order, "amount_tax", currency)
    if not Decimal(tax):
        return []
    bases = (Decimal(_money(line, "price_subtotal", currency)) for line in whole.lines)
    return [{Field.TAX_AMOUNT: tax, Field.TAXABLE: f"{sum(bases, Decimal(0)):f}"}]


def _tenders(whole: WholeOrder, currency: Currency) -> list[Texts]:
    """The payments; change is one of its own in Odoo, and belongs to the cash before it."""
    paid = [each for each in whole.payments if each.get("is_change") is not True]
    change = sum(
        (
            abs(Decimal(_money(each, "amount", currency)))
            for each in whole.payments
            if each.get("is_change") is True
        ),
        Decimal(0),
    )
    tenders = [_tender(each, currency) for each in paid]
    if change and tenders:
        at = _cash_of(whole, paid)
        tenders[at][Field.TENDER_CHANGE] = f"{change:f}"
    return [*tenders]


def _cash_of(whole: WholeOrder, paid: list[Row]) -> int:
    """The place of the payment that change was given for: the last by the same method."""
    methods = [
        _number_of(each.get("payment_method_id"))
        for each in whole.payments
        if each.get("is_change") is True
    ]
    same = [
        at for at, each in enumerate(paid) if _number_of(each.get("payment_method_id")) in methods
    ]
    return same[-1] if same else len(paid) - 1


def _tender(payment: Row, currency: Currency) -> dict[Field, str]:
    card = _said(payment, "card_no")[-4:]
    return {
        Field.TENDER_TYPE: _name_of(payment.get("payment_method_id")),
        Field.TENDER_AMOUNT: _money(payment, "amount", currency),
        Field.TENDER_CARD: f"****{card}" if card else "",
    }


def _money(row: Row, name: str, currency: Currency) -> str:
    """An amount with the currency's decimals, its sign in front."""
    return f"{_plain(row, name, 1 / currency.scale):f}"


def _plain(row: Row, name: str, step: Decimal) -> Decimal:
    exact = decimal_of(row.get(name) or 0, name)
    near = exact.quantize(step, ROUND_HALF_UP)
    if abs(exact - near) > _NOISE:
        raise Malformed(f"{name} has more decimals than can be held")
    return near


def _local(row: Row, name: str, zone: tzinfo) -> datetime:
    try:
        read = datetime.fromisoformat(text_of(row.get(name)))
    except ValueError as error:
        raise Malformed(f"{name} is no date and time") from error
    return read.replace(tzinfo=read.tzinfo or UTC).astimezone(zone)


def _phone(partner: Row) -> str:
    return _said(partner, "phone") or _said(partner, "mobile")


def _said(row: Row, name: str) -> str:
    """A text; Odoo says ``false`` where there is none."""
    found = row.get(name)
    return found.strip() if isinstance(found, str) else ""


def _currency(order: Row) -> str:
    name = _name_of(order.get("currency_id"))
    return name if _CURRENCY.fullmatch(name) else ""


def _number_of(value: object) -> str:
    return next(_parts(value), "")


def _name_of(value: object) -> str:
    parts = list(_parts(value))
    return parts[1] if len(parts) > 1 else ""


def _parts(value: object) -> Iterator[str]:
    """A many2one, ``[7, "its name"]``, in parts; nothing where it is ``false``."""
    if isinstance(value, list):
        yield from (text_of(each) for each in value)
