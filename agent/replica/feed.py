"""The shop's feed of cards: whole cards by version, a position without holes, pages to catch up.

A card ahead of its turn is kept at once (it is whole, and versioned, so nothing can go wrong), but
the position stays until the hole before it is filled; the caller fetches pages after ``through``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.replica.card_rows import Member
from agent.replica.lookup import KnownBy, LookUps
from agent.replica.seals import Seals
from agent.replica.shelf import Shelf
from agent.replica.view import MemberRef
from models.wire.cards import Card, CardDelta


class Applied(StrEnum):
    """What became of a delta."""

    APPLIED = "applied"
    STALE = "stale"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Ready:
    """A delta with all that can be computed before the write lock is taken."""

    delta: CardDelta
    member: Member
    sealed: bytes | None
    known_by: KnownBy


@dataclass(frozen=True, slots=True)
class Touched:
    """A member whose card changed, and the provisional card it took over."""

    ref: MemberRef
    formerly: MemberRef | None = None


def make_ready(delta: CardDelta, seals: Seals, look_ups: LookUps) -> Ready:
    """Seal the card and make its fingerprints."""
    ref, card = MemberRef(delta.one_id), delta.card
    member = Member(0, ref, delta.version, gone=card is None)
    if card is None:
        return Ready(delta, member, None, KnownBy((), ()))
    return Ready(delta, member, seals.card(ref, card), look_ups.of_card(card))


def apply_live(shelf: Shelf, ready: Ready) -> tuple[Applied, list[Touched]]:
    """One delta of the feed as it came down the line."""
    through, sequence = shelf.cards.through(), ready.delta.sequence
    if sequence <= through:
        return Applied.STALE, []
    touched = keep_if_newer(shelf, ready)
    if sequence > through + 1:
        return Applied.GAP, touched
    shelf.cards.move_through(sequence)
    return (Applied.APPLIED if touched else Applied.STALE), touched


def keep_if_newer(shelf: Shelf, ready: Ready) -> list[Touched]:
    """Keep the delta's card or tombstone unless we have that version; returns what changed."""
    known = shelf.cards.member(ready.member.ref)
    if known is not None and known.version >= ready.delta.version:
        return []
    if ready.delta.card is None:
        return _forget(shelf, ready, known)
    return _keep(shelf, ready, ready.delta.card)


def _forget(shelf: Shelf, ready: Ready, known: Member | None) -> list[Touched]:
    if known is not None:
        shelf.cards.remove(known)
    shelf.cards.put(ready.member, ready.delta.sequence, None, ())
    return [Touched(ready.member.ref)]


def _keep(shelf: Shelf, ready: Ready, card: Card) -> list[Touched]:
    known_by = ready.known_by
    fingerprints = (*known_by.strong, *known_by.weak)
    member = shelf.cards.put(ready.member, ready.delta.sequence, ready.sealed, fingerprints)
    included = [*card.includes, *(purchase.sale_id for purchase in card.purchases)]
    bereft = [_without_sale(shelf, row, member) for row in shelf.overlays.confirm(member, included)]
    newcomers = [one for one in shelf.cards.holders(known_by.strong) if one.ref.provisional]
    return [
        Touched(member.ref),
        *(touched for touched in bereft if touched is not None),
        *(_taken_over(shelf, newcomer, member) for newcomer in newcomers),
    ]


def _taken_over(shelf: Shelf, newcomer: Member, member: Member) -> Touched:
    """The real card takes over all that lay on a provisional one, which goes."""
    shelf.overlays.hand_over(newcomer, member)
    shelf.cards.remove(newcomer)
    return Touched(member.ref, newcomer.ref)


def _without_sale(shelf: Shelf, row: int, heir: Member) -> Touched | None:
    """Another member whose local sale turned out to be the heir's."""
    member = shelf.cards.member_in(row)
    if member is None:
        return None
    if member.ref.provisional and not shelf.overlays.any_of(member):
        return _taken_over(shelf, member, heir)
    return Touched(member.ref)
