"""Laws of masking: every card goes from any text, and nothing else changes."""

from __future__ import annotations

import base64
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.capture.pos.gtin import has_check_digit
from agent.capture.pos.sensitive import Context, find_sensitive, last4, mask_raw, without_cards
from tests.simulators.planted_cards import card_numbers, leaks, ordinary, writings

LETTERS = st.text("GHKMNPRSTZghkmnprstz 卡号商品豆浆äéß:;,!()[]/\n", max_size=24)
WORDS = st.sampled_from(["", "paid ", "卡 ", "Karte:", "REF#", "客户给的号码", "VISA ", "(", "ZZ"])
NUMBERS = card_numbers()
ANY = st.one_of(st.text(max_size=60), st.text("0123456789 -*.x=D;%^卡", max_size=60))


@given(LETTERS, WORDS, st.data(), LETTERS)
@settings(max_examples=400)
def test_no_card_number_stays_in_any_text(
    before: str, word: str, data: st.DataObject, after: str
) -> None:
    number = data.draw(NUMBERS)
    written = data.draw(writings(number))
    text = f"{before}{word}{written}{after}"
    masked = without_cards(text)
    assert len(masked) == len(text)
    assert not leaks(number, masked)
    assert ordinary(masked).endswith(number[-4:])


@given(LETTERS, st.data(), st.sampled_from(["utf-8", "gb18030", "utf-16"]))
@settings(max_examples=300)
def test_no_card_number_stays_in_any_bytes(before: str, data: st.DataObject, encoding: str) -> None:
    number = data.draw(NUMBERS)
    size = data.draw(st.sampled_from((1, 4, 19)))
    separator = data.draw(st.sampled_from((" ", "-", "  ")))
    written = separator.join(number[at : at + size] for at in range(0, len(number), size))
    text = f"<Description>{before} {written}</Description>".encode(encoding)
    masked = mask_raw(text)
    assert len(masked) == len(text)
    assert not leaks(number, masked.decode(encoding))


STRAY = st.sampled_from(
    ["<x/>", "<x>", "</x>", "<y/> ", "<!-- 12 -->", "<?p?>", "<![CDATA[", "]]>", "&#9;", "&lt;"]
)


@given(LETTERS, NUMBERS, st.data(), st.sampled_from(["utf-8", "gb18030", "utf-16-le"]))
@settings(max_examples=300)
def test_no_card_number_stays_with_markup_among_its_digits(
    before: str, number: str, data: st.DataObject, encoding: str
) -> None:
    at = data.draw(st.integers(1, len(number) - 1))
    written = f"{number[:at]}{data.draw(STRAY)}{number[at:]}"
    text = f"<Description>{before} {written}</Description>".encode(encoding)
    masked = mask_raw(text)
    assert len(masked) == len(text)
    assert number[:-4] not in re.sub("[^0-9]", "", _without_markup(masked.decode(encoding)))
    assert mask_raw(masked) == masked


@given(LETTERS, NUMBERS)
def test_no_card_number_stays_in_a_receipt_inside(before: str, number: str) -> None:
    receipt = f"{before}\n--------------------------------\nKarte {number}\n".encode()
    record = b'<ReceiptImage a="b">' + base64.b64encode(receipt) + b"</ReceiptImage>"
    masked = mask_raw(record)
    inside = base64.b64decode(masked.partition(b">")[2].partition(b"<")[0])
    assert len(inside) == len(receipt)
    assert not leaks(number, inside.decode())


@given(LETTERS, NUMBERS, st.data(), st.sampled_from(["utf-8", "gb18030", "utf-16-le"]))
@settings(max_examples=300)
def test_of_a_number_that_damage_has_cut_no_thirteen_digits_stay_behind_its_name(
    before: str, number: str, data: st.DataObject, encoding: str
) -> None:
    begin = data.draw(st.integers(0, max(0, len(number) - 13)))
    left = number[begin : data.draw(st.integers(begin + 13, max(begin + 13, len(number))))]
    letter = data.draw(st.sampled_from(["", "q", "!"]))
    at = data.draw(st.integers(1, len(left) - 1))
    text = f"{before} 卡号：{left[:at]}{letter}{left[at:]}\n".encode(encoding)
    masked = mask_raw(text)
    assert len(masked) == len(text)
    kept = re.sub("[^0-9]", "", masked.decode(encoding))
    assert len(kept) < 13 or has_check_digit(kept[:13]), "a shop's own card stays"


@given(ANY, st.sampled_from(Context))
@example("4111 1111 1111 1111", Context.FREE)
@settings(max_examples=300)
def test_masking_twice_is_masking_once(text: str, context: Context) -> None:
    once = without_cards(text, context)
    assert len(once) == len(text)
    assert without_cards(once, context) == once


@given(st.binary(max_size=80) | ANY.map(str.encode))
@settings(max_examples=300)
def test_raw_bytes_keep_their_length_and_are_clean_after_one_pass(data: bytes) -> None:
    masked = mask_raw(data)
    assert len(masked) == len(data)
    assert mask_raw(masked) == masked


@given(NUMBERS, st.integers(0, 6))
def test_the_last_four_are_the_same_before_and_after(number: str, lead: int) -> None:
    masked = without_cards(number, Context.CARD)
    partly = number[:lead] + "*" * (len(number) - lead - 4) + number[-4:]
    assert last4(number) == last4(masked) == last4(partly) == number[-4:]


@given(
    st.dates().map(lambda day: day.isoformat()),
    st.decimals(0, 99_999, places=2),
    st.integers(10**9, 2 * 10**9 - 1),
    st.integers(0, 10**8 - 1),
)
def test_dates_amounts_phones_and_numbers_of_orders_survive(
    day: str, amount: object, phone: int, order: int
) -> None:
    text = f"{day} 10:41:07 {amount} EUR, 1{phone}, +491{phone}, No. 2025{order:08d}"
    assert without_cards(text) == text
    assert find_sensitive(text.encode()) == []


def _without_markup(text: str) -> str:
    return re.sub("<!--.*?-->|<[^<>]*>|]]>|&[^;]*;", "", text)
