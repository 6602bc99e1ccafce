"""The tables of this package. Times are integer milliseconds UTC, money is in minor units."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Index, Row, Table, text
from sqlmodel import Field, SQLModel

_NOT_KNOWN: Final[dict[str, Any]] = {"server_default": ""}
"""Of rows that an older version has folded, until the views are made anew."""


class SaleRow(SQLModel, table=True):
    """One transaction as it stands now. The older revisions are in the ledger.

    Attributes:
        event_id: of the current revision; sealed strings of that event open with it.
        position: where the current revision lies in the ledger. Its digest is left there: it
            covers the member's phone, and a bare hash beside the rest of a sale could be guessed.
        changed_position: the ledger position of whatever changed this row last: its own revision,
            a post-void of it, or its attribution to a member. It tells the cards what to look at,
            and may depend on how entries were grouped.
        captured_at_ms: when the device captured the current revision.
        device, source, source_rank: who captured the current revision; ``source`` is adapter and
            profile, of which version is ``profile_version``.
        receipt_ref, link_ref: how receipts of one shop name each other; see ``standing``.
        likeness: what captures of one transaction by several sources may share; see ``likeness``.
        echo_of: the sale of the capture that stands in its place; its standing is ``echo`` then.
        hour: the local hour in which it ended, counted on from the business day's midnight: 24 is
            00:00-00:59 of the next calendar day.
        goods_back: whether it is a return when nobody takes it back.
        items: a JSON list of the first line descriptions.
        tenders: a JSON object from the wallet, else the tender's type, to the net amount.
        one_id: the member, once resolved. A projection: the ledger's record is what counts.
        flags: the capture's quality flags and ours, separated by spaces.
    """

    __tablename__ = "sale"
    __table_args__: ClassVar[Any] = (
        Index("sale_of_day", "tenant", "store", "business_day"),
        Index("sale_newest", "tenant", "end_at_ms"),
        Index("sale_newest_of_store", "tenant", "store", "end_at_ms"),
        Index("sale_receipt", "receipt_ref"),
        Index("sale_link", "link_ref"),
        Index("sale_of_member", "one_id", "end_at_ms"),
        Index("sale_changed", "changed_position"),
        Index("sale_likeness", "likeness"),
        Index(
            "sale_echo",
            "echo_of",
            sqlite_where=text("echo_of IS NOT NULL"),
            postgresql_where=text("echo_of IS NOT NULL"),
        ),
    )

    sale_id: str = Field(primary_key=True)
    tenant: str
    store: str
    natural_key: str
    event_id: str
    position: int = Field(sa_type=BigInteger)
    changed_position: int = Field(sa_type=BigInteger)
    captured_at_ms: int = Field(sa_type=BigInteger)
    received_at_ms: int = Field(sa_type=BigInteger)
    device: str = Field(default="", sa_column_kwargs=_NOT_KNOWN)
    source: str = Field(default="", sa_column_kwargs=_NOT_KNOWN)
    source_rank: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    kind: str
    status: str
    standing: str
    goods_back: bool
    workstation: str
    till_id: str = Field(default="", sa_column_kwargs=_NOT_KNOWN)
    sequence_number: str
    receipt_number: str
    transaction_id: str = Field(default="", sa_column_kwargs=_NOT_KNOWN)
    receipt_ref: str
    link_reason: str | None
    link_ref: str | None
    likeness: int | None = Field(sa_type=BigInteger)
    echo_of: str | None
    business_day: date
    hour: int
    end_at_ms: int = Field(sa_type=BigInteger)
    utc_offset_min: int
    currency: str
    total_minor: int = Field(sa_type=BigInteger)
    line_count: int
    items: str
    tenders: str
    one_id: str | None
    flags: str
    profile_version: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class SaleSourceRow(SQLModel, table=True):
    """By which sources a store's transactions are captured. Where it is one, none is an echo."""

    __tablename__ = "sale_source"

    tenant: str = Field(primary_key=True)
    store: str = Field(primary_key=True)
    source: str = Field(primary_key=True)


AnyRow = Row[*tuple[Any, ...]]
"""A row that any statement returned."""

SALE: Final[Table] = SQLModel.metadata.tables["sale"]
SALE_SOURCE: Final[Table] = SQLModel.metadata.tables["sale_source"]
