"""Raw input: bytes of any encoding, with the field's name read from the bytes before them."""

from __future__ import annotations

import base64

import pytest

from agent.capture.pos.sensitive import find_sensitive, mask_raw
from tests.simulators.capturing import captured, real_poslog
from tests.simulators.planted_cards import PUBLISHED, TRACKS
from tests.simulators.real_data import real_file

CARD = "4111111111111111"
BARE = "************1111"


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16-le", "utf-16-be", "shift_jis"])
def test_bytes_are_masked_whatever_their_encoding(encoding: str) -> None:
    for number in PUBLISHED.values():
        text = f"声卡 {number} 豆浆" if encoding != "shift_jis" else f"カード {number} です"
        masked = mask_raw(text.encode(encoding)).decode(encoding)
        assert masked == text.replace(number[:-4], "*" * (len(number) - 4))


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_full_width_digits_keep_their_width(encoding: str) -> None:
    wide = CARD.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    masked = mask_raw(f"卡 {wide}".encode(encoding))
    assert masked.decode(encoding) == "卡 ＊＊＊＊＊＊＊＊＊＊＊＊１１１１"


def test_what_a_printer_is_told_between_digits_parts_no_card() -> None:
    printed = b"\x1bE\x014111\x1bE\x00 1111\x1b!\x08 1111 1111\n"
    assert mask_raw(printed) == b"\x1bE\x01****\x1bE\x00 ****\x1b!\x08 **** 1111\n"


@pytest.mark.parametrize(
    "field",
    [
        f"<SerialNumber>{CARD}</SerialNumber>",
        f'<TransactionID a="b">\n {CARD}</TransactionID>',
        f'<x ReceiptNumber="{CARD}"/>',
        f'{{"order_id": "{CARD}"}}',
        f"phone={CARD}",
    ],
)
def test_a_field_that_is_named_for_a_code_is_left_alone(field: str) -> None:
    assert mask_raw(field.encode()) == field.encode()


@pytest.mark.parametrize(
    ("field", "left"),
    [
        (f"<ItemID>{CARD}</ItemID>", f"<ItemID>{BARE}</ItemID>"),
        (f'<POSItemID a="b">\n {CARD}</POSItemID>', f'<POSItemID a="b">\n {BARE}</POSItemID>'),
        (f'{{"gtin":"{CARD}"}}', f'{{"gtin":"{BARE}"}}'),
        (f"<Description>{CARD}</Description>", f"<Description>{BARE}</Description>"),
        ("<CardNumber>1234567890123456</CardNumber>", "<CardNumber>************3456</CardNumber>"),
        (
            "<AuthorizationCode>71105Z</AuthorizationCode>",
            "<AuthorizationCode>******</AuthorizationCode>",
        ),
        ('{"auth_code": "134567890123456789"}', '{"auth_code": "******************"}'),
        ('<CreditDebit CVV="123" a="1"/>', '<CreditDebit CVV="***" a="1"/>'),
        ("<b:PAN x='1'>6200000000000005</b:PAN>", "<b:PAN x='1'>************0005</b:PAN>"),
        (f'{{"note":"{CARD}"}}', f'{{"note":"{BARE}"}}'),
    ],
)
def test_fields_of_cards_and_secrets_are_masked(field: str, left: str) -> None:
    assert mask_raw(field.encode()).decode() == left


def test_a_whitelisted_account_number_is_a_member() -> None:
    data = (
        b"<Loyalty><PrimaryAccountNumber>6221234567890123</PrimaryAccountNumber></Loyalty>"
        b"<Tender><CreditDebit><PrimaryAccountNumber>6221234567890123</PrimaryAccountNumber>"
    )
    masked = mask_raw(data, {("Loyalty", "PrimaryAccountNumber")})
    assert masked.count(b"6221234567890123") == 1
    assert masked.startswith(b"<Loyalty><PrimaryAccountNumber>6221234567890123<")


@pytest.mark.parametrize("line", [0, 76])
def test_receipts_in_base64_are_masked_inside(line: int) -> None:
    receipt = f"Kassenbon\nKarte {CARD}\nSumme 12,00 EUR\nvielen Dank für Ihren Einkauf".encode()
    encoded = base64.b64encode(receipt).decode()
    if line:
        encoded = "\n".join(encoded[at : at + line] for at in range(0, len(encoded), line))
    data = f"<ReceiptImage>{encoded}</ReceiptImage>".encode()
    masked = mask_raw(data)
    assert len(masked) == len(data)
    inside = base64.b64decode(masked[len("<ReceiptImage>") : -len("</ReceiptImage>")])
    assert inside == receipt.replace(CARD.encode(), BARE.encode())


