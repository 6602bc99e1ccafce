"""One spelling per phone number, and numbers that belong to nobody."""

from __future__ import annotations

import pytest

from models.people.phones import Nobody, PhoneNumbers, in_one_spelling
from models.people.placeholders import PLACEHOLDER_CODES, PLACEHOLDER_PHONES, Placeholders
from tests.simulators.till.people import BLOCKED_PHONES

PHONES = PhoneNumbers()


@pytest.mark.parametrize(
    "written",
    [
        "13976215437",
        "+8613976215437",
        "0086 139 7621 5437",
        "139-7621-5437",
        "１３９７６２１５４３７",
    ],
)
def test_every_spelling_of_a_number_is_one_number(written: str) -> None:
    assert PHONES.read(written) == PHONES.e164(written) == "+8613976215437"
    assert in_one_spelling(written, "CN") == "+8613976215437"


@pytest.mark.parametrize("written", [*sorted(BLOCKED_PHONES), "13888888888", "+86 138 1234 5678"])
def test_what_thousands_type_is_nobodys(written: str) -> None:
    assert PHONES.read(written) is Nobody.PLACEHOLDER
    assert PHONES.e164(written) is None


@pytest.mark.parametrize("written", ["", "no number", "1397621543", "010-65292114", "1" * 70])
def test_what_is_no_mobile_number_is_nobodys(written: str) -> None:
    assert PHONES.read(written) is Nobody.NO_MOBILE_NUMBER
    assert PHONES.e164(written) is None


def test_a_number_range_newer_than_the_library_is_a_mobile_number() -> None:
    assert PHONES.e164("15476215437") == "+8615476215437"
    assert PhoneNumbers(mobiles={}).e164("15476215437") is None


def test_a_number_is_read_where_it_is_dialled() -> None:
    assert PHONES.read("6123 4567", "HK") == PhoneNumbers("HK").e164("6123 4567") == "+85261234567"
    assert PHONES.e164("+44 7400 123456") == "+447400123456"


def test_people_at_home_leave_their_country_code_out() -> None:
    assert PHONES.familiar("+8613976215437") == "13976215437"
    assert PHONES.familiar("+447400123456") == "+447400123456"


def test_a_retailer_may_name_other_placeholders() -> None:
    own = PhoneNumbers(placeholders=("139.*",))
    assert own.read("13976215437") is Nobody.PLACEHOLDER
    assert own.e164("13800138000") == "+8613800138000"


@pytest.mark.parametrize("text", ["no number", "12", "9" * 70])
def test_text_that_cannot_be_a_number_stays_as_the_till_wrote_it(text: str) -> None:
    assert in_one_spelling(text, "CN") == text


def test_a_line_at_home_has_one_spelling_too() -> None:
    assert in_one_spelling("010-65292114", "CN") == "+861065292114"


@pytest.mark.parametrize("code", ["0", "0000000000", "99999999", "123456", "1234567890"])
def test_an_invented_card_number_is_a_placeholder(code: str) -> None:
    assert code in Placeholders(PLACEHOLDER_CODES)
    assert f"8{code}8" not in Placeholders(PLACEHOLDER_CODES)
    assert code not in Placeholders(())


def test_a_placeholder_is_the_whole_number() -> None:
    assert "13800138000" in Placeholders(PLACEHOLDER_PHONES)
    assert "138001380001" not in Placeholders(PLACEHOLDER_PHONES)
