"""What ``/v1/footfall/day``, ``/heat`` and ``/drift`` answer, from what is known."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from cloud.api.routes.footfall_answers import (
    CaptureRate,
    CrowdHour,
    CrowdLine,
    Doors,
    Doubt,
    Drift,
    LastAudit,
    Occupancy,
    Zone,
)
from cloud.insight import CrowdDay, DriftReport
from cloud.insight import Doors as KnownDoors
from cloud.insight import Occupancy as KnownOccupancy


class FootfallCrowd(BaseModel):
    """A store's business day beside heads; everything empty for a store without cameras."""

    store: str
    business_day: date
    begin_at: datetime | None
    end_at: datetime | None = Field(description="where the count of those inside begins anew")
    doors: Doors
    capture: CaptureRate | None
    conversion_per_group: float | None = Field(description="sales per group, in watched minutes")
    marked_min: int
    hours: list[CrowdHour]
    occupancy: Occupancy
    zones: list[Zone]
    lines: list[CrowdLine]
    marks: list[Doubt]
    audits: list[LastAudit]

    @classmethod
    def of(cls, store: str, day: date, known: CrowdDay | None) -> Self:
        """From what is known; without cameras nothing is, which is not 0."""
        if known is None:
            return cls._nothing(store, day)
        trading = known.footfall.trading_day
        return cls(
            store=store,
            business_day=day,
            begin_at=trading.begin_at.astimezone(trading.zone),
            end_at=trading.end_at.astimezone(trading.zone),
            doors=Doors.of(known.doors),
            capture=CaptureRate.model_validate(known.capture) if known.capture else None,
            conversion_per_group=known.footfall.conversion.per_group,
            marked_min=known.marked_min,
            hours=[CrowdHour.of(hour) for hour in known.hours],
            occupancy=Occupancy.of(known.occupancy),
            zones=[Zone.of(zone) for zone in known.zones],
            lines=[CrowdLine.of(line) for line in known.lines],
            marks=[
                Doubt(device=key.device, camera=key.camera, kind=kind, seconds=ms / 1000)
                for key, marks in known.marks.items()
                for kind, ms in marks.items()
            ],
            audits=[LastAudit.of(key, each) for key, each in sorted(known.audits.items())],
        )

    @classmethod
    def _nothing(cls, store: str, day: date) -> Self:
        return cls(
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


class HeatGrid(BaseModel):
    """Where visitors were before one camera."""

    device: str
    camera: str
    cells: dict[int, int] = Field(description="milliseconds by cell, row * columns + column")


class FootfallHeat(BaseModel):
    """A store's business day as grids over its cameras' pictures."""

    store: str
    business_day: date
    columns: int = 32
    rows: int = 18
    cameras: list[HeatGrid]

    @classmethod
    def of(cls, store: str, day: date, known: CrowdDay | None) -> Self:
        """From what is known."""
        return cls(
            store=store,
            business_day=day,
            cameras=[
                HeatGrid(device=key.device, camera=key.camera, cells=dict(cells))
                for key, cells in (known.heat.items() if known else ())
            ],
        )


class DriftOfDay(BaseModel):
    """One business day."""

    model_config = ConfigDict(from_attributes=True)

    business_day: date = Field(validation_alias="day")
    is_over: bool
    drift: Drift | None = Field(description="null until it is over, and where no door was watched")


class FootfallDrift(BaseModel):
    """A store's last business days: what the counting left inside, night after night."""

    store: str
    business_day: date = Field(description="the last of them")
    counted_days: int = Field(description="how many of them have a drift")
    flagged_days: int = Field(description="how many of those are flagged")
    whole: Drift | None = Field(description="their drifts added, signs and all")
    days: list[DriftOfDay] = Field(
        description="the earliest first; empty for a store no camera of "
        "which told anything in these days"
    )

    @classmethod
    def of(cls, store: str, last: date, known: DriftReport) -> Self:
        """From what is known."""
        added = known.last(len(known.days))
        return cls(
            store=store,
            business_day=last,
            counted_days=added.days,
            flagged_days=added.flagged,
            whole=Drift.model_validate(added.whole) if added.whole else None,
            days=[DriftOfDay.model_validate(each) for each in known.days],
        )
