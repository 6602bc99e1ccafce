"""How a make of till signs its amounts, and what adds up to what.

POSLog says what amounts are called, not how they are signed. Every dialect is brought to one rule,
which readers of our events may rely on::

    total = Σ lines + Σ discounts of the transaction + Σ taxes that are not included
    total = Σ (tendered - change), once it was paid

A dialect says how to get there. A transaction that does not is flagged; there is no setting that
loosens the check.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never


class Written(StrEnum):
    """How an amount that goes the other way (a return, a refund, a saving) is written."""

    POSITIVE = "positive"
    SIGNED = "signed"
    EITHER = "either"
    """It goes the other way whichever sign the till gave it; what else could it be."""

    @property
    def sign(self) -> int:
        """The factor that makes a written amount without a minus a signed one."""
        return 1 if self is Written.SIGNED else -1

    def sign_of(self, written_minor: int) -> int:
        """The factor that makes this very amount a signed one."""
        return 1 if self is Written.EITHER and written_minor < 0 else self.sign


class Voids(StrEnum):
    """What a line with ``VoidFlag`` adds to the total."""

    AS_WRITTEN = "as_written"
    """It takes back an earlier line and is written negative (NCR)."""

    STRUCK = "struck"
    """It was itself taken back, stands as rung up, and adds nothing."""

    LINKED = "linked"
    """Negative: as written. Positive with an ``ItemLink``: takes that line back. Else: struck."""

    BY_SUM = "by_sum"
    """The first of linked, struck and as written by which the receipt comes to its total."""


class Taxes(StrEnum):
    """Whether prices hold the tax already."""

    BY_FLAG = "by_flag"
    """As ``TaxIncludedInPriceFlag`` or ``TaxIncludedInTaxableAmountFlag`` say.

    A tax without either is included where goods and discounts come to the printed total without
    it, and added otherwise.
    """

    ADDED = "added"
    INCLUDED = "included"


class Modifiers(StrEnum):
    """Whether ``ExtendedAmount`` holds the line's own ``RetailPriceModifier`` amounts."""

    INSIDE = "inside"
    APART = "apart"
    BY_SUM = "by_sum"
    """Inside, unless the receipt comes to its printed total only with them."""


class Tenders(StrEnum):
    """Where change stands."""

    CHANGE_INSIDE = "change_inside"
    """In the tender that it was given for, whose amount is what was handed over."""

    CHANGE_APART = "change_apart"
    """In a tender of its own behind it, whose amount is negative (NCR)."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The dialect of one make of till.

    Attributes:
        grand_total: the ``TotalType`` that the customer paid.
        tax_total: the ``TotalType`` that all taxes must add up to; not checked where empty.
        modifiers: whether a line's amount holds its price modifiers.
        returns: amounts of goods that come back.
        refunds: amounts of tenders whose ``TypeCode`` is ``Refund``.
        voids: lines with ``VoidFlag``, goods, taxes and tenders alike.
        taxes: whether prices hold the tax.
        tenders: where change stands.
        discounts: elements of a line item that reduce the whole transaction (ElementPath).
        discount_amount, discount_reason: where these say how much and why.
        discount_sign: how these amounts are written.
    """

    grand_total: str = "TransactionGrandAmount"
    tax_total: str = ""
    modifiers: Modifiers = Modifiers.INSIDE
    returns: Written = Written.EITHER
    refunds: Written = Written.EITHER
    voids: Voids = Voids.LINKED
    taxes: Taxes = Taxes.BY_FLAG
    tenders: Tenders = Tenders.CHANGE_INSIDE
    discounts: tuple[str, ...] = ("Discount",)
    discount_amount: str = "Amount"
    discount_reason: str = "ReasonCode"
    discount_sign: Written = Written.EITHER


def readings(arithmetic: Arithmetic) -> Iterator[Arithmetic]:
    """The dialects that a receipt may be in, the likeliest first; one where the profile knows.

    For tills that nobody has written a profile for. The check stays what it is: a receipt that
    adds up in none of them is flagged, and read in the first.
    """
    voids = (Voids.LINKED, Voids.STRUCK, Voids.AS_WRITTEN)
    modifiers = (Modifiers.INSIDE, Modifiers.APART)
    for how in modifiers if arithmetic.modifiers is Modifiers.BY_SUM else (arithmetic.modifiers,):
        for rule in voids if arithmetic.voids is Voids.BY_SUM else (arithmetic.voids,):
            yield replace(arithmetic, modifiers=how, voids=rule)


def void_factor(rule: Voids, written_minor: int, *, linked: bool) -> int:
    """What a void line's written amount counts for: 1 as written, 0 nothing, -1 the opposite."""
    match rule:
        case Voids.AS_WRITTEN:
            return 1
        case Voids.STRUCK:
            return 0
        case Voids.LINKED:
            if written_minor < 0:
                return 1
            return -1 if linked else 0
        case Voids.BY_SUM:
            raise ValueError("a receipt is read by one rule; see readings()")
        case _:
            assert_never(rule)
