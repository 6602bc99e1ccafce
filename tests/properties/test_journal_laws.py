"""However a journal is cut, turned over and damaged: the same sales, or a record set aside."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum, auto
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.capture.pos.journal import SetAside, TailSettings
from agent.capture.pos.journal.lines import LineSplitter, RawRecord, Spot
from agent.capture.pos.sink import CapturedSale
from models.wire.events.sale import Flag, SaleRecorded, Status
from tests.simulators.journal_shop import JournalShop, journal_profile, read_all, sales_in
from tests.simulators.journal_writer import (
    Basket,
    baskets,
    flow_file,
    german_csv,
    order_stream,
)

FORMATS = {
    "journal-csv": german_csv,
    "journal-fixed": flow_file,
    "journal-ndjson": order_stream,
}
_DISAGREE = {Flag.LINES_DISAGREE, Flag.TENDERS_DISAGREE}


class Move(Enum):
    """What may happen to a journal and to the agent that reads it."""

    APPEND = auto()
    RENAME = auto()
    COPY_TRUNCATE = auto()
    RESTART = auto()
    STEP = auto()
    DIE_AFTER_SINK = auto()


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[Basket], list[tuple[Move, int]]]:
    moves = st.tuples(st.sampled_from(Move), st.integers(0, 300))
    return draw(baskets(4)), draw(st.lists(moves, max_size=25))


@given(lives())
@settings(max_examples=40, deadline=None)
def test_any_life_of_a_journal_gives_the_sales_that_are_in_it(
    life: tuple[list[Basket], list[tuple[Move, int]]],
) -> None:
    made, moves = life
    data = flow_file(made)
    profile = replace(journal_profile("journal-fixed"), lines_may_span_files=True)
    begin = TailSettings(from_oldest=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        JournalShop(Path(folder), profile, begin) as shop,
    ):
        for move, count in moves:
            data = _move(shop, move, data, count)
        shop.write(data)
        shop.tail.step()
        expected = read_all(profile, flow_file(made))
        assert list(shop.sink.stored) == _ids(expected)
        assert not shop.aside.kept
        assert shop.tail.status.breaks == 0


def _move(shop: JournalShop, move: Move, data: bytes, count: int) -> bytes:
    """One move; what is left to be written."""
    match move:
        case Move.APPEND:
            shop.write(data[:count])
            return data[count:]
        case Move.RENAME:
            shop.rename()
        case Move.COPY_TRUNCATE:
            shop.copy_truncate()
        case Move.RESTART:
            shop.restart()
        case Move.STEP:
            shop.tail.step()
        case Move.DIE_AFTER_SINK:
            shop.sink.die_after = KeyboardInterrupt()
            try:
                shop.tail.step()
            except KeyboardInterrupt:
                shop.restart()
            shop.sink.die_after = None
    return data


@given(st.binary(max_size=300), st.lists(st.integers(0, 40), max_size=30), st.booleans())
def test_records_do_not_depend_on_how_the_bytes_arrived(
    data: bytes, cuts: Sequence[int], wide: bool
) -> None:
    encoding = "utf-16-le" if wide else "utf-8"
    assert _split(data, encoding, cuts) == _split(data, encoding, ())


def _split(data: bytes, encoding: str, cuts: Sequence[int]) -> list[RawRecord]:
    lines = LineSplitter(Spot(1, 0, 1), encoding, 10_000)
    found: list[RawRecord] = []
    for cut in cuts:
        found += lines.feed(data[:cut])
        data = data[cut:]
    return [*found, *lines.feed(data), *lines.finish()]


@pytest.mark.parametrize("name", FORMATS)
@given(made=baskets(saved=False))
@settings(max_examples=20, deadline=None)
def test_a_journal_gives_back_what_was_sold(name: str, made: list[Basket]) -> None:
    sales = sales_in(journal_profile(name), FORMATS[name](made))
    assert len(sales) == len(made)
    for sale, basket in zip(sales, made, strict=True):
        _agrees(sale, basket)


@given(made=baskets())
@settings(max_examples=20, deadline=None)
def test_reductions_of_the_whole_receipt_come_through(made: list[Basket]) -> None:
    for sale, basket in zip(
        sales_in(journal_profile("journal-fixed"), flow_file(made)), made, strict=True
    ):
        _agrees(sale, basket)
        assert -sum(each.amount_minor for each in sale.discounts) == basket.saved * _sign(basket)


def _agrees(sale: SaleRecorded, basket: Basket) -> None:
    sign = _sign(basket)
    assert int(sale.sequence_number) == basket.number
    assert sale.total_minor == sign * basket.total
    assert [each.extended_amount_minor for each in sale.lines] == [
        sign * each.amount for each in basket.articles
    ]
    assert [each.description for each in sale.lines] == [each.name for each in basket.articles]
    paid = sum(each.amount_minor - each.change_minor for each in sale.tenders)
    assert paid == sign * basket.total
    assert (sale.status is Status.TRAINING) == basket.training
    assert sale.end_at.replace(tzinfo=None) == basket.at
    assert not _DISAGREE.intersection(sale.capture.flags)


def _sign(basket: Basket) -> int:
    return -1 if basket.refund else 1


@pytest.mark.parametrize("name", FORMATS)
@given(
    made=baskets(3, saved=False), hurts=st.lists(st.tuples(st.integers(0), st.binary(max_size=9)))
)
@settings(max_examples=25, deadline=None)
def test_damage_is_set_aside_or_flagged_and_never_raises(
    name: str, made: list[Basket], hurts: list[tuple[int, bytes]]
) -> None:
    data = bytearray(FORMATS[name](made))
    for at, bytes_ in hurts:
        place = at % len(data)
        data[place : place + len(bytes_)] = bytes_
    for outcome in read_all(journal_profile(name), bytes(data)):
        assert isinstance(outcome, CapturedSale | SetAside)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.binary(max_size=400))
@settings(max_examples=25, deadline=None)
def test_any_bytes_are_read_or_set_aside(name: str, data: bytes) -> None:
    read_all(journal_profile(name), data)


@given(made=baskets(5), at=st.integers(0), damage=st.binary(min_size=1, max_size=3))
@settings(max_examples=25, deadline=None)
def test_a_damaged_record_hides_no_other_transaction(
    made: list[Basket], at: int, damage: bytes
) -> None:
    whole = flow_file(made)
    lines = whole.split(b"\r\n")[:-1]
    hurt = at % len(lines)
    lines[hurt] = damage.replace(b"\n", b"?") + lines[hurt]
    number = sum(line.startswith(b"H") for line in whole.split(b"\r\n")[: hurt + 1])
    found = read_all(journal_profile("journal-fixed"), b"\r\n".join([*lines, b""]))
    sales = {int(each.sale.sequence_number) for each in found if isinstance(each, CapturedSale)}
    untouched = {basket.number for basket in made} - {number, number - 1}
    assert untouched <= sales


def _ids(outcomes: Sequence[CapturedSale | SetAside]) -> list[str]:
    return [each.event_id for each in outcomes if isinstance(each, CapturedSale)]
