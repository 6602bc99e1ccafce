"""The third fold: cards of changed members are made anew, and every shop's feed numbers them.

A card that comes out as it was makes no new version. While the ledger is folded anew the cards
wait until the fold has come as far as before; then only what differs is sent, so a rebuild that
changes nothing sends nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select, union

from cloud.cards.composing import compose
from cloud.cards.feed_writing import write_cards
from cloud.cards.keeping import CardKeeper
from cloud.cards.tables import CARD, CARD_PROGRESS
from cloud.ledger.entry import LedgerEntry
from cloud.members.sealing import PersonalSeals
from cloud.members.tables import MEMBER
from cloud.sales.tables import SALE
from models.vault.blob import BlobSealer
from models.vault.keyring import Keyring
from models.wire.ids import OneId

AT_ONCE: Final = 500
"""Members whose cards are made, and held in memory, at a time."""

_CHANGED: Final = union(
    select(MEMBER.c.one_id).where(MEMBER.c.version >= bindparam("since")),
    select(SALE.c.one_id).where(
        SALE.c.changed_position >= bindparam("since"), SALE.c.one_id.is_not(None)
    ),
)
_EVERYBODY: Final = union(select(MEMBER.c.one_id), select(CARD.c.one_id))
_PROGRESS: Final = select(CARD_PROGRESS.c.position, CARD_PROGRESS.c.rebuild_until)


class CardsFold:
    """Keeps every member's card and the shops' feeds. Runs after the members fold."""

    name = "cards"

    def __init__(self, keyring: Keyring, blobs: BlobSealer) -> None:
        self._seals = PersonalSeals(keyring)
        self._keeper = CardKeeper(keyring, blobs)

    def apply(self, connection: Connection, entries: Sequence[LedgerEntry]) -> None:
        """Make the cards of all members whom these entries, or later ones, have changed."""
        if not entries:
            return
        position, rebuild_until = _progress(connection)
        first, last = entries[0].position, entries[-1].position
        if last < rebuild_until:
            _save_progress(connection, last, rebuild_until)
            return
        wanted = _EVERYBODY if rebuild_until else _CHANGED
        parameters = {} if rebuild_until else {"since": first}
        concerned = sorted(connection.scalars(wanted, parameters))
        self.refresh(connection, concerned, last)
        _save_progress(connection, max(position, last), 0)

    def clear(self, connection: Connection) -> None:
        """Let the cards wait until the ledger has been folded anew as far as it was.

        Nothing is deleted: what the shops hold is what the rebuilt cards are compared with.
        """
        position, rebuild_until = _progress(connection)
        _save_progress(connection, 0, max(position, rebuild_until))

    def refresh(self, connection: Connection, one_ids: Sequence[OneId], position: int) -> int:
        """Make these members' cards now, as after an erasure; returns how many changed.

        Args:
            connection: a write transaction; no other one may refresh at the same time.
            one_ids: members; those that no longer exist lose their card everywhere.
            position: the ledger position up to which sales and members are folded.
        """
        changed = 0
        for start in range(0, len(one_ids), AT_ONCE):
            some = one_ids[start : start + AT_ONCE]
            composed = compose(connection, self._seals, some)
            changed += write_cards(connection, self._keeper, some, composed, position)
        return changed


def _progress(connection: Connection) -> tuple[int, int]:
    """How far the fold has come, and until where a rebuild lets the cards wait (0: none)."""
    row = connection.execute(_PROGRESS).first()
    return (row.position, row.rebuild_until) if row else (0, 0)


def _save_progress(connection: Connection, position: int, rebuild_until: int) -> None:
    connection.execute(delete(CARD_PROGRESS))
    connection.execute(
        insert(CARD_PROGRESS), {"id": 1, "position": position, "rebuild_until": rebuild_until}
    )
