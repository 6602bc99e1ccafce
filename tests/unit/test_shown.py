"""How facts are shown: amounts, masked names and numbers, languages."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.shown.masking import full_name, masked_code, masked_e164, masked_name, masked_phone
from models.shown.money import money
from models.shown.words import Language, Words, preferred

CATALOGUE = """
months = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]
[date]
today = "today {time}"
yesterday = "yesterday {time}"
this_year = "{month}/{day} {time}"
other_year = "{year}-{month}-{day}"
[page]
hello = "hello {name}"
"""


@pytest.mark.parametrize(
    ("amount_minor", "currency", "written"),
    [
        (0, "CNY", "¥0.00"),
        (5, "CNY", "¥0.05"),
        (-5, "CNY", "−¥0.05"),
        (123_450, "CNY", "¥1,234.50"),
        (1_000_000, "JPY", "JP¥1,000,000"),
        (1_234_567, "KWD", "KWD\N{NO-BREAK SPACE}1,234.567"),
        (1_250, "USD", "US$12.50"),
        (999, "CHF", "CHF\N{NO-BREAK SPACE}9.99"),
    ],
)
def test_amount_is_written_with_its_currency_s_digits(
    amount_minor: int, currency: str, written: str
) -> None:
    assert money(amount_minor, currency) == written


@given(st.integers(-(10**12), 10**12))
def test_no_cent_is_lost_in_writing(amount_minor: int) -> None:
    digits = re.sub(r"[^0-9]", "", money(amount_minor, "CNY"))
    assert int(digits) == abs(amount_minor)
    assert money(amount_minor, "CNY").startswith("−") == (amount_minor < 0)


@pytest.mark.parametrize(
    ("family", "given_name", "full", "masked"),
    [
        ("王", "小明", "王小明", "王*"),
        ("欧阳", "娜", "欧阳娜", "欧阳*"),
        ("Smith", "Jane", "Jane Smith", "J* Smith"),
        ("王", "", "王", "王*"),
        ("", "小明", "小明", "小*"),
        ("", "", "", ""),
    ],
)
def test_name_is_masked_but_still_says_whom_to_address(
    family: str, given_name: str, full: str, masked: str
) -> None:
    assert (full_name(family, given_name), masked_name(family, given_name)) == (full, masked)


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("13816825678", "138****5678"),
        ("+442079460958", "+44****0958"),
        ("1234567", "****4567"),
        ("1234", "****"),
    ],
)
def test_number_as_it_is_dialled_keeps_its_ends(number: str, masked: str) -> None:
    assert masked_phone(number) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+8613787655678", "+86 137****5678"),
        ("+6591234567", "+65 ****4567"),
        ("13787655678", "137****5678"),
        ("1234", "****"),
    ],
)
def test_number_of_any_country_keeps_its_country_and_its_end(number: str, masked: str) -> None:
    assert masked_e164(number) == masked


@pytest.mark.parametrize(
    ("code", "masked"), [("8800001234", "****1234"), ("12345", "****2345"), ("A12", "****")]
)
def test_code_keeps_its_end(code: str, masked: str) -> None:
    assert masked_code(code) == masked


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", Language.ZH),
        ("en-GB,en;q=0.9", Language.EN),
        ("zh-CN,zh;q=0.9,en;q=0.8", Language.ZH),
        ("fr, en;q=0.4, zh;q=0.3", Language.EN),
        ("fr, en;q=0.3, zh-TW;q=0.7", Language.ZH),
        ("zh;q=0, en;q=0.1", Language.EN),
        ("en;q=0", Language.ZH),
        ("en;q=nonsense, de", Language.ZH),
        ("*", Language.ZH),
    ],
)
def test_best_wish_of_the_browser_is_granted(header: str, language: Language) -> None:
    assert preferred(header) is language


@pytest.fixture
def words(tmp_path: Path) -> Words:
    (tmp_path / "en.toml").write_text(CATALOGUE, encoding="utf-8")
    return Words.load(tmp_path, Language.EN)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 22, 3, 0, tzinfo=UTC), "today 11:00"),
        (datetime(2026, 11, 21, 15, 59, tzinfo=UTC), "yesterday 23:59"),
        (datetime(2026, 1, 2, 0, 0, tzinfo=UTC), "1/2 08:00"),
        (datetime(2025, 1, 2, 0, 0, tzinfo=UTC), "2025-1-2"),
    ],
)
def test_moment_is_told_as_one_says_it_in_the_shop(
    words: Words, moment: datetime, text: str
) -> None:
    now = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    assert words.when(moment, now, ZoneInfo("Asia/Shanghai")) == text


def test_sentence_is_filled_in(words: Words) -> None:
    assert words("page.hello", name="you") == "hello you"
    assert "page.hello" in words.keys
    assert words.day(datetime(2026, 5, 3, tzinfo=UTC), ZoneInfo("UTC")) == "2026-5-3"
    assert (Language.ZH.tag, Language.EN.tag) == ("zh-Hans", "en")
