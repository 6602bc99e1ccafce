"""Laws of the drift report: weeks read by quarters of an hour are the days read by minutes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.insight import Drift, read_crowd, read_drift
from cloud.organisation import Store
from models.wire.events.footfall import FootfallCounted
from tests.simulators.databases import Databases
from tests.simulators.facts import SHANGHAI, a_minute, a_sale
from tests.simulators.little_ledger import STORE, TENANT, LittleLedger

STORE_OF = Store(TENANT, STORE, "人民广场店", "Asia/Shanghai", "CNY", "CN")
FIRST = date(2026, 11, 20)
DAYS = 3
LATER = datetime(2026, 11, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Run:
    """Intervals one after another, alike but for who crosses in every so many of them."""

    camera: str
    day: int
    quarter: int
    into_it: int
    count: int
    duration_s: int
    observed: float
    at_door: bool
    every: int
    ingress: int
    egress: int

    def told(self) -> Iterator[FootfallCounted]:
        """Its events; an interval begins on a multiple of itself."""
        midnight = datetime.combine(FIRST + timedelta(days=self.day), time(), SHANGHAI)
        begin = midnight + timedelta(minutes=15 * self.quarter)
        if self.duration_s < 900:
            begin += timedelta(seconds=self.duration_s * self.into_it)
        for number in range(self.count):
            crossed = number % self.every == 0 and self.observed > 0
            counted = a_minute(
                begin + timedelta(seconds=number * self.duration_s),
                camera=self.camera,
                duration_s=self.duration_s,
                observed_ms=round(1000 * self.duration_s * self.observed),
                ingress=self.ingress if crossed else 0,
                egress=self.egress if crossed else 0,
            )
            yield counted if self.at_door else msgspec.structs.replace(counted, lines=[])


runs = st.builds(
    Run,
    camera=st.sampled_from(["door", "back"]),
    day=st.integers(0, DAYS - 1),
    quarter=st.integers(36, 48),
    into_it=st.sampled_from([0, 0, 0, 1, 2]),
    count=st.sampled_from([1, 15, 30, 45, 47]),
    duration_s=st.sampled_from([60, 60, 60, 60, 300, 900, 3600]),
    observed=st.sampled_from([1, 1, 1, 0.95, 0.5, 0]),
    at_door=st.sampled_from([True, True, True, False]),
    every=st.integers(1, 20),
    ingress=st.integers(0, 5),
    egress=st.integers(0, 5),
)


@pytest.fixture(scope="module")
def ledger(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LittleLedger]:
    ledger = LittleLedger(tmp_path_factory.mktemp("shop"), databases)
    yield ledger
    ledger.close()


def by_day(ledger: LittleLedger) -> list[Drift | None]:
    """Each day's drift, every minute of it read."""
    days = (FIRST + timedelta(days=place) for place in range(DAYS))
    found = (read_crowd(ledger.engine, STORE_OF, day, LATER) for day in days)
    return [crowd.occupancy.drift if crowd else None for crowd in found]


@given(told=st.lists(runs, min_size=1, max_size=8), night=st.booleans())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_report_of_weeks_says_of_each_day_what_the_day_says(
    ledger: LittleLedger, told: list[Run], *, night: bool
) -> None:
    ledger.wipe()
    if night:  # a business day that sells past midnight has the people of those hours, too
        late = datetime.combine(FIRST + timedelta(days=1), time(0, 30), SHANGHAI)
        ledger.sale(a_sale(1, day=FIRST, end_at=late))
    ledger.count(*(counted for run in told for counted in run.told()))
    ledger.fold()
    report = read_drift(ledger.engine, STORE_OF, FIRST + timedelta(days=DAYS - 1), DAYS, LATER)
    assert report is not None
    assert [each.drift for each in report.days] == by_day(ledger)
