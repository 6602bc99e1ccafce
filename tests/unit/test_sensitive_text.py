"""One field's text: what goes, what stays, and that nothing changes its length."""

from __future__ import annotations

import random
import uuid

import pytest

from agent.capture.pos.sensitive import Context, context_of, last4, without_cards
from agent.capture.pos.sensitive.issuers import ISSUERS, network_of, passes_luhn
from tests.simulators.planted_cards import PUBLISHED, TRACKS


@pytest.mark.parametrize("number", PUBLISHED.values(), ids=PUBLISHED.keys())
def test_of_a_card_number_the_last_four_digits_stay(number: str) -> None:
    assert without_cards(f"paid {number}!") == f"paid {'*' * (len(number) - 4)}{number[-4:]}!"
    assert passes_luhn(number)
    assert network_of(number)


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("4111 1111 1111 1111", "**** **** **** 1111"),
        ("4111-1111-1111-1111", "****-****-****-1111"),
        ("4111.1111.1111.1111", "****.****.****.1111"),
        ("3782 822463 10005", "**** ****** *0005"),
        ("622021 2345678901233", "****** *********1233"),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "* * * * * * * * * * * * 1 1 1 1"),
        ("41  11  11  11  11  11  11  11", "**  **  **  **  **  **  11  11"),
        ("４１１１１１１１１１１１１１１１", "＊＊＊＊＊＊＊＊＊＊＊＊１１１１"),
        ("4111 1111 1111 1111 2025", "**** **** **** 1111 2025"),
        ("x4111111111111111y", "x************1111y"),
        ("621700******1234", "************1234"),
        ("4111 11** **** 1111", "**** **** **** 1111"),
        ("411111xxxx11111111", "******xxxx****1111"),
        ("1 4111111111111111 2", "1 ************1111 2"),
    ],
)
def test_cards_are_found_however_they_are_parted(written: str, left: str) -> None:
    assert without_cards(written) == left


@pytest.mark.parametrize("track", TRACKS)
def test_nothing_is_left_of_a_track_in_whatever_field(track: str) -> None:
    for context in Context:
        if context is not Context.CARD:
            masked = without_cards(track, context)
            assert len(masked) == len(track)
            assert not any(char.isdigit() for char in masked)
            assert "DOE" not in masked


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("CVV: 123", "CVV: ***"),
        ("cvc2 1234 ok", "cvc2 **** ok"),
        ("安全码:123", "安全码:***"),
        ("card security code = 737", "card security code = ***"),
        ("CID 1234", "CID ****"),
        ("CID 123456", "CID 123456"),
        ("付款码 134567890123456789", "付款码 ******************"),
        ("auth code: 281234567890123456", "auth code: ******************"),
        ("支付宝扫码 2812345678901234567", "支付宝扫码 *******************"),
        ("AUTH NO 004512", "AUTH NO ******"),
        ("5A084111111111111111 5F2403251231", "5A08**************** 5F2403251231"),
        (
            "57114111111111111111D25122010000012345F9F26",
            "5711" + "*" * 16 + "D" + "*" * 17 + "F9F26",
        ),
    ],
)
def test_codes_go_by_the_word_before_them(text: str, left: str) -> None:
    assert without_cards(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "可口可乐 500ml x24 6901234567892",
        "4006381333931",
        "EAN 4006381333931 2 Stk 3,98",
        "036000291452",
        "+4915112345678",
        "+86 139 1234 5678",
        "0049 151 12345678",
        "20251107104112345678",
        "2025-11-07 10:41:07 01 0042",
        "order 2025110710411234",
        "4200001234567890123456789012",
        "64a4e432-f300-4acf-b286-d50c9a1a5425",
        "11111111-1111-4111-8111-111111111111",
        "303425 7BF400B7800004CB2F",
        "urn:epc:id:sgtin:0614141.112345.400",
        "1.00 2.00 3.00 4.00 5.00 6.00 7.00",
        "192.168.001.254 10.0.0.1",
        "",
        "安踏 12",
    ],
)
def test_what_is_no_card_stays(text: str) -> None:
    assert without_cards(text) == text


@pytest.mark.parametrize("run", ["4111111111111111" + "1" * 11, "9" * 9 + "4111111111111111"])
def test_a_card_that_ran_into_its_neighbour_goes_behind_the_word_card(run: str) -> None:
    assert "411111111111" not in without_cards(f"卡号：{run}")
    assert "411111111111" not in without_cards(f"{run} CVV: 123")
    assert without_cards(f"order {run}") == f"order {run}", (
        "long numbers are no cards by themselves"
    )


def test_the_word_card_makes_a_card_of_what_could_be_a_barcode() -> None:
    ambiguous = next(
        number
        for number in _ambiguous(random.Random(5))
        if network_of(number) and passes_luhn(number)
    )
    assert without_cards(f"item {ambiguous}") == f"item {ambiguous}"
    assert ambiguous not in without_cards(f"card {ambiguous}")


