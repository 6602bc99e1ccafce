"""From a card to what stands on the screen: every word and figure a template shows, ready made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.replica import CardView, SeenPurchase
from agent.tablet.line import LineState
from models.people.phones import PhoneNumbers
from models.shown.masking import full_name, masked_code, masked_name, masked_phone
from models.shown.money import money
from models.shown.words import Words


@dataclass(frozen=True, slots=True)
class Shop:
    """Where the page hangs.

    Attributes:
        name: as the guides call the shop; shown in the bar.
        timezone: in which times are shown.
        phone_region: ISO 3166; numbers of this region are shown without country code.
    """

    name: str
    timezone: ZoneInfo
    phone_region: str = "CN"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time for people and for machines."""

    text: str
    iso: str


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A name or number: as it stands on the screen now, and as strangers may read it."""

    text: str
    masked: str


@dataclass(frozen=True, slots=True, repr=False)
class PurchaseLine:
    """One purchase in the list."""

    sale_id: str
    when: Moment
    items: str
    amount: str
    returned: bool
    confirmed: bool


@dataclass(frozen=True, slots=True, repr=False)
class CardScreen:
    """One member's card."""

    version: int
    provisional: bool
    shown: bool
    name: Secret
    phones: tuple[Secret, ...]
    cards: tuple[Secret, ...]
    member_codes: tuple[Secret, ...]
    since: Moment | None
    last_visit: Moment | None
    visits: int
    spend: tuple[str, ...]
    purchases: tuple[PurchaseLine, ...]


@dataclass(frozen=True, slots=True)
class LineScreen:
    """The line to the cloud."""

    online: bool
    since: Moment


class Screens:
    """Makes screens for one shop. Holds nothing of any member."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._familiar = PhoneNumbers(shop.phone_region).familiar

    def card(self, view: CardView, words: Words, now: datetime, *, shown: bool) -> CardScreen:
        """The member's card, masked unless it is to be shown."""
        phones = [self._familiar(phone) for phone in view.phones]
        return CardScreen(
            version=view.version,
            provisional=view.ref.provisional,
            shown=shown,
            name=_name(view, words, shown=shown),
            phones=_secrets(phones, masked_phone, shown=shown),
            cards=_secrets(view.cards, masked_code, shown=shown),
            member_codes=_secrets(view.member_codes, masked_code, shown=shown),
            since=self._day(view.since, words) if view.since else None,
            last_visit=self._moment(view.last_visit_at, words, now) if view.last_visit_at else None,
            visits=view.visits,
            spend=tuple(money(spend.amount_minor, spend.currency) for spend in view.spend),
            purchases=tuple(self._purchase(each, words, now) for each in view.purchases),
        )

    def line(self, state: LineState, words: Words, now: datetime) -> LineScreen:
        """Whether the cloud answers, and since when."""
        return LineScreen(state.online, self._moment(state.since, words, now))

    def _purchase(self, seen: SeenPurchase, words: Words, now: datetime) -> PurchaseLine:
        purchase = seen.purchase
        return PurchaseLine(
            sale_id=purchase.sale_id,
            when=self._moment(seen.at, words, now),
            items=words("card.items_joined").join(purchase.items) or words("card.no_items"),
            amount=money(purchase.total_minor, purchase.currency),
            returned=purchase.total_minor < 0,
            confirmed=seen.confirmed,
        )

    def _moment(self, moment: datetime, words: Words, now: datetime) -> Moment:
        return Moment(words.when(moment, now, self._shop.timezone), moment.isoformat())

    def _day(self, moment: datetime, words: Words) -> Moment:
        return Moment(words.day(moment, self._shop.timezone), moment.isoformat())


def _name(view: CardView, words: Words, *, shown: bool) -> Secret:
    masked = masked_name(view.family_name, view.given_name) or words("card.no_name")
    full = full_name(view.family_name, view.given_name) or masked
    return Secret(full if shown else masked, masked)


def _secrets(
    values: Iterable[str], mask: Callable[[str], str], *, shown: bool
) -> tuple[Secret, ...]:
    return tuple(Secret(value if shown else mask(value), mask(value)) for value in values)
