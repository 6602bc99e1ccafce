"""What ``/v1/footfall/by-hour`` answers, from what is known."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from cloud.footfall import CameraReport
from cloud.insight import FootfallDay
from models.wire.events.footfall import GapReason

_CAME = "people who came in, as far as anybody watched; null where nobody did, which is not 0"
_VISITED = (
    "`ingress` without staff and without those who had only just gone out; all of it where cameras "
    "did not tell them apart"
)
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
    visitors: int = Field(description="`visitors` of the watched minutes")
    watched_min: int = Field(
        description="minutes of which every camera watched nine tenths, to be trusted"
    )
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
    visitors: int | None = Field(description=_VISITED)
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

    @classmethod
    def of(cls, known: CameraReport) -> Self:
        """From what is known."""
        return cls(
            device=known.key.device,
            camera=known.key.camera,
            ingress=known.ingress,
            egress=known.egress,
            observed_s=known.observed_ms / 1000,
            lines=[
                CountedLine(line=line, ingress=ingress, egress=egress)
                for line, (ingress, egress) in known.lines.items()
            ],
            gaps=[
                Unwatched(reason=reason, seconds=ms / 1000) for reason, ms in known.gaps_ms.items()
            ],
        )


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
    visitors: int | None = Field(description=_VISITED)
    conversion: Conversion | None
    hours: list[FootfallHour] = Field(description="from the first to the last with a report")
    cameras: list[FootfallCamera]
    ignored: int = Field(description="reports that made no sense and are in no figure")

    @classmethod
    def of(cls, store: str, day: date, known: FootfallDay | None) -> Self:
        """From what is known; without cameras nothing is, which is not 0."""
        if known is None:
            return cls(
                store=store,
                business_day=day,
                begin_at=None,
                end_at=None,
                ingress=None,
                egress=None,
                visitors=None,
                conversion=None,
                hours=[],
                cameras=[],
                ignored=0,
            )
        trading = known.trading_day
        return cls(
            store=store,
            business_day=day,
            begin_at=trading.begin_at.astimezone(trading.zone),
            end_at=trading.end_at.astimezone(trading.zone),
            ingress=known.ingress,
            egress=known.egress,
            visitors=known.visitors,
            conversion=Conversion.model_validate(known.conversion),
            hours=[FootfallHour.model_validate(hour) for hour in known.hours],
            cameras=[FootfallCamera.of(camera) for camera in known.cameras],
            ignored=known.ignored,
        )
