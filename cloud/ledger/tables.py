"""The ledger's tables. Rows of ``ledger_event`` are only ever added, never changed or removed."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, text
from sqlmodel import Field, SQLModel

from cloud.storage.columns import BIG_KEY


class EventRow(SQLModel, table=True):
    """One accepted or conflicting event; a position, once visible, never changes its content.

    ``ledger_event_content`` makes a second copy of the same content impossible, whatever the code
    above it believes; ``ledger_event_revision`` does so for facts that have a key of their own.
    """

    __tablename__ = "ledger_event"
    __table_args__: ClassVar[Any] = (
        Index("ledger_event_content", "tenant", "event_id", "digest", unique=True),
        Index(
            "ledger_event_revision",
            "tenant",
            "natural_key",
            "digest",
            unique=True,
            sqlite_where=text("natural_key IS NOT NULL"),
            postgresql_where=text("natural_key IS NOT NULL"),
        ),
    )

    position: int = Field(sa_column=Column(BIG_KEY, primary_key=True, autoincrement=False))
    tenant: str
    store: str
    device: str
    epoch: str
    stream: str
    sequence: int = Field(sa_type=BigInteger)
    event_id: str
    digest: bytes
    type: str
    version: int
    natural_key: str | None
    supersedes: int | None = Field(sa_type=BigInteger)
    disposition: str
    fact_kind: str | None
    time_ms: int = Field(sa_type=BigInteger)
    received_ms: int = Field(sa_type=BigInteger)
    corrected_ms: int | None = Field(default=None, sa_type=BigInteger)
    historical: bool
    body: bytes


class StreamRow(SQLModel, table=True):
    """One lane of sequences: a device's stream within one epoch of its outbox."""

    __tablename__ = "ledger_stream"
    __table_args__: ClassVar[Any] = (
        Index("ledger_stream_lane", "tenant", "store", "device", "epoch", "stream", unique=True),
    )

    id: int | None = Field(default=None, sa_column=Column(BIG_KEY, primary_key=True))
    tenant: str
    store: str
    device: str
    epoch: str
    stream: str
    heard_ms: int = Field(sa_type=BigInteger)


class SettledRow(SQLModel, table=True):
    """Consecutive sequences of a lane that had the same outcome; runs of one lane never overlap."""

    __tablename__ = "ledger_settled"
    __table_args__: ClassVar[Any] = ({"sqlite_with_rowid": False},)

    stream_id: int = Field(
        sa_column=Column(
            BIG_KEY, ForeignKey("ledger_stream.id"), primary_key=True, autoincrement=False
        )
    )
    first: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    last: int = Field(sa_type=BigInteger)
    outcome: str


class DeadLetterRow(SQLModel, table=True):
    """A refused message or event, sealed, as a payload that can be read again.

    ``digest`` names topic and payload, so the same poison sent a thousand times is kept once.
    """

    __tablename__ = "ledger_dead_letter"
    __table_args__: ClassVar[Any] = (Index("ledger_dead_letter_digest", "digest", unique=True),)

    id: int | None = Field(default=None, sa_column=Column(BIG_KEY, primary_key=True))
    digest: bytes
    tenant: str
    store: str
    device: str
    stream: str
    reason: str
    detail: str
    received_ms: int = Field(sa_type=BigInteger)
    replayed_ms: int | None = Field(default=None, sa_type=BigInteger)
    body: bytes


class MetaRow(SQLModel, table=True):
    """What the ledger says of itself, by name."""

    __tablename__ = "ledger_meta"

    name: str = Field(primary_key=True)
    value: str


class FollowerRow(SQLModel, table=True):
    """How far a follower has come: every entry up to this position is in its projections."""

    __tablename__ = "ledger_follower"

    name: str = Field(primary_key=True)
    position: int = Field(sa_type=BigInteger)


def table_of(row: type[SQLModel]) -> Table:
    """The table behind a row class, for statements that handle many rows at once."""
    return SQLModel.metadata.tables[str(row.__tablename__)]
