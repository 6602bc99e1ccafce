"""The shop's feed of cards: whole cards by version, a position without holes, pages to catch up.

A card ahead of its turn is kept at once (it is whole, and versioned, so nothing can go wrong), but
the position stays until the hole before it is filled; the caller fetches pages after ``through``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.replica.lookup import KnownBy, LookUps
from agent.replica.shelf import Member, Seals, Shelf
from agent.replica.view import MemberRef
from models.wire.cards import CardDelta


class Applied(StrEnum):
    """What became of a delta."""

    APPLIED = "applied"
    STALE = "stale"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Ready:
    """A delta with all that can be computed before the write lock is taken."""

    delta: CardDelta
    ref: MemberRef
    sealed: bytes | None
    known_by: KnownBy


@dataclass(frozen=True, slots=True)
class Touched:
    """A member whose card changed, and the provisional card it took over."""

    ref: MemberRef
    formerly: MemberRef | None = None


def make_ready(delta: CardDelta, seals: Seals, look_ups: LookUps) -> Ready:
    """Seal the card and make its fingerprints."""
    ref = MemberRef(delta.one_id)
    if delta.card is None:
        return Ready(delta, ref, None, KnownBy((), ()))
    return Ready(delta, ref, seals.card(ref, delta.card), look_ups.of_card(delta.card))


def apply_live(shelf: Shelf, ready: Ready) -> tuple[Applied, list[Touched]]:
    """One delta of the feed as it came down the line."""
    through, sequence = shelf.through(), ready.delta.sequence
    if sequence <= through:
        return Applied.STALE, []
    touched = keep_if_newer(shelf, ready)
    if sequence > through + 1:
        return Applied.GAP, touched
    shelf.move_through(sequence)
    return (Applied.APPLIED if touched else Applied.STALE), touched


def keep_if_newer(shelf: Shelf, ready: Ready) -> list[Touched]:
    """Keep the delta's card or tombstone unless we have that version; returns what changed."""
    known = shelf.member(ready.ref)
    if known is not None and known.version >= ready.delta.version:
        return []
    if ready.delta.card is None:
        return _forget(shelf, ready, known)
    return _keep(shelf, ready, [*ready.delta.card.includes, *_listed(ready.delta)])


def _forget(shelf: Shelf, ready: Ready, known: Member | None) -> list[Touched]:
    if known is not None:
        shelf.remove(known)
    shelf.put(ready.ref, ready.delta.version, ready.delta.sequence, None, ())
    return [Touched(ready.ref)]


def _keep(shelf: Shelf, ready: Ready, included: list[str]) -> list[Touched]:
    fingerprints = (*ready.known_by.strong, *ready.known_by.weak)
    member = shelf.put(
        ready.ref, ready.delta.version, ready.delta.sequence, ready.sealed, fingerprints
    )
    emptied = shelf.confirm(member, included)
    taken_over = [one for one in shelf.holders(ready.known_by.strong) if one.ref.provisional]
    for provisional in taken_over:
        shelf.hand_over(provisional, member)
    return [
        *(Touched(member.ref, provisional.ref) for provisional in taken_over),
        *(_left_without(shelf, one, member) for one in emptied if one not in taken_over),
        *([] if taken_over else [Touched(member.ref)]),
    ]


def _left_without(shelf: Shelf, member: Member, heir: Member) -> Touched:
    """A member whose local sale turned out to be another's; an empty provisional card goes."""
    if member.ref.provisional and not shelf.has_overlays(member):
        shelf.remove(member)
        return Touched(heir.ref, member.ref)
    return Touched(member.ref)


def _listed(delta: CardDelta) -> list[str]:
    return [purchase.sale_id for purchase in delta.card.purchases] if delta.card else []
