"""Amounts: exact or refused."""

from __future__ import annotations

import pytest

from agent.capture.pos.malformed import Malformed
from agent.capture.pos.money import EXPONENTS, Currency


@pytest.mark.parametrize(
    ("code", "text", "minor"),
    [
        ("CNY", "10", 1000),
        ("CNY", "10.5", 1050),
        ("CNY", "-0.01", -1),
        ("CNY", "+1.20", 120),
        ("CNY", "  3.00\n", 300),
        ("CNY", "7.", 700),
        ("CNY", "1.500000000000", 150),
        ("JPY", "1200", 1200),
        ("JPY", "1200.00", 1200),
        ("KWD", "1.234", 1234),
        ("CLF", "0.0001", 1),
        ("USD", "999999999999999.99", 99_999_999_999_999_999),
        ("KWD", "999999999999999.999", 999_999_999_999_999_999),
    ],
)
def test_an_amount_becomes_whole_minor_units(code: str, text: str, minor: int) -> None:
    assert Currency.of(code).minor(text, "Amount") == minor


@pytest.mark.parametrize(
    ("code", "text"),
    [("CNY", "0.005"), ("USD", "1.999"), ("JPY", "0.5"), ("KWD", "0.0005"), ("CNY", "-1.001")],
)
def test_half_a_cent_is_refused_not_rounded(code: str, text: str) -> None:
    with pytest.raises(Malformed, match=f"Tender/Amount has more decimals than {code} can hold"):
        Currency.of(code).minor(text, "Tender/Amount")


_NO_NUMBERS = (
    *("", " ", ".", "1.2.3", "--1", "1,000.00", "1 000", "1e3", "0x10", "NaN", "Infinity"),
    *("¥5", "５.00", "9" * 16, "0." + "0" * 13),
)


@pytest.mark.parametrize("text", _NO_NUMBERS)
def test_what_is_not_a_plain_number_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="is not a plain decimal number"):
        Currency.of("CNY").minor(text, "Amount")


def test_the_error_never_quotes_the_text() -> None:
    with pytest.raises(Malformed) as refused:
        Currency.of("CNY").minor("13912345678x", "Amount")
    assert "139" not in str(refused.value)


@pytest.mark.parametrize("code", ["", "cny", "RMB1", "US", "156"])
def test_a_currency_is_three_letters(code: str) -> None:
    with pytest.raises(Malformed, match="three-letter"):
        Currency.of(code)


def test_a_unit_price_in_fractions_of_a_cent_is_left_out() -> None:
    assert Currency.of("USD").minor_or_none("1.459") is None
    assert Currency.of("USD").minor_or_none("1.45") == 145
    assert Currency.of("USD").minor_or_none("") is None


@pytest.mark.parametrize(
    ("code", "minor", "text"),
    [("CNY", -1250, "-12.50"), ("JPY", 1200, "1200"), ("KWD", 5, "0.005")],
)
def test_amounts_are_shown_with_their_decimals(code: str, minor: int, text: str) -> None:
    assert Currency.of(code).text(minor) == text


def test_the_table_of_exponents_holds_the_exceptions_only() -> None:
    assert {EXPONENTS["JPY"], EXPONENTS["KWD"], EXPONENTS["CLF"]} == {0, 3, 4}
    assert 2 not in EXPONENTS.values()
