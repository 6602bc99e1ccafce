"""Cutting a line at fixed places, in characters, bytes, or cells of a printer."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_RANGE: Final = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch of a line; ``begin`` counts from 0, ``end`` is the first place behind it."""

    begin: int
    end: int


def cut_of(column: str) -> Cut:
    """``11-20``, from 1 and both included, or ``7`` for one place; raises ValueError."""
    found = _RANGE.fullmatch(column)
    if found is None:
        raise ValueError(f"column {column!r} must be like '11-20'")
    begin, end = int(found[1]) - 1, int(found[2] or found[1])
    if not 0 <= begin < end:
        raise ValueError(f"column {column!r} must begin at 1 or later and not before its end")
    return Cut(begin, end)


def cells_of(text: str) -> int:
    """How many cells a text takes on paper: two for each wide East Asian character."""
    return len(text) if text.isascii() else sum(map(_width, text))


def by_cells(text: str, cut: Cut) -> str:
    """The characters that begin in a stretch of cells."""
    if text.isascii():
        return text[cut.begin : cut.end]
    at, found = 0, []
    for char in text:
        if cut.begin <= at < cut.end:
            found.append(char)
        at += _width(char)
    return "".join(found)


def _width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
