"""The outside of a transaction: where, when, which number, by whom, and what it is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Final
from xml.etree.ElementTree import Element

from agent.capture.pos.fields import first_text, flag, required_text, stated, text_at
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.moments import business_day, moment
from agent.capture.pos.money import NO_CURRENCY, Currency
from agent.capture.pos.profile import TillProfile
from models.wire.events.sale import Flag, Kind, Status, natural_key, natural_key_of_uuid

_END: Final = (
    "EndDateTime",
    "POSLogDateTime[@TypeCode='End']",
    "POSLogDateTime[@TypeCode='Transaction']",
    "POSLogDateTime",
    "BeginDateTime",
)
_DAY: Final = ("BusinessDayDate", "POSLogDateTime[@TypeCode='BusinessDay']")
_IDS: Final = ("TransactionID", "InternalTransactionID", "TransactionUUID", "UUID")
_KINDS: Final = (
    ("RetailTransaction", Kind.RETAIL),
    ("TenderControlTransaction", Kind.TENDER_CONTROL),
    ("ControlTransaction", Kind.CONTROL),
)


@dataclass(frozen=True, slots=True)
class Header:
    """What every transaction begins with.

    Attributes:
        body: the element below ``Transaction`` that says what happened.
        flags: what had to be assumed.
    """

    kind: Kind
    body: Element
    business_unit: str
    workstation_id: str
    till_id: str
    sequence_number: str
    transaction_id: str
    business_day_date: date
    begin_at: datetime | None
    end_at: datetime
    currency: Currency
    flags: tuple[Flag, ...]

    def natural_key(self, store: str) -> str:
        """The till's own UUID if it gave one, else shop, workstation, day and number."""
        try:
            given = str(uuid.UUID(self.transaction_id))
        except ValueError:
            return natural_key(
                store,
                self.business_unit,
                self.workstation_id,
                self.business_day_date,
                self.sequence_number,
            )
        return natural_key_of_uuid(store, given)


def read_header(transaction: Element, profile: TillProfile, zone: tzinfo) -> Header:
    """Read the header.

    Raises:
        Malformed: one of its key fields (shop, workstation, day, number, time, currency) is
            missing or cannot be read.
    """
    kind, body = _body_of(transaction)
    end_text = required_text(
        transaction, (_END[0], f"{body.tag}/ReceiptDateTime", *_END[1:]), "EndDateTime"
    )
    end_at, zone_assumed = moment(end_text, zone, "EndDateTime")
    begin_text = text_at(transaction, "BeginDateTime")
    code = _currency_code(transaction, body, profile.arithmetic.grand_total)
    return Header(
        kind=kind,
        body=body,
        business_unit=required_text(
            transaction, ("RetailStoreID", "BusinessUnit/UnitID", "StoreID"), "RetailStoreID"
        ),
        workstation_id=required_text(transaction, ("WorkstationID", "TillID"), "WorkstationID"),
        till_id=text_at(transaction, "TillID"),
        sequence_number=required_text(
            transaction, ("SequenceNumber", "ReceiptNumber", "TransactionID"), "SequenceNumber"
        ),
        transaction_id=first_text(transaction, _IDS),
        business_day_date=business_day(
            required_text(transaction, _DAY, "BusinessDayDate"), "BusinessDayDate"
        ),
        begin_at=moment(begin_text, zone, "BeginDateTime")[0] if begin_text else None,
        end_at=end_at,
        currency=_currency(code or profile.currency, kind),
        flags=_flags(
            zone_assumed=zone_assumed, currency_assumed=not code and bool(profile.currency)
        ),
    )


def status_of(transaction: Element, body: Element, profile: TillProfile) -> Status:
    """What became of it. Training outranks everything, since it never happened.

    Raises:
        Malformed: a ``TransactionStatus`` that neither the standard nor the profile knows. Calling
            it completed could count money that never moved.
    """
    if flag(transaction, "TrainingModeFlag"):
        return Status.TRAINING
    stated = stated_status(transaction, body)
    status = profile.status_of(stated)
    if status is None:
        raise Malformed(
            f"its TransactionStatus is not known to profile {profile.name!r}; add it to [statuses]"
        )
    if flag(transaction, "CancelFlag"):
        return Status.VOIDED
    if status is Status.COMPLETED and flag(transaction, "OfflineFlag"):
        return Status.OFFLINE
    return status


def stated_status(transaction: Element, body: Element) -> str:
    """The till's own word for what became of a transaction; empty where it gives none."""
    return (
        body.get("TransactionStatus")
        or transaction.get("TransactionStatus")
        or first_text(transaction, (f"{body.tag}/TransactionStatus", "TransactionStatus"))
    )


def control_of(body: Element) -> str:
    """What a control transaction was: the element that says so, and the till's reason if other."""
    what = next((child.tag for child in body if child.tag != "ReasonCode"), "") or body.tag
    reason = text_at(body, "ReasonCode")
    return f"{what}: {reason}" if reason and reason != what else what


def operator_of(transaction: Element) -> str:
    """The cashier's number; their name is never read."""
    return text_at(transaction, "OperatorID")


def _body_of(transaction: Element) -> tuple[Kind, Element]:
    for name, kind in _KINDS:
        body = transaction.find(name)
        if body is not None:
            return kind, body
    # Inventory, forecourt and the like take sequence numbers too, and sell nothing.
    other = (child for child in transaction if child.tag.endswith("Transaction"))
    return Kind.CONTROL, next(other, Element("UnknownTransaction"))


def _currency_code(transaction: Element, body: Element, grand_total: str) -> str:
    named = first_text(transaction, ("CurrencyCode",))
    if named:
        return named
    totals = sorted(
        body.iterfind("Total"), key=lambda each: stated(each, "TotalType") != grand_total
    )
    of_totals = next(filter(None, map(_stated_currency, totals)), "")
    return of_totals or _only_currency(body)


def _stated_currency(amount: Element) -> str:
    return amount.get("CurrencyCode") or amount.get("Currency") or ""


def _only_currency(body: Element) -> str:
    """The currency that amounts name, where all of them name the same."""
    stated = {_stated_currency(each) for each in body.iter() if each.get("ForeignAmount") is None}
    stated.discard("")
    return stated.pop() if len(stated) == 1 else ""


def _currency(code: str, kind: Kind) -> Currency:
    if not code and kind is Kind.RETAIL:
        raise Malformed("CurrencyCode is missing; name the shop's currency in the till profile")
    return Currency.of(code or NO_CURRENCY)


def _flags(*, zone_assumed: bool, currency_assumed: bool) -> tuple[Flag, ...]:
    assumed = ((Flag.TIMEZONE_ASSUMED, zone_assumed), (Flag.CURRENCY_ASSUMED, currency_assumed))
    return tuple(flag for flag, is_so in assumed if is_so)
