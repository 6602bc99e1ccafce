"""From a card to what stands on the screen: every word and figure a template shows, ready made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.replica import CardView, SeenPurchase
from agent.replica.phones import PhoneNumbers
from agent.tablet.line import LineState
from agent.tablet.masking import full_name, masked_code, masked_name, masked_phone
from agent.tablet.money import money
from agent.tablet.words import Words


@dataclass(frozen=True, slots=True)
class Shop:
    """Where the page hangs.

    Attributes:
        name: as the guides call the shop; shown in the bar.
        timezone: in which times are shown.
        phone_region: ISO 3166; numbers of this region are shown without country code.
    """

    name: str = ""
    timezone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    phone_region: str = "CN"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time for people and for machines."""

    text: str
    iso: str


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
    name: str
    phones: tuple[str, ...]
    cards: tuple[str, ...]
    member_codes: tuple[str, ...]
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
        phones = tuple(self._familiar(phone) for phone in view.phones)
        return CardScreen(
            version=view.version,
            provisional=view.ref.provisional,
            shown=shown,
            name=_name(view, shown=shown) or words("card.no_name"),
            phones=phones if shown else tuple(map(masked_phone, phones)),
            cards=view.cards if shown else tuple(map(masked_code, view.cards)),
            member_codes=view.member_codes if shown else tuple(map(masked_code, view.member_codes)),
            since=self._day(view.since, words),
            last_visit=self._moment(view.last_visit_at, words, now),
            visits=view.visits,
            spend=tuple(money(spend.amount_minor, spend.currency) for spend in view.spend),
            purchases=tuple(self._purchase(each, words, now) for each in view.purchases),
        )

    def line(self, state: LineState, words: Words, now: datetime) -> LineScreen:
        """Whether the cloud answers, and since when."""
        since = self._moment(state.since, words, now)
        assert since is not None
        return LineScreen(state.online, since)

    def _purchase(self, seen: SeenPurchase, words: Words, now: datetime) -> PurchaseLine:
        purchase = seen.purchase
        when = self._moment(seen.at, words, now)
        assert when is not None
        return PurchaseLine(
            sale_id=purchase.sale_id,
            when=when,
            items=words("card.items_joined").join(purchase.items) or words("card.no_items"),
            amount=money(purchase.total_minor, purchase.currency),
            returned=purchase.total_minor < 0,
            confirmed=seen.confirmed,
        )

    def _moment(self, moment: datetime | None, words: Words, now: datetime) -> Moment | None:
        if moment is None:
            return None
        return Moment(words.when(moment, now, self._shop.timezone), moment.isoformat())

    def _day(self, moment: datetime | None, words: Words) -> Moment | None:
        if moment is None:
            return None
        return Moment(words.day(moment, self._shop.timezone), moment.isoformat())


def _name(view: CardView, *, shown: bool) -> str:
    form = full_name if shown else masked_name
    return form(view.family_name, view.given_name)
