"""Text as a cashier reads it: code pages by profile, national sets, columns, nothing guessed."""

from __future__ import annotations

import pytest

from agent.capture.pos.escpos import Ending, Justify, Line, PaperRoll, PrinterProfile, ReceiptPrint
from agent.errors import BadConfiguration
from tests.simulators.printers import PRINTERS, printer

CHINESE = PrinterProfile(pages="chinese", double_byte="gb18030", double_byte_on=True)


def printed(data: bytes, profile: PrinterProfile | None = None) -> ReceiptPrint:
    """The one receipt in some bytes."""
    roll = PaperRoll(profile or PrinterProfile())
    (receipt,) = [*roll.feed(data), *filter(None, [roll.tear(Ending.CLOSED)])]
    return receipt


def lines(data: bytes, profile: PrinterProfile | None = None) -> list[str]:
    return [line.text for line in printed(data, profile).lines]


@pytest.mark.parametrize(
    ("page", "encoding", "text"),
    [
        (0, "cp437", "Québec £5"),
        (2, "cp850", "São Paulo ½"),
        (16, "cp1252", "Œuvre 9,90 €"),
        (17, "cp866", "Итого 14.25"),
        (18, "cp852", "Dvořák ž"),
        (19, "cp858", "Total 9,90 €"),
        (46, "cp1251", "Сумма"),
    ],
)
def test_a_page_is_read_by_its_number(page: int, encoding: str, text: str) -> None:
    assert lines(b"\x1bt" + bytes([page]) + text.encode(encoding) + b"\n") == [text]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", "应收金额：68.00 㐀"),
        ("gbk", "消费合计"),
        ("big5", "總計 68.00"),
        ("shift_jis", "合計 680円"),
        ("euc_kr", "합계 68,000"),
    ],
)
def test_two_bytes_make_a_character_where_the_profile_says_so(encoding: str, text: str) -> None:
    profile = PrinterProfile(double_byte=encoding)
    assert lines(b"\x1c&" + text.encode(encoding) + b"\n", profile) == [text]


def test_a_page_is_never_guessed() -> None:
    quebec = "Québec".encode("cp850") + b"\n"
    assert lines(b"\x1bt\x02" + quebec) == ["Québec"]
    assert lines(b"\x1c.\x1bt\x02" + quebec, CHINESE) == ["Québec"]
    assert lines(quebec, CHINESE) != ["Québec"]  # the till said nothing, and is taken at its word


def test_a_profile_may_overrule_the_till() -> None:
    profile = PrinterProfile(encoding="cp1252")
    assert lines(b"\x1bt\x02" + "Québec €".encode("cp1252") + b"\n", profile) == ["Québec €"]


def test_a_profile_may_describe_pages_of_its_own() -> None:
    profile = PrinterProfile(more_pages={"21": "cp874"})
    assert lines(b"\x1bt\x15" + "รวม 40".encode("cp874") + b"\n", profile) == ["รวม 40"]


def test_an_unknown_page_keeps_figures_and_counts_the_rest() -> None:
    receipt = printed(b"\x1bt\xc8TOTAL \xe9 14.25\n")
    assert receipt.text == "TOTAL \ufffd 14.25"
    assert receipt.undefined == 1


def test_an_undefined_pair_does_not_put_the_rest_out_of_step() -> None:
    receipt = printed(b"\xaa\xa1" * 3 + "合计：68.00".encode("gbk") + b"\n", CHINESE)
    assert receipt.text == "\ufffd" * 3 + "合计：68.00"
    assert receipt.undefined == 3


def test_a_stray_byte_before_an_amount_leaves_the_amount() -> None:
    for encoding in ("gb18030", "gbk", "big5", "shift_jis", "euc_kr", "cp949", "cp932"):
        profile = PrinterProfile(double_byte=encoding, double_byte_on=True)
        assert lines(b"\xff14.25\n", profile)[0].endswith("14.25")


def test_katakana_and_yen() -> None:
    assert lines(b"\x1bt\x01\xba\xde\xb3\xb9\xb2\n") == ["ｺﾞｳｹｲ"]
    assert lines(b"\x1bR\x08\\680\n") == ["¥680"]
    assert lines(b"\x1bR\x0f$68.00\n", CHINESE) == ["¥68.00"]


