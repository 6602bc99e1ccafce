"""Reads what a store's day at its doors is made of, at one consistent moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, Integer, func, literal_column, select

from cloud.footfall import Details, Reports, last_audits
from cloud.insight.crowd_day import Beside, CrowdDay, compose_crowd
from cloud.insight.footfall_day import Facts, FootfallDay, compose
from cloud.insight.trading_day import TradingDay, trading_day
from cloud.organisation import Store
from cloud.sales import Standing
from cloud.sales.tables import SALE
from cloud.storage import read
from cloud.storage.columns import to_ms
from models.wire.calendar import YEARS

REMEMBERED: Final = timedelta(days=7)
"""A store whose cameras have been silent for longer has none any more."""

_ONE_DAY: Final = timedelta(days=1)
_COUNTS: Final = SALE.c.standing == Standing.SALE.value
# Spelt out, since PostgreSQL takes two bound parameters for two different expressions.
_MINUTE: Final = SALE.c.end_at_ms // literal_column("60000", Integer)


def read_footfall(engine: Engine, store: Store, day: date, now: datetime) -> FootfallDay | None:
    """The business day of a store as of now; None for a store without cameras.

    A day on which the store's cameras said nothing is a day with nothing counted, not None.
    """
    if day.year not in YEARS:
        return None
    with read(engine) as connection:
        found = _facts(connection, store, day)
    return None if found is None else compose(*found, now)


def read_crowd(engine: Engine, store: Store, day: date, now: datetime) -> CrowdDay | None:
    """The same day with everything that cameras tell beside heads; None likewise."""
    if day.year not in YEARS:
        return None
    with read(engine) as connection:
        found = _facts(connection, store, day)
        if found is None:
            return None
        trading, facts = found
        details = Details(connection, store.tenant, store.store, trading.begin_at, trading.end_at)
        beside = Beside(
            lines=details.lines(),
            zones=details.zones(),
            heat=details.heat(),
            marks=details.marks(),
            audits=last_audits(connection, store.tenant, store.store),
        )
    return compose_crowd(trading, facts, beside, now)


def _facts(connection: Connection, store: Store, day: date) -> tuple[TradingDay, Facts] | None:
    """The day inside the caller's reading; None without cameras."""
    if not _has_cameras(connection, store, day):
        return None
    trading = _trading_day(connection, store, day)
    reports = Reports(connection, store.tenant, store.store, trading.begin_at, trading.end_at)
    intervals = reports.intervals()
    return trading, Facts(
        intervals=intervals,
        cameras=reports.cameras(intervals),
        sales=_sales_by_minute(connection, store, trading),
        ignored=reports.ignored(),
    )


def _has_cameras(connection: Connection, store: Store, day: date) -> bool:
    """Asked first, and without looking at any sale: most stores have none."""
    midnight = datetime.combine(day, time(), store.zone)
    begin_at, end_at = midnight - REMEMBERED, midnight + _ONE_DAY
    return Reports(connection, store.tenant, store.store, begin_at, end_at).exist()


def _trading_day(connection: Connection, store: Store, day: date) -> TradingDay:
    query = (
        select(SALE.c.business_day, SALE.c.hour, func.count())
        .where(
            *_of_store(store),
            SALE.c.business_day.in_([day - _ONE_DAY, day, day + _ONE_DAY]),
            _COUNTS,
        )
        .group_by(SALE.c.business_day, SALE.c.hour)
    )
    sales: defaultdict[date, dict[int, int]] = defaultdict(dict)
    for business_day, hour, count in connection.execute(query):
        sales[business_day][hour] = count
    return trading_day(day, store.zone, sales)


def _sales_by_minute(
    connection: Connection, store: Store, trading: TradingDay
) -> Mapping[int, int]:
    """By the clock and whatever their business day, as visitors are counted."""
    query = (
        select(_MINUTE, func.count())
        .where(
            *_of_store(store),
            SALE.c.end_at_ms >= to_ms(trading.begin_at),
            SALE.c.end_at_ms < to_ms(trading.end_at),
            _COUNTS,
        )
        .group_by(_MINUTE)
    )
    return {int(minute): count for minute, count in connection.execute(query)}


def _of_store(store: Store) -> tuple[Any, ...]:
    return SALE.c.tenant == store.tenant, SALE.c.store == store.store
