"""Journals that are dropped into a folder as whole files: exports of a day, read by the spool."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from agent.capture.pos.journal.lines import LineSplitter, Spot
from agent.capture.pos.journal.reading import Outcome, RecordReader, SetAside
from agent.capture.pos.journal.segment import Layout
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CapturedSale

_CHUNK_BYTES: Final = 256 * 1024
_WHOLE: Final = 1


class JournalFileReader:
    """A ``FileReader`` of journals. Keeps nothing between files, and one transaction at a time."""

    def __init__(self, layout: Layout, reader: Callable[[str], RecordReader]) -> None:
        """Read files of one layout; each gets a reader of its own, which is told its SHA-256."""
        self._layout = layout
        self._reader = reader

    def read(
        self, source: BinaryIO, file_name: str, raw_sha256: str
    ) -> Iterator[CapturedSale | Refused]:
        """The sales in the order of the file, and what could not be read between them."""
        del file_name
        reader = self._reader(raw_sha256)
        lines = LineSplitter(Spot(_WHOLE, 0, 1), self._layout.encoding, self._layout.longest_bytes)
        while data := source.read(_CHUNK_BYTES):
            for record in lines.feed(data):
                yield from map(_handed_on, reader.feed(record, 0))
        for record in lines.finish():
            yield from map(_handed_on, reader.feed(record, 0))
        yield from map(_handed_on, reader.finish())


def _handed_on(outcome: Outcome) -> CapturedSale | Refused:
    if isinstance(outcome, SetAside):
        return Refused(outcome.data, outcome.reason, outcome.begin.line, outcome.begin.offset)
    return outcome
