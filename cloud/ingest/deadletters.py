"""The dead letters as an operator sees them: list, look inside, read again.

A letter that is read again passes through the same journal as if its device had just sent it, so a
replay can be repeated, and one that is still refused changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine, Row, func, select, update

from cloud.errors import FaultyService, NotFound
from cloud.ledger.arrival import Appended, Arrival
from cloud.ledger.burial import place_of
from cloud.ledger.journal import Journal
from cloud.ledger.tables import DeadLetterRow, table_of
from cloud.storage.columns import from_ms, to_ms
from cloud.storage.unit_of_work import read, write
from models.runtime.clock import Clock
from models.vault.blob import BlobSealer
from models.vault.errors import SealBroken
from models.wire.codec import Codec
from models.wire.errors import WireError
from models.wire.ids import DevicePath, device_id, store_id, tenant_id
from models.wire.topics import Stream

_LETTERS: Final = table_of(DeadLetterRow)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A refusal, without what was refused.

    Attributes:
        reason: a stable word of the wire contract, or ``unreadable``.
        detail: for people; quotes nothing.
        replayed_at: when it was accepted after all, None while it is still refused.
    """

    id: int
    device: DevicePath
    stream: Stream
    reason: str
    detail: str
    received_at: datetime
    replayed_at: datetime | None

    def __str__(self) -> str:
        at = f"{self.received_at:%Y-%m-%d %H:%M:%S}"
        return f"{self.id:6} {at} {self.device.device} {self.stream} {self.reason}: {self.detail}"


@dataclass(frozen=True, slots=True)
class OpenedLetter:
    """A refusal with its content, which may be personal: show it to nobody who need not see it."""

    letter: DeadLetter
    events: Sequence[str] = field(repr=False)


class DeadLetters:
    """Reads the dead letters, and replays them through the journal."""

    def __init__(self, engine: Engine, sealer: BlobSealer, journal: Journal, clock: Clock) -> None:
        self._engine = engine
        self._sealer = sealer
        self._journal = journal
        self._clock = clock

    def recent(self, limit: int = 100, *, replayed: bool = False) -> list[DeadLetter]:
        """The newest letters first; ``replayed`` includes those that were accepted after all."""
        wanted = select(_LETTERS).order_by(_LETTERS.c.id.desc()).limit(limit)
        if not replayed:
            wanted = wanted.where(_LETTERS.c.replayed_ms.is_(None))
        with read(self._engine) as connection:
            return [_letter(row) for row in connection.execute(wanted)]

    def count(self) -> int:
        """How many were not accepted after all."""
        left = select(func.count()).select_from(_LETTERS).where(_LETTERS.c.replayed_ms.is_(None))
        with read(self._engine) as connection:
            return int(connection.execute(left).scalar_one())

    def open(self, number: int) -> OpenedLetter:
        """One letter with its events as text, or its bytes as they came where they are no batch.

        Raises:
            NotFound: there is no such letter.
            FaultyService: it was sealed under another master key.
        """
        row = self._row(number)
        payload = self._payload(row)
        try:
            events = [bytes(event).decode() for event in Codec().decode(payload).events]
        except (WireError, UnicodeDecodeError, RecursionError):
            events = [payload.decode(errors="backslashreplace")]
        return OpenedLetter(_letter(row), events)

    def replay(self, number: int) -> Appended:
        """Read one letter again. Nobody is sent an acknowledgement.

        Raises:
            NotFound, FaultyService: as ``open``.
            DatabaseUnavailable: try again later.
        """
        row = self._row(number)
        letter = _letter(row)
        payload = self._payload(row)
        appended = self._journal.append(
            [Arrival(letter.device, letter.stream, payload, letter.received_at)]
        )
        if not (appended.rejected or appended.refused or appended.unreadable):
            self._mark(number)
        return appended

    def _row(self, number: int) -> Row[Any]:
        with read(self._engine) as connection:
            row = connection.execute(select(_LETTERS).where(_LETTERS.c.id == number)).first()
        if row is None:
            raise NotFound(f"there is no dead letter {number}; 'deadletters list' names them")
        return row

    def _payload(self, row: Row[Any]) -> bytes:
        try:
            return self._sealer.open(row.body, place_of(row.digest))
        except SealBroken as error:
            raise FaultyService(f"dead letter {row.id} cannot be opened: {error}") from error

    def _mark(self, number: int) -> None:
        replayed = {"replayed_ms": to_ms(self._clock.now())}
        with write(self._engine) as connection:
            connection.execute(update(_LETTERS).where(_LETTERS.c.id == number).values(replayed))


def _letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        device=DevicePath(tenant_id(row.tenant), store_id(row.store), device_id(row.device)),
        stream=Stream(row.stream),
        reason=row.reason,
        detail=row.detail,
        received_at=from_ms(row.received_ms),
        replayed_at=None if row.replayed_ms is None else from_ms(row.replayed_ms),
    )
