"""One store's business day as the page shows it: figures, doors, hours and the latest sales."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Engine, Row, func, select

from cloud.console.bar_chart import ALONE, BELOW, BarChart
from cloud.console.sales_chart import HourSum, sales_chart, sum_hours, visitors_chart
from cloud.insight import FootfallDay, read_footfall
from cloud.members.tables import MEMBER
from cloud.organisation import Store
from cloud.sales import DayFigure, Figures, Standing
from cloud.sales.tables import SALE
from cloud.storage import read
from cloud.storage.columns import from_ms
from models.wire.ids import OneId, SaleId, TenantId

LATEST: Final = 20


@dataclass(frozen=True, slots=True)
class LatestSale:
    """One line of the list. ``end_at`` is aware UTC."""

    sale_id: SaleId
    end_at: datetime
    workstation: str
    items: tuple[str, ...]
    line_count: int
    tenders: tuple[str, ...]
    total_minor: int
    currency: str
    standing: Standing
    one_id: OneId | None


@dataclass(frozen=True, slots=True)
class Day:
    """Everything that the page's live part shows.

    Attributes:
        figures: one per currency, the one with most sales first; empty before the first sale.
        footfall: what the cameras say; None for a store without any.
        members: how many members the tenant has, of whatever day.
    """

    store: Store
    day: date
    figures: tuple[DayFigure, ...]
    hours: tuple[HourSum, ...]
    chart: BarChart[HourSum]
    footfall: FootfallDay | None
    members: int
    latest: tuple[LatestSale, ...]

    @property
    def sales(self) -> int:
        """Sales that count, over all currencies."""
        return sum(figure.sales for figure in self.figures)

    @property
    def identified_percent(self) -> int:
        """How many of a hundred sales belong to a known member."""
        identified = sum(figure.identified for figure in self.figures)
        return round(100 * identified / self.sales) if self.sales else 0

    @property
    def visitors_chart(self) -> BarChart[HourSum]:
        """The visitors, to stand above ``chart`` in one drawing."""
        return visitors_chart(self.hours)


def read_day(engine: Engine, figures: Figures, store: Store, day: date, now: datetime) -> Day:
    """The day as it stands now."""
    footfall = read_footfall(engine, store, day, now)
    visits = footfall.hours if footfall else ()
    hours = sum_hours(figures.by_hour(store.tenant, store.store, day), visits)
    by_currency = figures.of_day(store.tenant, store.store, day)
    return Day(
        store=store,
        day=day,
        figures=tuple(sorted(by_currency, key=lambda figure: -figure.sales)),
        hours=tuple(hours),
        chart=sales_chart(hours, BELOW if footfall else ALONE),
        footfall=footfall,
        members=_members(engine, store.tenant),
        latest=_latest(engine, store, day),
    )


def _members(engine: Engine, tenant: TenantId) -> int:
    query = select(func.count()).select_from(MEMBER).where(MEMBER.c.tenant == tenant)
    with read(engine) as connection:
        count: int = connection.execute(query).scalar_one()
        return count


def _latest(engine: Engine, store: Store, day: date) -> tuple[LatestSale, ...]:
    query = (
        select(SALE)
        .where(
            SALE.c.tenant == store.tenant,
            SALE.c.store == store.store,
            SALE.c.business_day == day,
            SALE.c.standing != Standing.CONTROL.value,
        )
        .order_by(SALE.c.end_at_ms.desc(), SALE.c.sale_id)
        .limit(LATEST)
    )
    with read(engine) as connection:
        return tuple(_line(row) for row in connection.execute(query))


def _line(row: Row[*tuple[Any, ...]]) -> LatestSale:
    return LatestSale(
        sale_id=SaleId(row.sale_id),
        end_at=from_ms(row.end_at_ms),
        workstation=row.workstation,
        items=tuple(msgspec.json.decode(row.items, type=list[str])),
        line_count=row.line_count,
        tenders=tuple(msgspec.json.decode(row.tenders, type=dict[str, int])),
        total_minor=row.total_minor,
        currency=row.currency,
        standing=Standing(row.standing),
        one_id=OneId(row.one_id) if row.one_id else None,
    )
