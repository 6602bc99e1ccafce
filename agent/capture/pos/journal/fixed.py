"""Lines of fixed width to texts by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Never

from agent.capture.pos.journal.cells import Cut, by_cells, cut_of
from agent.capture.pos.journal.columns import Columns
from agent.capture.pos.journal.decoding import decoded
from agent.capture.pos.journal.profile import JournalProfile, Unit
from agent.capture.pos.malformed import Malformed


class FixedRows:
    """Lines whose columns stand at fixed places."""

    header: tuple[str, ...] = ()

    def __init__(self, profile: JournalProfile) -> None:
        self._profile = profile
        self._cuts = {column: cut_of(column) for column in profile.columns()}
        self._columns = Columns(profile)

    def read(self, data: bytes) -> FixedRow | None:
        """The row; None for an empty line. What is no name must not have a card's digits in it."""
        if not data.strip():
            return None
        text = decoded(data, self._profile)
        line = self._columns.clean(data)
        if line.lost:
            raise Malformed(f"a card's number stands across columns {' and '.join(line.lost)}")
        if line.data != data:
            text = decoded(line.data, self._profile)
        return FixedRow(line.data, text, self._profile, self._cuts)

    def kept(self, data: bytes) -> bytes:
        """Column by column, and what lies across them."""
        return self._columns.kept(data)

    def header_record(self) -> bytes:
        """Lines of fixed width have no header."""
        return b""


class FixedRow:
    """One line; a column behind its end is empty, since tills leave out spaces at the end."""

    def __init__(
        self, data: bytes, text: str, profile: JournalProfile, cuts: Mapping[str, Cut]
    ) -> None:
        self._data = data
        self._text = text
        self._profile = profile
        self._cuts = cuts

    def text(self, column: str) -> str:
        """A stretch of the line; see ``Row``."""
        cut = self._cuts[column]
        match self._profile.unit:
            case Unit.CHARACTERS:
                return self._text[cut.begin : cut.end].strip()
            case Unit.BYTES:
                return decoded(self._data[cut.begin : cut.end], self._profile).strip()
            case Unit.CELLS:
                return by_cells(self._text, cut).strip()

    def below(self, path: str) -> Iterator[Never]:
        """Lines have no lists."""
        del path
        return iter(())
