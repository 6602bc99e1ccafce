"""Records of the quarantine are read again where they lie, when somebody asked for it.

The same code reads them as on their first day, by the profile of today, and hands their sales to
the same sink. A record leaves the quarantine once its sales are durable; what is refused again
stays under its old name, with its place in the till's file and today's reason. A crash reads again,
and what is known already counts once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final, cast

from agent.capture.aside.readers import Readers
from agent.capture.pos.keeping import Keeping, Place
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CaptureContext, CapturedSale, SaleSink
from agent.capture.quarantine import Kept, Quarantine
from agent.errors import BadConfiguration, InvalidInput
from models.runtime.logs import get_logger
from models.wire.events.capture import ReleasedHow

_LOG = get_logger(__name__)

_CHUNK_SALES: Final = 500
_KEPT_ALONE: Final = 100
"""Of a whole file, so many records are kept by themselves; beyond that it stays whole."""

_NOTHING: Final = "today's profile finds no transaction in it; drop it if that is right"
_HEAD_BYTES: Final = 8192
_IN_MEMORY: Final = 4 * 1024 * 1024


@dataclass(slots=True)
class _Tally:
    """What reading gave: ``fault`` is why it did not come to its end."""

    sales: int = 0
    refused: list[Refused] = field(default_factory=list)
    fault: str = ""

    @property
    def reason(self) -> str:
        """Why it stays; empty where all of it was read."""
        return self.fault or (self.refused[0].reason if self.refused else "")


@dataclass(frozen=True, slots=True)
class Again:
    """Reads again what was asked for. Used by one thread.

    Attributes:
        keeping: of this thread alone.
        folder: for what is larger than memory should hold, while it is read.
    """

    quarantine: Quarantine
    readers: Readers
    context: CaptureContext
    sink: SaleSink
    keeping: Keeping
    folder: Path

    def step(self, now: datetime) -> int:
        """Read all that was asked for; returns how many records were read.

        Raises:
            TransientError, FaultyDevice: sink or disk cannot take it now; the record stays asked
                for, and nothing is lost.
        """
        asked = self.quarantine.asked_again()
        for kept in asked:
            self._read_again(kept, now)
        return len(asked)

    def _read_again(self, kept: Kept, now: datetime) -> None:
        tally = _Tally()
        try:
            self._read(kept, tally)
        except (InvalidInput, BadConfiguration) as error:
            tally.fault = str(error)
        if tally.reason and not self._may_be_parted(kept, tally):
            self.quarantine.told.leave_word(kept.name, ReleasedHow.RETRIED, now)
            self.keeping.renote(kept.path, now, tally.reason)
            self.quarantine.answered(kept)
        else:
            for record in tally.refused:
                self._keep_alone(kept, record, now)
            self.quarantine.drop(kept, ReleasedHow.RETRIED, now)
        _LOG.info(
            "quarantine_read_again",
            name=kept.name,
            sales=tally.sales,
            refused=len(tally.refused),
            reason=tally.reason,
        )

    def _may_be_parted(self, kept: Kept, tally: _Tally) -> bool:
        """Whether its bad records may lie alone now: of a file that was read to its end."""
        return not kept.record and not tally.fault and len(tally.refused) <= _KEPT_ALONE

    def _keep_alone(self, kept: Kept, record: Refused, now: datetime) -> None:
        place = Place(record.number, record.offset, record.key, kept.raw_sha256)
        keeping = self.keeping.serving(kept.source)
        keeping.quarantine(kept.file, record.data, now, record.reason, place)

    def _read(self, kept: Kept, tally: _Tally) -> None:
        good: list[CapturedSale] = []
        with self._opened(kept) as source:
            head = source.read(_HEAD_BYTES)
            source.seek(0)
            reader = self.readers.of(kept.source, kept.file, head).make(self.context)
            try:
                for record in reader.read(source, kept.file, kept.raw_sha256):
                    if isinstance(record, Refused):
                        _refuse(record, tally)
                        continue
                    good.append(record)
                    if len(good) == _CHUNK_SALES:
                        self._give(good, tally)
                        good = []
            except InvalidInput as error:
                tally.fault = str(error)
            self._give(good, tally)
        if not (tally.sales or tally.reason):
            tally.fault = _NOTHING

    def _give(self, sales: list[CapturedSale], tally: _Tally) -> None:
        if sales:
            self.sink.captured(sales)
            tally.sales += len(sales)

    @contextmanager
    def _opened(self, kept: Kept) -> Iterator[BinaryIO]:
        with SpooledTemporaryFile(_IN_MEMORY, dir=str(self.folder)) as file:
            for piece in self.quarantine.content(kept):
                file.write(piece)
            file.seek(0)
            yield cast("BinaryIO", file)


def _refuse(record: Refused, tally: _Tally) -> None:
    """One more than may lie alone is enough to know that the file stays whole."""
    if len(tally.refused) <= _KEPT_ALONE:
        tally.refused.append(record)
