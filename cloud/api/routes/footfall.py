"""Footfall: who came and went, how many visitors became sales, and how right the counts are."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from cloud.api.parts import Parts
from cloud.api.routes.asked_store import AskedStore
from cloud.api.routes.footfall_crowd import FootfallCrowd, FootfallDrift, FootfallHeat
from cloud.api.routes.footfall_hours import Footfall
from cloud.insight import DriftReport, read_crowd, read_drift, read_footfall

router = APIRouter(tags=["footfall"])


@router.get("/footfall/by-hour", summary="A store's doors on a business day, hour by hour")
def footfall_by_hour(parts: Parts, store: AskedStore, business_day: date) -> Footfall:
    """Visitors beside sales. Several doors are added; what nobody watched is null, never 0."""
    found = read_footfall(parts.engine, store, business_day, parts.clock.now())
    return Footfall.of(store.store, business_day, found)


@router.get("/footfall/day", summary="A store's business day beside heads, and how right it is")
def footfall_day(parts: Parts, store: AskedStore, business_day: date) -> FootfallCrowd:
    """Visitors, capture rate, occupancy and drift, zones, lines, doubts and audits."""
    found = read_crowd(parts.engine, store, business_day, parts.clock.now())
    return FootfallCrowd.of(store.store, business_day, found)


@router.get("/footfall/heat", summary="Where visitors were before a store's cameras")
def footfall_heat(parts: Parts, store: AskedStore, business_day: date) -> FootfallHeat:
    """Time by cell of a coarse grid; no picture is known here."""
    found = read_crowd(parts.engine, store, business_day, parts.clock.now())
    return FootfallHeat.of(store.store, business_day, found)


@router.get("/footfall/drift", summary="What a store's counting left inside, day after day")
def footfall_drift(
    parts: Parts,
    store: AskedStore,
    business_day: date,
    days: Annotated[int, Query(ge=1, le=92, description="so many up to business_day")] = 28,
) -> FootfallDrift:
    """One sign day after day is a line in the wrong place; one day is chance."""
    found = read_drift(parts.engine, store, business_day, days, parts.clock.now())
    return FootfallDrift.of(store.store, business_day, found or DriftReport(()))
