"""A first profile from sample receipts, and what it is unsure of.

``guessing`` finds lines by the words in front of them. Among the forms of goods and the ways of
adding up, the one is taken by which most samples come to their printed totals: sums decide, since
nothing else on a receipt can prove itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent.capture.pos.dialect import Taxes
from agent.capture.pos.family import Adapter
from agent.capture.pos.folding import folded
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.rules import KeyPart, KeyRule, LineDiscounts, Sums
from agent.capture.pos.mapping.transcript import Field, Part
from agent.capture.pos.receipts import vocabulary as words
from agent.capture.pos.receipts.guessing import (
    Receipts,
    guess_amounts,
    guess_numbers,
    guess_sums,
    guess_time,
    wallets_of,
)
from agent.capture.pos.receipts.profile import LineForm, ReceiptProfile
from agent.capture.pos.receipts.reading import TillReceipts
from agent.capture.pos.sink import CaptureContext
from models.wire.events.sale import Flag

_DISAGREE: Final = frozenset({Flag.LINES_DISAGREE, Flag.TENDERS_DISAGREE})
_KEY_PARTS: Final = (
    (KeyPart.WORKSTATION_ID, Field.WORKSTATION_ID),
    (KeyPart.RECEIPT_NUMBER, Field.RECEIPT_NUMBER),
    (KeyPart.END_AT, Field.END_DATE),
    (KeyPart.TOTAL, Field.TOTAL),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A profile to begin with.

    Attributes:
        samples, right: how many receipts there were, and how many add up by it.
        unsure: what a person has to decide, in sentences.
    """

    profile: ReceiptProfile
    samples: int
    right: int
    unsure: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class _Score:
    """How well a profile does; the order of the fields is their weight."""

    right: int = 0
    lines_read: int = 0
    fields: int = 0


def draft_profile(
    name: str, samples: Sequence[Sequence[str]], currency: str, context: CaptureContext
) -> Draft:
    """A profile for receipts of one make, and how many of them it reads.

    Args:
        name: what to call it.
        samples: the lines of at least one receipt; ten are better, with returns among them.
        currency: of the shop; receipts seldom say.
        context: whoever reads them.
    """
    receipts = [[line for line in map(folded, each) if line] for each in samples]
    moments, times, doubts = guess_time(receipts)
    numbers, more_doubts = guess_numbers(receipts)
    sums, doubts_of_sums = guess_sums(receipts)
    lines = (*numbers, *times, *sums)
    plain = ReceiptProfile(
        name=name,
        version=1,
        adapter=Adapter.RECEIPTS,
        currency=currency,
        amounts=guess_amounts(receipts),
        moments=moments,
        key=KeyRule(parts=_key(lines)),
        lines=(*lines, _goods(words.GOODS[-1])),
        wallets=wallets_of(receipts),
    )
    best, score = _best_of(_candidates(plain, lines), receipts, context)
    unsure = [*doubts, *more_doubts, *doubts_of_sums, *_doubts(score, len(receipts))]
    return Draft(best, len(receipts), score.right, tuple(unsure))


def _key(lines: Sequence[LineForm]) -> tuple[KeyPart, ...]:
    """What was found of the parts that name a receipt."""
    sources = " ".join(source for form in lines for source in form.form)
    return tuple(part for part, name in _KEY_PARTS if f"{{{name}" in sources)


def _goods(form: tuple[str, ...]) -> LineForm:
    return LineForm(Part.LINE, form=form)


def _candidates(plain: ReceiptProfile, lines: tuple[LineForm, ...]) -> Iterator[ReceiptProfile]:
    """Profiles that differ in how goods are written and how they add up."""
    for form in words.GOODS:
        forms = (
            [_goods(form)] if form == words.GOODS[-1] else [_goods(form), _goods(words.GOODS[-1])]
        )
        for taxes in (Taxes.INCLUDED, Taxes.ADDED):
            for discounts in (LineDiscounts.INSIDE, LineDiscounts.APART):
                sums = Sums(taxes=taxes, line_discounts=discounts)
                yield replace(plain, lines=(*lines, *forms), sums=sums)


def _best_of(
    candidates: Iterator[ReceiptProfile], receipts: Receipts, context: CaptureContext
) -> tuple[ReceiptProfile, _Score]:
    scored = [(candidate, _score(candidate, receipts, context)) for candidate in candidates]
    return max(scored, key=lambda each: each[1])


def _score(profile: ReceiptProfile, receipts: Receipts, context: CaptureContext) -> _Score:
    """Right sums first; then more lines of goods read; then more said about each."""
    till = TillReceipts(profile, context)
    right = read = fields = 0
    for lines in receipts:
        finding = till.find(lines)
        found = finding.transcript.lines
        read += -finding.unread_goods
        fields += sum(len(each) for each in found)
        try:
            sale = till.sale(finding, "")
        except Malformed:
            continue
        right += sale is not None and not _DISAGREE.intersection(sale.capture.flags)
    return _Score(right, read, fields)


def _doubts(score: _Score, samples: int) -> Iterator[str]:
    if score.right < samples:
        yield (
            f"{score.right} of {samples} samples add up; look for lines of goods, reductions and "
            "taxes that the others have"
        )
    yield (
        "which prints are sales: name words of receipts in sale_when, and of reprints in copy_when"
    )
