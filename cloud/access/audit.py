"""What was done, by whom, when, to what: entries are only added, and an edit shows.

Each entry's seal is an HMAC over the entry and the seal before it, under a key that lies outside
the database. Whoever can write to the database but has not that key can therefore not change,
insert, reorder or remove an entry without ``verify`` naming the place. Entries cut off at the end
leave a valid, shorter chain; so ``verify`` reports the head, and every entry is also logged, for
the operator to compare.

No entry holds personal data: members are named by their opaque id, people by how they came in.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, NewType

import msgspec
from sqlalchemy import Connection, Engine, Row, func, insert, select

from cloud.access.tables import AUDIT_ENTRY
from cloud.storage import in_turn, read
from cloud.storage.columns import from_ms, to_ms
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)
_START: Final = bytes(32)
_PAGE: Final = 500

Actor = NewType("Actor", str)
"""``console``, ``terminal``, ``environment``, or ``token:<id>``."""


class Action(StrEnum):
    """What can be done, in the past tense."""

    PASSWORD_SET = "password_set"  # noqa: S105 - a deed, not a secret
    PASSWORD_FORGOTTEN = "password_forgotten"  # noqa: S105 - a deed, not a secret
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    TOKEN_CREATED = "token_created"  # noqa: S105 - a deed, not a secret
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - a deed, not a secret
    STORE_WRITTEN = "store_written"
    DEVICE_ENROLLED = "device_enrolled"
    DEVICE_ROTATED = "device_rotated"
    DEVICE_REVOKED = "device_revoked"
    REFUSALS_RESUMED = "refusals_resumed"
    DRAWING_ACCEPTED = "drawing_accepted"
    DRAWING_REFUSED = "drawing_refused"
    ALARM_ACKNOWLEDGED = "alarm_acknowledged"
    MEMBER_SEARCHED = "member_searched"
    MEMBER_READ = "member_read"
    MEMBER_EXPLAINED = "member_explained"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One deed.

    Attributes:
        position: 1, 2, 3, … without holes.
        at: aware UTC.
        subject: what it was done to, such as ``device:sh-0001-pos1`` or ``member:<one_id>``.
    """

    position: int
    at: datetime
    actor: Actor
    action: Action
    subject: str


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """What a verification found.

    Attributes:
        entries: how many entries are in order, from the first one on.
        head: the last good seal in hex; note it elsewhere to notice entries cut off at the end.
        broken_at: the position at which the chain breaks, or None.
    """

    entries: int
    head: str
    broken_at: int | None


class AuditLog:
    """Writes and checks the chain. Safe for several threads and processes."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        """``key`` is derived from the master key: ``master.derive("lianke audit chain")``."""
        self._key = key
        self._clock = clock

    def note(self, connection: Connection, actor: Actor, action: Action, subject: str) -> None:
        """Add an entry inside the transaction that does the deed: both happen, or neither."""
        in_turn(connection, "audit")
        position, before = self._head(connection)
        entry = AuditEntry(position + 1, from_ms(to_ms(self._clock.now())), actor, action, subject)
        seal = self._seal(before, entry)
        connection.execute(
            insert(AUDIT_ENTRY).values(
                position=entry.position,
                at_ms=to_ms(entry.at),
                actor=actor,
                action=action.value,
                subject=subject,
                seal=seal,
            )
        )
        _LOG.info("audit", actor=actor, action=action.value, subject=subject, seal=seal.hex())

    def verify(self, engine: Engine) -> AuditVerdict:
        """Recompute the whole chain over one consistent moment of it."""
        last, seal = 0, _START
        with read(engine) as connection:
            for row in _rows(connection):
                expected = self._seal(seal, _entry(row)) if _readable(row, last + 1) else b""
                if not hmac.compare_digest(expected, row.seal):
                    return AuditVerdict(last, seal.hex(), broken_at=last + 1)
                last, seal = row.position, row.seal
        return AuditVerdict(last, seal.hex(), broken_at=None)

    def latest(self, engine: Engine, limit: int = 100) -> list[AuditEntry]:
        """The newest entries first. Raises ValueError where an action was tampered with."""
        query = select(AUDIT_ENTRY).order_by(AUDIT_ENTRY.c.position.desc()).limit(limit)
        with read(engine) as connection:
            return [_entry(row) for row in connection.execute(query)]

    def _head(self, connection: Connection) -> tuple[int, bytes]:
        last = select(func.max(AUDIT_ENTRY.c.position)).scalar_subquery()
        query = select(AUDIT_ENTRY.c.position, AUDIT_ENTRY.c.seal).where(
            AUDIT_ENTRY.c.position == last
        )
        row = connection.execute(query).one_or_none()
        return (0, _START) if row is None else (row.position, row.seal)

    def _seal(self, before: bytes, entry: AuditEntry) -> bytes:
        said = [entry.position, to_ms(entry.at), entry.actor, entry.action.value, entry.subject]
        return hmac.digest(self._key, before + msgspec.json.encode(said), sha256)


def _rows(connection: Connection) -> Iterator[Row[Any]]:
    last = -(2**62)  # a forged entry may have any number
    while True:
        query = select(AUDIT_ENTRY).where(AUDIT_ENTRY.c.position > last)
        rows = connection.execute(query.order_by(AUDIT_ENTRY.c.position).limit(_PAGE)).all()
        yield from rows
        if len(rows) < _PAGE:
            return
        last = rows[-1].position


def _readable(row: Row[Any], position: int) -> bool:
    return row.position == position and row.action in list(Action)


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        position=row.position,
        at=from_ms(row.at_ms),
        actor=Actor(row.actor),
        action=Action(row.action),
        subject=row.subject,
    )
