"""Receipts from a roll of paper: their ends, codes and pictures, and what is not understood."""

from __future__ import annotations

from hashlib import sha256

import pytest

from agent.capture.pos.escpos import Code, CodeKind, Ending, PaperRoll, PrinterProfile, ReceiptPrint
from agent.capture.pos.escpos.page import ROOM
from tests.simulators.printing_till import CUT, INIT, PULSE, logo, receipt
from tests.simulators.real_data import real_file
from tests.unit.test_escpos_text import CHINESE, lines, printed


def all_printed(data: bytes, profile: PrinterProfile | None = None) -> list[ReceiptPrint]:
    roll = PaperRoll(profile or PrinterProfile())
    return [*roll.feed(data), *filter(None, [roll.tear(Ending.CLOSED)])]


def test_a_cut_ends_a_receipt_and_its_bytes_are_exactly_known() -> None:
    data = receipt(1) + PULSE + receipt(2) + PULSE
    first, second = all_printed(data)
    assert data[first.begin : first.end] == receipt(1)
    assert data[second.begin : second.end] == PULSE + receipt(2)
    assert first.sha256 == sha256(receipt(1)).hexdigest()
    assert second.sha256 == sha256(PULSE + receipt(2)).hexdigest()
    assert (first.ended, first.pulses, second.pulses) == (Ending.CUT, 0, 1)


def test_white_paper_is_no_receipt() -> None:
    assert all_printed(INIT + PULSE + CUT + b"\n\n" + CUT + b"  \r\n") == []


def test_initialising_ends_a_receipt_of_a_printer_without_a_knife() -> None:
    data = receipt(1, cut=False) + receipt(2, cut=False)
    first, second = all_printed(data)
    assert first.ended is Ending.INITIALISED
    assert data[first.begin : first.end] == receipt(1, cut=False) + INIT
    assert second.ended is Ending.CLOSED
    (both,) = all_printed(data, PrinterProfile(initialise_ends=False))
    assert both.text.count("TOTAL") == 2


def test_a_receipt_can_be_read_again_from_its_own_bytes() -> None:
    accented = "Québec\n".encode("cp850")
    data = b"\x1bt\x02" + accented + CUT + accented + CUT
    first, second = all_printed(data)
    assert first.text == second.text == "Québec"
    again = PaperRoll(PrinterProfile(), second.began_with)
    (read,) = again.feed(data[second.begin : second.end])
    assert read.text == "Québec"


def test_a_picture_alone_is_flagged() -> None:
    (seen,) = all_printed(logo() + b"\n\n" + CUT)
    assert seen.image_only
    assert (seen.pictures, seen.picture_bytes) == (1, 48 * 200)
    assert not all_printed(logo() + b"TOTAL 14.25\n" + CUT)[0].image_only


def test_bands_of_a_picture_are_no_white_lines() -> None:
    band = b"\x1b*\x21\x02\x00abcdef\n"
    assert lines(band * 20 + b"SHOP\n") == ["SHOP"]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (b"\x1dk\x024006381333931\x00", Code(CodeKind.EAN_13, "4006381333931")),
        (b"\x1dkC\x0d4006381333931", Code(CodeKind.EAN_13, "4006381333931")),
        (b"\x1dkI\x09{BNo.{C\x0c\x22", Code(CodeKind.CODE_128, "No.1234")),
        (b"\x1dkI\x06{Ba{{b", Code(CodeKind.CODE_128, "a{b")),
        (b"\x1dkI\x04{B{1", Code(CodeKind.CODE_128, "")),
        (b"\x1dkE\x04A-12", Code(CodeKind.CODE_39, "A-12")),
        (
            b"\x1d(k\x03\x001C\x06\x1d(k\x0a\x001P0weixin:\x1d(k\x03\x001Q0",
            Code(CodeKind.QR, "weixin:"),
        ),
        (b"\x1d(k\x06\x000P0abc\x1d(k\x03\x000Q0", Code(CodeKind.PDF_417, "abc")),
        (b"\x1d(k\x06\x006P0abc\x1d(k\x03\x006Q0", Code(CodeKind.DATA_MATRIX, "abc")),
        (
            b"\x1d(k\x09\x001P0" + "发票".encode() + b"\x1d(k\x03\x001Q0",
            Code(CodeKind.QR, "发票"),
        ),
        (b"\x1d(k\x04\x001P0\xe9\x1d(k\x03\x001Q0", Code(CodeKind.QR, "é")),
    ],
)
def test_codes_are_read_as_a_scanner_would(command: bytes, code: Code) -> None:
    assert printed(command + b"x\n").codes == (code,)
    assert lines(command + b"x\n") == ["x"]


def test_a_code_that_is_stored_and_never_printed_is_on_no_receipt() -> None:
    assert printed(b"\x1d(k\x06\x001P0abcx\n").codes == ()


def test_a_code_without_its_end_does_not_eat_the_receipt() -> None:
    assert lines(b"\x1dk\x024006381333931\nTOTAL 14.25\n")[-1] == "TOTAL 14.25"
    assert lines(b"\x1dk\x02TOTAL 14.25")[-1].endswith("TOTAL 14.25")


def test_unknown_commands_are_recorded_and_eat_no_text() -> None:
    seen = printed(b"ok\n\x1bwTOTAL 14.25\n\x1bw\x01TOTAL 68.00\n\x1d\xf9\x00\x01")
    assert [line.text for line in seen.lines] == ["ok", "TOTAL 14.25", "TOTAL 68.00"]
    assert [line.doubtful for line in seen.lines] == [False, True, True]
    assert [(odd.opcode, odd.at, odd.count) for odd in seen.oddities] == [
        ("ESC w", 3, 2),
        ("GS F9h", 32, 1),
    ]


