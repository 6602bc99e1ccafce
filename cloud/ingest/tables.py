"""The tables of ingest: who works, who holds which part, and of whom too much was refused.

Nothing in them is needed to be right, only to be quick: a lost row costs a hand-over.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Table
from sqlmodel import Field, SQLModel


class IngestWorkerRow(SQLModel, table=True):
    """A worker that has signed in and not out.

    Attributes:
        incarnation: of its process, random; another one under the same name has taken its place.
        beat: grows with every renewal. Others take a worker for dead when it stands still.
        parts: those it may serve, such as ``0-63``.
        heard_ms: of its last renewal, by its own clock: for people, nothing is decided by it.
    """

    __tablename__ = "ingest_worker"

    worker: str = Field(primary_key=True)
    incarnation: str
    beat: int = Field(sa_type=BigInteger)
    parts: str
    version: str
    since_ms: int = Field(sa_type=BigInteger)
    heard_ms: int = Field(sa_type=BigInteger)


class IngestPartRow(SQLModel, table=True):
    """A part that is held; one that nobody holds has no row."""

    __tablename__ = "ingest_part"

    part: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    worker: str


class RefusalAlarmRow(SQLModel, table=True):
    """Too much of a device was refused; workers of this version reject nothing of it meanwhile.

    Attributes:
        device: its topic prefix.
        worker: who saw it.
        refused, events: the last window, ``refused`` of ``events``.
    """

    __tablename__ = "ingest_refusal_alarm"

    device: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    worker: str
    raised_ms: int = Field(sa_type=BigInteger)
    refused: int
    events: int


INGEST_WORKER: Final[Table] = SQLModel.metadata.tables["ingest_worker"]
INGEST_PART: Final[Table] = SQLModel.metadata.tables["ingest_part"]
REFUSAL_ALARM: Final[Table] = SQLModel.metadata.tables["ingest_refusal_alarm"]
