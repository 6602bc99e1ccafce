"""Card numbers across the columns of a line, and across the cells of a row."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from agent.capture.pos.journal import SetAside
from agent.capture.pos.journal.columns import Columns
from agent.capture.pos.journal.profile import RecordKind, Unit
from agent.capture.pos.mapping.transcript import Part
from agent.capture.pos.sensitive import mask_raw
from agent.capture.pos.sink import CapturedSale
from tests.simulators.journal_shop import journal_profile, read_all
from tests.simulators.journal_writer import Article, Basket, flow_file, german_csv, order_stream

CARD = "4000056655665556"
FIXED = journal_profile("journal-fixed")
AT = datetime(2025, 11, 7, 8, 0)  # noqa: DTZ001 - the till's own wall clock
BASKET = Basket(97_000, AT, (Article("Wasser", 2_000, 350, 700),), cash=700)


def of_articles(line: bytes) -> bytes:
    """A journal of one receipt, with another line of goods."""
    head, _, *rest = flow_file([BASKET]).splitlines()
    return b"\r\n".join((head, line, *rest)) + b"\r\n"


def goods(code: str, name: str, behind: str = "   2.00000000035000000007000") -> bytes:
    """A line of goods; what stands behind the name is right."""
    return b"D" + code.encode() + name.encode("gb18030").ljust(24) + behind.encode()


def test_a_number_that_has_changed_places_with_a_code_is_masked_and_the_sale_is_right() -> None:
    """What brought this here: sixteen digits over thirteen and three, and everything else fits."""
    line = b"D" + CARD.encode() + b"Zqbbbb 4006381333931 " + b"   2.00000000035000000007000"
    (sale,) = read_all(FIXED, of_articles(line))
    assert isinstance(sale, CapturedSale)
    assert sale.sale.total_minor == 700
    assert sale.sale.lines[0].gtin == "*" * 13
    assert sale.sale.lines[0].description == "***Zqbbbb 4006381333931"


@pytest.mark.parametrize("number", ["5125318600706746", "5136847079512612"])
def test_changed_places_are_told_by_the_code_that_stands_in_the_name(number: str) -> None:
    """The first thirteen digits of these have the check digit of an article's code by chance."""
    line = goods(number[:13], f"{number[13:]}Zqbbbb 4006381333931")
    assert Columns(FIXED).clean(line).data == goods("*" * 13, "***Zqbbbb 4006381333931")


def test_half_in_a_code_and_half_in_its_name_is_masked_whatever_stands_before_and_behind() -> None:
    line = goods("4006394000056", "655665556豆浆")
    assert Columns(FIXED).clean(line).data == goods("400639*******", "*********豆浆")


def test_half_in_a_name_and_half_in_its_quantity_is_masked_and_the_quantity_is_lost() -> None:
    line = goods("4006381333931", f"Zqbbbb bbbbb{CARD[:12]}", "5556.00000000035000000007000")
    clean = Columns(FIXED).clean(line)
    assert clean.data.startswith(b"D4006381333931Zqbbbb bbbbb" + b"*" * 16 + b".")
    assert "39-46" in clean.lost


def test_what_is_no_name_is_not_believed_where_a_number_stands_across_it() -> None:
    line = b"P01" + CARD.encode() + b"0000"
    head, of_goods, _, total = flow_file([BASKET]).splitlines()
    (aside,) = read_all(FIXED, b"\n".join((head, of_goods, line, total)))
    assert isinstance(aside, SetAside)
    assert aside.reason.endswith("a card's number stands across columns 4-13 and 14-23")
    assert aside.data.splitlines()[2].startswith(b"P01" + b"*" * 16)


@pytest.mark.parametrize(
    "line",
    [
        goods("4006381333931", "500ml Wasser"),
        goods("5012345678900", "2025 Kalender"),
        goods("4006381333931", "12345678 Schraube"),
        goods("3770001234564", "100% Saft"),
        goods("20012        ", "7UP 330ml"),
        goods("4006381333931", "豆浆", "   1.00000499900000049990000"),
        goods("4006381333931", "豆浆", "   1.00000620000000062000000"),
        b"H9001003202511070970002025110708000040000500+13912345670",
        b"P0100049990000000000000",
    ],
)
def test_good_lines_keep_every_digit(line: bytes) -> None:
    columns = Columns(FIXED)
    assert columns.clean(line).data == line
    assert columns.kept(line) == line


def test_amounts_beside_amounts_stay_in_a_line_with_a_shops_own_long_codes() -> None:
    """No check digit, so the line is doubted; its numbers are right, and stay."""
    for price in range(40_000, 41_000):
        line = goods("1234567890123", "豆浆", f"   1.000{price:09}{price:010}0")
        assert Columns(FIXED).clean(line).data == line


