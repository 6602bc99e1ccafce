"""Payments, refunds and orders as Square tells them.

Square's notices hold payments and refunds whole, but of an order only its id: so payments are what
is taken by default, each a sale of one line. Where something forwards whole orders (the object of
its Orders API in ``data.object.order``), the profile takes ``orders`` instead, with their lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.moments import business_day_of
from agent.capture.pos.mapping.transcript import Field, Texts, Transcript
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CaptureContext
from agent.capture.pos.web.answers import Problem, Trouble
from agent.capture.pos.web.bodies import decode_object, object_at, objects_at, text_of
from agent.capture.pos.web.faults import blamed_on_us
from agent.capture.pos.web.profile import Takes, WebProfile
from agent.capture.pos.web.reading import Mapping, Reading

_DONE: Final = "COMPLETED"
_WITH_STATUS: Final = ("payment", "refund")
_INCLUSIVE: Final = "INCLUSIVE"


class SquareReader:
    """A ``BodyReader`` of Square's notices."""

    def __init__(self, profile: WebProfile, context: CaptureContext) -> None:
        self._mapping = Mapping(profile, context)
        self._profile = profile
        self._zone: tzinfo = ZoneInfo(profile.timezone) if profile.timezone else context.timezone

    def read(self, body: bytes) -> Reading:
        """The sale that a notice tells of; nothing where it tells of none, or of another shop's.

        Raises:
            Problem: the profile takes orders, and the notice only names one.
        """
        notice = decode_object(body)
        told = object_at(object_at(notice, "data"), "object")
        try:
            with blamed_on_us():
                _check_object(text_of(notice.get("type")).partition(".")[0], told)
                transcripts = list(self._transcripts(told))
                for each in transcripts:
                    self._date(each.header)
        except Malformed as error:
            return Reading(refused=[Refused(body, str(error), number=1, offset=0)])
        return self._mapping.reading(transcripts, body)

    def _transcripts(self, told: dict[str, Any]) -> Iterator[Transcript]:
        if self._profile.takes is Takes.PAYMENTS:
            for name, read in (("payment", _payment), ("refund", _refund)):
                found = object_at(told, name)
                if self._is_ours(found) and found.get("status") == _DONE:
                    yield read(found)
            return
        if "order_updated" in told or "order_created" in told:
            raise Problem(
                Trouble.INVALID,
                "this notice names an order and does not hold it; take payments, or forward orders",
            )
        order = object_at(told, "order")
        if self._is_ours(order):
            yield _order(order)

    def _date(self, header: dict[Field, str]) -> None:
        """Put Square's times, which are UTC, on the shop's clock, and name the shop's day."""
        for name in (Field.BEGIN_AT, Field.END_AT):
            header[name] = _on_clock(header[name], self._zone, name).isoformat()
        # The time of making never changes, and the key is made of its day.
        made = datetime.fromisoformat(header[Field.BEGIN_AT])
        day = business_day_of(made, self._profile.key.day_begins_h)
        header[Field.BUSINESS_DAY] = day.isoformat()

    def _is_ours(self, found: dict[str, Any]) -> bool:
        locations = self._profile.locations
        return bool(found) and (not locations or text_of(found.get("location_id")) in locations)


def _check_object(kind: str, told: dict[str, Any]) -> None:
    """Whether what a notice tells of is in it: a notice in new words must not pass for an idle one.

    Raises:
        Malformed: there is no such object, or it does not say how far it came.
    """
    for name in _WITH_STATUS:
        found = object_at(told, name)
        if kind == name and not found:
            raise Malformed(f"it tells of a {name} and holds none")
        if found and not text_of(found.get("status")):
            raise Malformed(f"its {name} has no status")


def _on_clock(text: str, zone: tzinfo, name: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"{name} is no date and time") from error
    if read.tzinfo is None:
        raise Malformed(f"{name} has no offset")
    return read.astimezone(zone)


def _payment(payment: dict[str, Any]) -> Transcript:
    amount, tip = _minor(payment, "amount_money"), _minor(payment, "tip_money")
    total = _minor(payment, "total_money") or amount + tip
    lines: list[Texts] = [_plain_line("payment", text_of(payment.get("note")), amount)]
    return Transcript(
        header=_header(payment, "amount_money", total),
        lines=lines + ([_plain_line("tip", "", tip)] if tip else []),
        tenders=[_tender(payment, text_of(payment.get("source_type")), total)],
    )


def _refund(refund: dict[str, Any]) -> Transcript:
    amount = -_minor(refund, "amount_money")
    header = _header(refund, "amount_money", amount) | {
        Field.DIRECTION: "return",
        Field.LINK_REASON: "return",
        Field.LINK_SEQUENCE_NUMBER: text_of(refund.get("payment_id")),
    }
    line = _plain_line("refund", text_of(refund.get("reason")), amount) | {
        Field.LINE_DIRECTION: "return"
    }
    kind = text_of(refund.get("destination_type"))
    return Transcript(header=header, lines=[line], tenders=[_tender(refund, kind, amount)])


