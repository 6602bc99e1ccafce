"""The append-only log of decisions about who somebody is.

There is no statement here that changes or deletes a row, and a rebuild leaves the log alone: what
it decides as before is recognised by its content and not logged twice, what it decides otherwise
(after a change of policy) is added beside the older decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select

from cloud.members.ownership import Reason
from cloud.members.policy import Strength
from cloud.members.sighting import Fingerprint
from cloud.members.tables import IDENTITY_EVENT
from models.wire.ids import EventId, OneId, SaleId, StoreId, TenantId

RULES: Final = "rules"
"""The actor of every decision that no person took."""


class Change(StrEnum):
    """What was decided. ``conflict`` changes nothing and is logged once per pair of members."""

    CREATED = "created"
    ATTACHED = "attached"
    STRENGTHENED = "strengthened"
    REASSIGNED = "reassigned"
    RELEASED = "released"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Cause:
    """The ledger event behind a decision."""

    position: int
    tenant: TenantId
    store: StoreId
    event_id: EventId
    at_ms: int
    sale_id: SaleId | None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One decision.

    Attributes:
        other: the member from whom, or with whom.
        identifier: which identifier, by name space and fingerprint.
    """

    change: Change
    cause: Cause
    one_id: OneId
    other: OneId | None = None
    reason: Reason | None = None
    identifier: tuple[str, Fingerprint] | None = None
    strength: Strength | None = None


_INSERT: Final = insert(IDENTITY_EVENT)
_LOGGED: Final = select(IDENTITY_EVENT.c.digest).where(
    IDENTITY_EVENT.c.digest.in_(bindparam("digests", expanding=True))
)


def append(connection: Connection, entries: Sequence[LogEntry], rule_version: str) -> None:
    """Add what has not been logged before, in order."""
    rows: dict[bytes, dict[str, Any]] = {}
    for row in (_row(entry, rule_version) for entry in entries):
        rows.setdefault(row["digest"], row)
    if not rows:
        return
    logged = set(connection.scalars(_LOGGED, {"digests": list(rows)}))
    new = [row for digest, row in rows.items() if digest not in logged]
    if new:
        connection.execute(_INSERT, new)


def _row(entry: LogEntry, rule_version: str) -> dict[str, Any]:
    cause = entry.cause
    namespace, fingerprint = entry.identifier or (None, None)
    content = {
        "tenant": cause.tenant,
        "one_id": entry.one_id,
        "kind": entry.change.value,
        "reason": entry.reason and entry.reason.value,
        "other_one_id": entry.other,
        "namespace": namespace,
        "fingerprint": fingerprint,
        "strength": entry.strength and entry.strength.value,
        "rule_version": rule_version,
        "actor": RULES,
    }
    # Two members who meet in a hundred sales are one conflict; any other change has its own event.
    about = None if entry.change is Change.CONFLICT else cause.event_id
    return content | {
        "digest": hashlib.sha256(repr((*content.values(), about)).encode()).digest(),
        "sale_id": cause.sale_id,
        "store": cause.store,
        "event_id": cause.event_id,
        "position": cause.position,
        "at_ms": cause.at_ms,
    }
