"""The tables of this package. Times are integer milliseconds UTC.

A stay in a shop's quarantine has one row, its end another: either may reach the ledger first.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Column, Index, Table
from sqlmodel import Field, SQLModel


class QuarantinedRow(SQLModel, table=True):
    """One stay of a record in quarantine, as the shop last told of it.

    Attributes:
        name: as the device's own command asks for it; a record put back has the name it had.
        quarantined_ms: when the stay began, by the device's clock.
        position: of the newest event about the stay, captured at ``captured_ms``.
        received_ms: when that event arrived: what its age is counted from.
        file, key: masked by shape in the shop, as are all raw pieces.
        pieces: a JSON list of objects with ``raw``, ``read`` and ``fault``.
    """

    __tablename__ = "quarantined_record"
    __table_args__: ClassVar[Any] = (
        Index("quarantined_record_of_store", "tenant", "store", "quarantined_ms"),
        Index("quarantined_record_by_arrival", "received_ms"),
    )

    device: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    quarantined_ms: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    tenant: str
    store: str
    position: int = Field(sa_type=BigInteger)
    captured_ms: int = Field(sa_type=BigInteger)
    received_ms: int = Field(sa_type=BigInteger)
    source: str
    adapter: str
    profile: str
    profile_version: int
    file: str
    record: int = Field(sa_type=BigInteger)
    key: str
    reason: str
    size_bytes: int = Field(sa_type=BigInteger)
    pieces: str
    pieces_left_out: int


class QuarantineReleaseRow(SQLModel, table=True):
    """The end of a stay: when and how."""

    __tablename__ = "quarantine_release"
    __table_args__: ClassVar[Any] = (Index("quarantine_release_by_arrival", "received_ms"),)

    device: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    quarantined_ms: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    position: int = Field(sa_type=BigInteger)
    captured_ms: int = Field(sa_type=BigInteger)
    received_ms: int = Field(sa_type=BigInteger)
    released_ms: int = Field(sa_type=BigInteger)
    how: str


QUARANTINED: Final[Table] = SQLModel.metadata.tables["quarantined_record"]
RELEASED: Final[Table] = SQLModel.metadata.tables["quarantine_release"]
