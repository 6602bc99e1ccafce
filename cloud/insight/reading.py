"""Reads what a store's day at its doors is made of, at one consistent moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, Integer, func, literal_column, select

from cloud.footfall import Details, Reports, audits_beside, quarters
from cloud.insight.crowd_day import Beside, CrowdDay, compose_crowd
from cloud.insight.drift_report import DriftReport, Weeks
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
        found = _opened(connection, store, day)
        if found is None:
            return None
        trading, reports = found
        facts = _facts(connection, store, trading, reports)
    return compose(trading, facts, now)


def read_crowd(engine: Engine, store: Store, day: date, now: datetime) -> CrowdDay | None:
    """The same day with everything that cameras tell beside heads; None likewise."""
    if day.year not in YEARS:
        return None
    with read(engine) as connection:
        found = _opened(connection, store, day)
        if found is None:
            return None
        trading, reports = found
        facts = _facts(connection, store, trading, reports)
        details = Details(connection, reports.parts)
        beside = Beside(
            zones=details.zones(),
            heat=details.heat(),
            marks=reports.marks(),
            audits=audits_beside(connection, store.tenant, store.store, reports.parts),
        )
    return compose_crowd(trading, facts, beside, now)


def read_drift(
    engine: Engine, store: Store, last: date, days: int, now: datetime
) -> DriftReport | None:
    """The drift of so many business days up to ``last``; None where no camera told of any."""
    wanted = [last - back * _ONE_DAY for back in reversed(range(days))]
    if not all(day.year in YEARS for day in wanted):
        return None
    with read(engine) as connection:
        trading = _trading_days(connection, store, wanted)
        span = (store.tenant, store.store, trading[0].begin_at, trading[-1].end_at)
        weeks = Weeks(trading, told) if (told := quarters(connection, *span)) else None
        minutes = Reports(connection, *span).intervals_within(weeks.unlike()) if weeks else ()
    return weeks.report(minutes, now) if weeks else None


def _opened(connection: Connection, store: Store, day: date) -> tuple[TradingDay, Reports] | None:
    """The day and what was reported of it; None without cameras."""
    if not _has_cameras(connection, store, day):
        return None
    (trading,) = _trading_days(connection, store, [day])
    return trading, Reports(connection, store.tenant, store.store, trading.begin_at, trading.end_at)


def _facts(connection: Connection, store: Store, trading: TradingDay, reports: Reports) -> Facts:
    intervals, lines = reports.intervals(), Details(connection, reports.parts).lines()
    return Facts(
        intervals=intervals,
        cameras=reports.cameras(intervals, lines),
        lines=lines,
        sales=_sales_by_minute(connection, store, trading),
        ignored=reports.ignored(),
    )


def _has_cameras(connection: Connection, store: Store, day: date) -> bool:
    """Asked first, and without looking at any sale: most stores have none."""
    midnight = datetime.combine(day, time(), store.zone)
    begin_at, end_at = midnight - REMEMBERED, midnight + _ONE_DAY
    return Reports(connection, store.tenant, store.store, begin_at, end_at).exist()


def _trading_days(connection: Connection, store: Store, days: Sequence[date]) -> list[TradingDay]:
    """The business days by the clock; ``days`` follow one another."""
    query = (
        select(SALE.c.business_day, SALE.c.hour, func.count())
        .where(
            *_of_store(store),
            SALE.c.business_day.between(days[0] - _ONE_DAY, days[-1] + _ONE_DAY),
            _COUNTS,
        )
        .group_by(SALE.c.business_day, SALE.c.hour)
    )
    sales: defaultdict[date, dict[int, int]] = defaultdict(dict)
    for business_day, hour, count in connection.execute(query):
        sales[business_day][hour] = count
    return [trading_day(day, store.zone, sales, store.day_begins_hour) for day in days]


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
