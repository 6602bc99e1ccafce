"""The outbox's tables, described once; ``schema.sql`` is generated from this module.

    python -m agent.outbox.schema

The running agent makes its file by ``schema-1.sql`` and the versions after it (``migrations``), and
never imports SQLModel, which would cost a small till tens of megabytes. A test keeps what they come
to and ``schema.sql`` equal. Times are integer milliseconds since 1970, UTC.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

from sqlalchemy import Index, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import registry
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import Field, SQLModel

SCHEMA_FILE = Path(__file__).with_name("schema.sql")


class _OutboxRow(SQLModel, registry=registry()):
    """Tables of this file alone: the cloud's may carry the same names in the same process."""


class EpochRow(_OutboxRow, table=True):
    """One life of this outbox. The row with the greatest number is the current one."""

    __tablename__ = "epoch"

    number: int | None = Field(default=None, primary_key=True)
    epoch: str = Field(unique=True)
    opened_at: int
    closed_at: int | None = None
    closed_for: str | None = None


class LaneRow(_OutboxRow, table=True):
    """One stream of one epoch.

    ``last`` is written when the newest events may go away (retention, re-homing); until then the
    greatest position says more. ``sent`` is the greatest sequence that was ever leased: what the
    cloud settles above it cannot come from this file.
    """

    __tablename__ = "lane"
    __table_args__ = (Index("lane_by_name", "epoch", "stream", unique=True),)

    number: int | None = Field(default=None, primary_key=True)
    epoch: int = Field(foreign_key="epoch.number")
    stream: str
    last: int = 0
    sent: int = 0


class EventRow(_OutboxRow, table=True):
    """A composed event, personal literals sealed. Written once and never changed."""

    __tablename__ = "event"

    position: int | None = Field(default=None, primary_key=True)
    event_id: str
    appended_at: int
    body: bytes


class NameRow(_OutboxRow, table=True):
    """Where the event with an id lies, by 64 bits of the id's digest."""

    __tablename__ = "name"

    key: int | None = Field(default=None, primary_key=True)
    position: int


class NamedRow(_OutboxRow, table=True):
    """Up to which position of a shelf the events have their row in ``name``."""

    __tablename__ = "named"

    shelf: int | None = Field(default=None, primary_key=True)
    last: int


class SpanRow(_OutboxRow, table=True):
    """The sequences first..last of a lane lie at the positions sequence + shift."""

    __tablename__ = "span"
    __table_args__ = ({"sqlite_with_rowid": False},)

    lane: int = Field(primary_key=True, foreign_key="lane.number")
    first: int = Field(primary_key=True)
    last: int
    shift: int


class SettledRangeRow(_OutboxRow, table=True):
    """What the ledger has settled of a lane: disjoint closed ranges, never adjacent."""

    __tablename__ = "settled_range"
    __table_args__ = ({"sqlite_with_rowid": False},)

    lane: int = Field(primary_key=True, foreign_key="lane.number")
    first: int = Field(primary_key=True)
    last: int


class SettledMarkRow(_OutboxRow, table=True):
    """How far a lane was settled without a hole, hour by hour: retention counts from here."""

    __tablename__ = "settled_mark"
    __table_args__ = ({"sqlite_with_rowid": False},)

    lane: int = Field(primary_key=True, foreign_key="lane.number")
    hour: int = Field(primary_key=True)
    settled_at: int
    watermark: int


class DeadLetterRow(_OutboxRow, table=True):
    """A copy of an event that the cloud can never accept, kept until a person has looked."""

    __tablename__ = "dead_letter"

    event_id: str = Field(primary_key=True)
    epoch: str
    stream: str
    sequence: int
    reason: str
    rejected_at: int
    body: bytes


class MemoRow(_OutboxRow, table=True):
    """What the outbox has to remember by name: ``ledger``, the generation it last heard of."""

    __tablename__ = "memo"
    __table_args__ = ({"sqlite_with_rowid": False},)

    name: str = Field(primary_key=True)
    value: str


_TABLES: tuple[type[SQLModel], ...] = (
    EpochRow,
    LaneRow,
    EventRow,
    NameRow,
    NamedRow,
    SpanRow,
    SettledRangeRow,
    SettledMarkRow,
    DeadLetterRow,
    MemoRow,
)


def generate() -> str:
    """The SQL of an empty outbox, one statement per paragraph."""
    paragraphs = ["-- Generated from agent/outbox/schema.py by: python -m agent.outbox.schema"]
    for model in _TABLES:
        paragraphs.extend(_paragraphs(model))
    return "\n\n".join(paragraphs) + "\n"


def _paragraphs(model: type[SQLModel]) -> list[str]:
    table: Table = model.__table__  # type: ignore[attr-defined]  # put there by table=True
    dialect = sqlite.dialect()
    create = re.sub(r"\s*\n\s*(?=WITHOUT)", " ", str(CreateTable(table).compile(dialect=dialect)))
    lines = [line.rstrip().replace("\t", "    ") for line in create.strip().split("\n")]
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    return [
        "\n".join([f"-- {_summary(model)}", *lines]) + ";",
        *(f"{CreateIndex(index).compile(dialect=dialect)};" for index in indexes),
    ]


def _summary(model: type[SQLModel]) -> str:
    return inspect.cleandoc(model.__doc__ or "").partition("\n")[0]


def main() -> None:
    """Write ``schema.sql`` beside this module; with ``--check`` only say whether it is stale."""
    if "--check" in sys.argv:
        stale = SCHEMA_FILE.read_text(encoding="utf-8") != generate()
        sys.exit(f"{SCHEMA_FILE.name} is stale; run: make schemas" if stale else 0)
    SCHEMA_FILE.write_text(generate(), encoding="utf-8")


if __name__ == "__main__":
    main()
