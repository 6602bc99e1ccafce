"""The replica's rows within one transaction, typed: every SQL statement of the replica is here."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from agent.replica.view import LaidSale, MemberRef, Overlay
from models.vault.blob import BlobSealer
from models.wire.cards import Card
from models.wire.ids import SaleId

_CARDS: Final = msgspec.json.Decoder(Card)
_SALES: Final = msgspec.json.Decoder(LaidSale)

# A void may lie on no card at all (its original was never seen), so it is matched by receipt.
_OVERLAYS: Final = """
SELECT o.sale_id, o.sealed, o.confirmed, o.voids IS NOT NULL,
       EXISTS (SELECT 1 FROM overlay v WHERE v.voids = o.receipt),
       EXISTS (SELECT 1 FROM overlay s WHERE s.receipt = o.voids AND s.confirmed = 0)
FROM overlay o WHERE o.member = ?
"""


@dataclass(frozen=True, slots=True)
class Member:
    """A row: who, and which version of the card we have. ``gone`` marks a tombstone."""

    id: int
    ref: MemberRef
    version: int
    gone: bool


@dataclass(frozen=True, slots=True)
class Laid:
    """A row: which member a local sale lies on, if any, and in which revision."""

    member: int | None
    revision: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Seals:
    """Seals cards for their member and overlays for their sale. Safe for several threads."""

    cards: BlobSealer
    sales: BlobSealer

    def card(self, ref: MemberRef, card: Card) -> bytes:
        """The card's bytes at rest."""
        return self.cards.seal(msgspec.json.encode(card), ref.value)

    def sale(self, sale_id: SaleId, sale: LaidSale) -> bytes:
        """The overlay's bytes at rest."""
        return self.sales.seal(msgspec.json.encode(sale), sale_id)

    def open_card(self, ref: MemberRef, sealed: bytes) -> Card:
        """The plain card; raises SealBroken."""
        return _CARDS.decode(self.cards.open(sealed, ref.value))

    def open_sale(self, sale_id: SaleId, sealed: bytes) -> LaidSale:
        """The plain overlay; raises SealBroken."""
        return _SALES.decode(self.sales.open(sealed, sale_id))


