"""Members, their cards and look-ups, and the feed's position: rows of one open transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from agent.replica.seals import Seals
from agent.replica.view import MemberRef
from models.wire.cards import Card
from models.wire.ids import SaleId

_BY_REF: Final = "SELECT id, ref, version, sealed IS NULL FROM member WHERE ref = ?"
_BY_ROW: Final = "SELECT id, ref, version, sealed IS NULL FROM member WHERE id = ?"
_BY_FINGERPRINT: Final = """
SELECT m.id, m.ref, m.version, 0 FROM look_up l JOIN member m ON m.id = l.member
WHERE l.fingerprint = ? LIMIT ?
"""
_PUT: Final = """
INSERT INTO member (ref, provisional, version, sequence, sealed) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (ref) DO UPDATE
SET version = excluded.version, sequence = excluded.sequence, sealed = excluded.sealed
RETURNING id
"""
_MOST_HOLDERS: Final = 100


@dataclass(frozen=True, slots=True)
class Member:
    """Who, and which version of the card we have. ``gone`` marks a tombstone."""

    row: int
    ref: MemberRef
    version: int
    gone: bool


class CardRows:
    """What the feed brings."""

    def __init__(self, db: sqlite3.Connection, seals: Seals) -> None:
        self._db = db
        self._seals = seals

    def through(self) -> int:
        """The feed is complete up to this sequence."""
        (through,) = self._db.execute("SELECT through FROM feed").fetchone()
        return int(through)

    def move_through(self, sequence: int) -> None:
        """Move the position; tombstones up to it have done their work and go."""
        self._db.execute("UPDATE feed SET through = ?", (sequence,))
        self._db.execute("DELETE FROM member WHERE sealed IS NULL AND sequence <= ?", (sequence,))

    def member(self, ref: MemberRef) -> Member | None:
        """The member of this name, tombstones included."""
        return next(self._members(_BY_REF, ref.value), None)

    def member_in(self, row: int) -> Member | None:
        """The member of a row that an overlay names."""
        return next(self._members(_BY_ROW, row), None)

    def holders(self, fingerprints: Iterable[bytes], limit: int = _MOST_HOLDERS) -> list[Member]:
        """Members that any of these fingerprints finds, each once."""
        found = [
            one for each in fingerprints for one in self._members(_BY_FINGERPRINT, each, limit)
        ]
        return list(dict.fromkeys(found))[:limit]

    def card(self, member: Member) -> Card:
        """The member's card as it was put; raises SealBroken."""
        query = "SELECT sealed FROM member WHERE id = ?"
        (sealed,) = self._db.execute(query, (member.row,)).fetchone()
        return self._seals.open_card(member.ref, sealed)

    def includes(self, member: Member, sale_id: SaleId) -> bool:
        """Whether the card's figures contain a sale already; raises SealBroken."""
        card = self.card(member)
        return sale_id in card.includes or any(sale_id == one.sale_id for one in card.purchases)

    def put(
        self, member: Member, sequence: int, sealed: bytes | None, fingerprints: Sequence[bytes]
    ) -> Member:
        """Keep a card (None: a tombstone), replacing the member's older one and its look-ups.

        The member's ``row`` is not looked at: the returned one has the right row.
        """
        ref = member.ref
        values = (ref.value, ref.provisional, member.version, sequence, sealed)
        (row,) = self._db.execute(_PUT, values).fetchone()
        self._db.execute("DELETE FROM look_up WHERE member = ?", (row,))
        self._db.executemany(
            "INSERT INTO look_up (fingerprint, member) VALUES (?, ?)",
            [(fingerprint, row) for fingerprint in fingerprints],
        )
        return Member(row, ref, member.version, gone=sealed is None)

    def remove(self, member: Member) -> None:
        """Forget the member with look-ups and overlays."""
        self._db.execute("DELETE FROM member WHERE id = ?", (member.row,))

    def remove_empty_newcomers(self) -> None:
        """Forget provisional cards on which no local sale lies any more."""
        self._db.execute(
            "DELETE FROM member WHERE provisional = 1"
            " AND NOT EXISTS (SELECT 1 FROM overlay WHERE overlay.member = member.id)"
        )

    def clear(self) -> None:
        """Forget everybody; the feed begins at its beginning."""
        self._db.execute("DELETE FROM member")
        self.move_through(0)

    def _members(self, query: str, *values: object) -> Iterator[Member]:
        for row, ref, version, gone in self._db.execute(query, values):
            yield Member(row, MemberRef(ref), version, bool(gone))