@pytest.mark.parametrize("track", TRACKS)
def test_tracks_go_even_from_fields_of_codes(track: str) -> None:
    masked = mask_raw(f"<ItemID>{track}</ItemID>".encode())
    assert not any(char.isdigit() for char in masked.decode())


@pytest.mark.parametrize("name", ["ncr_acs_small.xml", "ncr_acs_full_nosig.xml.gz"])
def test_of_a_real_days_numbers_none_is_taken_for_a_card(name: str) -> None:
    """What is masked there are authorisation codes, each in its own element."""
    data = real_poslog(name)
    for finding in find_sensitive(data):
        assert data[: finding.start].endswith(b"<AuthorizationCode>")


@pytest.mark.parametrize("name", ["ncr_acs_selected.xml", "ncr_acs_full_nosig.xml.gz"])
def test_a_masked_file_reads_the_same(name: str) -> None:
    data = real_poslog(name)
    masked = mask_raw(data)
    assert len(masked) == len(data)
    assert masked != data
    before = [sale.event_id for sale in captured(data, "ncr-acs-2.1")]
    assert [sale.event_id for sale in captured(masked, "ncr-acs-2.1")] == before


@pytest.mark.parametrize("name", ["examplemart_logo_en.bin", "restaurant_gbk_zh.bin"])
def test_real_prints_hold_no_card(name: str) -> None:
    data = real_file("escpos", name).read_bytes()
    assert mask_raw(data) == data


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_words_and_names_are_read_in_utf_16_as_well(encoding: str) -> None:
    """Some tills write their journals so; what is told by a word was not found there."""
    text = "授权码：134567890123456789\nauth code 123456\nCVV: 042\n卡号：400005665566555\n"
    text += "<PrimaryAccountNumber>1234567890123456</PrimaryAccountNumber>\nBon 4711 豆浆 12,50\n"
    masked = mask_raw(text.encode(encoding)).decode(encoding)
    hidden = "授权码：******************\nauth code ******\nCVV: ***\n卡号：***********6555\n"
    hidden += "<PrimaryAccountNumber>************3456</PrimaryAccountNumber>\n"
    assert masked == hidden + "Bon 4711 豆浆 12,50\n"


def test_zero_bytes_of_a_picture_make_no_utf_16() -> None:
    picture = b"\x1dv0\x00\x02\x00\x04\x00" + bytes(8)
    assert mask_raw(picture + b"Bon 4711\n" + picture) == picture + b"Bon 4711\n" + picture


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("卡号：400005665566555", "卡号：***********6555"),
        ("卡号：0056655665556", "卡号：*********5556"),
        ("卡号：4000056q55665556", "卡号：*******q****5556"),
        ("卡号：4000056\x1d(\x01\x02\x0065566555", "卡号：*******\x1d(\x01\x02\x00****6555"),
        ("银行卡号: 4000 0566 5566 555", "银行卡号: **** **** ***6 555"),
        ("credit card no. 4000056655665557", "credit card no. ************5557"),
        ("PAN 4000 0566 5566 5557 2025-11-07", "PAN **** **** **** 5557 2025-11-07"),
        (";44000566556=2512101000042?", ";44000566556=2512101000042?"),
        (";44000566556655661116555=2512101000042?", ";" + "*" * 23 + "=*************?"),
        (";400005665566\x1b\x7f556=2512101000042?", ";************\x1b\x7f***=*************?"),
        ("授权码：1345678\x1b\x7f90123456789", "授权码：*******\x1b\x7f***********"),
        ("授权码：13\x1b\x7f4567890123456789", "授权码：**\x1b\x7f****************"),
        ("CVV: 04215", "CVV: *****"),
    ],
)
def test_a_card_number_that_is_broken_goes_where_it_is_named(
    written: str, left: str, encoding: str
) -> None:
    assert mask_raw(written.encode(encoding)).decode(encoding) == left


@pytest.mark.parametrize(
    "written",
    [
        "会员卡号：880012345678901",
        "卡号：2900001234566",
        "卡号：88001234567",
        "购物卡号：2336000012345678",
        "卡号：88001234567 金额：100.00 余额：12.50",
        "卡号：62220000余额：1234.56",
        "PAN 8412345678905 1,20",
        "Kundenkarte 4000056655665557",
        "校验码 12345678901234567890",
        "商品 400005665566555 12.50",
    ],
)
def test_a_shops_own_card_and_what_no_word_names_stay(written: str) -> None:
    for encoding in ("utf-8", "gb18030"):
        assert mask_raw(written.encode(encoding)).decode(encoding) == written
