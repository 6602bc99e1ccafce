"""A store's day of counts as the footfall page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from cloud.console.bar_chart import BarChart
from cloud.console.footfall_chart import (
    Curve,
    HeatCell,
    busy,
    came_chart,
    coarse_heat,
    curve,
    heat_cells,
    passed_chart,
)
from cloud.footfall import CameraKey, CameraReport, KnownAudit, LineCount
from cloud.insight import CrowdDay, CrowdHour, read_crowd
from cloud.organisation import Store
from cloud.storage.columns import from_ms
from models.wire.events.footfall import LineKind, MarkKind


@dataclass(frozen=True, slots=True)
class HeatPicture:
    """Where people were before one camera; ``rows`` say the same in milliseconds, coarser."""

    key: CameraKey
    cells: tuple[HeatCell, ...]
    rows: tuple[tuple[int, ...], ...]


class Checked(StrEnum):
    """How an audit stands to the counts beside it."""

    HOLDS = "audit_holds"
    OVER = "audit_over"
    LATER = "audit_later"
    NEVER = "never_audited"


@dataclass(frozen=True, slots=True)
class CameraLine:
    """What one camera told until an aware moment, and how far to trust it."""

    until: datetime
    report: CameraReport
    lines: tuple[LineCount, ...]
    marks: Mapping[MarkKind, int]
    known: KnownAudit | None

    @property
    def checked(self) -> Checked:
        """Whether the figures of its audit are those of its counts."""
        if self.known is None:
            return Checked.NEVER
        if self.known.holds:
            return Checked.HOLDS
        return Checked.LATER if self.known.audited.audited_at >= self.until else Checked.OVER


@dataclass(frozen=True, slots=True)
class FootfallPage:
    """Everything that the page's live part shows; ``crowd`` None for a store without cameras."""

    store: Store
    day: date
    crowd: CrowdDay | None

    @property
    def hours(self) -> Sequence[CrowdHour]:
        """Those in which something happened."""
        return busy(self.crowd.hours) if self.crowd else ()

    @property
    def sees_street(self) -> bool:
        """Whether any camera looks at who walks past, and was watched with the door."""
        return self.crowd is not None and self.crowd.capture is not None

    @property
    def came(self) -> BarChart[CrowdHour]:
        """Who came."""
        return came_chart(self.hours, alone=not self.sees_street)

    @property
    def passed(self) -> BarChart[CrowdHour]:
        """Who walked past."""
        return passed_chart(self.hours)

    @property
    def inside(self) -> Curve:
        """Who was inside."""
        steps = self.crowd.occupancy.steps if self.crowd else ()
        return curve(steps, lambda minute: f"{self.moment(minute).astimezone(self.zone):%H}")

    @property
    def zone(self) -> ZoneInfo:
        """The shop's time zone."""
        return self.store.zone

    @property
    def heat(self) -> tuple[HeatPicture, ...]:
        """One per camera before which anybody was."""
        cells = self.crowd.heat if self.crowd else {}
        return tuple(
            HeatPicture(key, heat_cells(each), coarse_heat(each)) for key, each in cells.items()
        )

    @property
    def cameras(self) -> tuple[CameraLine, ...]:
        """Every camera that told anything of the day."""
        if self.crowd is None:
            return ()
        lines = {key: tuple(each) for key, each in groupby(self.crowd.lines, lambda line: line.key)}
        return tuple(
            CameraLine(
                self.crowd.footfall.trading_day.end_at,
                report,
                lines.get(report.key, ()),
                self.crowd.marks.get(report.key, {}),
                self.crowd.audits.get(report.key),
            )
            for report in self.crowd.footfall.cameras
        )

    @property
    def doors(self) -> tuple[CameraLine, ...]:
        """The cameras of which the visitors come."""
        entrance = LineKind.ENTRANCE
        return tuple(
            each for each in self.cameras if any(line.tally.kind is entrance for line in each.lines)
        )

    def moment(self, minute: int) -> datetime:
        """An aware moment, of a minute since 1970."""
        return from_ms(60_000 * minute)


def read_page(engine: Engine, store: Store, day: date, now: datetime) -> FootfallPage:
    """The page as it stands now."""
    return FootfallPage(store, day, read_crowd(engine, store, day, now))
