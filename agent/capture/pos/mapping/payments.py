"""Tenders, change and taxes, from texts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

import msgspec

from agent.capture.pos.dialect import Taxes, Tenders
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.goods import line_sign
from agent.capture.pos.mapping.rules import SaleRules
from agent.capture.pos.mapping.transcript import Field, Texts, Transcript
from agent.capture.pos.money import Currency
from agent.capture.pos.sensitive import last4
from models.wire.events.sale import LineKind, Tax, Tender


def read_tenders(
    transcript: Transcript, direction: LineKind, currency: Currency, rules: SaleRules
) -> list[Tender]:
    """How it was paid. Amount less change is what was paid; both turn around in a return.

    Raises:
        Malformed: an amount is no number, or change stands before any tender.
    """
    tenders: list[Tender] = []
    for texts in transcript.tenders:
        _add(tenders, texts, direction, currency, rules)
    change = transcript.header.get(Field.CHANGE, "")
    if change:
        given = abs(rules.amounts.minor(change, currency, Field.CHANGE))
        _give(tenders, rules.sums.refund_sign(direction) * given)
    return tenders


def read_taxes(
    transcript: Transcript, direction: LineKind, currency: Currency, rules: SaleRules
) -> list[Tax]:
    """One tax per kind, rate and inclusion, in the order in which they first came.

    Where the transaction has taxes of its own, those of its lines only explain them.

    Raises:
        Malformed: an amount is no number.
    """
    own = [_tax(each, direction, currency, rules) for each in transcript.taxes]
    of_lines = (
        _tax(each, direction, currency, rules)
        for each in transcript.lines
        if each.get(Field.TAX_AMOUNT)
    )
    return _added_up(own or of_lines)


def _add(
    tenders: list[Tender], texts: Texts, direction: LineKind, currency: Currency, rules: SaleRules
) -> None:
    sums, type_ = rules.sums, texts.get(Field.TENDER_TYPE, "")
    kind = rules.tender_types.get(type_, type_)
    text = texts.get(Field.TENDER_AMOUNT, "")
    written = rules.amounts.minor(text, currency, Field.TENDER_AMOUNT)
    outwards = sums.refund_sign(direction)
    apart = sums.tenders is Tenders.CHANGE_APART and bool(tenders) and outwards * written < 0
    if apart or {type_, kind} & {*sums.change_types}:
        _give(tenders, outwards * abs(written))
        return
    change = texts.get(Field.TENDER_CHANGE, "")
    given = abs(rules.amounts.minor(change, currency, Field.TENDER_CHANGE)) if change else 0
    tenders.append(
        Tender(
            type=kind,
            amount_minor=sums.refund_sign(direction, written) * written,
            change_minor=outwards * given,
            wallet=rules.wallets.get(kind) or rules.wallets.get(type_, ""),
            card_last4=last4(texts.get(Field.TENDER_CARD, "")),
            currency=texts.get(Field.TENDER_CURRENCY, ""),
        )
    )


def _give(tenders: list[Tender], change_minor: int) -> None:
    """Change belongs to the tender before it."""
    if not tenders:
        if change_minor:
            raise Malformed("change stands before any tender")
        return
    given = tenders[-1].change_minor + change_minor
    tenders[-1] = msgspec.structs.replace(tenders[-1], change_minor=given)


def _tax(texts: Texts, direction: LineKind, currency: Currency, rules: SaleRules) -> Tax:
    """One tax; 0 and without a base where it stands on a struck line."""
    text = texts.get(Field.TAX_AMOUNT, "")
    written = rules.amounts.minor(text, currency, Field.TAX_AMOUNT)
    sign = line_sign(texts, direction, written, rules)
    taxable = texts.get(Field.TAXABLE, "")
    base = rules.amounts.price_or_none(taxable, currency) if taxable else None
    return Tax(
        amount_minor=sign * written,
        tax_id=texts.get(Field.TAX_ID, ""),
        taxable_minor=None if base is None else sign * base,
        percent=texts.get(Field.TAX_PERCENT, "").rstrip("% "),
        included=_is_included(texts, rules),
    )


def _is_included(texts: Texts, rules: SaleRules) -> bool:
    match rules.sums.taxes:
        case Taxes.INCLUDED:
            return True
        case Taxes.ADDED:
            return False
        case Taxes.BY_FLAG:
            return rules.says_yes(texts.get(Field.TAX_INCLUDED, ""))
        case _:
            assert_never(rules.sums.taxes)


def _added_up(taxes: Iterable[Tax]) -> list[Tax]:
    found: dict[tuple[str, str, bool], Tax] = {}
    for tax in taxes:
        name = (tax.tax_id, tax.percent, tax.included)
        before = found.get(name)
        found[name] = tax if before is None else _both(before, tax)
    return list(found.values())


def _both(one: Tax, other: Tax) -> Tax:
    known = one.taxable_minor is not None and other.taxable_minor is not None
    return msgspec.structs.replace(
        one,
        amount_minor=one.amount_minor + other.amount_minor,
        taxable_minor=(one.taxable_minor or 0) + (other.taxable_minor or 0) if known else None,
    )
