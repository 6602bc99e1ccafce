"""Capture quality: whether the tills are captured wholly and rightly, and what was not readable."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from cloud.access import Caller
from cloud.api.callers import StoreReader
from cloud.api.parts import Parts
from cloud.api.routes.capture_day import CaptureQuality
from cloud.api.routes.capture_records import QuarantineList
from cloud.capture import odd_receipts, read_capture_day, records
from cloud.errors import Forbidden
from cloud.storage import read
from models.wire.ids import StoreId

router = APIRouter(tags=["capture"])

StoreName = Annotated[str, Query(max_length=48)]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("/capture/by-till", summary="How wholly and rightly a store's day was captured")
def capture_by_till(
    parts: Parts, caller: StoreReader, store: StoreName, business_day: date
) -> CaptureQuality:
    """Missing and repeated numbers by till, quality by source, receipts that do not add up.

    The end of a day shows itself on the next one: what is missing behind a till's last number
    stands before the next day's first.
    """
    shop = _of_theirs(caller, store)
    with read(parts.engine) as connection:
        day = read_capture_day(connection, caller.tenant, shop, business_day)
        odd = odd_receipts(connection, caller.tenant, shop, business_day)
    return CaptureQuality.of(store, day, odd)


@router.get("/capture/quarantine", summary="Records that the shops could not read")
def quarantine(
    parts: Parts,
    caller: StoreReader,
    *,
    store: StoreName | None = None,
    released: bool = False,
    limit: Limit = 100,
) -> QuarantineList:
    """Those in quarantine, the oldest first; with ``released`` those that left it, newest first."""
    shop = None if store is None else _of_theirs(caller, store)
    with read(parts.engine) as connection:
        found = records(
            connection, caller.tenant, shop, stores=caller.stores, released=released, limit=limit
        )
    return QuarantineList.of(found)


def _of_theirs(caller: Caller, store: str) -> StoreId:
    shop = StoreId(store)
    if not caller.may_see(caller.tenant, shop):
        raise Forbidden("this token is bound to other stores")
    return shop
