"""Footfall: who came and went hour by hour, and how many visitors became sales."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.callers import Reader
from cloud.api.parts import Parts
from cloud.errors import NotFound
from cloud.footfall import CameraReport
from cloud.insight import FootfallDay, read_footfall
from cloud.organisation import find_store
from cloud.storage import read
from models.wire.events.footfall import GapReason
from models.wire.ids import StoreId

router = APIRouter(tags=["footfall"])

StoreName = Annotated[str, Query(max_length=48)]

_CAME = "people who came in, as far as anybody watched; null where nobody did, which is not 0"
_WENT = "people who went out, likewise"


class Conversion(BaseModel):
    """How many visitors became sales, in watched minutes only, with the counts it comes from."""

    model_config = ConfigDict(from_attributes=True)

    rate: float | None = Field(description="sales per visitor; null without visitors")
    groups: int | None = Field(
        description="in which the visitors came; null where that is not known of all of them"
    )
    per_group: float | None = Field(description="sales per group; null without groups")
    sales: int = Field(description="sales that count and ended in a watched minute")
    visitors: int = Field(description="people who came in during the watched minutes")
    watched_min: int = Field(description="minutes of which every camera watched nine tenths")
    of_min: int = Field(
        description="minutes there were: of an hour those that have passed, of a day those from "
        "the first to the last sale or crossing"
    )


class FootfallHour(BaseModel):
    """One local hour of a business day."""

    model_config = ConfigDict(from_attributes=True)

    hour: int = Field(description="counted on from the business day's midnight; 24 is 00:00 after")
    ingress: int | None = Field(description=_CAME)
    egress: int | None = Field(description=_WENT)
    conversion: Conversion


class CountedLine(BaseModel):
    """Crossings of one line of a camera."""

    line: str
    ingress: int
    egress: int


class Unwatched(BaseModel):
    """Time in which a camera did not watch, and why."""

    reason: GapReason
    seconds: float


class FootfallCamera(BaseModel):
    """What one camera reported of the day."""

    device: str
    camera: str = Field(description="unique within its device")
    ingress: int | None = Field(description=_CAME)
    egress: int | None = Field(description=_WENT)
    observed_s: float = Field(description="how long it watched")
    lines: list[CountedLine] = Field(description="entrance lines; of others tells /footfall/day")
    gaps: list[Unwatched]


class Footfall(BaseModel):
    """A store's business day at its doors."""

    store: str
    business_day: date
    begin_at: datetime | None = Field(
        description="a business day that sells past midnight has the visitors of those hours, too; "
        "null for a store of which no camera has reported anything for a week"
    )
    end_at: datetime | None = Field(description="where the next business day begins")
    ingress: int | None = Field(description=_CAME)
    egress: int | None = Field(description=_WENT)
    conversion: Conversion | None
    hours: list[FootfallHour] = Field(description="from the first to the last with a report")
    cameras: list[FootfallCamera]
    ignored: int = Field(description="reports that made no sense and are in no figure")


@router.get("/footfall/by-hour", summary="A store's doors on a business day, hour by hour")
def footfall_by_hour(
    parts: Parts, caller: Reader, store: StoreName, business_day: date
) -> Footfall:
    """Visitors beside sales. Several doors are added; what nobody watched is null, never 0."""
    with read(parts.engine) as connection:
        known = find_store(connection, caller.tenant, StoreId(store))
    if known is None:
        raise NotFound("no such store is written down; list the stores first")
    found = read_footfall(parts.engine, known, business_day, parts.clock.now())
    return _without_cameras(store, business_day) if found is None else _with(store, found)


def _without_cameras(store: str, day: date) -> Footfall:
    return Footfall(
        store=store,
        business_day=day,
        begin_at=None,
        end_at=None,
        ingress=None,
        egress=None,
        conversion=None,
        hours=[],
        cameras=[],
        ignored=0,
    )


def _with(store: str, found: FootfallDay) -> Footfall:
    zone = found.trading_day.zone
    return Footfall(
        store=store,
        business_day=found.trading_day.day,
        begin_at=found.trading_day.begin_at.astimezone(zone),
        end_at=found.trading_day.end_at.astimezone(zone),
        ingress=found.ingress,
        egress=found.egress,
        conversion=Conversion.model_validate(found.conversion),
        hours=[FootfallHour.model_validate(hour) for hour in found.hours],
        cameras=[_camera(camera) for camera in found.cameras],
        ignored=found.ignored,
    )


def _camera(report: CameraReport) -> FootfallCamera:
    return FootfallCamera(
        device=report.key.device,
        camera=report.key.camera,
        ingress=report.ingress,
        egress=report.egress,
        observed_s=report.observed_ms / 1000,
        lines=[
            CountedLine(line=line, ingress=ingress, egress=egress)
            for line, (ingress, egress) in report.lines.items()
        ],
        gaps=[Unwatched(reason=reason, seconds=ms / 1000) for reason, ms in report.gaps_ms.items()],
    )