def test_what_is_kept_is_masked_column_by_column() -> None:
    """A name that begins with a number right behind a code; and a column for a card's number."""
    kind = RecordKind(Part.TENDER, "K", {"tender_amount": "2-11", "tender_card": "12-27"})
    columns = Columns(replace(FIXED, records=(*FIXED.records, kind)))
    line = goods("4006381333931", CARD)
    assert columns.kept(line) == goods("4006381333931", "*" * 12 + CARD[-4:])
    assert columns.kept(b"K0000000700" + CARD.encode()) == b"K0000000700" + b"*" * 12 + b"5556"


@pytest.mark.parametrize("unit", [Unit.CHARACTERS, Unit.CELLS])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-16-le"])
def test_columns_are_where_the_profile_counts_them(unit: Unit, encoding: str) -> None:
    profile = replace(FIXED, unit=unit, encoding=encoding)
    name = "豆浆 Zqbbbb".ljust(21 if unit is Unit.CELLS else 24)[: 22 if unit is Unit.CELLS else 24]
    line = f"D{CARD}".ljust(17) + name[3:] + "   2.00000000035000000007000"
    hidden = Columns(profile).clean(line.encode(encoding)).data.decode(encoding)
    assert hidden == line.replace(CARD, "*" * 16)


@pytest.mark.parametrize(
    "cell", ["4000056;655665556", "4000056655665;556", '"4000056";"655665556"', "4;000056655665556"]
)
def test_a_separator_in_a_number_hides_it_from_nobody(cell: str) -> None:
    data = german_csv([BASKET]).replace(b"Wasser", cell.encode())
    assert cell.encode() in data
    (aside,) = read_all(journal_profile("journal-csv"), data)
    assert isinstance(aside, SetAside)
    hidden = "".join("*" if char.isdigit() else char for char in cell)
    assert aside.data == data.replace(cell.encode(), hidden.encode()).replace(b"\r\n", b"\n")[:-1]


@pytest.mark.parametrize("name", ["amount", "price"])
@pytest.mark.parametrize("number", ["378282246310005", "4222222222222", "36227206271667"])
def test_a_number_in_the_place_of_an_amount_is_no_amount(name: str, number: str) -> None:
    """It cannot be masked there, so nothing of the sale is believed."""
    data = order_stream([BASKET]).decode()
    written = {"amount": '"amount": 7.0, "void"', "price": '"price": 3.5'}[name]
    assert written in data
    data = data.replace(written, written.replace("7.0", number).replace("3.5", number))
    (aside,) = read_all(journal_profile("journal-ndjson"), data.encode())
    assert isinstance(aside, SetAside)
    assert aside.reason.endswith("_minor has the digits of a card's number")
    assert number.encode() not in mask_raw(aside.data)


def test_amounts_of_a_rich_day_are_amounts() -> None:
    basket = replace(BASKET, articles=(Article("x", 1_000, 4_111_111_111, 4_111_111_111),))
    data = order_stream([replace(basket, cash=basket.total)])
    (sale,) = read_all(journal_profile("journal-ndjson"), data)
    assert isinstance(sale, CapturedSale)


def test_numbers_side_by_side_in_a_row_are_two_numbers() -> None:
    """A line's number and a shop's own code; every tenth such pair reads like a card."""
    article = Article("Wasser", 2_000, 350, 700)
    for code in range(6_000_000_000_000, 6_000_000_000_300):
        articles = (article, article, replace(article, code=str(code)))
        basket = replace(BASKET, articles=articles, cash=2_100)
        (sale,) = read_all(journal_profile("journal-csv"), german_csv([basket]))
        assert isinstance(sale, CapturedSale)
        assert sale.sale.lines[2].gtin == str(code)


@pytest.mark.parametrize("lost", [b"", b'"', b'": "', b'e": "', b'th_code":"', b"code: "])
def test_a_code_that_has_lost_the_beginning_of_its_name_is_masked(lost: bytes) -> None:
    """Its name would have told it; nothing of a line of JSON stands before its first brace."""
    line = lost + b'138414713774571549", "total": 12.50, "number": "97000"}'
    (aside,) = read_all(journal_profile("journal-ndjson"), line)
    assert isinstance(aside, SetAside)
    assert aside.data == line.replace(b"138414713774571549", b"*" * 18)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("unit", [Unit.CHARACTERS, Unit.CELLS])
def test_digits_that_touch_across_columns_are_seen_in_utf_16(encoding: str, unit: Unit) -> None:
    columns = Columns(replace(FIXED, encoding=encoding, unit=unit))
    line = goods("4006394000056", "655665556 Tea").decode().encode(encoding)
    masked = goods("400639*******", "********* Tea").decode()
    assert columns.clean(line).data.decode(encoding) == masked
    assert columns.kept(line).decode(encoding) == masked
    good = goods("4006381333931", "500ml Wasser").decode().encode(encoding)
    assert columns.kept(good) == columns.clean(good).data == good


def test_a_line_that_is_no_utf_16_is_looked_at_as_it_is() -> None:
    columns = Columns(replace(FIXED, encoding="utf-16-le", unit=Unit.CHARACTERS))
    line = CARD.encode("utf-16-le") + b"7"
    assert columns.clean(line).data == ("*" * 16).encode("utf-16-le") + b"7"
