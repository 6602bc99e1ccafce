"""Cards and the feeds of the shops.

A feed keeps the newest delta of every member only. Its sequence never runs backwards, not even
when all projections are folded anew: tablets count by it.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Column, Index, Table
from sqlmodel import Field, SQLModel

from cloud.storage.columns import BIG_KEY


class CardRow(SQLModel, table=True):
    """The card of one member as the shops have it or are about to have it.

    Attributes:
        version: grows with every change.
        digest: keyed HMAC of the card's content without its version.
        sealed: see ``keeping``; None when no shop knows the member any more.
    """

    __tablename__ = "card"

    one_id: str = Field(primary_key=True)
    tenant: str
    version: int = Field(sa_type=BigInteger)
    digest: bytes
    sealed: bytes | None


class CardFeedRow(SQLModel, table=True):
    """The newest delta of one member in one shop's feed; its content is the member's card."""

    __tablename__ = "card_feed"
    __table_args__: ClassVar[Any] = (
        Index("card_feed_sequence", "tenant", "store", "sequence", unique=True),
        Index("card_feed_member", "one_id"),
    )

    tenant: str = Field(primary_key=True)
    store: str = Field(primary_key=True)
    one_id: str = Field(primary_key=True)
    sequence: int = Field(sa_type=BigInteger)
    version: int = Field(sa_type=BigInteger)
    tombstone: bool


class CardShopRow(SQLModel, table=True):
    """The last sequence that a shop's feed assigned."""

    __tablename__ = "card_shop"

    tenant: str = Field(primary_key=True)
    store: str = Field(primary_key=True)
    head: int = Field(sa_type=BigInteger)


class CardProgressRow(SQLModel, table=True):
    """One row: how far the fold has come.

    Attributes:
        rebuild_until: while the ledger is folded anew, the position up to which the cards wait;
            0 otherwise.
    """

    __tablename__ = "card_progress"

    id: int = Field(sa_column=Column(BIG_KEY, primary_key=True, autoincrement=False))
    position: int = Field(sa_type=BigInteger)
    rebuild_until: int = Field(sa_type=BigInteger)


_TABLES: Final = SQLModel.metadata.tables
CARD: Final[Table] = _TABLES["card"]
CARD_FEED: Final[Table] = _TABLES["card_feed"]
CARD_SHOP: Final[Table] = _TABLES["card_shop"]
CARD_PROGRESS: Final[Table] = _TABLES["card_progress"]
