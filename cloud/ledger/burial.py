"""Puts refused messages and events into the dead letters, sealed as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, insert, select

from cloud.ledger.arrival import Arrival
from cloud.ledger.tables import DeadLetterRow, table_of
from cloud.storage.columns import to_ms
from models.vault.blob import BlobSealer
from models.wire.codec import Codec
from models.wire.envelope import LATE
from models.wire.errors import WireError

_LETTERS: Final = table_of(DeadLetterRow)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be kept of a refusal.

    Attributes:
        reason: a stable word.
        detail: for people; quotes nothing.
        payload: readable again on the arrival's topic.
    """

    arrival: Arrival
    reason: str
    detail: str
    payload: bytes = field(repr=False)

    @property
    def digest(self) -> bytes:
        """Names topic and content: the same poison has the same name however often it is sent."""
        return hashlib.sha256(self.arrival.topic.encode() + b"\n" + _content(self.payload)).digest()


def _content(payload: bytes) -> bytes:
    """A batch's header and events without what changes from sending to sending, else the payload.

    Sent late, an event carries one mark more (``envelope.stamp``); and one event may travel in a
    frame that another version of zstd has made.
    """
    try:
        batch = Codec().decode(payload)
    except (WireError, RecursionError):
        return payload
    events = (bytes(event).replace(LATE, b"") for event in batch.events)
    return b"\n".join([f"{batch.header.epoch}/{batch.header.first}".encode(), *events])


def place_of(digest: bytes) -> str:
    """The place to which a dead letter's seal is bound."""
    return f"dead-letter/{digest.hex()}"


def bury(connection: Connection, sealer: BlobSealer, letters: Iterable[Letter]) -> int:
    """Keep the letters that are not there yet; returns how many those are.

    Within ``storage.in_turn``: two workers must not bury the same letter at the same time.
    """
    named = {letter.digest: letter for letter in letters}
    new = [(digest, letter) for digest, letter in named.items() if _is_new(connection, digest)]
    if new:
        rows = [_row(sealer, digest, letter) for digest, letter in new]
        connection.execute(insert(_LETTERS), rows)
    return len(new)


def _is_new(connection: Connection, digest: bytes) -> bool:
    found = select(_LETTERS.c.id).where(_LETTERS.c.digest == digest)
    return connection.execute(found).first() is None


def _row(sealer: BlobSealer, digest: bytes, letter: Letter) -> dict[str, object]:
    arrival = letter.arrival
    return {
        "digest": digest,
        "tenant": arrival.device.tenant,
        "store": arrival.device.store,
        "device": arrival.device.device,
        "stream": arrival.stream,
        "reason": letter.reason,
        "detail": letter.detail,
        "received_ms": to_ms(arrival.received_at),
        "body": sealer.seal(letter.payload, place_of(digest)),
    }
