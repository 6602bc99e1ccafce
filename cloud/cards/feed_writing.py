"""Writes changed cards and gives every shop that knows the member a numbered delta."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, insert, select, update

from cloud.cards.composing import Composed
from cloud.cards.keeping import CardKeeper
from cloud.cards.numbering import Delta, number
from cloud.cards.tables import CARD, CARD_FEED
from cloud.members.statements import run_many
from cloud.sales.tables import AnyRow
from models.wire.ids import OneId, StoreId, TenantId

_GONE: Final = b""
"""The digest of a card that no shop has any more."""

_WANTED: Final[BindParameter[Any]] = bindparam("values", expanding=True)
_CARDS: Final = select(CARD.c.one_id, CARD.c.tenant, CARD.c.version, CARD.c.digest).where(
    CARD.c.one_id.in_(_WANTED)
)
_FEEDS: Final = select(CARD_FEED.c.one_id, CARD_FEED.c.store, CARD_FEED.c.tombstone).where(
    CARD_FEED.c.one_id.in_(_WANTED)
)
_REPLACE_CARD: Final = (
    update(CARD)
    .where(CARD.c.one_id == bindparam("of"))
    .values({name: bindparam(name) for name in ("version", "digest", "sealed")})
)


@dataclass(frozen=True, slots=True)
class _Change:
    """A card that differs from what is stored.

    Attributes:
        card: None when no shop knows the member any more.
    """

    one_id: OneId
    tenant: TenantId
    version: int
    digest: bytes
    card: Composed | None
    again: bool


@dataclass(frozen=True, slots=True)
class _Before:
    """What the tables hold of these members."""

    cards: Mapping[OneId, AnyRow]
    feeds: Mapping[OneId, Mapping[StoreId, bool]]

    def live(self, one_id: OneId) -> set[StoreId]:
        """The shops that hold the member's card."""
        return {store for store, tombstone in self.feeds[one_id].items() if not tombstone}


def write_cards(
    connection: Connection,
    keeper: CardKeeper,
    one_ids: Sequence[OneId],
    composed: Iterable[Composed],
    position: int,
) -> int:
    """Write the cards that differ from what is stored; returns how many did.

    A version is the ledger position that the card was made at, or one more than the version before
    where that is not enough to grow. Members without a composed card lose theirs.
    """
    before = _load(connection, one_ids)
    cards = {card.one_id: card for card in composed}
    changes: list[_Change] = []
    deltas: list[Delta] = []
    for one_id in one_ids:
        card = cards.get(one_id)
        change = _change(keeper, one_id, card if card and card.stores else None, before, position)
        if change is not None:
            changes.append(change)
        deltas += _deltas(one_id, card, change, before)
    _write_cards(connection, keeper, changes)
    number(connection, deltas)
    return len(changes)


def _load(connection: Connection, one_ids: Sequence[OneId]) -> _Before:
    wanted = {"values": list(one_ids)}
    cards = {row.one_id: row for row in connection.execute(_CARDS, wanted)}
    feeds: dict[OneId, dict[StoreId, bool]] = defaultdict(dict)
    for row in connection.execute(_FEEDS, wanted):
        feeds[row.one_id][row.store] = row.tombstone
    return _Before(cards, feeds)


def _change(
    keeper: CardKeeper, one_id: OneId, card: Composed | None, before: _Before, position: int
) -> _Change | None:
    stored = before.cards.get(one_id)
    digest = keeper.digest(card) if card else _GONE
    if stored is None:
        return _Change(one_id, card.tenant, position, digest, card, again=False) if card else None
    leaves_a_shop = card is not None and bool(before.live(one_id) - card.stores)
    if stored.digest == digest and not leaves_a_shop:
        return None
    version = max(stored.version + 1, position)
    return _Change(one_id, stored.tenant, version, digest, card, again=True)


def _deltas(
    one_id: OneId, card: Composed | None, change: _Change | None, before: _Before
) -> Iterable[Delta]:
    """A changed card goes to every shop of the member, an unchanged one to those it is new to."""
    stored = before.cards.get(one_id)
    version = change.version if change else stored.version if stored else 0
    stores = card.stores if card else frozenset[StoreId]()
    live, known = before.live(one_id), before.feeds[one_id]
    tenant = card.tenant if card else stored.tenant if stored else TenantId("")
    for store in sorted(stores):
        if change is not None or store not in live:
            yield Delta(tenant, store, one_id, version, tombstone=False, again=store in known)
    for store in sorted(live - stores):
        yield Delta(tenant, store, one_id, version, tombstone=True, again=True)


def _write_cards(connection: Connection, keeper: CardKeeper, changes: Sequence[_Change]) -> None:
    sealed = iter(keeper.seal([change.card for change in changes if change.card is not None]))
    rows = [
        {
            "one_id": change.one_id,
            "tenant": change.tenant,
            "version": change.version,
            "digest": change.digest,
            "sealed": next(sealed) if change.card is not None else None,
        }
        for change in changes
    ]
    again = {change.one_id for change in changes if change.again}
    run_many(connection, insert(CARD), [row for row in rows if row["one_id"] not in again])
    run_many(
        connection,
        _REPLACE_CARD,
        [
            {"of": row["one_id"]} | {key: row[key] for key in ("version", "digest", "sealed")}
            for row in rows
            if row["one_id"] in again
        ],
    )
