"""Reads the sale table: what the store manager and central operations see of today.

Days are business days as the till counts them. Amounts of different currencies are never added.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Engine, Select, case, func, select

from cloud.sales.standing import BOOKED, Standing
from cloud.sales.tables import SALE, AnyRow
from cloud.storage import read
from cloud.storage.columns import from_ms
from models.wire.ids import OneId, SaleId, StoreId, TenantId

_BOOKED = SALE.c.standing.in_([standing.value for standing in sorted(BOOKED)])


@dataclass(frozen=True, slots=True)
class HourFigure:
    """One local hour of a business day in one currency.

    Attributes:
        hour: counted on from the business day's midnight: 24 is 00:00-00:59 of the next day.
        sales: sales that count (no returns, nothing that a post-void took back).
        net_minor: money booked in the hour: sales less returns and post-voids.
    """

    hour: int
    currency: str
    sales: int
    returns: int
    net_minor: int


@dataclass(frozen=True, slots=True)
class DayFigure:
    """A business day of one store in one currency; fields as in ``HourFigure``.

    Attributes:
        identified: those of ``sales`` that belong to a member.
        reversed: sales and returns that a post-void took back.
    """

    currency: str
    sales: int
    identified: int
    returns: int
    reversed: int
    net_minor: int


@dataclass(frozen=True, slots=True)
class SaleFigure:
    """One transaction as a list shows it.

    Attributes:
        end_at: aware UTC; ``utc_offset_min`` makes it the shop's own time.
        items: the first few line descriptions.
        tenders: net amount in minor units by wallet or tender type.
    """

    sale_id: SaleId
    store: StoreId
    workstation: str
    sequence_number: str
    business_day: date
    end_at: datetime
    utc_offset_min: int
    standing: Standing
    total_minor: int
    currency: str
    line_count: int
    items: tuple[str, ...]
    tenders: dict[str, int]
    one_id: OneId | None
    flags: tuple[str, ...]


class Figures:
    """Figures of one tenant's stores. Every call reads one consistent moment."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def by_hour(self, tenant: TenantId, store: StoreId, day: date) -> list[HourFigure]:
        """The day hour by hour, in order; hours without money moved are left out."""
        query = (
            select(
                SALE.c.hour,
                SALE.c.currency,
                _count(Standing.SALE).label("sales"),
                _count(Standing.RETURN).label("returns"),
                func.sum(SALE.c.total_minor).label("net_minor"),
            )
            .where(*_of_day(tenant, store, day), _BOOKED)
            .group_by(SALE.c.hour, SALE.c.currency)
            .order_by(SALE.c.hour, SALE.c.currency)
        )
        return [
            HourFigure(each.hour, each.currency, each.sales, each.returns, int(each.net_minor))
            for each in self._rows(query)
        ]

    def of_day(self, tenant: TenantId, store: StoreId, day: date) -> list[DayFigure]:
        """The whole day, one figure per currency."""
        query = (
            select(
                SALE.c.currency,
                _count(Standing.SALE).label("sales"),
                _count(Standing.SALE, SALE.c.one_id.is_not(None)).label("identified"),
                _count(Standing.RETURN).label("returns"),
                _count(Standing.REVERSED).label("reversed"),
                func.sum(SALE.c.total_minor).label("net_minor"),
            )
            .where(*_of_day(tenant, store, day), _BOOKED)
            .group_by(SALE.c.currency)
            .order_by(SALE.c.currency)
        )
        return [
            DayFigure(
                each.currency,
                each.sales,
                each.identified,
                each.returns,
                each.reversed,
                int(each.net_minor),
            )
            for each in self._rows(query)
        ]

    def by_standing(self, tenant: TenantId, store: StoreId, day: date) -> dict[Standing, int]:
        """How many transactions of a day stand how; those that do not occur are left out."""
        query = (
            select(SALE.c.standing, func.count().label("many"))
            .where(*_of_day(tenant, store, day))
            .group_by(SALE.c.standing)
        )
        return {Standing(each.standing): each.many for each in self._rows(query)}

    def latest(
        self, tenant: TenantId, store: StoreId | None = None, limit: int = 20
    ) -> list[SaleFigure]:
        """Transactions of a store, or of all stores, the newest first; controls are left out."""
        query = select(SALE).where(
            SALE.c.tenant == tenant, SALE.c.standing != Standing.CONTROL.value
        )
        if store is not None:
            query = query.where(SALE.c.store == store)
        query = query.order_by(SALE.c.end_at_ms.desc(), SALE.c.sale_id).limit(limit)
        return [_figure(each) for each in self._rows(query)]

    def sale(self, sale_id: SaleId) -> SaleFigure | None:
        """One transaction, or None where there is none of that id."""
        rows = self._rows(select(SALE).where(SALE.c.sale_id == sale_id))
        return _figure(rows[0]) if rows else None

    def stores(self, tenant: TenantId) -> list[StoreId]:
        """The stores that have recorded anything, by name."""
        query = select(SALE.c.store).where(SALE.c.tenant == tenant).distinct()
        return [StoreId(each.store) for each in self._rows(query.order_by(SALE.c.store))]

    def business_days(self, tenant: TenantId, store: StoreId, limit: int = 31) -> list[date]:
        """The business days present, the newest first."""
        query = (
            select(SALE.c.business_day)
            .where(SALE.c.tenant == tenant, SALE.c.store == store)
            .distinct()
            .order_by(SALE.c.business_day.desc())
            .limit(limit)
        )
        return [each.business_day for each in self._rows(query)]

    def _rows(self, query: Select[*tuple[Any, ...]]) -> list[AnyRow]:
        with read(self._engine) as connection:
            return list(connection.execute(query))


def _of_day(tenant: TenantId, store: StoreId, day: date) -> tuple[Any, ...]:
    return SALE.c.tenant == tenant, SALE.c.store == store, SALE.c.business_day == day


def _count(standing: Standing, *also: Any) -> Any:
    matches = SALE.c.standing == standing.value
    for condition in also:
        matches &= condition
    return func.sum(case((matches, 1), else_=0))


def _figure(row: AnyRow) -> SaleFigure:
    return SaleFigure(
        sale_id=SaleId(row.sale_id),
        store=StoreId(row.store),
        workstation=row.workstation,
        sequence_number=row.sequence_number,
        business_day=row.business_day,
        end_at=from_ms(row.end_at_ms),
        utc_offset_min=row.utc_offset_min,
        standing=Standing(row.standing),
        total_minor=row.total_minor,
        currency=row.currency,
        line_count=row.line_count,
        items=tuple(msgspec.json.decode(row.items, type=list[str])),
        tenders=msgspec.json.decode(row.tenders, type=dict[str, int]),
        one_id=OneId(row.one_id) if row.one_id else None,
        flags=tuple(row.flags.split()),
    )
