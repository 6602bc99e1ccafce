"""Sales as they stand: a feed of changes, and a day hour by hour."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, Select, and_, or_, select

from cloud.api.callers import Reader
from cloud.api.paging import After, Cursor, Limit, read_cursor, write_cursor
from cloud.api.parts import Parts
from cloud.sales import Standing
from cloud.sales.tables import SALE
from cloud.storage import read
from cloud.storage.columns import from_ms
from models.wire.ids import StoreId, TenantId

router = APIRouter(tags=["sales"])

StoreName = Annotated[str, Query(max_length=48)]


class Sale(BaseModel):
    """One transaction as it stands now, its corrections and post-voids considered."""

    sale_id: str = Field(description="stable through all corrections")
    store: str
    workstation: str
    sequence_number: str
    receipt_number: str
    business_day: date
    end_at: datetime = Field(description="with the shop's own offset")
    standing: Standing
    echo_of: str | None = Field(
        description="the sale that counts in its place, where a better source has captured it, too"
    )
    source: str = Field(description="adapter and profile that captured it")
    total_minor: int = Field(description="in the currency's minor units, signed")
    currency: str
    line_count: int
    items: list[str] = Field(description="the first few line descriptions")
    tenders: dict[str, int] = Field(description="net amount by wallet or tender type")
    one_id: str | None = Field(description="the member, where one is known")
    flags: list[str] = Field(description="what is odd about it")


class SalePage(BaseModel):
    """Sales in the order in which they last changed."""

    items: list[Sale]
    next: str | None = Field(description="send it as `after` to go on, now or later")
    more: bool = Field(description="whether a next page is there already")


class Hour(BaseModel):
    """One local hour of a business day in one currency."""

    model_config = ConfigDict(from_attributes=True)

    hour: int = Field(description="counted on from the business day's midnight; 24 is 00:00 after")
    currency: str
    sales: int
    returns: int
    net_minor: int = Field(description="sales less returns and post-voids")


class HourList(BaseModel):
    """A day hour by hour; hours without money moved are left out."""

    items: list[Hour]


@router.get("/sales", summary="Sales, in the order of their last change")
def list_sales(
    parts: Parts,
    caller: Reader,
    *,
    store: StoreName | None = None,
    business_day: date | None = None,
    after: After = None,
    limit: Limit = 100,
) -> SalePage:
    """A feed: keep `next`, and ask again for what is new or corrected since. Without controls."""
    since = read_cursor(after)
    query = _changed(caller.tenant, store, business_day, since).limit(limit + 1)
    with read(parts.engine) as connection:
        rows = connection.execute(query).all()
    page = rows[:limit]
    last = Cursor(page[-1].changed_position, page[-1].sale_id) if page else since
    return SalePage(
        items=[_sale(row) for row in page],
        next=write_cursor(last) if last.number else None,
        more=len(rows) > limit,
    )


@router.get("/sales/by-hour", summary="A store's business day hour by hour")
def by_hour(parts: Parts, caller: Reader, store: StoreName, business_day: date) -> HourList:
    """Per currency; amounts of different currencies are never added."""
    hours = parts.figures.by_hour(caller.tenant, StoreId(store), business_day)
    return HourList(items=[Hour.model_validate(hour) for hour in hours])


def _changed(
    tenant: TenantId, store: str | None, day: date | None, since: Cursor
) -> Select[*tuple[Any, ...]]:
    position, name = SALE.c.changed_position, SALE.c.sale_id
    query = select(SALE).where(
        SALE.c.tenant == tenant,
        SALE.c.standing != Standing.CONTROL.value,
        or_(position > since.number, and_(position == since.number, name > since.name)),
    )
    if store is not None:
        query = query.where(SALE.c.store == store)
    if day is not None:
        query = query.where(SALE.c.business_day == day)
    return query.order_by(position, name)


def _sale(row: Row[*tuple[Any, ...]]) -> Sale:
    shop = timezone(timedelta(minutes=row.utc_offset_min))
    return Sale(
        sale_id=row.sale_id,
        store=row.store,
        workstation=row.workstation,
        sequence_number=row.sequence_number,
        receipt_number=row.receipt_number,
        business_day=row.business_day,
        end_at=from_ms(row.end_at_ms).astimezone(shop),
        standing=Standing(row.standing),
        echo_of=row.echo_of,
        source=row.source,
        total_minor=row.total_minor,
        currency=row.currency,
        line_count=row.line_count,
        items=msgspec.json.decode(row.items, type=list[str]),
        tenders=msgspec.json.decode(row.tenders, type=dict[str, int]),
        one_id=row.one_id,
        flags=row.flags.split(),
    )
