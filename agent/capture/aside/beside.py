"""What was read, laid beside what was written: every fact to the piece that it stands in.

A reader says what it found, not where. So what it found on one line, one cell row or one object is
looked for there together, in the record's order: texts that are equal and stand in equal places
are the same. What a reader put together itself (an amount of price and quantity) stands nowhere.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import chain
from typing import Final

from agent.capture.aside.listening import Fact
from agent.capture.aside.piece import Raw
from agent.capture.pos.folding import folded

_FAR: Final = 250
"""Rows below the last such one among which the next is looked for."""

_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,11})(?:[.][0-9]{1,18})?")
_NOISE: Final = Decimal("1e-6")
"""What binary fractions leave behind a number."""

Columns = Mapping[str, frozenset[str]]
"""By the name of a column, the fields that a profile takes from it."""


def beside(pieces: Sequence[Raw], facts: Sequence[Fact], columns: Columns) -> dict[int, int]:
    """By place in ``facts``, the place in ``pieces`` that it stands in; nothing for others."""
    return _Laying(pieces, columns).lay(facts)


class _Laying:
    def __init__(self, pieces: Sequence[Raw], columns: Columns) -> None:
        self._pieces = pieces
        self._columns = columns
        self._plain = [_plain(each.value, each) for each in pieces]
        self._rows: dict[int, list[int]] = defaultdict(list)
        self._below: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for place, piece in enumerate(pieces):
            self._rows[piece.row].append(place)
            if len(piece.names) > 1:
                self._below[piece.names[:-2]].append(place)
        self._taken: Counter[tuple[int, str]] = Counter()
        self._of_whole: set[int] = set()
        self._found: dict[int, int] = {}

    def lay(self, facts: Sequence[Fact]) -> dict[int, int]:
        groups: dict[int, list[int]] = defaultdict(list)
        for place, fact in enumerate(facts):
            groups[fact.group].append(place)
        last: dict[str, int] = {}
        for group, places in groups.items():
            kind = facts[places[0]].label.partition(".")[0]
            if group:
                last[kind] = self._lay_group(facts, places, last.get(kind, -1))
        # Facts of the whole stand on top, those of its parts in objects within.
        from_top = sorted(range(len(self._pieces)), key=lambda at: len(self._pieces[at].names))
        for place in groups.get(0, ()):
            self._lay_one(facts[place], place, from_top)
        return self._found

    def _lay_group(self, facts: Sequence[Fact], places: Sequence[int], behind: int) -> int:
        """Into the first row behind the last such group that holds most of it; which that was.

        Of two that hold as much it is the one deeper within: what a reader made up itself is
        equal to something on top by chance.
        """
        rows = [row for row in self._rows if behind < row <= behind + _FAR]
        if not rows:
            return behind
        score = {row: self._score(facts, places, row) for row in rows}
        best = max(rows, key=lambda row: (score[row], self._depth(row), -row))
        if not score[best]:
            return behind
        # Where a receipt's article takes two lines, its name stands above or below its figures.
        lines = [at for row in (best, best - 1, best + 1) for at in self._rows.get(row, ())]
        for place in places:
            self._lay_one(facts[place], place, self._object(best) if self._depth(best) else lines)
        return best

    def _depth(self, row: int) -> int:
        """Of an object within others; 0 for lines."""
        return max(len(self._pieces[at].names) for at in self._rows[row])

    def _object(self, row: int) -> list[int]:
        """A row, and the objects right within it."""
        path = self._pieces[self._rows[row][0]].names[:-1]
        below = self._below.get(path, ()) if self._depth(row) else ()
        return [*self._rows[row], *(at for at in below if 0 < self._pieces[at].row - row < _FAR)]

    def _score(self, facts: Sequence[Fact], places: Sequence[int], row: int) -> int:
        among = self._object(row)
        return sum(any(self._holds(at, facts[place].text) for at in among) for place in places)

    def _lay_one(self, fact: Fact, place: int, among: Sequence[int]) -> None:
        holding = [at for at in among if self._holds(at, fact.text)]
        named = [at for at in holding if self._is_named(at, fact)]
        same = [at for at in holding if self._plain[at] == _plain(fact.text, self._pieces[at])]
        for fitting in (named, [*same, *holding]):
            free = (at for at in fitting if self._is_free(at, fact.text))
            shared = (at for at in fitting if self._is_shared(at, fact))
            if (at := next(chain(free, shared), None)) is not None:
                self._take(at, fact, place)
                return

    def _take(self, at: int, fact: Fact, place: int) -> None:
        self._found[place] = at
        self._taken[at, fact.text] += 1
        if not fact.label:
            self._of_whole.add(at)

    def _is_free(self, at: int, text: str) -> bool:
        """A cell is one fact, a line one for every time that the text stands in it."""
        piece = self._pieces[at]
        times = 1 if piece.name else self._plain[at].count(_plain(text, piece))
        return self._taken[at, text] < times

    def _is_shared(self, at: int, fact: Fact) -> bool:
        """A line is of several facts; a cell is of a part and of the whole at most, as a total."""
        return not self._pieces[at].name or not (fact.label or at in self._of_whole)

    def _is_named(self, at: int, fact: Fact) -> bool:
        name = self._pieces[at].name
        return fact.field.value in self._columns.get(name, ()) or name == fact.field.value

    def _holds(self, at: int, text: str) -> bool:
        """A cell is the text; a line has it in it."""
        plain = _plain(text, self._pieces[at])
        if self._pieces[at].name:
            return self._plain[at] == plain
        return bool(plain) and plain in self._plain[at]


def _plain(text: str, piece: Raw) -> str:
    """As texts are compared: in a cell, numbers by their value."""
    plain = folded(text).strip()
    if not piece.name or _NUMBER.fullmatch(plain) is None:
        return plain
    return f"{Decimal(plain).quantize(_NOISE).normalize():f}"
