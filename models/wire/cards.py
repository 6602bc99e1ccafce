"""Cards that come down to the shops: the whole card, versioned, or a tombstone.

Every shop has its own feed with its own sequence. A tablet that missed some asks for the rest over
HTTPS and receives a page of the same deltas.
"""

from __future__ import annotations

import msgspec

from models.wire.errors import DECODE_FAULTS, WireError, describe


class Spend(msgspec.Struct, frozen=True):
    """Net value in one currency: completed sales less returns, in minor units."""

    currency: str
    amount_minor: int


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """One visit's sale as the guide sees it.

    Attributes:
        sale_id: the id through all revisions; the overlay of a local sale is matched by it.
        at: end of the transaction, UTC.
        items: the first few line descriptions.
    """

    sale_id: str
    at: str
    store: str
    business_day: str
    total_minor: int
    currency: str
    items: list[str] = []


class Card(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A member as a shop needs them.

    Attributes:
        one_id: the member's opaque id.
        version: grows with every change of this member.
        purchases: the newest first, at most ten.
        includes: ids of recent sales that the figures already contain; local overlays of these
            are taken off.
    """

    one_id: str
    version: int
    since: str
    visits: int
    spend: list[Spend]
    phones: list[str] = []
    member_codes: list[str] = []
    cards: list[str] = []
    family_name: str = ""
    given_name: str = ""
    last_visit_at: str = ""
    purchases: list[Purchase] = []
    includes: list[str] = []


class CardDelta(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a shop's feed. ``card`` is None for a tombstone: forget this member here."""

    store: str
    sequence: int
    one_id: str
    version: int
    card: Card | None
    v: int = 1


class CardPage(msgspec.Struct, frozen=True, kw_only=True):
    """Catch-up over HTTPS.

    Attributes:
        deltas: in sequence order; only the newest delta of a member is kept, so holes are normal.
        through: the feed is complete up to this sequence once the page is applied.
        head: the feed's last sequence; ask again while ``through < head``.
    """

    deltas: list[CardDelta]
    through: int
    head: int
    v: int = 1


def decode_delta(payload: bytes) -> CardDelta:
    """Read one delta; raises WireError."""
    try:
        return msgspec.json.decode(payload, type=CardDelta)
    except DECODE_FAULTS as error:
        raise WireError(f"not a card delta: {describe(error)}") from error


def decode_page(payload: bytes) -> CardPage:
    """Read a catch-up page; raises WireError."""
    try:
        return msgspec.json.decode(payload, type=CardPage)
    except DECODE_FAULTS as error:
        raise WireError(f"not a page of cards: {describe(error)}") from error
