"""Footfall beside heads: visitors, capture rate, occupancy, zones, heat, and how right it is."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter

from cloud.api.callers import Reader
from cloud.api.parts import Parts
from cloud.api.routes.footfall import StoreName
from cloud.api.routes.footfall_answers import (
    CaptureRate,
    CrowdHour,
    CrowdLine,
    Doors,
    Doubt,
    FootfallCrowd,
    FootfallHeat,
    HeatGrid,
    LastAudit,
    Occupancy,
    Zone,
)
from cloud.errors import NotFound
from cloud.insight import CrowdDay, read_crowd
from cloud.insight import Doors as KnownDoors
from cloud.insight import Occupancy as KnownOccupancy
from cloud.organisation import find_store
from cloud.storage import read
from models.wire.ids import StoreId

router = APIRouter(tags=["footfall"])


@router.get("/footfall/day", summary="A store's business day beside heads, and how right it is")
def footfall_day(
    parts: Parts, caller: Reader, store: StoreName, business_day: date
) -> FootfallCrowd:
    """Visitors, capture rate, occupancy and drift, zones, lines, doubts and audits."""
    return _with(store, business_day, _crowd(parts, caller, store, business_day))


@router.get("/footfall/heat", summary="Where visitors were before a store's cameras")
def footfall_heat(
    parts: Parts, caller: Reader, store: StoreName, business_day: date
) -> FootfallHeat:
    """Time by cell of a coarse grid; no picture is known here."""
    found = _crowd(parts, caller, store, business_day)
    return FootfallHeat(
        store=store,
        business_day=business_day,
        cameras=[
            HeatGrid(device=key.device, camera=key.camera, cells=dict(cells))
            for key, cells in (found.heat.items() if found else ())
        ],
    )


def _crowd(parts: Parts, caller: Reader, store: str, day: date) -> CrowdDay | None:
    with read(parts.engine) as connection:
        known = find_store(connection, caller.tenant, StoreId(store))
    if known is None:
        raise NotFound("no such store is written down; list the stores first")
    return read_crowd(parts.engine, known, day, parts.clock.now())


def _with(store: str, day: date, found: CrowdDay | None) -> FootfallCrowd:
    if found is None:
        return _nothing(store, day)
    trading = found.footfall.trading_day
    return FootfallCrowd(
        store=store,
        business_day=day,
        begin_at=trading.begin_at.astimezone(trading.zone),
        end_at=trading.end_at.astimezone(trading.zone),
        doors=Doors.of(found.doors),
        capture=CaptureRate.model_validate(found.capture) if found.capture else None,
        conversion_per_group=found.footfall.conversion.per_group,
        marked_min=found.marked_min,
        hours=[CrowdHour.of(hour) for hour in found.hours],
        occupancy=Occupancy.of(found.occupancy),
        zones=[Zone.of(zone) for zone in found.zones],
        lines=[CrowdLine.of(line) for line in found.lines],
        marks=[
            Doubt(device=key.device, camera=key.camera, kind=kind, seconds=ms / 1000)
            for key, marks in found.marks.items()
            for kind, ms in marks.items()
        ],
        audits=[LastAudit.of(key, known) for key, known in sorted(found.audits.items())],
    )


def _nothing(store: str, day: date) -> FootfallCrowd:
    return FootfallCrowd(
        store=store,
        business_day=day,
        begin_at=None,
        end_at=None,
        doors=Doors.of(KnownDoors(None, None, None)),
        capture=None,
        conversion_per_group=None,
        marked_min=0,
        hours=[],
        occupancy=Occupancy.of(KnownOccupancy((), None)),
        zones=[],
        lines=[],
        marks=[],
        audits=[],
    )