@pytest.mark.parametrize(
    ("name", "context"),
    [
        ("POSItemID", Context.ITEM),
        ("pos_item_id", Context.ITEM),
        ("GTIN", Context.ITEM),
        ("ArticleNumber", Context.ITEM),
        ("sku", Context.ITEM),
        ("OrderItemID", Context.CODE),
        ("LineItemID", Context.CODE),
        ("ItemSerialNumber", Context.CODE),
        ("ItemSequenceNumber", Context.CODE),
        ("ReceiptNumber", Context.CODE),
        ("TransactionID", Context.CODE),
        ("TelephoneNumber", Context.CODE),
        ("LoyaltyAccountID", Context.CODE),
        ("MemberCardNo", Context.CODE),
        ("acs:MembershipID", Context.CODE),
        ("SerialNumber", Context.CODE),
        ("EPC", Context.CODE),
        ("PrimaryAccountNumber", Context.CARD),
        ("card_no", Context.CARD),
        ("AccountNumber", Context.CARD),
        ("AuthorizationCode", Context.SECRET),
        ("auth_code", Context.SECRET),
        ("CVV2", Context.SECRET),
        ("Track2Data", Context.SECRET),
        ("Description", Context.FREE),
        ("ItemDescription", Context.FREE),
        ("ReceiptText", Context.FREE),
        ("ReasonCode", Context.FREE),
    ],
)
def test_a_fields_name_says_what_is_in_it(name: str, context: Context) -> None:
    assert context_of(name) is context


def test_codes_keep_what_reads_like_a_card_and_card_fields_keep_four_digits() -> None:
    assert without_cards("4111111111111111", Context.CODE) == "4111111111111111"
    assert without_cards("4111111111111111", Context.ITEM) == "************1111"
    assert without_cards("1234567890123456", Context.CARD) == "************3456"
    assert without_cards("A1B2C3", Context.SECRET) == "******"


@pytest.mark.parametrize(
    ("number", "left"),
    [
        ("4111111111111111", "1111"),
        ("************1111", "1111"),
        ("621700******1234", "1234"),
        ("**** **** **** 1234", "1234"),
        ("1234", ""),
        ("", ""),
        ("none", ""),
    ],
)
def test_a_number_masked_or_not_has_the_same_last_digits(number: str, left: str) -> None:
    assert last4(number) == left


def test_ranges_are_well_formed() -> None:
    for issuer in ISSUERS:
        assert len(issuer.first) == len(issuer.last)
        assert issuer.first <= issuer.last
        assert all(12 <= length <= 19 for length in issuer.lengths)


def test_hardly_any_barcode_phone_or_number_is_taken_for_a_card() -> None:
    """Of ten thousand each; barcodes that begin with 4 are the hardest."""
    chance = random.Random(11)
    barcodes = [_gtin13(chance, "4") for _ in range(10_000)]
    phones = [f"1{chance.randrange(3 * 10**9, 10**10)}" for _ in range(10_000)]
    abroad = [f"+49151{chance.randrange(10**8):08d}" for _ in range(10_000)]
    times = [f"2025{chance.randrange(10**12):012d}" for _ in range(10_000)]
    ids = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(10_000)]
    assert _touched(barcodes) == 0
    assert _touched(phones) == _touched(abroad) == _touched(times) == _touched(ids) == 0


@pytest.mark.parametrize("prefix", ["", "3", "37", "4", "5", "62"])
def test_no_code_of_an_article_is_taken_for_a_card(prefix: str) -> None:
    """Of two thousand each: alone, with an issue's number behind it, from scales, a platform's."""
    chance = random.Random(13)
    barcodes = [_gtin13(chance, prefix) for _ in range(2_000)]
    issues = [f"{code}{chance.randrange(10**2):02}" for code in barcodes]
    books = [f"{code}{chance.randrange(10**5):05}" for code in barcodes]
    parted = [f"{code} {chance.randrange(1_000):03}" for code in barcodes]
    scales = [f"2{chance.randrange(10**17):017}" for _ in range(2_000)]
    platforms = [f"3{chance.randrange(10**18):018}" for _ in range(2_000)]
    packed = [f"01{chance.randrange(10**14):014}" for _ in range(2_000)]
    for codes in (barcodes, issues, books, parted, scales, platforms, packed):
        assert _touched(codes, Context.ITEM) == 0


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("378282246310005", "***********0005"),
        ("6212345678901234569", "***************4569"),
        ("4111 1111 1111 1111", "**** **** **** 1111"),
        ("４１１１１１１１１１１１１１１１", "＊＊＊＊＊＊＊＊＊＊＊＊１１１１"),
        ("SKU-4111111111111111", "SKU-************1111"),
        ("4111111111111112", "4111111111111112"),
        ("303425A4111111111111111A", "303425A4111111111111111A"),
    ],
)
def test_a_card_in_the_place_of_an_articles_code_goes(written: str, left: str) -> None:
    assert without_cards(written, Context.ITEM) == left


def _touched(texts: list[str], context: Context = Context.FREE) -> int:
    return sum(without_cards(text, context) != text for text in texts)


def _gtin13(chance: random.Random, prefix: str) -> str:
    body = prefix + "".join(chance.choice("0123456789") for _ in range(12 - len(prefix)))
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return body + str(-total % 10)


def _ambiguous(chance: random.Random) -> list[str]:
    return [_gtin13(chance, "4") for _ in range(200)]


def test_an_authorisation_by_whatever_name_is_a_secret() -> None:
    for name in ("auth_result_code", "authResponseCode", "AuthorizationCode", "auth_code"):
        assert context_of(name) is Context.SECRET, name
