"""The outside of a transaction: where, when, which number, by whom, and what it is."""

from __future__ import annotations

import hmac
import uuid
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from hashlib import sha256
from typing import Final
from xml.etree.ElementTree import Element

from agent.capture.pos.fields import first_text, is_true, required_text, text_at
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.moments import business_day, moment
from agent.capture.pos.money import Currency
from agent.capture.pos.profile import TillProfile
from models.wire.events.sale import Flag, Kind, Status, natural_key, natural_key_of_uuid

_KINDS: Final = (
    ("RetailTransaction", Kind.RETAIL),
    ("TenderControlTransaction", Kind.TENDER_CONTROL),
    ("ControlTransaction", Kind.CONTROL),
)
_NO_CURRENCY: Final = "XXX"  # ISO 4217; a sign-on moves no money and need not say in what
_PSEUDONYM_BYTES: Final = 5  # 40 bits: no two of a shop's cashiers meet, and nothing else is in it


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
        transaction, ("EndDateTime", f"{body.tag}/ReceiptDateTime", "BeginDateTime"), "EndDateTime"
    )
    end_at, zone_assumed = moment(end_text, zone, "EndDateTime")
    begin_text = text_at(transaction, "BeginDateTime")
    code = _currency_code(transaction, body, profile.arithmetic.grand_total)
    return Header(
        kind=kind,
        body=body,
        business_unit=required_text(
            transaction, ("RetailStoreID", "BusinessUnit/UnitID"), "RetailStoreID"
        ),
        workstation_id=required_text(transaction, ("WorkstationID",), "WorkstationID"),
        till_id=text_at(transaction, "TillID"),
        sequence_number=required_text(transaction, ("SequenceNumber",), "SequenceNumber"),
        transaction_id=text_at(transaction, "TransactionID"),
        business_day_date=business_day(
            required_text(transaction, ("BusinessDayDate",), "BusinessDayDate"), "BusinessDayDate"
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
    if is_true(transaction.get("TrainingModeFlag")):
        return Status.TRAINING
    stated = body.get("TransactionStatus") or transaction.get("TransactionStatus") or ""
    status = profile.status_of(stated)
    if status is None:
        raise Malformed(
            f"its TransactionStatus is not known to profile {profile.name!r}; add it to [statuses]"
        )
    if is_true(transaction.get("CancelFlag")):
        return Status.VOIDED
    if status is Status.COMPLETED and is_true(transaction.get("OfflineFlag")):
        return Status.OFFLINE
    return status


def control_of(body: Element) -> str:
    """What a control transaction was: the element that says so, and the till's reason if other."""
    what = next((child.tag for child in body if child.tag != "ReasonCode"), "") or body.tag
    reason = text_at(body, "ReasonCode")
    return f"{what}: {reason}" if reason and reason != what else what


def operator_ref(transaction: Element, key: bytes, store: str) -> str:
    """The cashier's pseudonym: 40 bits of a keyed HMAC; empty without a number or a key."""
    operator = text_at(transaction, "OperatorID")
    if not operator or not key:
        return ""
    digest = hmac.digest(key, f"operator\x1f{store}\x1f{operator}".encode(), sha256)
    return digest[:_PSEUDONYM_BYTES].hex()


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
    totals = (total for total in body.iterfind("Total") if total.get("TotalType") == grand_total)
    return named or next((total.get("CurrencyCode", "") for total in totals), "")


def _currency(code: str, kind: Kind) -> Currency:
    if not code and kind is Kind.RETAIL:
        raise Malformed("CurrencyCode is missing; name the shop's currency in the till profile")
    return Currency.of(code or _NO_CURRENCY)


def _flags(*, zone_assumed: bool, currency_assumed: bool) -> tuple[Flag, ...]:
    assumed = ((Flag.TIMEZONE_ASSUMED, zone_assumed), (Flag.CURRENCY_ASSUMED, currency_assumed))
    return tuple(flag for flag, is_so in assumed if is_so)
