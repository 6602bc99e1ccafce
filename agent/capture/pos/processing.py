"""One claimed file, from its bytes to the sink and on to archive and quarantine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from agent.capture.pos.claims import SpooledFile
from agent.capture.pos.keeping import Keeping, Place
from agent.capture.pos.kinds import POSLOG
from agent.capture.pos.malformed import BrokenOff
from agent.capture.pos.records import Refused
from agent.capture.pos.sensitive import without_cards
from agent.capture.pos.settling import Settling
from agent.capture.pos.sink import CapturedSale, SaleSink
from agent.errors import InvalidInput, TransientError
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_CHUNK_SALES: Final = 500  # a day's file is handed over in parts of about a megabyte
_KEPT_ALONE: Final = 100
"""So many refused records of one file are kept by themselves; beyond that, the file as a whole.

A wrong profile refuses every record. It must not fill the quarantine with a day's receipts one by
one; the whole file says the same, and reading it again later counts nothing twice.
"""


class FileReader(Protocol):
    """What turns a file into sales."""

    def read(
        self, source: BinaryIO, file_name: str, raw_sha256: str
    ) -> Iterator[CapturedSale | Refused]:
        """The records of a file in order, each by itself good or refused.

        Args:
            source: the file, seekable, at its beginning.
            file_name: what to call it in errors.
            raw_sha256: of the whole file, for ``Capture.raw_sha256``.

        Raises:
            BrokenOff: nothing can be read from here on; what was yielded stands.
            InvalidInput: as above, and nobody knows how much of the file was good.
        """
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
    """The fate of a file, how many sales it gave, and what of it lies in quarantine now.

    Attributes:
        refused: records that could not be read, each kept alone or all with their file.
        kept: things in quarantine: records, a rest, or a whole file.
    """

    fate: Fate
    sales: int = 0
    refused: int = 0
    kept: int = 0


@dataclass(slots=True)
class _Tally:
    """What one file has given so far."""

    sales: int = 0
    refused: int = 0
    reason: str = ""

    @property
    def is_suspect(self) -> bool:
        """Whether so much was refused that the file is kept as a whole."""
        return self.refused > _KEPT_ALONE


class Processor:
    """Carries claimed files to their end. A file that was carried twice counts once (event ids)."""

    def __init__(
        self,
        reader: FileReader,
        sink: SaleSink,
        keeping: Keeping,
        settling: Settling,
        clock: Clock,
        *,
        content: Callable[[Path], BinaryIO] = POSLOG.open,
    ) -> None:
        """``content``: what a file holds, to be read and kept; as ``FileKind.open``."""
        self._content = content
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
        with self._opened(file) as source:
            outcome = self._carry(file, source)
        if outcome.fate is not Fate.LATER:
            _remove(file)
        return outcome

    def _opened(self, file: SpooledFile) -> BinaryIO:
        try:
            return self._content(file.path)
        except OSError as error:
            raise FileUnreachable(f"{file.name}: {error.strerror}") from error

    def _carry(self, file: SpooledFile, source: BinaryIO) -> Outcome:
        began_s = self._clock.monotonic_s()
        digest = file_digest(source, "sha256").hexdigest()  # type: ignore[arg-type]  # typeshed asks for readable(), which BinaryIO has
        source.seek(0)
        tally = _Tally()
        try:
            self._hand_over(source, file.name, digest, tally)
        except InvalidInput as error:
            return self._set_aside(file, source, digest, tally, error)
        source.seek(0)
        if tally.is_suspect:
            return self._quarantined(file, source, tally, tally.reason, Place())
        self._keeping.archive(file.name, source, self._clock.now())
        took_ms = (self._clock.monotonic_s() - began_s) * 1000
        _LOG.info(
            "till_file_captured",
            file=without_cards(file.name),
            sales=tally.sales,
            refused=tally.refused,
            took_ms=round(took_ms, 1),
        )
        return Outcome(Fate.CAPTURED, tally.sales, tally.refused, tally.refused)

    def _hand_over(self, source: BinaryIO, name: str, digest: str, tally: _Tally) -> None:
        """Give the sink what is good, in parts, and quarantine what is not, record by record."""
        good: list[CapturedSale] = []
        try:
            for record in self._reader.read(source, name, digest):
                if isinstance(record, Refused):
                    self._refuse(record, name, digest, tally)
                    continue
                good.append(record)
                if len(good) == _CHUNK_SALES:
                    self._give(good, tally)
                    good = []
        except InvalidInput:
            self._give(good, tally)
            raise
        self._give(good, tally)

    def _give(self, sales: list[CapturedSale], tally: _Tally) -> None:
        if sales:
            self._sink.captured(sales)
            tally.sales += len(sales)

    def _refuse(self, record: Refused, name: str, digest: str, tally: _Tally) -> None:
        tally.refused += 1
        tally.reason = tally.reason or record.reason
        if tally.is_suspect:
            return
        place = Place(record.number, record.offset, record.key, digest)
        kept = self._keeping.quarantine(name, record.data, self._clock.now(), record.reason, place)
        _LOG.warning("till_record_quarantined", reason=without_cards(record.reason), kept=str(kept))

    def _set_aside(
        self, file: SpooledFile, source: BinaryIO, digest: str, tally: _Tally, error: InvalidInput
    ) -> Outcome:
        """Quarantine what stays unreadable of a file; one that still changes is given time.

        What could be read is in the sink already, and comes again without counting twice.
        """
        if not self._settling.has_settled(file, self._clock.monotonic_s()):
            return Outcome(Fate.LATER)
        whole_until = error.whole_until if isinstance(error, BrokenOff) else 0
        if tally.is_suspect:
            whole_until = 0
        if whole_until:
            source.seek(0)
            self._keeping.archive(file.name, source, self._clock.now())
        source.seek(whole_until)
        place = Place(offset=whole_until, file_sha256=digest if whole_until else "")
        return self._quarantined(file, source, tally, str(error), place)

    def _quarantined(
        self, file: SpooledFile, source: BinaryIO, tally: _Tally, reason: str, place: Place
    ) -> Outcome:
        kept = self._keeping.quarantine(file.name, source, self._clock.now(), reason, place)
        _LOG.warning(
            "till_file_quarantined",
            file=without_cards(file.name),
            reason=without_cards(reason),
            sales=tally.sales,
            refused=tally.refused,
            kept=str(kept),
        )
        alone = min(tally.refused, _KEPT_ALONE)
        return Outcome(Fate.QUARANTINED, tally.sales, tally.refused, alone + 1)


def _remove(file: SpooledFile) -> None:
    """Remove what was read. A till that still writes to it gets it read again instead."""
    try:
        now = file.path.stat()
    except FileNotFoundError:
        return
    if (now.st_size, now.st_mtime_ns) == (file.size, file.mtime_ns):
        file.path.unlink()