def _order(order: dict[str, Any]) -> Transcript:
    returns = objects_at(order, "returns")
    source = object_at(order, "net_amounts") if returns else order
    total = _minor(source, "total_money")
    header = _header(order, "total_money", total) | {Field.STATUS: text_of(order.get("state"))}
    for each in returns:
        header |= {
            Field.LINK_REASON: "return",
            Field.LINK_SEQUENCE_NUMBER: text_of(each.get("source_order_id")),
        }
    lines = [_line(each, 1) for each in objects_at(order, "line_items")]
    lines += [_charge(each) for each in objects_at(order, "service_charges")]
    lines += [_line(item, -1) for each in returns for item in objects_at(each, "return_line_items")]
    taxes = [_tax(each, 1) for each in objects_at(order, "taxes")]
    taxes += [_tax(tax, -1) for each in returns for tax in objects_at(each, "return_taxes")]
    tip = _minor(source, "tip_money") if returns else _minor(order, "total_tip_money")
    return Transcript(
        header=header | ({Field.DIRECTION: "return"} if total < 0 else {}),
        lines=lines + ([_plain_line("tip", "", tip)] if tip else []),
        taxes=taxes,
        tenders=[*_tenders(order)],
    )


def _header(found: dict[str, Any], money: str, total: int) -> dict[Field, str]:
    number = text_of(found.get("id"))
    if not number:
        raise Malformed("it has no id")
    created = text_of(found.get("created_at"))
    return {
        Field.SEQUENCE_NUMBER: number,
        Field.RECEIPT_NUMBER: text_of(found.get("receipt_number")),
        Field.OPERATOR: text_of(found.get("team_member_id")),
        Field.TILL_ID: text_of(object_at(found, "device_details").get("device_id")),
        Field.END_AT: text_of(found.get("closed_at")) or created,
        Field.BEGIN_AT: created,
        Field.CURRENCY: text_of(object_at(found, money).get("currency")),
        Field.TOTAL: str(total),
        Field.PHONE: text_of(found.get("buyer_phone_number")),
    }


def _line(line: dict[str, Any], sign: int) -> Texts:
    saved = _minor(line, "total_discount_money")
    gross = "gross_sales_money" if "gross_sales_money" in line else "gross_return_money"
    quantity = text_of(line.get("quantity")) or "1"
    return {
        Field.LINE_DIRECTION: "sale" if sign > 0 else "return",
        Field.ITEM_ID: text_of(line.get("catalog_object_id")),
        Field.DESCRIPTION: text_of(line.get("name")),
        Field.QUANTITY: quantity if sign > 0 else f"-{quantity}",
        Field.ACTUAL_PRICE: text_of(object_at(line, "base_price_money").get("amount")),
        Field.AMOUNT: str(sign * (_minor(line, gross) - saved)),
        Field.DISCOUNT: str(-sign * saved) if saved else "",
    }


def _charge(charge: dict[str, Any]) -> Texts:
    amount = _minor(charge, "applied_money") or _minor(charge, "amount_money")
    return _plain_line("service charge", text_of(charge.get("name")), amount)


def _plain_line(item: str, description: str, amount: int) -> dict[Field, str]:
    return {
        Field.LINE_DIRECTION: "sale",
        Field.ITEM_ID: item,
        Field.DESCRIPTION: description,
        Field.AMOUNT: str(amount),
    }


def _tax(tax: dict[str, Any], sign: int) -> Texts:
    return {
        Field.TAX_ID: text_of(tax.get("name")),
        Field.TAX_PERCENT: text_of(tax.get("percentage")),
        Field.TAX_AMOUNT: str(sign * _minor(tax, "applied_money")),
        Field.TAX_INCLUDED: text_of(tax.get("type") == _INCLUSIVE),
    }


def _tenders(order: dict[str, Any]) -> Iterator[Texts]:
    for each in objects_at(order, "tenders"):
        yield _tender(each, text_of(each.get("type")), _minor(each, "amount_money"))
    for each in objects_at(order, "refunds"):
        yield _tender(each, "refund", -_minor(each, "amount_money"))


def _tender(found: dict[str, Any], kind: str, amount: int) -> Texts:
    cash = object_at(found, "cash_details")
    handed = _minor(cash, "buyer_tendered_money") or _minor(cash, "buyer_supplied_money")
    card = object_at(object_at(found, "card_details"), "card")
    last4 = text_of(card.get("last_4"))
    return {
        Field.TENDER_TYPE: kind,
        Field.TENDER_AMOUNT: str(handed or amount),
        Field.TENDER_CHANGE: str(_minor(cash, "change_back_money")),
        Field.TENDER_CARD: f"****{last4}" if last4 else "",
    }


def _minor(holder: dict[str, Any], name: str) -> int:
    """An amount of money, which Square gives in integer minor units; 0 where it is missing."""
    found = object_at(holder, name).get("amount", 0)
    if not isinstance(found, int) or isinstance(found, bool):
        raise Malformed(f"{name} is not a whole number of minor units")
    return found
