"""Reads the shops' feeds: pages for tablets that missed some, and single cards for people."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, bindparam, select

from cloud.cards.keeping import CardKeeper
from cloud.cards.tables import CARD, CARD_FEED, CARD_SHOP
from cloud.sales.tables import AnyRow
from cloud.storage import read
from models.vault.blob import BlobSealer
from models.vault.keyring import Keyring
from models.wire.cards import Card, CardDelta, CardPage
from models.wire.ids import OneId, StoreId, TenantId

MOST_DELTAS: Final = 1000
"""Deltas of one page at most; 500 of them are about half a megabyte."""

_PAGE: Final = (
    select(CARD_FEED, CARD.c.version.label("card_version"), CARD.c.sealed)
    .join(CARD, CARD.c.one_id == CARD_FEED.c.one_id)
    .where(
        CARD_FEED.c.tenant == bindparam("tenant"),
        CARD_FEED.c.store == bindparam("store"),
        CARD_FEED.c.sequence > bindparam("after"),
    )
    .order_by(CARD_FEED.c.sequence)
)


class CardFeed:
    """The feeds of all shops. Every call reads one consistent moment; safe for several threads."""

    def __init__(self, engine: Engine, keyring: Keyring, blobs: BlobSealer) -> None:
        self._engine = engine
        self._keeper = CardKeeper(keyring, blobs)

    def page(self, tenant: TenantId, store: StoreId, after: int, limit: int = 500) -> CardPage:
        """The newest deltas behind a sequence, oldest first; ask again while it is not the head.

        Args:
            tenant: whose shop it is.
            store: the shop.
            after: the last sequence that was applied, 0 for none.
            limit: deltas at most, between 1 and ``MOST_DELTAS``.
        """
        limit = max(1, min(limit, MOST_DELTAS))
        wanted = {"tenant": tenant, "store": store, "after": after}
        with read(self._engine) as connection:
            head = _head(connection, tenant, store)
            rows = connection.execute(_PAGE.limit(limit + 1), wanted).all()
        deltas = [self._delta(row) for row in rows[:limit]]
        through = deltas[-1].sequence if len(rows) > limit else max(head, after)
        return CardPage(deltas=deltas, through=through, head=head)

    def head(self, tenant: TenantId, store: StoreId) -> int:
        """The last sequence of a shop's feed, 0 before its first card."""
        with read(self._engine) as connection:
            return _head(connection, tenant, store)

    def heads(self) -> dict[tuple[TenantId, StoreId], int]:
        """The last sequence of every shop's feed."""
        with read(self._engine) as connection:
            rows = connection.execute(select(CARD_SHOP)).all()
        return {(TenantId(row.tenant), StoreId(row.store)): row.head for row in rows}

    def card(self, tenant: TenantId, one_id: OneId) -> Card | None:
        """The card of one member, or None where there is none."""
        query = select(CARD).where(CARD.c.tenant == tenant, CARD.c.one_id == one_id)
        with read(self._engine) as connection:
            row = connection.execute(query).first()
        if row is None or row.sealed is None:
            return None
        return self._keeper.open(one_id, row.version, row.sealed)

    def _delta(self, row: AnyRow) -> CardDelta:
        one_id = OneId(row.one_id)
        card = None
        if not row.tombstone and row.sealed is not None:
            card = self._keeper.open(one_id, row.card_version, row.sealed)
        return CardDelta(
            store=row.store, sequence=row.sequence, one_id=one_id, version=row.version, card=card
        )


def _head(connection: Connection, tenant: TenantId, store: StoreId) -> int:
    query = select(CARD_SHOP.c.head).where(CARD_SHOP.c.tenant == tenant, CARD_SHOP.c.store == store)
    return connection.scalar(query) or 0
