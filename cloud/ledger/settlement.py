"""What became of every sequence of a lane, as runs. Pure; stored by ``lanes``.

A sequence has exactly one outcome. The first outcome with content stands for ever: other content
that arrives under the same sequence later is a conflict, kept beside it. An outcome without content
gives way: what was said to be lost, or was refused before an upgrade, may still arrive. Hence the
outcome of a sequence does not depend on the order in which a loss and its contradiction arrive.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple


class Outcome(StrEnum):
    """What became of a sequence."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    VOID = "void"


_WEIGHT: Final = {
    Outcome.VOID: 0,
    Outcome.REJECTED: 1,
    Outcome.ACCEPTED: 2,
    Outcome.DUPLICATE: 2,
    Outcome.CONFLICT: 2,
}
"""An outcome gives way only to a heavier one."""


class Run(NamedTuple):
    """Consecutive sequences with one outcome, both ends included."""

    first: int
    last: int
    outcome: Outcome


class Book:
    """The settled runs of one lane, or of a window of it; remembers what it was opened with.

    Runs are sorted, never overlap, and neighbours differ in their outcome.
    """

    __slots__ = ("_opened", "_runs")

    def __init__(self, runs: Iterable[Run] = ()) -> None:
        self._runs = sorted(runs)
        self._opened = frozenset(self._runs)

    @property
    def runs(self) -> list[Run]:
        """All runs, in order."""
        return list(self._runs)

    @property
    def opened(self) -> frozenset[Run]:
        """The runs that it was opened with."""
        return self._opened

    def holds_content(self, first: int, last: int) -> frozenset[int]:
        """Which sequences of this range have an outcome with content."""
        found: set[int] = set()
        for run in self._runs[self._index(first) :]:
            if run.first > last:
                break
            if _WEIGHT[run.outcome] == _WEIGHT[Outcome.ACCEPTED]:
                found.update(range(max(run.first, first), min(run.last, last) + 1))
        return frozenset(found)

    def settle(self, first: int, last: int, outcome: Outcome) -> None:
        """Give every sequence of the range this outcome, where none as heavy stands already."""
        low = self._index(first - 1)
        high = bisect_right(self._runs, last + 1, key=lambda run: run.first)
        pieces: list[Run] = []
        cursor = first
        for run in self._runs[low:high]:
            pieces += _pieces(run, cursor, first, last, outcome)
            cursor = max(cursor, run.last + 1)
        if cursor <= last:
            pieces.append(Run(cursor, last, outcome))
        self._runs[low:high] = _joined(pieces)

    def changes(self) -> tuple[set[Run], set[Run]]:
        """The runs that are gone and the runs that are new since the book was opened."""
        now = set(self._runs)
        return set(self._opened - now), now - self._opened

    def _index(self, sequence: int) -> int:
        return bisect_left(self._runs, sequence, key=lambda run: run.last)


def _pieces(run: Run, cursor: int, first: int, last: int, outcome: Outcome) -> list[Run]:
    """The hole before a run (from the cursor on), and the run as the new outcome leaves it."""
    pieces = [Run(cursor, run.first - 1, outcome)] if cursor < run.first else []
    inner = max(run.first, first), min(run.last, last)
    if inner[0] > inner[1] or _WEIGHT[run.outcome] >= _WEIGHT[outcome]:
        return [*pieces, run]
    if run.first < first:
        pieces.append(Run(run.first, first - 1, run.outcome))
    pieces.append(Run(*inner, outcome))
    if run.last > last:
        pieces.append(Run(last + 1, run.last, run.outcome))
    return pieces


def _joined(pieces: Iterable[Run]) -> list[Run]:
    joined: list[Run] = []
    for piece in pieces:
        if joined and joined[-1].last + 1 == piece.first and joined[-1].outcome is piece.outcome:
            joined[-1] = Run(joined[-1].first, piece.last, piece.outcome)
        else:
            joined.append(piece)
    return joined
