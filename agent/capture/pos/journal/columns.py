"""Whether a line's columns hold what they should, and what does not belong into any one of them.

In a line of fixed width nothing parts one column from the next. A card's number that damage has
moved may lie across two: half of it ends an article's code, half begins its name, and neither reads
like a card. On the other hand, of what columns hold side by side every tenth row of digits reads
like one. So the columns themselves are asked:

- A line each of whose columns is right by itself is left as it is. A code of twelve digits and more
  has its check digit; a day, a time and a code of the profile's are such; a number is none beyond a
  million and leaves a wide column's first place free; where digits of its neighbour touch a name,
  the name's own are few; and no name holds an article's code, which says that things have changed
  places.
- In any other line every card number goes that crosses a border. If all of its numbers, days and
  times are right, those stay that touch one of them and nothing that is wrong: amounts beside
  amounts, and a day behind a number.
- In a line of no known kind a card number goes with which the line begins: that hides the kind.

What is kept of a line is masked column by column as well, by what each of them is, since a name may
begin with a number right behind a code.

What nobody can tell is a number that fits: whose first thirteen digits have the check digit of an
article's code, beside the right amounts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from agent.capture.pos.journal.cells import Cut, by_cells, cut_of
from agent.capture.pos.journal.fitting import (
    NAMES,
    NUMBERS,
    SURE,
    Fitting,
    holds_code,
    is_checked_code,
)
from agent.capture.pos.journal.lines import WIDE
from agent.capture.pos.journal.profile import JournalProfile, Unit
from agent.capture.pos.mapping.transcript import Field
from agent.capture.pos.sensitive import Context, mask_raw, without_cards
from agent.capture.pos.sensitive.across import mask_across
from agent.capture.pos.sensitive.cards import FEWEST

_BEARABLE: Final = NAMES | {Field.GTIN, Field.ITEM_ID}
"""What a sale may lack: whatever else a card's number stood in is not known any more."""

_CONTEXTS: Final = MappingProxyType(
    {
        Field.TENDER_CARD: Context.CARD,
        Field.GTIN: Context.ITEM,
        Field.ITEM_ID: Context.ITEM,
    }
)

_WIDE: Final = 8
"""A number that fills so many places is above any that a shop writes there."""

_MOST_OF_A_NAME: Final = 4
"""Digits at its edge: 500 ml, 2025."""

_NARROW: Final = "utf-8"

_DIGITS: Final = frozenset(b"0123456789")


@dataclass(frozen=True, slots=True)
class _Place:
    """A column of the profile, and what stands there of ours."""

    name: str
    cut: Cut
    fields: frozenset[Field]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column in the bytes of one line."""

    place: _Place
    begin: int
    end: int
    text: str

    def touches(self, begin: int, end: int) -> bool:
        return self.begin < end and begin < self.end

    @property
    def is_sure(self) -> bool:
        """Whether it says something that would hardly be right by chance."""
        return bool(self.place.fields & SURE and self.text.strip("0 "))

    @property
    def is_proved(self) -> bool:
        """Whether it is an article's code with its check digit."""
        return Field.GTIN in self.place.fields and is_checked_code(self.text.strip())

    def holds(self, begin: int, end: int) -> bool:
        """Whether all of it stands there as in a field of its own; in a name, it may have grown."""
        return self.begin <= begin and end <= self.end and not self.place.fields & NAMES


@dataclass(frozen=True, slots=True)
class CleanLine:
    """A line as it may be read and kept.

    Attributes:
        lost: columns that are not known any more, since a card's number stood across them.
    """

    data: bytes
    lost: tuple[str, ...] = ()


