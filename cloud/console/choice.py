"""Which store and which day somebody wants to see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from cloud.console.parts import ConsoleParts
from cloud.organisation import Store, stores_of, tenants
from cloud.storage import read
from models.wire.calendar import YEARS
from models.wire.ids import StoreId, TenantId

_ONE_DAY: Final = timedelta(days=1)
"""A business day may begin before its midnight."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What there is to choose from, and what is chosen."""

    stores: tuple[Store, ...]
    store: Store
    day: date

    @property
    def before(self) -> date:
        """The day before."""
        return self.day - _ONE_DAY

    @property
    def after(self) -> date:
        """The day after."""
        return self.day + _ONE_DAY

    @property
    def query(self) -> str:
        """The same choice, as an address names it."""
        return urlencode({"store": name_of(self.store), "day": self.day.isoformat()})


def name_of(store: Store) -> str:
    """How a form names a store: two retailers may both have a ``sh-0001``."""
    return f"{store.tenant}/{store.store}"


def all_stores(parts: ConsoleParts) -> tuple[Store, ...]:
    """Every store of every retailer, by their ids."""
    with read(parts.engine) as connection:
        return tuple(
            store for tenant in tenants(connection) for store in stores_of(connection, tenant)
        )


class Zones(dict[tuple[TenantId, StoreId], ZoneInfo]):
    """Each store's time zone; UTC for a store that was never written down."""

    def __missing__(self, _: tuple[TenantId, StoreId]) -> ZoneInfo:
        return ZoneInfo("UTC")


def zones(parts: ConsoleParts) -> Zones:
    """The time zones of all stores."""
    return Zones({(store.tenant, store.store): store.zone for store in all_stores(parts)})


def choose(parts: ConsoleParts, store_name: str, day: date | None) -> Choice | None:
    """The wanted store, else the first; the wanted day, else the newest with sales, else today.

    None when there is no store yet. Days that have not come yet are some till's wrong clock, and
    a day beyond every calendar of ours is some typing error.
    """
    stores = all_stores(parts)
    if not stores:
        return None
    store = next((each for each in stores if name_of(each) == store_name), stores[0])
    if day is None or day.year not in YEARS:
        today = parts.clock.now().astimezone(store.zone).date()
        days = parts.figures.business_days(store.tenant, store.store)
        day = next((each for each in days if each <= today + _ONE_DAY), today)
    return Choice(stores, store, day)
