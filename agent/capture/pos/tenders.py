"""How a transaction was paid: ``Tender`` below a ``LineItem``.

Never read: authorisation codes (a wallet's is the code on the customer's screen), reference
numbers, signatures, names on cards, and account numbers beyond the last four digits of masked ones.
"""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element

import msgspec

from agent.capture.pos.dialect import Tenders, void_factor
from agent.capture.pos.fields import first_text, flag, stated, text_at, word
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.money import Currency
from agent.capture.pos.profile import TillProfile
from agent.capture.pos.sensitive import last4
from models.wire.events.sale import Tender

_REFUNDS: Final = frozenset({"refund", "return"})
_FACE_AMOUNTS: Final = (
    "ForeignCurrency/OriginalFaceAmount",
    "ForeignCurrency/FaceAmount",
    "ForeignCurrency/ForeignAmount",
)
_ACCOUNTS: Final = (
    "CreditDebit/PrimaryAccountNumber",
    "CreditDebit/AccountNumber",
    "CreditDebit/CardNumber",
)


def add_tender(
    tenders: list[Tender], item: Element, tender: Element, currency: Currency, profile: TillProfile
) -> None:
    """Add one payment to those before it; a struck one adds nothing.

    The amount is what was handed over and the change is positive, so that amount less change is
    what was paid; both are turned around where money goes out. Change that stands in a tender of
    its own goes to the tender before it.

    Raises:
        Malformed: an amount is missing or no number.
    """
    sign = _sign(item, tender, currency, profile)
    if sign == 0:
        return
    foreign = _foreign(tender, currency)
    apart = profile.arithmetic.tenders is Tenders.CHANGE_APART
    is_change = word(stated(tender, "TypeCode")) == "change"
    if tenders and (is_change or (apart and tender.find("TenderChange") is not None)):
        given = abs(_amount(tender, currency)) if is_change else _change(tender, currency)
        change = tenders[-1].change_minor + (1 if is_change else sign) * given
        tenders[-1] = msgspec.structs.replace(tenders[-1], change_minor=change)
        return
    tenders.append(
        Tender(
            type=stated(tender, "TenderType") or text_at(tender, "TenderID"),
            amount_minor=sign * _amount(tender, currency),
            change_minor=0 if apart else sign * _change(tender, currency),
            wallet=_wallet(tender, profile),
            card_last4=last4(first_text(tender, _ACCOUNTS)),
            currency=foreign,
            foreign_amount_minor=_foreign_amount(tender, foreign, sign),
        )
    )


def _amount(tender: Element, currency: Currency) -> int:
    return currency.minor(text_at(tender, "Amount"), "Tender/Amount")


def _foreign(tender: Element, currency: Currency) -> str:
    """The code of another currency that was handed over."""
    amount = tender.find("Amount")
    named = text_at(tender, "ForeignCurrency/CurrencyCode")
    if not named and amount is not None and amount.get("ForeignAmount"):
        named = amount.get("Currency", "")
    return "" if named == currency.code else named


def _foreign_amount(tender: Element, code: str, sign: int) -> int | None:
    if not code:
        return None
    amount = tender.find("Amount")
    written = first_text(tender, _FACE_AMOUNTS) or (
        amount.get("ForeignAmount", "") if amount is not None else ""
    )
    try:
        face = Currency.of(code).minor_or_none(written)
    except Malformed:
        return None  # a house's own name for a currency; the amount in the sale's counts
    return None if face is None else sign * face


def _sign(item: Element, tender: Element, currency: Currency, profile: TillProfile) -> int:
    arithmetic = profile.arithmetic
    written = _amount(tender, currency)
    refund = word(stated(tender, "TypeCode")) in _REFUNDS
    sign = arithmetic.refunds.sign_of(written) if refund else 1
    if not (flag(item, "VoidFlag") or flag(tender, "VoidFlag")):
        return sign
    linked = tender.find("ItemLink") is not None
    return sign * void_factor(arithmetic.voids, written, linked=linked)


def _change(tender: Element, currency: Currency) -> int:
    """What came back, as a positive amount.

    Cash taken along with a card payment is change too; it is asked for only where there is no
    ``TenderChange``, since tills that write both say the same thing twice.
    """
    given = [
        abs(currency.minor(text_at(change, "Amount") or change.text or "", "TenderChange"))
        for change in tender.iterfind("TenderChange")
    ]
    if given:
        return sum(given)
    cashback = first_text(tender, ("Cashback", "Cashback/Amount"))
    return abs(currency.minor(cashback, "Cashback")) if cashback else 0


def _wallet(tender: Element, profile: TillProfile) -> str:
    names = (
        text_at(tender, "TenderID"),
        text_at(tender, "TenderDescription"),
        stated(tender, "TenderType"),
    )
    return next((profile.wallets[name] for name in names if name in profile.wallets), "")
