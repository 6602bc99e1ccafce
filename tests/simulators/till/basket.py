"""Goods on a receipt: which, how many, at what price, and what happens to them later."""

from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Final, assert_never

from tests.simulators.till.chance import weighted
from tests.simulators.till.facts import Item, Line, Modifier
from tests.simulators.till.money import whole_fen
from tests.simulators.till.vocabulary import (
    CodeKind,
    Deal,
    EntryMethod,
    LineKind,
    ModifierMethod,
    Unit,
)

_LINES_PER_BASKET: Final = ((1, 36), (2, 28), (3, 17), (4, 9), (5, 6), (7, 4))
_PIECES: Final = ((1, 78), (2, 17), (3, 3), (6, 2))
_UNREADABLE_BARCODE_SHARE: Final = 0.04
_NEAR_EXPIRY_SHARE: Final = 0.08
_NEAR_EXPIRY_PERCENT_OFF: Final = 20


def ring_up(
    rng: Random, stock: tuple[Item, ...], *, member_prices: bool, void_line: bool = False
) -> tuple[Line, ...]:
    """Fill a basket; the total is always positive.

    With `void_line` the cashier takes one line back, so there are at least two.
    """
    count = weighted(rng, _LINES_PER_BASKET)
    items = rng.sample(stock, max(count, 2) if void_line else count)
    lines = [_ring(rng, number, item, member_prices) for number, item in enumerate(items, 1)]
    if void_line:
        taken_back = rng.randrange(len(lines))
        lines[taken_back] = replace(lines[taken_back], void=True)
    return tuple(lines)


def bring_back(rng: Random, sold: tuple[Line, ...]) -> tuple[Line, ...]:
    """Return one or two whole lines of a sale, at the price paid, each naming the line it was."""
    kept = [line for line in sold if not line.void]
    chosen = sorted(rng.sample(kept, min(len(kept), rng.choice((1, 1, 2)))), key=_by_sequence)
    return tuple(
        replace(line, sequence=number, kind=LineKind.RETURN, origin_line=line.sequence)
        for number, line in enumerate(chosen, 1)
    )


def take_back(sold: tuple[Line, ...]) -> tuple[Line, ...]:
    """Lines of a post-void: those of the sale, with quantity and reductions turned around."""
    kept = [line for line in sold if not line.void]
    return tuple(
        replace(
            line,
            sequence=number,
            quantity=-line.quantity,
            modifiers=tuple(replace(each, amount_fen=-each.amount_fen) for each in line.modifiers),
        )
        for number, line in enumerate(kept, 1)
    )


def _ring(rng: Random, sequence: int, item: Item, member_prices: bool) -> Line:
    line = Line(sequence, LineKind.SALE, item, _quantity(rng, item.unit), _entry(rng, item))
    return replace(line, modifiers=_modifiers(rng, line, member_prices))


def _quantity(rng: Random, unit: Unit) -> Decimal:
    match unit:
        case Unit.EACH:
            return Decimal(weighted(rng, _PIECES))
        case Unit.KILOGRAM | Unit.JIN:
            return Decimal(rng.randint(180, 2400)).scaleb(-3)  # scales read whole grams
        case _:
            assert_never(unit)


def _entry(rng: Random, item: Item) -> EntryMethod:
    keyed = item.coded_as is CodeKind.PLU or rng.random() < _UNREADABLE_BARCODE_SHARE
    return EntryMethod.KEYED if keyed else EntryMethod.SCANNED


def _modifiers(rng: Random, line: Line, member_prices: bool) -> tuple[Modifier, ...]:
    applied = (_member_price(line) if member_prices else None, _promotion(rng, line))
    return tuple(modifier for modifier in applied if modifier is not None)


def _member_price(line: Line) -> Modifier | None:
    price_fen = line.item.member_price_fen
    if price_fen is None:
        return None
    saved_fen = line.regular_fen - whole_fen(price_fen * line.quantity)
    return Modifier(ModifierMethod.MEMBER_PRICE, saved_fen, "会员价", price_fen)


def _promotion(rng: Random, line: Line) -> Modifier | None:
    deal = line.item.deal
    match deal:
        case None:
            return None
        case Deal.SECOND_HALF_PRICE:
            pairs = int(line.quantity) // 2
            saved_fen = whole_fen(Decimal(line.item.price_fen) / 2) * pairs
            return Modifier(ModifierMethod.PROMOTION, saved_fen, deal) if pairs else None
        case Deal.NEAR_EXPIRY:
            saved_fen = whole_fen(Decimal(line.regular_fen * _NEAR_EXPIRY_PERCENT_OFF) / 100)
            stale = rng.random() < _NEAR_EXPIRY_SHARE
            return Modifier(ModifierMethod.MARKDOWN, saved_fen, deal) if stale else None
        case _:
            assert_never(deal)


def _by_sequence(line: Line) -> int:
    return line.sequence