class Shelf:
    """Members, look-ups and overlays of one open transaction."""

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
        """The member's row, tombstones included."""
        found = self._members("m.ref = ?", [ref.value])
        return found[0] if found else None

    def member_of(self, row: int) -> Member:
        """The member of a row id that another row names."""
        return self._members("m.id = ?", [row])[0]

    def card(self, member: Member) -> Card:
        """The member's card as it was put; raises SealBroken."""
        (sealed,) = self._db.execute(
            "SELECT sealed FROM member WHERE id = ?", (member.id,)
        ).fetchone()
        return self._seals.open_card(member.ref, sealed)

    def includes(self, member: Member, sale_id: SaleId) -> bool:
        """Whether the card's figures contain a sale already; raises SealBroken."""
        card = self.card(member)
        return sale_id in card.includes or any(sale_id == one.sale_id for one in card.purchases)

    def put(
        self,
        ref: MemberRef,
        version: int,
        sequence: int,
        sealed: bytes | None,
        fingerprints: Iterable[bytes],
    ) -> Member:
        """Keep a card (None: a tombstone), replacing the member's older one and its look-ups."""
        (row,) = self._db.execute(
            "INSERT INTO member (ref, provisional, version, sequence, sealed)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (ref) DO UPDATE SET version = excluded.version,"
            " sequence = excluded.sequence, sealed = excluded.sealed RETURNING id",
            (ref.value, ref.provisional, version, sequence, sealed),
        ).fetchone()
        self._db.execute("DELETE FROM look_up WHERE member = ?", (row,))
        self._db.executemany(
            "INSERT INTO look_up (fingerprint, member) VALUES (?, ?)",
            [(fingerprint, row) for fingerprint in fingerprints],
        )
        return Member(row, ref, version, gone=sealed is None)

    def remove(self, member: Member) -> None:
        """Forget the member with look-ups and overlays."""
        self._db.execute("DELETE FROM member WHERE id = ?", (member.id,))

    def holders(self, fingerprints: Sequence[bytes], limit: int = 100) -> list[Member]:
        """Members that any of these fingerprints finds."""
        if not fingerprints:
            return []
        marks = ", ".join("?" * len(fingerprints))
        where = f"m.id IN (SELECT member FROM look_up WHERE fingerprint IN ({marks})) LIMIT {limit}"
        return self._members(where, fingerprints)

    def overlays(self, member: Member) -> list[Overlay]:
        """The member's local sales, confirmed ones included; raises SealBroken."""
        return [
            Overlay(
                sale_id=sale_id,
                sale=self._seals.open_sale(sale_id, sealed),
                confirmed=bool(confirmed),
                voids=bool(voids),
                voided=bool(voided),
                original_pending=bool(pending),
            )
            for sale_id, sealed, confirmed, voids, voided, pending in self._db.execute(
                _OVERLAYS, (member.id,)
            )
        ]

    def laid(self, sale_id: SaleId) -> Laid | None:
        """Where a sale lies, if it was seen before; raises SealBroken."""
        row = self._db.execute(
            "SELECT member, sealed, confirmed FROM overlay WHERE sale_id = ?", (sale_id,)
        ).fetchone()
        if row is None:
            return None
        return Laid(row[0], self._seals.open_sale(sale_id, row[1]).revision, bool(row[2]))

    def member_with_receipt(self, receipt: bytes) -> Member | None:
        """The member on whose card the transaction with this place lies."""
        found = self._members("m.id IN (SELECT member FROM overlay WHERE receipt = ?)", [receipt])
        return found[0] if found else None

    def lay(
        self,
        sale_id: SaleId,
        member: Member | None,
        receipt: bytes,
        voids: bytes | None,
        sealed: bytes,
        at: datetime,
        *,
        confirmed: bool,
    ) -> None:
        """Lay a sale on a member's card, replacing its earlier revision."""
        self._db.execute(
            "INSERT OR REPLACE INTO overlay"
            " (sale_id, member, receipt, voids, confirmed, laid_at_s, sealed)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                sale_id,
                member.id if member else None,
                receipt,
                voids,
                confirmed,
                int(at.timestamp()),
                sealed,
            ),
        )

    def take_off(self, sale_id: SaleId) -> None:
        """Forget a local sale."""
        self._db.execute("DELETE FROM overlay WHERE sale_id = ?", (sale_id,))

    def confirm(self, member: Member, sale_ids: Sequence[str]) -> list[Member]:
        """The member's card includes these sales; returns others on whose cards they lay."""
        if not sale_ids:
            return []
        marks = ", ".join("?" * len(sale_ids))
        others = self._members(
            f"m.id IN (SELECT member FROM overlay WHERE sale_id IN ({marks})) AND m.id <> ?",
            [*sale_ids, member.id],
        )
        self._db.execute(
            f"UPDATE overlay SET confirmed = 1, member = ? WHERE sale_id IN ({marks})",
            (member.id, *sale_ids),
        )
        return others

    def hand_over(self, provisional: Member, member: Member) -> None:
        """The real card takes over what lay on the provisional one, which goes."""
        self._db.execute(
            "UPDATE overlay SET member = ? WHERE member = ?", (member.id, provisional.id)
        )
        self.remove(provisional)

    def has_overlays(self, member: Member) -> bool:
        """Whether any local sale lies on the member's card."""
        query = "SELECT EXISTS (SELECT 1 FROM overlay WHERE member = ?)"
        return bool(self._db.execute(query, (member.id,)).fetchone()[0])

    def forget_overlays(self, *, keep: int) -> None:
        """Keep at most the newest local sales."""
        self._db.execute(
            "DELETE FROM overlay WHERE id <= (SELECT max(id) FROM overlay) - ?", (keep,)
        )

    def forget_older(self, than: datetime) -> None:
        """Forget sales laid over before a moment, and provisional cards left with none."""
        self._db.execute("DELETE FROM overlay WHERE laid_at_s < ?", (int(than.timestamp()),))
        self._db.execute(
            "DELETE FROM member WHERE provisional = 1"
            " AND NOT EXISTS (SELECT 1 FROM overlay WHERE overlay.member = member.id)"
        )

    def clear(self) -> None:
        """Forget everybody; the feed begins at its beginning."""
        self._db.execute("DELETE FROM overlay")
        self._db.execute("DELETE FROM member")
        self.move_through(0)

    def _members(self, where: str, values: Sequence[object]) -> list[Member]:
        rows = self._db.execute(
            f"SELECT m.id, m.ref, m.version, m.sealed IS NULL FROM member m WHERE {where}",
            values,
        )
        return [
            Member(row, MemberRef(ref), version, bool(gone)) for row, ref, version, gone in rows
        ]
