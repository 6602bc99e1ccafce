"""Laws of lines of columns: a card's number stays at no place of one, and no good line changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from agent.capture.pos.gtin import has_check_digit
from agent.capture.pos.journal import SetAside
from agent.capture.pos.journal.columns import Columns
from agent.capture.pos.journal.profile import Unit
from agent.capture.pos.journal.rows import row_reader
from agent.capture.pos.sensitive import mask_raw
from agent.capture.pos.sensitive.across import numbers_within
from agent.capture.pos.sensitive.issuers import network_of, passes_luhn
from tests.simulators.damaged_day.remainders import pieces_of
from tests.simulators.journal_shop import journal_profile, read_all
from tests.simulators.journal_writer import Article, Basket, baskets, flow_file, german_csv
from tests.simulators.planted_cards import card_numbers

FIXED = journal_profile("journal-fixed")
_LEAST = 4
NUMBERS = card_numbers().filter(lambda number: "000" not in number)
"""Zeros are what amounts have: a number of little else is right in their columns."""

_DIGITS = st.text("0123456789", min_size=12, max_size=12)
_LETTERS = st.text("abcÄöß豆浆 ,-/", min_size=1, max_size=8).map(lambda text: f"x{text.strip()}")


@st.composite
def codes(draw: st.DrawFn) -> str:
    """A GTIN, one that begins like a card's number, or a short code of the shop's."""
    body = draw(st.sampled_from(("4", "62", "37", "50", "690", "30", "2"))) + draw(_DIGITS)
    weighed = sum(int(digit) * (1, 3)[at % 2] for at, digit in enumerate(body[:12]))
    return draw(st.sampled_from((body[:12] + str(-weighed % 10), "4711", "20012")))


@st.composite
def names(draw: st.DrawFn) -> str:
    """What shops call their articles; some begin or end with a size or a year."""
    before = draw(st.sampled_from(("", "7", "500", "1000", "2025", "12 34", "20251107 ")))
    return before + draw(_LETTERS) + draw(st.sampled_from(("", " 330ml", " 6x1,5", " 123456")))


@st.composite
def good(draw: st.DrawFn) -> bytes:
    """Lines as their till wrote them."""
    found = []
    for basket in draw(baskets(2)):
        articles = tuple(
            replace(each, name=draw(names()), code=draw(codes())) for each in basket.articles
        )
        found.append(replace(basket, articles=articles))
    return flow_file(found)


@given(good())
@settings(max_examples=60, deadline=None)
def test_a_line_that_is_right_is_left_as_it_is(data: bytes) -> None:
    columns = Columns(FIXED)
    for line in data.splitlines():
        assert columns.clean(line).data == line
        assert columns.kept(line) == line
    assert not [each for each in read_all(FIXED, data) if isinstance(each, SetAside)]


@st.composite
def planted(draw: st.DrawFn) -> tuple[str, bytes, bytes]:
    """A number over what stood anywhere in a line, or between: number, line, and the journal."""
    (basket,) = draw(baskets(1))
    named = tuple(replace(each, name=draw(_LETTERS)) for each in basket.articles)
    lines = flow_file([replace(basket, articles=named)]).splitlines()
    at = draw(st.integers(0, len(lines) - 1))
    number = draw(NUMBERS)
    offset = draw(st.integers(0, len(lines[at])))
    behind = offset + len(number) * draw(st.booleans())
    lines[at] = lines[at][:offset] + number.encode() + lines[at][behind:]
    return number, lines[at], b"\n".join(lines) + b"\n"


def could_be_an_article(line: bytes) -> bool:
    """Thirteen digits of the number, or of it and the code that it stands in, have passed for one.

    Nobody can tell such a line from a good one, if nothing behind it has moved.
    """
    code = line[1:14].decode("latin-1")
    return line[:1] == b"D" and code.isdecimal() and has_check_digit(code)


@given(planted())
@settings(max_examples=150, deadline=None)
def test_a_card_number_at_any_place_of_a_line_is_in_no_output(
    found: tuple[str, bytes, bytes],
) -> None:
    number, line, journal = found
    assume(not could_be_an_article(line))
    for output in outputs(journal):
        assert not shows(output, number)


@given(planted(), st.sampled_from(["utf-16-le", "utf-16-be"]), st.sampled_from(Unit))
@settings(max_examples=100, deadline=None)
def test_in_utf_16_the_same_is_masked_as_in_utf_8(
    found: tuple[str, bytes, bytes], encoding: str, unit: Unit
) -> None:
    assume(unit is not Unit.BYTES)
    text = found[1].decode("gb18030", "replace")
    narrow = Columns(replace(FIXED, encoding="utf-8", unit=unit))
    wide = Columns(replace(FIXED, encoding=encoding, unit=unit))
    for look in (lambda columns, line: columns.clean(line).data, Columns.kept):
        masked = look(wide, text.encode(encoding))
        assert len(masked) == len(text.encode(encoding))
        assert masked.decode(encoding) == look(narrow, text.encode()).decode()


@given(NUMBERS, st.integers(0, 60), st.integers(0, 5))
@example("4000056655665556", 3, 1)
@settings(max_examples=80, deadline=None)
def test_one_that_has_moved_the_rest_of_its_line_is_in_no_output(
    number: str, offset: int, lost: int
) -> None:
    """Whatever its first digits pass for."""
    article = Article("x豆浆", 2_000, 350, 700)
    at = datetime(2025, 11, 7, 8, 0)  # noqa: DTZ001 - the till's own wall clock
    basket = Basket(97_000, at, (article,), cash=700)
    head, line, *rest = flow_file([basket]).splitlines()
    line = line[:offset] + number.encode() + line[offset + lost :]
    for output in outputs(b"\n".join((head, line, *rest))):
        assert not shows(output, number)


@given(NUMBERS, st.data(), st.sampled_from((";", '";"', " ;", "; ")))
@settings(max_examples=60, deadline=None)
def test_a_number_that_a_separator_parts_is_in_no_output(
    number: str, data: st.DataObject, separator: str
) -> None:
    """But for one that passes for an article's code beside a single digit, as a row's place is."""
    at = data.draw(st.integers(1, len(number) - 1))
    parts = (number[:at], number[at:])
    assume(not any(12 <= len(each) <= 14 and has_check_digit(each) for each in parts))
    (basket,) = data.draw(baskets(1, saved=False))
    named = tuple(replace(each, name="Qx") for each in basket.articles)
    parted = f"{number[:at]}{separator}{number[at:]}"
    whole = f'"{parted}"' if '"' in separator else parted
    journal = german_csv([replace(basket, articles=named)]).replace(b"Qx", whole.encode(), 1)
    assert whole.encode() in journal
    for output in outputs(journal, "journal-csv"):
        assert not shows(output, number)


@given(baskets(3, saved=False))
@settings(max_examples=40, deadline=None)
def test_rows_that_are_right_are_kept_as_they_are(made: list[Basket]) -> None:
    rows = row_reader(journal_profile("journal-csv"))
    for row in german_csv(made).splitlines():
        rows.read(row)
        assert rows.kept(row) == row


@given(st.text("0123456789", max_size=48))
def test_numbers_within_longer_ones_are_those_that_are_numbers_by_themselves(digits: str) -> None:
    spans = {
        (begin, end)
        for begin in range(len(digits))
        for end in range(begin + 12, min(begin + 19, len(digits)) + 1)
        if network_of(digits[begin:end]) and passes_luhn(digits[begin:end])
    }
    assert set(numbers_within(digits)) == spans


def outputs(journal: bytes, profile: str = "journal-fixed") -> Iterator[str]:
    """Events, and what is kept of the rest as it is kept."""
    for outcome in read_all(journal_profile(profile), journal):
        if isinstance(outcome, SetAside):
            yield mask_raw(outcome.data).decode("latin-1") + outcome.reason
        else:
            yield outcome.body.decode()


def shows(text: str, number: str) -> bool:
    """Whether enough of it can be read: in a row, or in two halves at different places."""
    digits = re.sub(r"\D", "", text)
    halves = range(_LEAST, len(number) - _LEAST + 1)
    return any(piece in digits for piece in pieces_of(number)) or any(
        number[:at] in text and number[at:] in text for at in halves
    )
