"""The language of receipt profiles."""

from __future__ import annotations

import pytest

from agent.capture.pos.folding import folded
from agent.capture.pos.mapping.amounts import Amounts
from agent.capture.pos.mapping.moments import Moments
from agent.capture.pos.mapping.transcript import Field
from agent.capture.pos.receipts import Compiler

COMPILER = Compiler(
    Amounts(thousands_mark=","), Moments(dates=("%d.%m.%Y", "%d %B %Y"), times=("%H:%M",))
)


@pytest.mark.parametrize(
    ("template", "line", "found"),
    [
        ("TOTAL {total}", "Total   $ 1,234.50", {"total": "$ 1,234.50"}),
        ("TOTAL {total}", "TOTAL14.25-", {"total": "14.25-"}),
        ("TOTAL {total}", "TOTAL (14.25)", {"total": "(14.25)"}),
        ("TOTAL {total}", "SUBTOTAL 14.25", None),
        ("TOTAL {total}", "TOTAL 14.25 EUR 2", None),
        ("... TOTAL {total}", "the grand total 7", {"total": "7"}),
        ("合计[:] {total}", "合计：６８．００", {"total": "68.00"}),
        ("合计[:] {total}", "合计 68.00", {"total": "68.00"}),
        ("(Cash|Cash payment) {tender_amount}", "CASH PAYMENT 5.00", {"tender_amount": "5.00"}),
        (
            "{tender_type:Visa|Visa debit} {tender_amount}",
            "visa debit 5.00",
            {"tender_type": "visa debit", "tender_amount": "5.00"},
        ),
        (
            "{description} {quantity} x {actual_price} {amount}",
            "Box 6 x 2 large 3 x 2.50 7.50",
            {
                "description": "Box 6 x 2 large",
                "quantity": "3",
                "actual_price": "2.50",
                "amount": "7.50",
            },
        ),
        (
            "{end_date} {end_time}",
            "6th April 2015  14:56",
            {"end_date": "6th April 2015", "end_time": "14:56"},
        ),
        (
            "{end_date} {end_time}",
            "06.04.2015 14:56",
            {"end_date": "06.04.2015", "end_time": "14:56"},
        ),
        (r"\(copy\) {:word} ...", "(copy) 3 and more", {}),
        ("No. {receipt_number:digits} ...", "No. 0042/B", {"receipt_number": "0042"}),
        ("Card {tender_card}", "Card ****1111", {"tender_card": "****1111"}),
    ],
)
def test_a_template_finds_its_fields(
    template: str, line: str, found: dict[str, str] | None
) -> None:
    matched = COMPILER.compile(template).match(folded(line))
    expected = None if found is None else {Field(name): text for name, text in found.items()}
    assert matched == expected


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("", "1 to 200 characters"),
        ("{nothing}", "no field of ours"),
        ("{total:money}", "is no kind"),
        ("{total", "'}' is missing"),
        ("[Total", "']' is missing"),
        ("Total]", "closes nothing"),
        ("{description} {discount_reason}", "only one free text"),
        ("... {description}", "only one free text"),
        ("{total} {total}", "twice"),
    ],
)
def test_a_template_that_cannot_be_is_named(template: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        COMPILER.compile(template)


def test_folding_keeps_names_and_narrows_forms() -> None:
    assert folded("　Ｔｏｔａｌ：１２．５０\x1b ") == "Total:12.50"
    assert folded("Crème brûlée ½ 大") == "Crème brûlée ½ 大"