def test_initialising_goes_back_to_the_profiles_page() -> None:
    profile = PrinterProfile(page=16)
    assert lines(b"\x1bt\x02\x1b@" + "€".encode("cp1252") + b"\n", profile) == ["€"]


def test_utf8_where_the_till_asks_for_it() -> None:
    text = "合计 68,00 €".encode() + b"\n"
    assert lines(b"\x1c(C\x02\x000\x02" + text) == ["合计 68,00 €"]
    bematech = PrinterProfile(pages="bematech", page=8)
    assert lines(text, bematech) == ["合计 68,00 €"]


def test_a_character_in_two_pieces_is_one() -> None:
    roll = PaperRoll(CHINESE)
    data = "合计\n".encode("gbk")
    for byte in data:
        roll.feed(bytes([byte]))
    receipt = roll.tear(Ending.CLOSED)
    assert receipt is not None
    assert receipt.text == "合计"


def test_columns_are_kept_by_tabs_positions_and_spaces() -> None:
    assert lines(b"Milk\t4.00\n") == ["Milk    4.00"]
    assert lines(b"\x1bD\x14\x00Milk\t4.00\n") == ["Milk" + " " * 16 + "4.00"]
    assert lines(b"Milk\x1b$\xf0\x004.00\n") == ["Milk" + " " * 16 + "4.00"]
    assert lines(b"Milk\x1b\\\x18\x004.00\n") == ["Milk  4.00"]
    assert lines("牛奶\t4.00\n".encode("gbk"), CHINESE) == ["牛奶    4.00"]


def test_columns_never_run_into_each_other() -> None:
    assert lines(b"A very long name\x1b$\x0c\x004.00\n") == ["A very long name 4.00"]
    assert lines(b"\x1bD\x04\x00A very long name\t4.00\n") == ["A very long name 4.00"]


def test_style_helps_reading_a_receipt() -> None:
    receipt = printed(b"\x1ba\x01\x1bE\x01\x1d!\x11TOTAL\n\x1b!\x00\x1ba\x32right\n\x1ba0left\n")
    first, second, third = receipt.lines
    assert (first.style.justify, first.style.emphasis, first.style.width) == (
        Justify.CENTRE,
        True,
        2,
    )
    assert (second.style.justify, second.style.emphasis, second.style.width) == (
        Justify.RIGHT,
        False,
        1,
    )
    assert third.style.justify is Justify.LEFT


def test_line_ends_of_all_kinds() -> None:
    assert lines(b"a\r\nb\n\rc\n") == ["a", "b", "c"]
    assert lines(b"a\rb\r\nc\n", PrinterProfile(cr_feeds=True)) == ["a", "b", "c"]
    assert lines(b"a\x1bd\x02b\x1bJ\x10c") == ["a", "", "b", "c"]


def test_what_goes_to_a_customers_display_is_not_on_the_receipt() -> None:
    assert lines(b"Milk 4.00\n\x1b=\x02CHANGE 1.00\x1b=\x01TOTAL 4.00\n") == [
        "Milk 4.00",
        "TOTAL 4.00",
    ]


def test_nothing_of_a_receipt_is_shown_by_accident() -> None:
    receipt = printed(b"13912345678\n\x1dkE\x0413912")
    assert "139" not in repr(receipt) + repr(receipt.lines) + repr(receipt.codes)
    assert isinstance(receipt.lines[0], Line)


def test_every_shipped_profile_loads() -> None:
    for path in PRINTERS.glob("*.toml"):
        assert printer(path.stem).name == path.stem


@pytest.mark.parametrize(
    "settings",
    [
        {"pages": "epsom"},
        {"vendors": ("daruna",)},
        {"double_byte": "utf_8"},
        {"encoding": "cp9999"},
        {"encoding": "utf_16"},
        {"more_pages": {"x": "cp437"}},
        {"more_pages": {"1": "nothing"}},
        {"column_dots": 0},
    ],
)
def test_a_profile_that_cannot_be_is_refused_at_start(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        PrinterProfile(**settings)  # type: ignore[arg-type]  # that is the point


def test_an_unknown_profile_is_refused_with_a_hint() -> None:
    with pytest.raises(BadConfiguration, match="did you mean 'epson'"):
        printer("epsom")
