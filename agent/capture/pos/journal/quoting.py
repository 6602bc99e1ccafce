"""Records of CSV whose quoted cells hold line ends."""

from __future__ import annotations

from collections import deque
from typing import Final

from agent.capture.pos.journal.lines import RawRecord, Spot
from agent.capture.pos.journal.profile import Format, JournalProfile

_MOST_LINES: Final = 50  # a quote that is never closed costs so many lines a second look, no more


class QuoteJoiner:
    """Joins lines until their quotes are paired; passes everything on where a line is a record."""

    def __init__(self, profile: JournalProfile) -> None:
        marks = profile.csv
        joins = profile.format is Format.CSV and marks.multiline and bool(marks.quote)
        self._quote = marks.quote.encode(profile.encoding) if joins else b""
        self._escape = marks.escape.encode(profile.encoding) if joins and marks.escape else b""
        self._feed = "\n".encode(profile.encoding)
        self._longest = profile.longest_record_bytes
        self._held: list[RawRecord] = []

    @property
    def open_from(self) -> Spot | None:
        """Where the record begins whose quotes are open."""
        return self._held[0].begin if self._held else None

    def feed(self, line: RawRecord) -> list[RawRecord]:
        """The records that end with this line."""
        if not self._quote:
            return [line]
        waiting, whole = deque((line,)), list[RawRecord]()
        while waiting:
            self._held.append(waiting.popleft())
            joined = self._joined()
            if self._is_paired(joined.data):
                whole.append(joined)
                self._held.clear()
            elif len(self._held) > _MOST_LINES or len(joined.data) > self._longest:
                # The first line's quote was a slip. It stands alone; the others get their chance.
                waiting.extendleft(reversed(self._held[1:]))
                whole.append(self._held[0])
                self._held.clear()
        return whole

    def finish(self) -> list[RawRecord]:
        """What is held, line by line."""
        held, self._held = self._held, []
        return held

    def _joined(self) -> RawRecord:
        if len(self._held) == 1:
            return self._held[0]
        first, last = self._held[0], self._held[-1]
        data = self._feed.join(each.data for each in self._held)
        return RawRecord(data, first.begin, last.end, any(each.too_long for each in self._held))

    def _is_paired(self, data: bytes) -> bool:
        quotes = data.count(self._quote)
        if self._escape and self._escape != self._quote:
            quotes -= data.count(self._escape + self._quote)
        return quotes % 2 == 0
