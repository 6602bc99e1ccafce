"""The tables of this package. Times are integer milliseconds UTC.

A row is what one event said, so folding an event again changes nothing, and the parts of a minute
are added where they are read. Only ``superseded`` is said by other events.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Column, Index, Table, false
from sqlmodel import Field, SQLModel

from cloud.storage.columns import BIG_KEY


class FootfallPartRow(SQLModel, table=True):
    """One camera's minute, or a part of it.

    Attributes:
        position: of the event in the ledger.
        observed_ms: how much of the interval was watched; with 0, zero crossings mean nothing.
        ingress, egress: over all entrance lines of the camera.
        gaps: a JSON object from the reason to milliseconds.
        ignored: it made no sense and is in no figure; ``flags`` say why.
        flags: what is odd about it, separated by spaces.
        event_id: unique within the device, but for a conflict.
        replaces: how many events it says that it is the sum of; 0 for what a camera said itself.
        superseded: its people are in another event and it is in no figure (``merged``).
        audit: id of the audit that holds for it; empty for none.
    """

    __tablename__ = "footfall_part"
    __table_args__: ClassVar[Any] = (
        Index("footfall_part_of_store", "tenant", "store", "begin_at_ms"),
        Index("footfall_part_by_event", "tenant", "store", "device", "event_id"),
    )

    position: int = Field(sa_column=Column(BIG_KEY, primary_key=True, autoincrement=False))
    tenant: str
    store: str
    device: str
    camera: str
    begin_at_ms: int = Field(sa_type=BigInteger)
    duration_s: int
    observed_ms: int
    samples: int
    ingress: int
    egress: int
    gaps: str
    ignored: bool
    flags: str
    event_id: str = Field(default="", sa_column_kwargs={"server_default": ""})
    replaces: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    superseded: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    audit: str = Field(default="", sa_column_kwargs={"server_default": ""})


class FootfallLineRow(SQLModel, table=True):
    """One line's crossings in one part; a line that nobody crossed has a row, too."""

    __tablename__ = "footfall_line"

    position: int = Field(sa_column=Column(BIG_KEY, primary_key=True, autoincrement=False))
    line: str = Field(primary_key=True)
    ingress: int
    egress: int


class FootfallReplacedRow(SQLModel, table=True):
    """An event of which the event at ``position`` says that it holds its people."""

    __tablename__ = "footfall_replaced"
    __table_args__: ClassVar[Any] = (
        Index("footfall_replaced_by_event", "tenant", "store", "device", "event_id"),
    )

    position: int = Field(sa_column=Column(BIG_KEY, primary_key=True, autoincrement=False))
    event_id: str = Field(primary_key=True)
    tenant: str
    store: str
    device: str


class FootfallAuditRow(SQLModel, table=True):
    """An audit of one camera.

    Attributes:
        position: of the event in the ledger.
        audit: its id, which the counts bear for which it holds.
        audited_at_ms: milliseconds since 1970, UTC.
        figures: the event's data as JSON.
    """

    __tablename__ = "footfall_audit"
    __table_args__: ClassVar[Any] = (
        Index("footfall_audit_of_store", "tenant", "store", "audited_at_ms"),
    )

    position: int = Field(sa_column=Column(BIG_KEY, primary_key=True, autoincrement=False))
    tenant: str
    store: str
    device: str
    camera: str
    audit: str
    audited_at_ms: int = Field(sa_type=BigInteger)
    figures: str


PART: Final[Table] = SQLModel.metadata.tables["footfall_part"]
LINE: Final[Table] = SQLModel.metadata.tables["footfall_line"]
REPLACED: Final[Table] = SQLModel.metadata.tables["footfall_replaced"]
AUDIT: Final[Table] = SQLModel.metadata.tables["footfall_audit"]
