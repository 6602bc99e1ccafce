"""Counts over the whole ledger, for reports, demonstrations and the question "is it all there?"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Select, func, select

from cloud.ledger.settlement import Outcome
from cloud.ledger.tables import DeadLetterRow, EventRow, table_of
from models.wire.events.sale import Kind

_EVENTS: Final = table_of(EventRow)
_LETTERS: Final = table_of(DeadLetterRow)


@dataclass(frozen=True, slots=True)
class Counts:
    """What the ledger holds.

    Attributes:
        events: all entries.
        facts: transactions by kind, each counted once however many revisions it has.
        conflicts: entries that met other content under their id or sequence.
        duplicates: entries beyond the first of one natural key and revision; anything but 0 is
            a fault of ours.
        dead_letters: refused messages and events, replayed ones not counted.
    """

    events: int
    facts: Mapping[str, int]
    conflicts: int
    duplicates: int
    dead_letters: int

    @property
    def sales(self) -> int:
        """Retail transactions."""
        return self.facts.get(Kind.RETAIL, 0)

    @property
    def controls(self) -> int:
        """Control and tender control transactions."""
        return self.facts.get(Kind.CONTROL, 0) + self.facts.get(Kind.TENDER_CONTROL, 0)


def count(connection: Connection) -> Counts:
    """Count everything; reads the whole ledger once for each figure."""
    return Counts(
        events=_scalar(connection, select(func.count()).select_from(_EVENTS)),
        facts=_facts(connection),
        conflicts=_scalar(
            connection, select(func.count()).where(_EVENTS.c.disposition == Outcome.CONFLICT)
        ),
        duplicates=_duplicates(connection),
        dead_letters=_scalar(
            connection, select(func.count()).where(_LETTERS.c.replayed_ms.is_(None))
        ),
    )


def _facts(connection: Connection) -> dict[str, int]:
    keyed = (
        select(_EVENTS.c.tenant, _EVENTS.c.natural_key, func.max(_EVENTS.c.fact_kind).label("kind"))
        .where(_EVENTS.c.natural_key.is_not(None))
        .group_by(_EVENTS.c.tenant, _EVENTS.c.natural_key)
        .subquery()
    )
    by_kind = select(keyed.c.kind, func.count()).group_by(keyed.c.kind)
    return dict(connection.execute(by_kind).all())


def _duplicates(connection: Connection) -> int:
    keyed = _EVENTS.c.natural_key.is_not(None)
    revisions = (
        select(_EVENTS.c.tenant, _EVENTS.c.natural_key, _EVENTS.c.digest).where(keyed).distinct()
    ).subquery()
    entries = _scalar(connection, select(func.count()).select_from(_EVENTS).where(keyed))
    return entries - _scalar(connection, select(func.count()).select_from(revisions))


def _scalar(connection: Connection, statement: Select[int]) -> int:
    return connection.execute(statement).scalar_one()
