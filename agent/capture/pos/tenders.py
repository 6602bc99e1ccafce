"""How a transaction was paid: ``Tender`` below a ``LineItem``.

Never read: authorisation codes (a wallet's is the code on the customer's screen), reference
numbers, signatures, names on cards, and account numbers beyond the last four digits of masked ones.
"""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element

import msgspec

from agent.capture.pos.dialect import Tenders, void_factor
from agent.capture.pos.fields import first_text, is_true, text_at
from agent.capture.pos.money import Currency
from agent.capture.pos.profile import TillProfile
from agent.capture.pos.redact import last4
from models.wire.events.sale import Tender

_REFUNDS: Final = frozenset({"Refund", "Return"})
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
    apart = profile.arithmetic.tenders is Tenders.CHANGE_APART
    if apart and tenders and tender.find("TenderChange") is not None:
        change = tenders[-1].change_minor + sign * _change(tender, currency)
        tenders[-1] = msgspec.structs.replace(tenders[-1], change_minor=change)
        return
    tenders.append(
        Tender(
            type=tender.get("TenderType", "") or text_at(tender, "TenderID"),
            amount_minor=sign * currency.minor(text_at(tender, "Amount"), "Tender/Amount"),
            change_minor=0 if apart else sign * _change(tender, currency),
            wallet=_wallet(tender, profile),
            card_last4=last4(first_text(tender, _ACCOUNTS)),
            currency=text_at(tender, "ForeignCurrency/CurrencyCode"),
        )
    )


def _sign(item: Element, tender: Element, currency: Currency, profile: TillProfile) -> int:
    arithmetic = profile.arithmetic
    sign = arithmetic.refunds.sign if tender.get("TypeCode") in _REFUNDS else 1
    if not is_true(item.get("VoidFlag")):
        return sign
    written = currency.minor(text_at(tender, "Amount"), "Tender/Amount")
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
        tender.get("TenderType", ""),
    )
    return next((profile.wallets[name] for name in names if name in profile.wallets), "")
