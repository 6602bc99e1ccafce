"""Local sales laid over cards: rows of one open transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from agent.replica.card_rows import Member
from agent.replica.seals import Seals
from agent.replica.view import Overlay
from models.wire.ids import SaleId

# A void may lie on no card at all (its original was never seen), so it is matched by receipt.
_PENDING: Final = """
SELECT o.sale_id, o.sealed, o.voids IS NOT NULL,
       EXISTS (SELECT 1 FROM overlay v WHERE v.voids = o.receipt),
       EXISTS (SELECT 1 FROM overlay s WHERE s.receipt = o.voids AND s.confirmed = 0)
FROM overlay o WHERE o.member = ? AND o.confirmed = 0
"""
_TAKEN_BACK: Final = """
SELECT o.sale_id FROM overlay o
WHERE o.member = ? AND EXISTS (SELECT 1 FROM overlay v WHERE v.voids = o.receipt)
"""
_LAY: Final = """
INSERT OR REPLACE INTO overlay (sale_id, member, receipt, voids, confirmed, laid_at_s, sealed)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_ELSEWHERE: Final = """
SELECT DISTINCT member FROM overlay
WHERE sale_id IN (SELECT value FROM json_each(?)) AND member <> ?
"""
_CONFIRM: Final = """
UPDATE overlay SET confirmed = 1, member = ? WHERE sale_id IN (SELECT value FROM json_each(?))
"""


@dataclass(frozen=True, slots=True)
class Laid:
    """Where a local sale lies (a member's row, if any), in which revision, and whether it counts.

    Attributes:
        confirmed: the member's card includes it, in this revision or an older one.
    """

    member: int | None
    revision: str
    confirmed: bool


@dataclass(frozen=True, slots=True, repr=False)
class Slip:
    """A sale with all that can be computed before the write lock is taken.

    Attributes:
        receipt: fingerprint of its place in the shop's day.
        voids: of a post-void, the fingerprint of the receipt that it takes back.
        sealed: what it adds to a card; None for a transaction that never lies over one.
        strong, weak: fingerprints of the member, as the till read them.
        newcomer_sealed: the provisional card of somebody we do not know; None without identifier.
    """

    sale_id: SaleId
    revision: str
    at: datetime
    receipt: bytes
    voids: bytes | None
    sealed: bytes | None
    strong: tuple[bytes, ...] = ()
    weak: tuple[bytes, ...] = ()
    newcomer_sealed: bytes | None = None

    @property
    def lies_over(self) -> bool:
        """Whether it can concern a card: it counts and names somebody, or takes a sale back."""
        return self.sealed is not None and (bool(self.strong) or self.voids is not None)


class OverlayRows:
    """What this shop sold and the cloud's cards may not include yet."""

    def __init__(self, db: sqlite3.Connection, seals: Seals) -> None:
        self._db = db
        self._seals = seals

    def pending(self, member: Member) -> list[Overlay]:
        """The member's local sales that the card does not include; raises SealBroken."""
        return [
            Overlay(
                sale_id=sale_id,
                sale=self._seals.open_sale(sale_id, sealed),
                voids=bool(voids),
                voided=bool(voided),
                original_pending=bool(original_pending),
            )
            for sale_id, sealed, voids, voided, original_pending in self._db.execute(
                _PENDING, (member.row,)
            )
        ]

    def taken_back(self, member: Member) -> frozenset[str]:
        """The member's sales that a post-void of this shop took back, confirmed ones included."""
        return frozenset(sale_id for (sale_id,) in self._db.execute(_TAKEN_BACK, (member.row,)))

    def any_of(self, member: Member) -> bool:
        """Whether any local sale lies on the member's card."""
        query = "SELECT 1 FROM overlay WHERE member = ? LIMIT 1"
        return self._db.execute(query, (member.row,)).fetchone() is not None

    def find(self, sale_id: SaleId) -> Laid | None:
        """Where a sale lies, if it was laid before; raises SealBroken."""
        query = "SELECT member, sealed, confirmed FROM overlay WHERE sale_id = ?"
        row = self._db.execute(query, (sale_id,)).fetchone()
        if row is None:
            return None
        return Laid(row[0], self._seals.open_sale(sale_id, row[1]).revision, bool(row[2]))

    def member_with_receipt(self, receipt: bytes) -> int | None:
        """The row of the member on whose card the transaction with this place lies."""
        query = "SELECT member FROM overlay WHERE receipt = ? AND member IS NOT NULL"
        row = self._db.execute(query, (receipt,)).fetchone()
        return int(row[0]) if row else None

    def lay(self, slip: Slip, member: Member | None, *, confirmed: bool) -> None:
        """Lay a sale on a member's card, replacing its earlier revision."""
        row = member.row if member else None
        at_s = int(slip.at.timestamp())
        values = (slip.sale_id, row, slip.receipt, slip.voids, confirmed, at_s, slip.sealed)
        self._db.execute(_LAY, values)

    def take_off(self, sale_id: SaleId) -> None:
        """Forget a local sale."""
        self._db.execute("DELETE FROM overlay WHERE sale_id = ?", (sale_id,))

    def confirm(self, member: Member, sale_ids: Sequence[str]) -> list[int]:
        """The member's card includes these sales; returns the other rows on which they lay."""
        wanted = msgspec.json.encode(sale_ids).decode()
        elsewhere = self._db.execute(_ELSEWHERE, (wanted, member.row)).fetchall()
        self._db.execute(_CONFIRM, (member.row, wanted))
        return [row for (row,) in elsewhere]

    def hand_over(self, giver: Member, taker: Member) -> None:
        """Move all of one member's local sales to another."""
        query = "UPDATE overlay SET member = ? WHERE member = ?"
        self._db.execute(query, (taker.row, giver.row))

    def forget_all_but(self, newest: int) -> None:
        """Keep at most so many local sales."""
        query = "DELETE FROM overlay WHERE id <= (SELECT max(id) FROM overlay) - ?"
        self._db.execute(query, (newest,))

    def forget_before(self, moment: datetime) -> None:
        """Forget sales laid over before a moment."""
        self._db.execute("DELETE FROM overlay WHERE laid_at_s < ?", (int(moment.timestamp()),))

    def clear(self) -> None:
        """Forget all local sales."""
        self._db.execute("DELETE FROM overlay")
