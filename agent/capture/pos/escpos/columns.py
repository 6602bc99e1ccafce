"""A line from its pieces, with columns where the printer puts them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from unicodedata import east_asian_width

from agent.capture.pos.escpos.printed import Line, Move, Piece, Style

TAB_STOPS: Final = tuple(range(8, 256, 8))
"""As printers have them when they are switched on."""

_LAST_COLUMN: Final = 255
_WIDE: Final = frozenset("WF")


def lay_out(pieces: Sequence[Line | Piece | Move], stops: Sequence[int], column_dots: int) -> Line:
    """One line of text.

    Args:
        pieces: in the order in which they were printed.
        stops: tab stops, ascending columns.
        column_dots: width of a character in dots, by which positions become columns.
    """
    ruler = _Ruler(stops)
    for piece in pieces:
        if not isinstance(piece, Move):
            ruler.write(piece)
        else:
            ruler.move(piece, column_dots)
    return Line(ruler.text, ruler.style or Style(), ruler.doubtful)


def width(text: str) -> int:
    """Columns that text takes: Chinese and its like two for a character."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(char) in _WIDE else 1 for char in text)


class _Ruler:
    """A line under way, and the column that it has reached."""

    def __init__(self, stops: Sequence[int]) -> None:
        self.text = ""
        self.style: Style | None = None
        self.doubtful = False
        self._stops = stops
        self._column = 0

    def write(self, piece: Line | Piece) -> None:
        first, *tabbed = piece.text.split("\t")
        self._add(first, piece.style)
        for part in tabbed:
            self._advance(next((stop for stop in self._stops if stop > self._column), 0))
            self._add(part, piece.style)
        self.doubtful |= piece.doubtful

    def move(self, move: Move, column_dots: int) -> None:
        """Forward with spaces; backward, over what is printed, only apart from it."""
        column = round(move.dots / column_dots) + (self._column if move.relative else 0)
        if column > self._column:
            self._advance(column)
        elif column < self._column and not self.text.endswith(" "):
            self.text += " "

    def _add(self, text: str, style: Style) -> None:
        if self.style is None and text.strip():
            self.style = style
        self.text += text
        self._column += width(text) * style.width

    def _advance(self, column: int) -> None:
        """Spaces up to a column; one at least, so that no two columns run into one."""
        spaces = max(1, min(column, _LAST_COLUMN) - self._column)
        self.text += " " * spaces
        self._column += spaces
