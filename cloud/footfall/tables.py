"""The tables of this package. Times are integer milliseconds UTC.

A row is what one event said, so folding an event again changes nothing, and the parts of a minute
are added where they are read. Only ``superseded`` is said by other events.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, false
from sqlmodel import Field, SQLModel

from cloud.storage.columns import BIG_KEY
from models.wire.events.footfall import LineKind


def _none_yet() -> Any:
    """A count that reports from before it was told do not have."""
    return Field(default=0, sa_column_kwargs={"server_default": "0"})


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
        door_lines, passing_lines: how many lines of either kind it tells; without any it says
            nothing of who came, or of who walked past.
        staff_ingress, staff_egress, groups_in, groups_out, again: over all entrance lines.
        passers: over all passing lines, either way, without staff.
        analyses: what told staff, groups, returns, zones and heat; where empty they are unknown.
        marks: a JSON object from the kind to milliseconds.
        marked_ms: how much of the interval is marked by any kind.
    """

    __tablename__ = "footfall_part"
    __table_args__: ClassVar[Any] = (
        # With all that a report of weeks asks for: a month of one store lies on as many pages of a
        # table of many stores as it has minutes, and in the index on a hundredth of them.
        Index(
            "footfall_part_by_minute",
            "tenant",
            "store",
            "begin_at_ms",
            "device",
            "camera",
            "duration_s",
            "observed_ms",
            "marked_ms",
            "door_lines",
            "ingress",
            "egress",
            "ignored",
            "superseded",
        ),
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
    door_lines: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    passing_lines: int = _none_yet()
    staff_ingress: int = _none_yet()
    staff_egress: int = _none_yet()
    groups_in: int = _none_yet()
    groups_out: int = _none_yet()
    again: int = _none_yet()
    passers: int = _none_yet()
    analyses: str = Field(default="", sa_column_kwargs={"server_default": ""})
    marks: str = Field(default="{}", sa_column_kwargs={"server_default": "{}"})
    marked_ms: int = _none_yet()


class FootfallLineRow(SQLModel, table=True):
    """One line's crossings in one part; a line that nobody crossed has a row, too."""

    __tablename__ = "footfall_line"

    position: int = Field(sa_column=Column(BIG_KEY, primary_key=True, autoincrement=False))
    line: str = Field(primary_key=True)
    ingress: int
    egress: int
    kind: str = Field(
        default=LineKind.ENTRANCE.value,
        sa_column_kwargs={"server_default": LineKind.ENTRANCE.value},
    )
    staff_ingress: int = _none_yet()
    staff_egress: int = _none_yet()
    groups_in: int = _none_yet()
    groups_out: int = _none_yet()
    again: int = _none_yet()


class FootfallZoneRow(SQLModel, table=True):
    """Who was in one zone in one part; a zone in which nobody was has a row, too.

    Attributes:
        person_ms, staff_ms: time spent in it by all together.
        stays: a JSON object from the bucket of ``STAY_BOUNDS_S`` to how many stays fell into it.
    """

    __tablename__ = "footfall_zone"

    position: int = Field(sa_column=Column(BIG_KEY, primary_key=True, autoincrement=False))
    zone: str = Field(primary_key=True)
    kind: str
    person_ms: int = Field(sa_type=BigInteger)
    staff_ms: int = Field(sa_type=BigInteger)
    most: int
    stays: str
    cut: int


class FootfallHeatRow(SQLModel, table=True):
    """Where people were in one part; a part in which nobody was anywhere has none.

    ``cells`` are packed (``detail``): beside the part, whose rows are read far more often.
    """

    __tablename__ = "footfall_heat"

    position: int = Field(sa_column=Column(BIG_KEY, primary_key=True, autoincrement=False))
    cells: bytes = Field(sa_type=LargeBinary)


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
ZONE: Final[Table] = SQLModel.metadata.tables["footfall_zone"]
HEAT: Final[Table] = SQLModel.metadata.tables["footfall_heat"]
REPLACED: Final[Table] = SQLModel.metadata.tables["footfall_replaced"]
AUDIT: Final[Table] = SQLModel.metadata.tables["footfall_audit"]
