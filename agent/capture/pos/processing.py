"""One claimed file, from its bytes to the sink and on to archive or quarantine."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final, Protocol

from agent.capture.pos.claims import SpooledFile
from agent.capture.pos.keeping import Keeping
from agent.capture.pos.settling import Settling
from agent.capture.pos.sink import CapturedSale, SaleSink
from agent.errors import InvalidInput, TransientError
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_CHUNK_SALES: Final = 500  # a day's file is handed over in parts of about a megabyte


class FileReader(Protocol):
    """What turns a file's bytes into sales."""

    def read(self, data: bytes, file_name: str) -> Iterator[CapturedSale]:
        """The sales of a file; raises InvalidInput at any point if it is not good as a whole."""
        ...


class FileUnreachable(TransientError):
    """One file cannot be opened now; the others can."""


class Fate(StrEnum):
    """What became of a file at one attempt."""

    CAPTURED = "captured"
    QUARANTINED = "quarantined"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of a file, and how many sales it held if it was captured."""

    fate: Fate
    sales: int = 0


class Processor:
    """Carries claimed files to their end. A file that was carried twice counts once (event ids)."""

    def __init__(
        self,
        reader: FileReader,
        sink: SaleSink,
        keeping: Keeping,
        settling: Settling,
        clock: Clock,
    ) -> None:
        self._reader = reader
        self._sink = sink
        self._keeping = keeping
        self._settling = settling
        self._clock = clock

    def process(self, file: SpooledFile) -> Outcome:
        """Read, hand over, keep, remove; in this order, so that a crash repeats and never loses.

        Raises:
            FileUnreachable: this one cannot be opened now; it stays claimed.
            TransientError, FaultyDevice: the sink or the disk cannot take it; it stays claimed.
        """
        began_s = self._clock.monotonic_s()
        data = _content(file)
        try:
            sales = self._hand_over(data, file.name)
        except InvalidInput as error:
            return self._set_aside(file, data, error)
        took_ms = (self._clock.monotonic_s() - began_s) * 1000
        self._keeping.archive(file.name, data, self._clock.now())
        _remove(file)
        _LOG.info("till_file_captured", file=file.name, sales=sales, took_ms=round(took_ms, 1))
        return Outcome(Fate.CAPTURED, sales)

    def _hand_over(self, data: bytes, name: str) -> int:
        """Give the sink a file that is good as a whole; in parts, once it is known to be."""
        sales = self._reader.read(data, name)
        first = list(islice(sales, _CHUNK_SALES))
        if len(first) < _CHUNK_SALES:
            return self._give(first)
        deque(sales, maxlen=0)
        again = self._reader.read(data, name)
        count = 0
        while chunk := list(islice(again, _CHUNK_SALES)):
            count += self._give(chunk)
        return count

    def _give(self, sales: list[CapturedSale]) -> int:
        if sales:
            self._sink.captured(sales)
        return len(sales)

    def _set_aside(self, file: SpooledFile, data: bytes, error: InvalidInput) -> Outcome:
        """Quarantine a file that stays unreadable; one that still changes is given time."""
        if not self._settling.has_settled(file, self._clock.monotonic_s()):
            return Outcome(Fate.LATER)
        kept = self._keeping.quarantine(file.name, data, self._clock.now(), str(error))
        _remove(file)
        _LOG.warning("till_file_quarantined", file=file.name, reason=str(error), kept=str(kept))
        return Outcome(Fate.QUARANTINED)


def _content(file: SpooledFile) -> bytes:
    try:
        return file.path.read_bytes()
    except OSError as error:
        raise FileUnreachable(f"{file.name}: {error.strerror}") from error


def _remove(file: SpooledFile) -> None:
    """Remove what was read. A till that still writes to it gets it read again instead."""
    try:
        now = file.path.stat()
    except FileNotFoundError:
        return
    if (now.st_size, now.st_mtime_ns) == (file.size, file.mtime_ns):
        file.path.unlink()
