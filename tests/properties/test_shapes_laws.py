"""Whatever is planted in a record, nothing of a person leaves the shop with it.

Names, phones, e-mails, ids and cards are put anywhere into the records of every adapter: over a
value, into an amount, into a name of structure, across a tear. All that the event says is searched.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agent.capture.aside.telling import Teller
from agent.capture.pos.sensitive.shapes import MOST_DIGITS, Shapes
from agent.capture.pos.sensitive.wording import own_words, words_in_source
from agent.capture.quarantine import Kept
from models.wire.events.capture import RecordQuarantined, ReleasedHow
from tests.simulators.capturing import context
from tests.simulators.facts import NOON
from tests.simulators.quarantine_ward import FLOW, PRINT, SAMPLES, TEXT, Sample, Ward

WRITTEN = date(2025, 11, 7)
NAMES = (
    "张伟", "欧阳小明", "王芳", "司馬懿", "Zhang Wei", "Jean-Luc Picard", "Müller", "Søren", "李雷",
    "Ольга", "Σοφία", "محمد", "ANNA SCHMIDT", "mcdonald", "김민준", "佐藤さくら",
    "ĐẶNG", "O’Brien",
)  # fmt: skip
DIGITS = st.text("0123456789", min_size=7, max_size=19).filter(lambda text: len(set(text)) > 3)
SEPARATORS = st.sampled_from(
    ("", " ", "-", ".", "  ", " - ", "\u00a0", "/", "·", "_", "\u200b", ",", "\t")
)
AMOUNT = re.compile(r"\d{1,6}[.,]\d{1,2}", re.ASCII)
"""Seven or eight digits may stay if they are written so: nobody could read a receipt otherwise."""

SCRIPTS = ("0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩")


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """A phone or a card as somebody writes it: in groups, in any script, with a prefix or not."""
    digits, separator = draw(DIGITS), draw(SEPARATORS)
    group = draw(st.integers(2, 5))
    grouped = separator.join(digits[at : at + group] for at in range(0, len(digits), group))
    assume(not AMOUNT.fullmatch(grouped))
    script = draw(st.sampled_from(SCRIPTS))
    return draw(st.sampled_from(("", "+", "+86 ", "(0", "Tel."))) + grouped.translate(
        str.maketrans(SCRIPTS[0], script)
    )


PLANTED = st.one_of(
    numbers(),
    st.sampled_from(NAMES),
    st.from_regex(r"o[A-Za-z0-9_-]{20,27}", fullmatch=True),
    st.from_regex(r"[a-z]{4,9}[.][a-z]{4,9}@[a-z]{5,9}[.]de", fullmatch=True),
    st.sampled_from(("1985-03-02", "02.03.1985", "中山路１８号３单元", "Hauptstraße 12a")),
)


@pytest.fixture(scope="module")
def ward() -> Iterator[Ward]:
    with tempfile.TemporaryDirectory() as folder:
        yield Ward(Path(folder))


def plain_digits(text: str) -> str:
    return "".join(str(int(each)) if each.isdecimal() else "" for each in text)


def gives_away(text: str, planted: str) -> bool:
    """Whether a text tells more of what was planted than its outline."""
    digits = plain_digits(planted)
    if len(digits) >= 7:
        return any(
            digits[at : at + 7] in plain_digits(each) and digits[at : at + 7] != "9999999"
            for each in [text]
            for at in range(len(digits) - 6)
        )
    found = {word.casefold() for word in re.findall(r"[^\W\d_]{2,}", planted)} - own_words()
    words = {word for word in found if set(word) != {"x"}}  # which stands for any letter
    said = {word.casefold() for word in re.findall(r"[^\W\d_]+", text)}
    return bool(words & said) or any(not word.isascii() and word in text for word in words)


@settings(max_examples=150, deadline=None)
@given(PLANTED, st.sampled_from(("", "  ", "Kunde: ", "客户", "<b>", '"', ";", "1 x ")))
def test_no_text_gives_away_what_was_planted(planted: str, before: str) -> None:
    masked = Shapes(own_words(), WRITTEN).masked(f"{before}{planted} 12.50")
    assert not gives_away(masked.removesuffix(" 12.50").removesuffix(" 99.99"), planted), masked


IN_GB18030 = (PRINT, FLOW, TEXT)
PERSON = (
    "Zhang Wei", "欧阳小明", "13912345678", "+49 171 2345678", "wei.zhang@example.cn",
    "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "4111111111111111", "6222 0212 3456 7894",
)  # fmt: skip


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda each: each.file)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_no_byte_of_a_person_leaves_the_real_quarantine(
    ward: Ward, sample: Sample, data: st.DataObject
) -> None:
    encoding = "gb18030" if sample in IN_GB18030 else "utf-8"
    marked = sample.damaged
    for planted in PERSON:
        at = data.draw(st.integers(0, len(marked)))
        marked = marked[:at] + b" " + planted.encode(encoding) + b" " + marked[at:]
    kept = ward.keep(sample, marked)
    ward.reporter.step(ward.now)
    said = ward.outbox.bytes.decode()
    ward.outbox.drafts.clear()
    ward.quarantine.drop(kept, ReleasedHow.DROPPED, ward.now)
    assert kept.name in said
    for planted in PERSON:
        for part in (planted, *planted.split()):
            assert len(part) <= MOST_DIGITS or part not in said, part


@dataclass
class OneRecord:
    """A quarantine of one record, in memory."""

    data: bytes = b""

    def content(self, kept: Kept) -> Iterator[bytes]:
        del kept
        yield self.data


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(SAMPLES), PLANTED, st.booleans())
def test_no_event_gives_away_what_was_planted_in_a_record(
    ward: Ward, data: st.DataObject, sample: Sample, planted: str, torn: bool
) -> None:
    text = data.draw(st.sampled_from((sample.data, sample.damaged)))
    at = data.draw(st.integers(0, len(text)))
    encoding = "gb18030" if sample in IN_GB18030 else "utf-8"
    marked = text[:at] + b" " + planted.encode(encoding, "replace") + b" " + text[at:]
    if torn:
        marked = marked[: data.draw(st.integers(0, len(marked)))]
    teller = Teller(OneRecord(marked), ward.readers, context())
    kept = Kept(
        NOON, "0123456789abcdef", f"{sample.file} {planted}", len(marked), 1, planted, "a reason",
        Path("x.sealed"), sample.source,
    )  # fmt: skip
    for said in _texts(teller.event(replace(kept, file=sample.file))):
        assert not gives_away(said, planted), said
    assert not gives_away(teller.event(kept).file.removeprefix(sample.file), planted)


def test_what_people_need_to_see_stays() -> None:
    shapes = Shapes({"TOTAL", "合计", "EUR"}, WRITTEN)
    kept = (
        "TOTAL 12.50 EUR", "合计：1,234.50", "2025-11-07T10:12:13+08:00", "07.11.2025 10:12",
        "2 x 3.00   6.00", "0042", "************1111", "-0.92", "1.237,08",
    )  # fmt: skip
    assert tuple(map(shapes.masked, kept)) == tuple(each.replace("x", "x") for each in kept)


@given(st.dates(date(1930, 1, 1), date(2020, 12, 31)))
def test_no_birthday_stays(born: date) -> None:
    for written in (born.isoformat(), f"{born:%d.%m.%Y}", f"{born:%Y%m%d}", f"{born:%m/%d/%Y}"):
        assert plain_digits(Shapes((), WRITTEN).masked(written)).strip("9") == ""


@given(st.integers(-399, 399))
def test_days_of_the_shop_stay(days: int) -> None:
    day = (WRITTEN + timedelta(days=days)).isoformat()
    assert Shapes((), WRITTEN).masked(day) == day


@given(st.text(max_size=200))
def test_masking_keeps_the_outline_and_is_done_once_and_for_all(text: str) -> None:
    shapes = Shapes((), WRITTEN)
    once = shapes.masked(text)
    assert len(once) == len(text)
    assert sum(map(str.isdecimal, once)) <= sum(each.isnumeric() for each in text)
    letters = {each for each in once if each.isalpha()}
    assert letters <= {"x", "X", "某"}


@given(st.integers(0, 10**12))
def test_only_short_numbers_stay(number: int) -> None:
    masked = Shapes((), WRITTEN).masked(str(number))
    assert masked == (str(number) if len(str(number)) <= MOST_DIGITS else "9" * len(str(number)))


def test_the_list_of_words_is_that_of_the_code() -> None:
    assert own_words() == words_in_source(), "run .ci/generate"


def _texts(event: RecordQuarantined) -> list[str]:
    of_pieces = [text for each in event.pieces for text in (each.raw, each.read, each.fault)]
    return [event.reason, event.file, event.key, *of_pieces]
