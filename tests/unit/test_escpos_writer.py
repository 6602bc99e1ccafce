"""What an independent writer prints is read back: python-escpos and its dummy printer."""

from __future__ import annotations

from escpos.printer import Dummy  # type: ignore[import-untyped]  # it has no stubs
from PIL import Image

from agent.capture.pos.escpos import Code, CodeKind, Ending, Justify, ReceiptPrint
from tests.simulators.printers import printer
from tests.unit.test_escpos_receipts import all_printed


def read(till: Dummy, profile: str = "epson") -> ReceiptPrint:
    (receipt,) = all_printed(till.output, printer(profile))
    return receipt


def test_a_receipt_is_read_back() -> None:
    till = Dummy()
    till.set(align="center", bold=True, double_width=True, double_height=True)
    till.textln("SHOP 42")
    till.set_with_default()
    till.textln("Example item                4.00")
    till.textln("Another thing              10.25")
    till.ln(2)
    till.textln("TOTAL                      14.25")
    till.cut()
    till.cashdraw(2)
    receipt = read(till)
    assert [line.text for line in receipt.lines] == [
        "SHOP 42",
        "Example item                4.00",
        "Another thing              10.25",
        "",
        "",
        "TOTAL                      14.25",
    ]
    title = receipt.lines[0].style
    assert (title.justify, title.emphasis, title.width) == (Justify.CENTRE, True, 2)
    assert receipt.lines[1].style.width == 1
    assert receipt.ended is Ending.CUT
    assert receipt.oddities == ()


def test_its_choice_of_code_pages_is_followed() -> None:
    till = Dummy()
    words = ["Québec 9,90 €", "Straße Größe", "Dvořák Žižkov", "Итого", "Łódź", "Σύνολο"]
    for word in words:
        till.textln(word)
    receipt = read(till)
    assert [line.text for line in receipt.lines] == words
    assert receipt.undefined == 0


def test_its_bar_codes_are_read_back() -> None:
    till = Dummy()
    till.barcode("4006381333931", "EAN13", function_type="A")
    till.barcode("4006381333931", "EAN13", function_type="B")
    till.barcode("A-12", "CODE39", function_type="A")
    till.barcode("{B012ABC", "CODE128", function_type="B")
    till.textln("thanks")
    receipt = read(till)
    assert receipt.codes == (
        Code(CodeKind.EAN_13, "4006381333931"),
        Code(CodeKind.EAN_13, "4006381333931"),
        Code(CodeKind.CODE_39, "A-12"),
        Code(CodeKind.CODE_128, "012ABC"),
    )
    assert receipt.lines[-1].text == "thanks"


def test_its_qr_codes_are_read_back() -> None:
    till = Dummy()
    till.qr("https://example.com/fapiao?id=1", native=True)
    till.textln("thanks")
    receipt = read(till)
    assert receipt.codes == (Code(CodeKind.QR, "https://example.com/fapiao?id=1"),)
    assert receipt.text.strip() == "thanks"


def test_its_pictures_are_stepped_over_in_all_three_ways() -> None:
    picture = Image.new("1", (96, 48))
    for way in ("bitImageRaster", "graphics", "bitImageColumn"):
        till = Dummy()
        till.textln("before")
        till.image(picture, impl=way)
        till.textln("after")
        receipt = read(till)
        assert [line.text for line in receipt.lines if line.text] == ["before", "after"], way
        assert receipt.pictures > 0
        assert receipt.oddities == ()


def test_a_picture_alone_is_flagged() -> None:
    till = Dummy()
    till.image(Image.new("1", (64, 64)))
    till.cut()
    assert read(till).image_only


def test_raw_chinese_between_its_commands() -> None:
    till = Dummy()
    till._raw("应收金额：68.00\r\n".encode("gb18030"))
    till.cut()
    assert read(till, "chinese").text == "应收金额：68.00"
