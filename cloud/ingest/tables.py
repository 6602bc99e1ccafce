"""The tables of ingest: who works, who holds which part, and of whom too much was refused.

Nothing in them is needed to be right, only to be quick: a lost row costs a hand-over.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Table
from sqlmodel import Field, SQLModel

from cloud.storage.columns import BIG_KEY


class IngestWorkerRow(SQLModel, table=True):
    """A worker that has signed in and not out.

    Attributes:
        incarnation: of its process, random; another one under the same name has taken its place.
        beat: grows with every renewal. Others take a worker for dead when it stands still.
        parts: those it may serve, such as ``0-63``.
        heard_ms: of its last renewal, by its own clock: for people, nothing is decided by it.
        health: where it tells how it is; empty where it does not.
    """

    __tablename__ = "ingest_worker"

    worker: str = Field(primary_key=True)
    incarnation: str
    beat: int = Field(sa_type=BigInteger)
    parts: str
    version: str
    since_ms: int = Field(sa_type=BigInteger)
    heard_ms: int = Field(sa_type=BigInteger)
    health: str = Field(default="", sa_column_kwargs={"server_default": ""})


class IngestPartRow(SQLModel, table=True):
    """A part that is held; one that nobody holds has no row."""

    __tablename__ = "ingest_part"

    part: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    worker: str


class IngestAbsenceRow(SQLModel, table=True):
    """A worker that was struck from the roster because its beat stood still.

    Attributes:
        heir: who noticed; the parts go to all that are left.
        parts: those that it held.
    """

    __tablename__ = "ingest_absence"

    number: int | None = Field(default=None, sa_column=Column(BIG_KEY, primary_key=True))
    worker: str
    heir: str
    parts: str
    at_ms: int = Field(sa_type=BigInteger)


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
INGEST_ABSENCE: Final[Table] = SQLModel.metadata.tables["ingest_absence"]
REFUSAL_ALARM: Final[Table] = SQLModel.metadata.tables["ingest_refusal_alarm"]
