"""A card as a guide sees it now: the cloud's figures with this shop's own sales on top.

Pure: cards and overlays in, a view out. A local sale counts until the cloud's card includes it; a
post-void hides the sale it takes back, or counts against the card where the card has that sale
already. So the figures are right at every step, in whatever order sale, void and card arrive.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec

from models.wire.cards import Card, Purchase, Spend
from models.wire.ids import SaleId

PROVISIONAL: Final = "provisional:"
MOST_PURCHASES: Final = 10
"""As many as the cloud's card holds."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MemberRef:
    """Names a card of the replica: the member's one_id, or an id of our own until there is one."""

    value: str

    @property
    def provisional(self) -> bool:
        """Whether the cloud has not yet said who this is."""
        return self.value.startswith(PROVISIONAL)


class LaidSale(msgspec.Struct, frozen=True, kw_only=True):
    """What a local sale adds to a card.

    Attributes:
        revision: the sale's content digest; the same again changes nothing.
        visits: 1 for a sale, 0 for a return, -1 for a post-void of a sale.
    """

    revision: str
    purchase: Purchase
    visits: int


@dataclass(frozen=True, slots=True, repr=False)
class Overlay:
    """A local sale that a member's card does not include yet.

    Attributes:
        voids: it takes another sale back.
        voided: another one takes it back.
        original_pending: it takes back a sale that the card does not include yet either.
    """

    sale_id: SaleId
    sale: LaidSale
    voids: bool
    voided: bool
    original_pending: bool

    @property
    def counts(self) -> bool:
        """Whether the figures need it on top of the card's."""
        return not (self.original_pending if self.voids else self.voided)


@dataclass(frozen=True, slots=True, repr=False)
class SeenPurchase:
    """One line of the purchase list. ``confirmed`` is False for a sale only this shop knows."""

    purchase: Purchase
    at: datetime
    confirmed: bool


@dataclass(frozen=True, slots=True, repr=False)
class CardView:
    """A member in plain words. Lives in memory while somebody looks at it; never logged.

    Attributes:
        version: of the cloud's card, 0 while it is provisional.
        phones: E.164.
        since, last_visit_at: aware UTC; None when unknown.
        purchases: the newest first, at most ten.
    """

    ref: MemberRef
    version: int
    family_name: str
    given_name: str
    phones: tuple[str, ...]
    cards: tuple[str, ...]
    member_codes: tuple[str, ...]
    since: datetime | None
    last_visit_at: datetime | None
    visits: int
    spend: tuple[Spend, ...]
    purchases: tuple[SeenPurchase, ...]

    def __repr__(self) -> str:
        return f"CardView(version={self.version})"


def compose(
    ref: MemberRef, card: Card, pending: Iterable[Overlay], taken_back: Collection[str]
) -> CardView:
    """Lay a member's pending sales over the card; purchases that were taken back are not listed."""
    counting = [overlay for overlay in pending if overlay.counts]
    return CardView(
        ref=ref,
        version=card.version,
        family_name=card.family_name,
        given_name=card.given_name,
        phones=tuple(card.phones),
        cards=tuple(card.cards),
        member_codes=tuple(card.member_codes),
        since=_moment(card.since),
        last_visit_at=_last_visit(card, counting),
        visits=max(0, card.visits + sum(overlay.sale.visits for overlay in counting)),
        spend=_spend(card, counting),
        purchases=_purchases(card, counting, taken_back),
    )


def _last_visit(card: Card, counting: Iterable[Overlay]) -> datetime | None:
    local = [_moment(each.sale.purchase.at) for each in counting if each.sale.visits > 0]
    known = [at for at in (_moment(card.last_visit_at), *local) if at is not None]
    return max(known, default=None)


def _spend(card: Card, counting: Iterable[Overlay]) -> tuple[Spend, ...]:
    totals = {spend.currency: spend.amount_minor for spend in card.spend}
    for overlay in counting:
        purchase = overlay.sale.purchase
        totals[purchase.currency] = totals.get(purchase.currency, 0) + purchase.total_minor
    return tuple(Spend(currency, amount) for currency, amount in totals.items())


def _purchases(
    card: Card, counting: Iterable[Overlay], taken_back: Collection[str]
) -> tuple[SeenPurchase, ...]:
    shown = {
        purchase.sale_id: _seen(purchase, confirmed=True)
        for purchase in card.purchases
        if purchase.sale_id not in taken_back
    }
    for overlay in counting:
        if not overlay.voids:
            shown.setdefault(overlay.sale_id, _seen(overlay.sale.purchase, confirmed=False))
    newest = sorted(shown.values(), key=lambda seen: seen.at, reverse=True)
    return tuple(newest[:MOST_PURCHASES])


def _seen(purchase: Purchase, *, confirmed: bool) -> SeenPurchase:
    return SeenPurchase(purchase, _moment(purchase.at) or _NEVER, confirmed)


def _moment(text: str) -> datetime | None:
    """An RFC 3339 time; a time without offset is taken for UTC, an unreadable one for unknown."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
