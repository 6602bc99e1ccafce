"""Follows the ledger for what devices tell of losses, and for what met other content there.

``range.void`` says that events were thinned, dropped or could not be read any more, and
``epoch.closed`` that an outbox ended; a conflicting entry says that two boxes live under one name,
or that a disk was put back. Of what a device writes in its own words only known words are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, delete, insert

from cloud.devices.tables import DEVICE_NOTICE
from cloud.ledger.entry import LedgerEntry
from cloud.storage.columns import to_ms
from models.wire.events.device import EpochClosed, RangeVoid
from models.wire.registry import EPOCH_CLOSED, RANGE_VOID
from models.wire.topics import Stream

OTHER: Final = "other"
"""In place of a word that we do not know."""

_NAMES: Final = frozenset({EPOCH_CLOSED.name, RANGE_VOID.name})
_MOST_EVENTS: Final = 2**62


class Told(StrEnum):
    """What a notice is about."""

    CONFLICT = "conflict"
    VOID = "void"
    CLOSED = "closed"


class Reason(StrEnum):
    """Why sequences are void or an epoch was closed, as far as we know the words."""

    THINNED = "thinned"
    DROPPED = "dropped"
    UNREADABLE = "unreadable"
    DAMAGED = "damaged"
    FORGOTTEN = "forgotten"


class NoticeFold:
    """A fold for a ledger follower."""

    name = "notices"

    def apply(self, connection: Connection, entries: Sequence[LedgerEntry]) -> None:
        """Note what the entries tell; one notice per entry, however often it is read."""
        rows = [row for entry in entries if (row := _notice(entry)) is not None]
        if rows:
            positions = [entry.position for entry in entries]
            again = DEVICE_NOTICE.c.position.between(positions[0], positions[-1])
            connection.execute(delete(DEVICE_NOTICE).where(again))
            connection.execute(insert(DEVICE_NOTICE), rows)

    def clear(self, connection: Connection) -> None:
        """Forget every notice, to fold the ledger anew."""
        connection.execute(delete(DEVICE_NOTICE))


def _notice(entry: LedgerEntry) -> dict[str, object] | None:
    if entry.kind.name in _NAMES:
        return _row(entry, *_told(entry))
    if entry.conflict:
        return _row(entry, Told.CONFLICT, "", "", 1)
    return None


def _told(entry: LedgerEntry) -> tuple[Told, str, str, int]:
    """What is told, of which stream, why, and of how many events."""
    data = entry.data()
    if isinstance(data, RangeVoid):
        stream = data.stream if data.stream in list(Stream) else OTHER
        return Told.VOID, stream, _word(data.reason), min(max(0, data.count), _MOST_EVENTS)
    assert isinstance(data, EpochClosed), "the only other kind that is looked into"
    return Told.CLOSED, "", Reason.DAMAGED if Reason.DAMAGED in data.reason else OTHER, 0


def _word(reason: str) -> str:
    return reason if reason in list(Reason) else OTHER


def _row(
    entry: LedgerEntry, told: Told, stream: str, reason: str, events: int
) -> dict[str, object]:
    return {
        "position": entry.position,
        "tenant": entry.tenant,
        "store": entry.store,
        "device": entry.device,
        "told": told.value,
        "stream": stream,
        "reason": reason,
        "events": events,
        "at_ms": to_ms(entry.received_at),
    }
