"""What was read, laid beside what was written: every fact to the piece that it stands in.

A reader says what it found, not where. So what it found on one line, one cell row or one object is
looked for there together, in the record's order: texts that are equal and stand in equal places
are the same. What a reader put together itself (an amount of price and quantity) stands nowhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from agent.capture.aside.listening import Fact
from agent.capture.aside.piece import Raw
from agent.capture.pos.folding import folded

_FAR: Final = 250
"""Rows below the last such one among which the next is looked for."""

Columns = Mapping[str, frozenset[str]]
"""By the name of a column, the fields that a profile takes from it."""


def beside(pieces: Sequence[Raw], facts: Sequence[Fact], columns: Columns) -> dict[int, int]:
    """By place in ``facts``, the place in ``pieces`` that it stands in; nothing for others."""
    return _Laying(pieces, columns).lay(facts)


class _Laying:
    def __init__(self, pieces: Sequence[Raw], columns: Columns) -> None:
        self._pieces = pieces
        self._columns = columns
        self._plain = [folded(each.value).strip() for each in pieces]
        self._rows: dict[int, list[int]] = defaultdict(list)
        for place, piece in enumerate(pieces):
            self._rows[piece.row].append(place)
        self._taken: set[tuple[int, str]] = set()
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
        for place in groups.get(0, ()):
            self._lay_one(facts, place, range(len(self._pieces)))
        return self._found

    def _lay_group(self, facts: Sequence[Fact], places: Sequence[int], behind: int) -> int:
        """Into the first row behind the last such group that holds most of it; which that was."""
        rows = [row for row in self._rows if behind < row <= behind + _FAR]
        if not rows:
            return behind
        score = {row: self._score(facts, places, row) for row in rows}
        best = max(rows, key=lambda row: (score[row], -row))
        if not score[best]:
            return behind
        # Where a receipt's article takes two lines, its name stands above or below its figures.
        near = [at for row in (best, best - 1, best + 1) for at in self._rows.get(row, ())]
        for place in places:
            self._lay_one(facts, place, near if self._is_line(best) else self._rows[best])
        return best

    def _is_line(self, row: int) -> bool:
        return not any(self._pieces[at].name for at in self._rows[row])

    def _score(self, facts: Sequence[Fact], places: Sequence[int], row: int) -> int:
        return sum(
            any(self._holds(at, facts[place].text) for at in self._rows[row]) for place in places
        )

    def _lay_one(self, facts: Sequence[Fact], place: int, among: Sequence[int]) -> None:
        fact = facts[place]
        named = [at for at in among if self._is_named(at, fact) and self._holds(at, fact.text)]
        plain = folded(fact.text).strip()
        same = [at for at in among if self._plain[at] == plain]
        within = [at for at in among if self._holds(at, fact.text)]
        for at in (*named, *same, *within):
            if (at, fact.text) not in self._taken or not self._pieces[at].name:
                self._taken.add((at, fact.text))
                self._found[place] = at
                return

    def _is_named(self, at: int, fact: Fact) -> bool:
        name = self._pieces[at].name
        return fact.field.value in self._columns.get(name, ()) or name == fact.field.value

    def _holds(self, at: int, text: str) -> bool:
        """A cell is the text; a line has it in it."""
        plain = folded(text).strip()
        if self._pieces[at].name:
            return self._plain[at] == plain
        return bool(plain) and plain in self._plain[at]
