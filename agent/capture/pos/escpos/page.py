"""The receipt that is being printed: things are written on it, line by line, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec.structs import replace

from agent.capture.pos.escpos.columns import TAB_STOPS, lay_out
from agent.capture.pos.escpos.printed import (
    Code,
    Feed,
    Line,
    Move,
    Oddity,
    Piece,
    Pulse,
    Raster,
    StatusRequest,
    Style,
    Tabs,
    Thing,
    Torn,
)

ROOM: Final = 1 << 20
"""Characters that a receipt may have, with a charge for every line. Twenty metres of paper."""

_LINE_COSTS: Final = 16
_MOST_PIECES: Final = 256
_MOST_CODES: Final = 256
_MOST_ODDITIES: Final = 64
_MOST_FED: Final = 8  # white lines of one command; more of them tell a reader nothing


class Page:
    """What one receipt has so far.

    Attributes:
        stops: tab stops in force; they outlive the receipt, as a printer's do.
    """

    def __init__(self, column_dots: int, stops: tuple[int, ...] = TAB_STOPS) -> None:
        self.stops = stops
        self.lines: list[Line] = []
        self.codes: list[Code] = []
        self.pictures = self.picture_bytes = 0
        self.pulses = self.status_requests = 0
        self.torn = self.clipped = False
        self.oddities: dict[tuple[str, str], Oddity] = {}
        self._column_dots = column_dots
        self._line: list[Line | Piece | Move] = []
        self._drawn = False
        self._kept = 0

    @property
    def blank(self) -> bool:
        """Whether nothing can be seen on it."""
        return not self.pictures and not self.written

    @property
    def written(self) -> bool:
        """Whether there is more on it than pictures."""
        return bool(self.codes or self._line) or any(line.text.strip() for line in self.lines)

    def write(self, text: Line | Piece) -> None:
        """A line, the end of one, or a piece of it."""
        content = text.text
        if isinstance(text, Line) and not self._line and "\t" not in content:
            if content or not self._drawn:
                self.lines.append(text)
            self._drawn = False
            return
        self._begin_piece(text)
        if isinstance(text, Line):
            self.end_line()

    def put(self, thing: Thing) -> None:
        """Anything else that stands on a receipt or happens while it is printed."""
        writer = _WRITERS.get(type(thing))
        if writer is not None:
            writer(self, thing)

    def end_line(self) -> bool:
        """What was begun of a line becomes one; False where there was nothing."""
        if not self._line:
            return False
        self.lines.append(lay_out(self._line, self.stops, self._column_dots))
        self._line = []
        return True

    def keep_in_bounds(self) -> None:
        """Let go of what is too much; the lines that are kept do not depend on when it is asked."""
        room = ROOM
        for number, line in enumerate(self.lines):
            room -= len(line.text) + _LINE_COSTS
            if room < 0 or (self.clipped and number >= self._kept):
                del self.lines[number:]
                self.clipped, self._kept = True, number
                return

    def whole_lines(self) -> tuple[Line, ...]:
        """All lines, without the white paper at the end."""
        self.end_line()
        self.keep_in_bounds()
        while self.lines and not self.lines[-1].text.strip():
            self.lines.pop()
        return tuple(self.lines)

    def feed(self, feed: Feed) -> None:
        """The paper moves on."""
        white = feed.lines - self.end_line()
        self._drawn = False
        for _ in range(min(white, _MOST_FED)):
            self.lines.append(_WHITE)

    def move(self, move: Move) -> None:
        """The next piece stands elsewhere."""
        self._begin_piece(move)

    def set_tabs(self, tabs: Tabs) -> None:
        """Other stops; none at all where the till gave none."""
        self.stops = tabs.columns

    def code(self, code: Code) -> None:
        """A code is printed; hundreds of them are no receipt's."""
        if len(self.codes) < _MOST_CODES:
            self.codes.append(code)

    def draw(self, raster: Raster) -> None:
        """A picture, or a band of one: the line that it stands in is no line of text."""
        self.pictures += 1
        self.picture_bytes += raster.size
        self._drawn = True

    def wonder(self, oddity: Oddity) -> None:
        """Count a command that is not understood; the first place is kept."""
        key = (oddity.opcode, oddity.vendor)
        known = self.oddities.get(key)
        if known is not None:
            self.oddities[key] = replace(known, count=known.count + 1)
        elif len(self.oddities) < _MOST_ODDITIES:
            self.oddities[key] = oddity

    def pulse(self, _pulse: Pulse) -> None:
        """The drawer opened."""
        self.pulses += 1

    def ask(self, _request: StatusRequest) -> None:
        """The till asked how the printer is."""
        self.status_requests += 1

    def tear(self, torn: Torn) -> None:
        """A command was given up; a picture lacks what did not come."""
        self.torn = True
        self.picture_bytes = max(0, self.picture_bytes - torn.missing)

    def _begin_piece(self, piece: Line | Piece | Move) -> None:
        if len(self._line) >= _MOST_PIECES:
            self.end_line()
        self._line.append(piece)


_WHITE: Final = Line("", Style())
_WRITERS: Final[Mapping[type, Callable[[Page, Any], None]]] = MappingProxyType(
    {
        Feed: Page.feed,
        Move: Page.move,
        Tabs: Page.set_tabs,
        Code: Page.code,
        Raster: Page.draw,
        Oddity: Page.wonder,
        Pulse: Page.pulse,
        StatusRequest: Page.ask,
        Torn: Page.tear,
    }
)
