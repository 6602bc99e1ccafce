"""The ledger: how far it has come, and what was refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Row, select

from cloud.api.callers import Reader
from cloud.api.paging import After, Cursor, Limit, read_cursor, write_cursor
from cloud.api.parts import Parts
from cloud.ledger.tables import DeadLetterRow, table_of
from cloud.storage import read
from cloud.storage.columns import from_ms

router = APIRouter(tags=["ledger"])

_LETTERS: Final = table_of(DeadLetterRow)


class LedgerFigures(BaseModel):
    """The ledger as a whole, of all tenants."""

    generation: str = Field(description="another one means that it was restored from a backup")
    head: int = Field(description="the last position")
    events: int
    sales: int = Field(description="retail transactions, each once, however often corrected")
    controls: int
    duplicates: int = Field(description="stored twice; anything but 0 is a fault of ours")
    conflicts: int = Field(description="events that met other content under their id or sequence")
    dead_letters: int


class DeadLetter(BaseModel):
    """A refused message or event; its content stays closed."""

    id: int
    received_at: datetime
    store: str
    device: str
    stream: str
    reason: str = Field(description="a stable word")
    detail: str = Field(description="for people; quotes nothing")
    replayed_at: datetime | None


class DeadLetterPage(BaseModel):
    """Dead letters, the oldest first."""

    items: list[DeadLetter]
    next: str | None = Field(description="send it as `after` to go on, now or later")
    more: bool


@router.get("/ledger", summary="How far the ledger has come")
def ledger(parts: Parts, caller: Reader) -> LedgerFigures:  # noqa: ARG001 - asked for its scope
    """Reads the whole ledger: not for a loop."""
    counts = parts.journal.counts()
    return LedgerFigures(
        generation=parts.journal.generation,
        head=parts.journal.head(),
        events=counts.events,
        sales=counts.sales,
        controls=counts.controls,
        duplicates=counts.duplicates,
        conflicts=counts.conflicts,
        dead_letters=counts.dead_letters,
    )


@router.get("/deadletters", summary="What was refused, the oldest first")
def dead_letters(
    parts: Parts, caller: Reader, after: After = None, limit: Limit = 100
) -> DeadLetterPage:
    """A feed: keep `next`, and ask again for newer ones."""
    since = read_cursor(after)
    query = (
        select(_LETTERS)
        .where(_LETTERS.c.tenant == caller.tenant, _LETTERS.c.id > since.number)
        .order_by(_LETTERS.c.id)
        .limit(limit + 1)
    )
    with read(parts.engine) as connection:
        rows = connection.execute(query).all()
    page = rows[:limit]
    last = Cursor(page[-1].id, "") if page else since
    return DeadLetterPage(
        items=[_letter(row) for row in page],
        next=write_cursor(last) if last.number else None,
        more=len(rows) > limit,
    )


def _letter(row: Row[*tuple[Any, ...]]) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        received_at=from_ms(row.received_ms),
        store=row.store,
        device=row.device,
        stream=row.stream,
        reason=row.reason,
        detail=row.detail,
        replayed_at=None if row.replayed_ms is None else from_ms(row.replayed_ms),
    )