class Columns:
    """The columns of one profile of fixed width."""

    def __init__(self, profile: JournalProfile) -> None:
        self._profile = profile
        self._fitting = Fitting(profile)
        typed = profile.grouping.type_column
        self._typed = cut_of(typed) if typed else None
        self._places = {kind.code: _places(profile, kind.code) for kind in profile.records}
        wide = profile.encoding in WIDE and profile.unit is not Unit.BYTES
        self._narrow = Columns(replace(profile, encoding=_NARROW)) if wide else None

    def clean(self, data: bytes) -> CleanLine:
        """The line without what lies across its columns; as long as it was."""
        narrow = self._narrowed(data)
        if self._narrow is None or narrow is None:
            return self._clean(data)
        found = self._narrow.clean(narrow)
        return CleanLine(self._widened(found.data), found.lost)

    def kept(self, data: bytes) -> bytes:
        """The line as it may be kept: clean, and each column by what it is."""
        narrow = self._narrowed(data)
        if self._narrow is None or narrow is None:
            return self._kept(data)
        return self._widened(self._narrow.kept(narrow))

    def _narrowed(self, data: bytes) -> bytes | None:
        """A line of UTF-16 in an encoding where digits touch; None where it is none."""
        try:
            return data.decode(self._profile.encoding).encode(_NARROW) if self._narrow else None
        except UnicodeDecodeError:
            return None

    def _widened(self, narrow: bytes) -> bytes:
        return narrow.decode(_NARROW).encode(self._profile.encoding)

    def _clean(self, data: bytes) -> CleanLine:
        if len(data) < FEWEST:
            return CleanLine(data)
        columns = self._columns(data)
        if not columns:
            return CleanLine(mask_across(data, lambda begin, _end: not data[:begin].strip()))
        proved = {edge for each in columns if each.is_proved for edge in (each.begin, each.end)}
        right = {each: self._is_right(each, data, proved) for each in columns}
        if all(right.values()):
            return CleanLine(data)
        return _without_crossing(data, right)

    def _kept(self, data: bytes) -> bytes:
        kept = bytearray(self._clean(data).data)
        for each in self._columns(data):
            held = bytes(kept[each.begin : each.end])
            kept[each.begin : each.end] = _masked(held, each.place.fields)
        return bytes(kept)

    def _columns(self, data: bytes) -> list[_Column]:
        """Those of the line's kind in its order; none where that is not known."""
        text = data.decode(self._profile.encoding, "replace")
        code = self._cut(data, text, self._typed)[2].strip() if self._typed else ""
        places = self._places.get(code, ())
        return [_Column(each, *self._cut(data, text, each.cut)) for each in places]

    def _cut(self, data: bytes, text: str, cut: Cut) -> tuple[int, int, str]:
        """Where a column begins and ends in the bytes, and what stands there."""
        encoding = self._profile.encoding
        match self._profile.unit:
            case Unit.BYTES:
                begin, end = min(cut.begin, len(data)), min(cut.end, len(data))
                return begin, end, data[begin:end].decode(encoding, "replace")
            case Unit.CHARACTERS:
                before, held = text[: cut.begin], text[cut.begin : cut.end]
            case Unit.CELLS:
                before, held = by_cells(text, Cut(0, cut.begin)), by_cells(text, cut)
        begin = len(before.encode(encoding, "replace"))
        return begin, begin + len(held.encode(encoding, "replace")), held

    def _is_right(self, column: _Column, data: bytes, proved: Collection[int]) -> bool:
        """By itself, and by what touches it but at edges that are ``proved`` to be none of it."""
        fields = column.place.fields
        if not all(self._fitting.fits(field, column.text) for field in fields):
            return False
        if fields & NUMBERS and _fills(column, data):
            return False
        named = fields & NAMES
        return not (named and (_runs_on(column, data, proved) or holds_code(column.text)))


def _without_crossing(data: bytes, right: Mapping[_Column, bool]) -> CleanLine:
    """``right`` says of each column whether it is, taken by itself."""
    places: list[tuple[int, int]] = []
    shifted = any(not fits and each.place.fields & SURE for each, fits in right.items())

    def chosen(begin: int, end: int) -> bool:
        touched = [each for each in right if each.touches(begin, end)]
        within = any(each.holds(begin, end) for each in touched)
        sure = any(each.is_sure for each in touched) and not shifted
        if within or (sure and all(right[each] for each in touched)):
            return False
        places.append((begin, end))
        return True

    hidden = mask_across(data, chosen)
    lost = (
        each.place.name
        for each in right
        if not each.place.fields <= _BEARABLE and any(each.touches(*place) for place in places)
    )
    return CleanLine(hidden, tuple(lost))


def _masked(data: bytes, fields: frozenset[Field]) -> bytes:
    if fields & NAMES:
        return mask_raw(data)
    for field, context in _CONTEXTS.items():
        if field in fields:
            return without_cards(data.decode("latin-1"), context).encode("latin-1")
    return data


def _places(profile: JournalProfile, code: str) -> tuple[_Place, ...]:
    """All columns of one kind of record, from left to right."""
    grouping = profile.grouping
    fields: dict[str, set[Field]] = defaultdict(set)
    for name in filter(None, (grouping.type_column, *grouping.number, *grouping.lanes)):
        fields[name].add(Field.SEQUENCE_NUMBER)  # what tells records apart, whatever it is called
    for kind in (each for each in profile.records if each.code == code):
        for field, name in kind.columns.items():
            fields[name].add(Field(field))
        for name in kind.payments:
            fields[name].add(Field.TENDER_AMOUNT)
    found = (_Place(name, cut_of(name), frozenset(held)) for name, held in fields.items())
    return tuple(sorted(found, key=lambda each: (each.cut.begin, each.cut.end)))


def _fills(column: _Column, data: bytes) -> bool:
    """Whether a number leaves no place of a wide column free, behind another digit."""
    return (
        column.end - column.begin >= _WIDE
        and data[column.begin] in _DIGITS - {ord("0")}
        and _is_digit(data, column.begin - 1)
    )


def _runs_on(column: _Column, data: bytes, proved: Collection[int]) -> bool:
    """Whether more digits than a name has at its edge run on into what stands beside it."""
    held = data[column.begin : column.end]
    before = column.begin not in proved and _is_digit(data, column.begin - 1)
    behind = column.end not in proved and _is_digit(data, column.end)
    return (before and _leading(held) > _MOST_OF_A_NAME) or (
        behind and _leading(held[::-1]) > _MOST_OF_A_NAME
    )


def _leading(data: bytes) -> int:
    return next((at for at, byte in enumerate(data) if byte not in _DIGITS), len(data))


def _is_digit(data: bytes, at: int) -> bool:
    return 0 <= at < len(data) and data[at] in _DIGITS
