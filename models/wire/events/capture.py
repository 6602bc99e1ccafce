"""What a shop could not read, told upwards as far as it names nobody.

A record in quarantine is a transaction that is owed: it was rung up and stands in no ledger. So
these facts are never dropped; they travel in the stream ``guide``, beside the sales, which they
must not hold up when a wrong profile refuses a whole day. The record itself stays in the shop. What
is told of it was made from a list of what may leave (structure, amounts, times, the words of
the till's profile); of all else only the shape is left, ``Xxxxx 某某 999 9999 9999``.

There is no digest of the record here, and ``name`` is made with a key of the device: whoever holds
the shape of a record and its plain digest needs to try a billion phone numbers, which takes a
minute.

One stay in quarantine is named by device, ``name`` and ``quarantined_at``. A record that was put
back and could not be read again begins a new stay under its old name. Order stays by these times:
after an outage a later fact may reach the ledger before an earlier one.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from models.wire.calendar import YEARS


class ReleasedHow(StrEnum):
    """How a record left the quarantine. A way that this version does not know is ``gone``."""

    RETRIED = "retried"
    DROPPED = "dropped"
    EXPIRED = "expired"
    GONE = "gone"

    @classmethod
    def _missing_(cls, value: object) -> ReleasedHow | None:
        """What a newer writer says: it is not there any more, in any case."""
        return cls.GONE if isinstance(value, str) else None


class Piece(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line, element, cell or member of the record, beside what was made of it.

    Attributes:
        raw: as the till wrote it, masked by shape.
        read: ``field = value`` in the words of the sale, masked likewise and parted by ``; ``;
            empty where nothing was read from it.
        fault: why reading stopped here; empty but for the piece at fault.
    """

    raw: str
    read: str = ""
    fault: str = ""


TILL_FOLDER: Final = "[till]"
"""What the till's folder is called among sources of records: no other can have the name. In a
heartbeat, which came first, its name is empty."""


class RecordQuarantined(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record, the rest of a file or a whole one could not be read and was set aside.

    Attributes:
        name: as ``lianke-agent quarantine`` asks for it on the device.
        quarantined_at: aware UTC.
        source: the journal, tap, folder, database or door it came by, as the settings name it;
            ``TILL_FOLDER`` for the till's, empty where nobody can say.
        adapter: which kind of reader refused it: ``poslog``, ``journal``, ``database``, ...; empty
            where its source is configured no more.
        profile: by which it was read when it was told of, and ``profile_version``.
        file: what the till called the file, masked by shape.
        record: its number in the file, from 1; 0 for a rest or a whole file.
        key: what names the transaction, as far as that could be read; masked by shape.
        reason: what is wrong with it.
        pieces: of the record in its own order, those around the fault.
        pieces_left_out: how many more there are.
    """

    name: str
    quarantined_at: datetime
    reason: str
    size_bytes: int
    source: str = ""
    adapter: str = ""
    profile: str = ""
    profile_version: int = 0
    file: str = ""
    record: int = 0
    key: str = ""
    pieces: list[Piece] = []
    pieces_left_out: int = 0

    def __post_init__(self) -> None:
        """A stay without a name or a time could never be ended."""
        if not self.name:
            raise ValueError("name must not be empty")
        _check_time(self.quarantined_at, "quarantined_at")


class RecordReleased(msgspec.Struct, frozen=True, kw_only=True):
    """A stay in quarantine ended.

    Attributes:
        name: and ``quarantined_at``, the stay that ended.
        released_at: aware UTC; when that was found, where nobody left word.
    """

    name: str
    quarantined_at: datetime
    released_at: datetime
    how: ReleasedHow

    def __post_init__(self) -> None:
        """As of ``RecordQuarantined``."""
        if not self.name:
            raise ValueError("name must not be empty")
        _check_time(self.quarantined_at, "quarantined_at")
        _check_time(self.released_at, "released_at")


def _check_time(at: datetime, name: str) -> None:
    """A time that no calendar of ours holds would stop everything that follows from it."""
    if at.tzinfo is None or at.year not in YEARS:
        raise ValueError(f"{name} must be aware and lie in {YEARS.start} to {YEARS.stop - 1}")
