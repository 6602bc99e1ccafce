"""Cards and overlays of one open transaction, side by side."""

from __future__ import annotations

import sqlite3

from agent.replica.card_rows import CardRows, Member
from agent.replica.overlay_rows import OverlayRows
from agent.replica.seals import Seals
from agent.replica.view import CardView, MemberRef, compose


class Shelf:
    """All the rows that a piece of work may read or write."""

    def __init__(self, db: sqlite3.Connection, seals: Seals) -> None:
        self.cards = CardRows(db, seals)
        self.overlays = OverlayRows(db, seals)

    def view(self, member: Member) -> CardView:
        """The member's card with the local sales on top; raises SealBroken."""
        return compose(
            member.ref,
            self.cards.card(member),
            self.overlays.pending(member),
            self.overlays.taken_back(member),
        )

    def ref_in(self, row: int | None) -> MemberRef | None:
        """The name of the member in a row."""
        member = self.cards.member_in(row) if row is not None else None
        return member.ref if member else None
