"""How facts are shown: amounts, masked names and numbers, languages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

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
    ("minor", "currency", "text"),
    [
        (0, "CNY", "¥0.00"),
        (123_450, "CNY", "¥1,234.50"),
        (-5, "CNY", "−¥0.05"),
        (1_000_000, "JPY", "JP¥1,000,000"),
        (1_234, "KWD", "KWD\N{NO-BREAK SPACE}1.234"),
    ],
)
def test_amount_is_written_with_its_currency_s_digits(minor: int, currency: str, text: str) -> None:
    assert money(minor, currency) == text


@pytest.mark.parametrize(
    ("family", "given", "masked"),
    [("王", "小明", "王*"), ("Smith", "Jane", "J* Smith"), ("", "小明", "小*"), ("", "", "")],
)
def test_name_keeps_what_a_stranger_may_hear(family: str, given: str, masked: str) -> None:
    assert masked_name(family, given) == masked


def test_name_is_written_in_its_bearer_s_order() -> None:
    assert full_name("王", "小明") == "王小明"
    assert full_name("Smith", "Jane") == "Jane Smith"


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+8613787655678", "+86 137****5678"),
        ("+6591234567", "+65 ****4567"),
        ("13787655678", "137****5678"),
        ("1234", "****"),
    ],
)
def test_phone_keeps_its_country_and_its_end(number: str, masked: str) -> None:
    assert masked_e164(number) == masked


def test_short_numbers_are_hidden_whole() -> None:
    assert (masked_phone("1234"), masked_code("1234"), masked_code("12345")) == (
        "****",
        "****",
        "****2345",
    )


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", Language.ZH),
        ("en-GB,en;q=0.9", Language.EN),
        ("fr, en;q=0.3, zh-TW;q=0.7", Language.ZH),
        ("zh;q=0, en;q=0.1", Language.EN),
        ("en;q=x", Language.ZH),
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