def test_an_unknown_function_of_a_known_family_is_stepped_over() -> None:
    seen = printed(b"\x1d(X\x05\x00abcdeTOTAL 14.25\n")
    assert seen.text == "TOTAL 14.25"
    assert [odd.opcode for odd in seen.oddities] == ["GS ( X"]
    assert not seen.lines[0].doubtful


def test_a_vendors_commands_are_understood_where_the_profile_names_the_vendor() -> None:
    data = b"\x1bw1\x0eTOTAL 14.25\x14\n"
    assert lines(data) != ["TOTAL 14.25"]
    seen = printed(data, PrinterProfile(vendors=("daruma",)))
    assert seen.text == "TOTAL 14.25"
    assert seen.lines[0].style.width == 2
    assert [(odd.opcode, odd.vendor) for odd in seen.oddities] == [
        ("ESC w", "daruma"),
        ("SO", "daruma"),
        ("DC4", "daruma"),
    ]


def test_a_receipt_that_ends_within_a_command_says_so() -> None:
    seen = printed(b"TOTAL 14.25\n" + logo()[:1000])
    assert seen.torn
    assert seen.picture_bytes == 1000 - 8
    assert not printed(b"TOTAL 14.25").torn


def test_a_command_that_announces_four_gigabytes_costs_nothing() -> None:
    roll = PaperRoll(PrinterProfile())
    roll.feed(b"TOTAL 14.25\n\x1d8L\xff\xff\xff\xff0p")
    for _ in range(100):
        assert roll.feed(bytes(65536)) == []
    seen = roll.tear(Ending.PAUSE)
    assert seen is not None
    assert (seen.text, seen.picture_bytes) == ("TOTAL 14.25", 6553600 + 2)


def test_a_receipt_without_an_end_is_clipped() -> None:
    roll = PaperRoll(PrinterProfile())
    for _ in range(40):
        roll.feed(b"x" * 60000 + b"\n")
    seen = roll.tear(Ending.CLOSED)
    assert seen is not None
    assert seen.clipped
    assert ROOM - 65536 < len(seen.text) <= ROOM


def test_white_paper_by_the_metre_stays_small() -> None:
    seen = printed(b"top\n" + b"\x1bd\xff" * 100_000 + b"bottom\n")
    assert seen.clipped
    assert len(seen.lines) < 70_000


def test_status_requests_are_counted_and_seen_nowhere() -> None:
    seen = printed(b"\x10\x04\x01TOTAL\x10\x04\x04 14.25\n\x1dr\x01")
    assert (seen.text, seen.status_requests) == ("TOTAL 14.25", 3)


def test_the_real_receipt_with_a_logo() -> None:
    data = real_file("escpos", "examplemart_logo_en.bin").read_bytes()
    (seen,) = all_printed(data)
    assert seen.lines[0].text == "ExampleMart Ltd."
    assert "Total            $ 14.25" in [line.text for line in seen.lines]
    assert "Subtotal                                   12.95" in [line.text for line in seen.lines]
    assert (seen.pictures, seen.oddities, seen.ended) == (1, (), Ending.CUT)
    assert seen.sha256 == sha256(data[: seen.end]).hexdigest()


def test_the_real_receipt_in_chinese() -> None:
    data = real_file("escpos", "restaurant_gbk_zh.bin").read_bytes()
    (seen,) = all_printed(data, CHINESE)
    assert "应收金额：68.00" in seen.text
    assert "鲟龙鱼         1.5            斤       28.00" in [line.text for line in seen.lines]
    assert seen.undefined == 12
    assert seen.oddities == ()


@pytest.mark.parametrize(
    ("name", "vendors", "unknown", "text"),
    [
        ("dr800_large_text", ("daruma",), ["ESC j", "SO", "ESC w", "DC4"], "Large Text"),
        ("mp-4200_th_large_text", ("bematech",), ["GS F9h"], "Large Text"),
        ("mp-4200_th_utf8_text", ("bematech",), ["GS F9h"], "Açênts"),
        ("tm-t20_text", (), [], "Large Text"),
        ("tsp-143_font_changed", (), [], "Font Changed"),
        ("vox_qrcode", ("elgin",), ["GS o", "GS k VT"], ""),
    ],
)
def test_real_fragments_of_vendors(
    name: str, vendors: tuple[str, ...], unknown: list[str], text: str
) -> None:
    data = real_file("escpos", "vendor", f"{name}.bin").read_bytes()
    pages = "bematech" if "bematech" in vendors else "epson"
    plain = printed(data, PrinterProfile(pages=pages))
    assert [odd.opcode for odd in plain.oddities] == unknown
    assert plain.text.splitlines()[:1] == [] or text in plain.text
    known = printed(data, PrinterProfile(pages=pages, vendors=vendors))
    assert known.text == text
    assert [odd.opcode for odd in known.oddities if not odd.vendor] == []


def test_a_vendors_qr_code() -> None:
    data = real_file("escpos", "vendor", "vox_qrcode.bin").read_bytes()
    seen = printed(data, PrinterProfile(vendors=("elgin",)))
    assert seen.codes == (Code(CodeKind.QR, "https://github.com/grandchef/escpos-buffer"),)
