"""What answers about footfall are made of, each from what is known."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from cloud.footfall import CameraKey, KnownAudit, LineCount
from cloud.insight import CrowdHour as KnownHour
from cloud.insight import Doors as KnownDoors
from cloud.insight import Occupancy as KnownOccupancy
from cloud.insight import ZoneFigures
from cloud.storage.columns import from_ms
from models.wire.events.footfall import LineKind, MarkKind, ZoneKind
from models.wire.events.footfall_audit import AuditFigure

_UNKNOWN = "; null where nobody watched or nobody looked for it, which is not 0"


class Doors(BaseModel):
    """Who crossed the entrance lines."""

    ingress: int | None = Field(description="heads that came in, whoever they are" + _UNKNOWN)
    egress: int | None = Field(description="heads that went out, likewise")
    visitors: int | None = Field(description="ingress less staff less again" + _UNKNOWN)
    staff_in: int | None = Field(description="how many of those who came in were staff")
    staff_out: int | None = Field(description="how many of those who went out were staff")
    again: int | None = Field(description="how many came back shortly after; approximate")
    groups_in: int | None = Field(description="groups of visitors; somebody alone is one")
    groups_out: int | None = Field(description="likewise, that went out")

    @classmethod
    def of(cls, known: KnownDoors) -> Self:
        """From what is known."""
        crowd = known.crowd
        return cls(
            ingress=known.ingress,
            egress=known.egress,
            visitors=known.visitors,
            staff_in=None if crowd is None else crowd.staff_in,
            staff_out=None if crowd is None else crowd.staff_out,
            again=None if crowd is None else crowd.again,
            groups_in=None if crowd is None else crowd.groups_in,
            groups_out=None if crowd is None else crowd.groups_out,
        )


class CaptureRate(BaseModel):
    """How many of those who were about came in, of minutes in which door and street were seen."""

    model_config = ConfigDict(from_attributes=True)

    rate: float | None = Field(description="entrants / (entrants + passers); null without anybody")
    entrants: int = Field(description="who came in, without staff")
    passers: int = Field(description="who crossed a passing line, either way, without staff")
    watched_min: int


class Zone(BaseModel):
    """One zone of one camera."""

    device: str
    camera: str
    zone: str
    kind: ZoneKind
    observed_s: float
    mean: float | None = Field(description="visitors in it on average, weighted by time")
    most: int = Field(description="as many visitors were in it at once")
    p50_s: float | None = Field(description="half of the stays (in a queue: waits) were no longer")
    p90_s: float | None = Field(description="nine of ten stays were no longer")
    stays: int = Field(description="stays that ended, of which the percentiles are")
    cut: int = Field(description="stays of which nobody saw the beginning or the end")
    staff_s: float = Field(description="time that staff spent in it, added up")

    @classmethod
    def of(cls, known: ZoneFigures) -> Self:
        """From what is known."""
        return cls(
            device=known.key.device,
            camera=known.key.camera,
            zone=known.zone,
            kind=known.kind,
            observed_s=known.observed_ms / 1000,
            mean=known.mean,
            most=known.most,
            p50_s=known.p50_s,
            p90_s=known.p90_s,
            stays=known.ended,
            cut=known.cut,
            staff_s=known.staff_ms / 1000,
        )


class CrowdHour(BaseModel):
    """One local hour of a business day."""

    hour: int = Field(description="counted on from the business day's midnight; 24 is 00:00 after")
    doors: Doors
    capture: CaptureRate | None = Field(description="null where door or street was not watched")
    marked_min: int = Field(description="minutes of which some camera is not to be trusted")
    zones: list[Zone]

    @classmethod
    def of(cls, known: KnownHour) -> Self:
        """From what is known."""
        return cls(
            hour=known.hour,
            doors=Doors.of(known.doors),
            capture=CaptureRate.model_validate(known.capture) if known.capture else None,
            marked_min=known.marked_min,
            zones=[Zone.of(zone) for zone in known.zones],
        )


class Step(BaseModel):
    """The end of a quarter of an hour."""

    at: datetime
    inside: int | None = Field(
        description="came less went since the day began; below 0 where more were seen to go; null "
        "where no door was watched in that quarter"
    )


class Drift(BaseModel):
    """What was left inside when the business day was over and the count began anew."""

    model_config = ConfigDict(from_attributes=True)

    left: int
    ingress: int
    share: float | None = Field(description="left / ingress; null when nobody came")
    unwatched_min: int = Field(description="minutes in which not every door was watched")
    is_watched: bool = Field(
        description="unwatched for less than 15 minutes: the count is at fault"
    )
    is_flagged: bool = Field(description="5 or more, and more than 0.05 of those who came in")


class Occupancy(BaseModel):
    """Who is inside, staff and all, from all entrance lines of the store."""

    most: int | None
    last: int | None = Field(description="how many were inside when a door was last watched")
    drift: Drift | None = Field(description="null until the business day is over")
    steps: list[Step]

    @classmethod
    def of(cls, known: KnownOccupancy) -> Self:
        """From what is known."""
        return cls(
            most=known.most,
            last=known.last,
            drift=Drift.model_validate(known.drift) if known.drift else None,
            steps=[
                Step(at=from_ms(60_000 * step.minute), inside=step.inside) for step in known.steps
            ],
        )


class CrowdLine(BaseModel):
    """One line of one camera over the day; sub-counts null where nobody looked for them."""

    device: str
    camera: str
    line: str
    kind: LineKind
    ingress: int
    egress: int
    staff_ingress: int | None
    staff_egress: int | None
    groups_in: int | None
    groups_out: int | None
    again: int | None

    @classmethod
    def of(cls, known: LineCount) -> Self:
        """From what is known."""
        tally, analysed = known.tally, known.analysed
        return cls(
            device=known.key.device,
            camera=known.key.camera,
            line=tally.line,
            kind=tally.kind,
            ingress=tally.ingress,
            egress=tally.egress,
            staff_ingress=tally.staff_ingress if analysed else None,
            staff_egress=tally.staff_egress if analysed else None,
            groups_in=tally.groups_in if analysed else None,
            groups_out=tally.groups_out if analysed else None,
            again=tally.again if analysed else None,
        )


class Doubt(BaseModel):
    """For so long a camera gave pictures and was not to be trusted."""

    device: str
    camera: str
    kind: MarkKind
    seconds: float


class Accuracy(BaseModel):
    """A share and its 95 % interval."""

    model_config = ConfigDict(from_attributes=True)

    value: float
    low: float | None
    high: float | None


class LastAudit(BaseModel):
    """How right a camera was found to be by a person who counted beside it."""

    device: str
    camera: str
    audit: str
    audited_at: datetime
    watched_s: float
    crossings: int = Field(description="that the person marked")
    recall: Accuracy | None = Field(description="of those, how many were counted")
    precision: Accuracy | None = Field(description="of those counted, how many were right")
    holds: bool = Field(description="the newest counts were made in the way that was audited")

    @classmethod
    def of(cls, key: CameraKey, known: KnownAudit) -> Self:
        """From what is known."""
        audited = known.audited
        return cls(
            device=key.device,
            camera=key.camera,
            audit=audited.audit,
            audited_at=audited.audited_at,
            watched_s=audited.watched_s,
            crossings=audited.total.seen,
            recall=_accuracy(audited.total.recall),
            precision=_accuracy(audited.total.precision),
            holds=known.holds,
        )


def _accuracy(figure: AuditFigure | None) -> Accuracy | None:
    return None if figure is None else Accuracy.model_validate(figure)
