"""Laws of footfall: nothing is lost, nothing counted twice, however reports are cut and sorted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.footfall import CameraKey, Interval, Reports, totals
from cloud.insight.trading_day import boundary, trading_day
from cloud.insight.watching import minutes_of, seen_minutes
from cloud.storage import read
from models.wire.events.footfall import FootfallCounted
from models.wire.ids import DeviceId
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, a_minute
from tests.simulators.little_ledger import STORE, TENANT, LittleLedger

ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu")

parts = st.builds(
    lambda minute, camera, line, ingress, egress, observed_ms: a_minute(
        NOON + timedelta(minutes=minute),
        camera=camera,
        line=line,
        ingress=ingress,
        egress=egress,
        observed_ms=observed_ms,
    ),
    minute=st.integers(0, 4),
    camera=st.sampled_from(["door", "yard"]),
    line=st.sampled_from(["a", "b"]),
    ingress=st.integers(0, 9),
    egress=st.integers(0, 9),
    observed_ms=st.sampled_from([0, 1, 30_000, 60_000]),
)
hours = st.dictionaries(st.integers(-6, 40), st.integers(1, 9), max_size=8)


@pytest.fixture(scope="module")
def ledger(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LittleLedger]:
    ledger = LittleLedger(tmp_path_factory.mktemp("shop"), databases)
    yield ledger
    ledger.close()


def by_hand(reports: list[FootfallCounted]) -> dict[tuple[str, int], tuple[int, int, int]]:
    """Observed milliseconds, in and out, of each camera's minute."""
    sums: dict[tuple[str, int], Counter[str]] = {}
    for each in reports:
        key = (each.camera, int(each.begin_at.timestamp()) * 1000)
        found = sums.setdefault(key, Counter())
        found["observed"] += each.observed_ms
        found["in"] += sum(line.ingress for line in each.lines)
        found["out"] += sum(line.egress for line in each.lines)
    return {
        key: (min(60_000, found["observed"]), found["in"], found["out"])
        for key, found in sums.items()
    }


def folded(ledger: LittleLedger) -> list[Interval]:
    with read(ledger.engine) as connection:
        return Reports(connection, TENANT, STORE, NOON, NOON + timedelta(hours=1)).intervals()


@given(st.lists(parts, max_size=12), st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_parts_in_any_order_and_grouping_are_the_sum_of_their_parts(
    ledger: LittleLedger, reports: list[FootfallCounted], data: st.DataObject
) -> None:
    ledger.wipe()
    ledger.count(*reports)
    ledger.reordered(data.draw(st.permutations(range(len(reports)))))
    ledger.fold(batch=data.draw(st.integers(1, 5)))
    expected = by_hand(reports)
    found = {
        (each.key.camera, each.begin_ms): (each.observed_ms, each.ingress, each.egress)
        for each in folded(ledger)
    }
    assert found == expected
    again = st.sampled_from(ledger.entries) if reports else st.nothing()
    ledger.fold(entries=data.draw(st.lists(again, unique_by=lambda entry: entry.position)))
    assert {(each.key.camera, each.begin_ms) for each in folded(ledger)} == expected.keys()
    with read(ledger.engine) as connection:
        assert totals(connection) == (
            sum(came for _, came, _ in expected.values()),
            sum(went for _, _, went in expected.values()),
        )


@given(hours, hours, hours, st.sampled_from(ZONES), st.dates(date(2020, 1, 3), date(2100, 1, 1)))
def test_days_follow_each_other_without_a_hole_or_an_overlap(
    first: dict[int, int],
    second: dict[int, int],
    third: dict[int, int],
    zone: str,
    day: date,
) -> None:
    sales = {day + timedelta(days=n): counts for n, counts in enumerate((first, second, third))}
    here = ZoneInfo(zone)
    days = [trading_day(each, here, sales) for each in sales]
    for one, other in pairwise(days):
        assert one.end_at == other.begin_at
        assert one.begin_at < one.end_at
        assert one.end_at - one.begin_at <= timedelta(hours=49)
    assert 12 <= boundary(first, second) <= 36


@given(st.lists(parts, max_size=20))
def test_minute_is_seen_when_every_camera_watched_it(reports: list[FootfallCounted]) -> None:
    found = by_hand(reports)
    cameras = {camera for camera, _ in found}
    expected = {
        begin_ms // 60_000
        for _, begin_ms in found
        if all(found.get((camera, begin_ms), (0,))[0] >= 54_000 for camera in cameras)
    }
    assert seen_minutes(list(_intervals(reports))) == expected


@given(
    st.lists(
        st.tuples(st.sampled_from([60, 300, 900]), st.integers(0, 3), st.booleans()), max_size=9
    )
)
def test_coarser_intervals_are_seen_whole_or_not(drawn: list[tuple[int, int, bool]]) -> None:
    base = datetime(2026, 11, 22, tzinfo=UTC)
    reports = [
        a_minute(base + timedelta(seconds=step * place), duration_s=step, camera=f"c{step}")
        if watched
        else a_minute(base + timedelta(seconds=step * place), duration_s=step, observed_ms=0)
        for step, place, watched in drawn
    ]
    intervals = list(_intervals(reports))
    seen = seen_minutes(intervals)
    for each in intervals:
        minutes = set(minutes_of(each))
        assert minutes <= seen or not minutes & seen


def _intervals(reports: list[FootfallCounted]) -> Iterator[Interval]:

    for each in reports:
        yield Interval(
            CameraKey(DeviceId("cam"), each.camera),
            int(each.begin_at.timestamp()) * 1000,
            each.duration_s,
            each.observed_ms,
            sum(line.ingress for line in each.lines),
            sum(line.egress for line in each.lines),
        )
