"""Whatever is printed: the sale that was made, or a refusal, soon, and without its text."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.amounts import Amounts
from agent.capture.pos.mapping.moments import Moments
from agent.capture.pos.receipts import Compiler, ReceiptProfile, TillReceipts, text_sha256
from models.wire.events.sale import Flag
from tests.simulators.capturing import context
from tests.simulators.journal_writer import Basket, baskets
from tests.simulators.receipt_printer import (
    chinese_receipt,
    receipt_profile,
    western_profile,
    western_receipt,
)

Printer = Callable[[Basket], list[str]]
TILLS: dict[str, tuple[Callable[[], ReceiptProfile], Printer]] = {
    "western": (western_profile, western_receipt),
    "chinese": (lambda: receipt_profile("receipt-supermarket-zh"), chinese_receipt),
}
_DISAGREE = {Flag.LINES_DISAGREE, Flag.TENDERS_DISAGREE}
_LINES = st.lists(
    st.text(st.sampled_from("aTOL :：0１9.,-+¥x×合计*\t\x00()"), max_size=60), max_size=30
)


@cache
def _reader(till: str) -> TillReceipts:
    return TillReceipts(TILLS[till][0](), context())


@pytest.mark.parametrize("till", TILLS)
@given(made=baskets(2))
@settings(max_examples=25, deadline=None)
def test_a_receipt_gives_back_what_was_sold(till: str, made: list[Basket]) -> None:
    for basket in made:
        captured = _reader(till).read(TILLS[till][1](basket), "a")
        assert captured is not None
        sale = captured.sale
        sign = -1 if basket.refund else 1
        assert sale.total_minor == sign * basket.total
        assert [each.extended_amount_minor for each in sale.lines] == [
            sign * each.amount for each in basket.articles
        ]
        paid = sum(each.amount_minor - each.change_minor for each in sale.tenders)
        assert paid == sign * basket.total
        assert int(sale.receipt_number) == basket.number
        assert not _DISAGREE.intersection(sale.capture.flags)


@pytest.mark.parametrize("till", TILLS)
@given(lines=_LINES)
@settings(max_examples=50, deadline=None)
def test_any_text_is_a_sale_or_none_or_refused(till: str, lines: list[str]) -> None:
    with suppress(Malformed):
        _reader(till).read(lines, text_sha256(lines))


@pytest.mark.parametrize("till", TILLS)
@given(made=baskets(1), hurts=st.lists(st.tuples(st.integers(0), st.text(max_size=9)), max_size=4))
@settings(max_examples=25, deadline=None)
def test_a_damaged_receipt_is_read_or_refused(
    till: str, made: list[Basket], hurts: list[tuple[int, str]]
) -> None:
    lines = TILLS[till][1](made[0])
    for at, text in hurts:
        lines[at % len(lines)] = text
    with suppress(Malformed):
        _reader(till).read(lines, "a")


@pytest.mark.parametrize(
    "line",
    [
        "1 " * 4000,
        " " * 8000 + "x",
        "a" * 8000,
        "1" * 8000,
        "1.1.1," * 2000,
        "x 1 x 1 " * 1000 + "!",
        "合计：" * 3000,
        "TOTAL " * 1500,
    ],
)
def test_no_line_takes_long_whatever_stands_in_it(line: str) -> None:
    till = TillReceipts(western_profile(), context())
    began = time.thread_time()
    till.find([line] * 1000)
    assert time.thread_time() - began < 3


@given(text=st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_template_is_one_or_is_refused(text: str) -> None:
    with suppress(ValueError):
        Compiler(Amounts(), Moments()).compile(text).match(text)


@given(number=st.integers(-(10**12), 10**12))
def test_an_amount_reads_by_its_own_marks_whichever_they_are(number: int) -> None:
    for decimal, thousands in ((".", ","), (",", "."), (",", " "), (".", "'"), (",", "")):
        marks = Amounts(decimal_mark=decimal, thousands_mark=thousands)
        whole = f"{abs(number) // 100:,}".replace(",", thousands)
        text = f"{'-' if number < 0 else ''}{whole}{decimal}{abs(number) % 100:02}"
        plain = f"{'-' if number < 0 else ''}{abs(number) // 100}.{abs(number) % 100:02}"
        assert marks.plain(text, "amount") == plain
