"""The ledger: how far it has come, and what was refused."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.callers import Reader
from cloud.api.paging import After, Cursor, Limit, read_cursor, write_cursor
from cloud.api.parts import Parts

router = APIRouter(tags=["ledger"])


class LedgerFigures(BaseModel):
    """The ledger as a whole."""

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

    model_config = ConfigDict(from_attributes=True)

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
