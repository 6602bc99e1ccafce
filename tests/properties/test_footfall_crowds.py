"""Laws of what cameras tell beside heads: any order and grouping, any merge, is the sum of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.footfall import CameraKey, Crowd, Details, Interval, Reports
from cloud.footfall.detail import packed, unpacked
from cloud.insight.doors import at_doors, both_seen, captured
from cloud.insight.occupancy import occupancy
from cloud.insight.trading_day import trading_day
from cloud.insight.watching import seen_minutes
from cloud.insight.zones import zone_figures
from cloud.storage import read
from models.wire.events.footfall import (
    FootfallCounted,
    LineKind,
    LineTally,
    MarkKind,
    ZoneKind,
    ZoneTally,
)
from models.wire.events.footfall_sum import (
    stay_percentile_s,
    sum_heat,
    sum_lines,
    sum_marks,
    sum_zones,
    summed,
)
from models.wire.ids import DeviceId
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, SHOP, a_crowded_minute
from tests.simulators.little_ledger import STORE, TENANT, LittleLedger

DOOR = CameraKey(SHOP.device, "door")
MINUTES = 6


def tallies(name: str, kind: LineKind) -> st.SearchStrategy[LineTally]:
    def tally(visitors: int, staff: int, again: int, egress: int) -> LineTally:
        return LineTally(
            line=name,
            kind=kind,
            ingress=visitors + staff + again,
            egress=egress + staff,
            staff_ingress=staff,
            staff_egress=staff,
            groups_in=visitors,
            groups_out=egress,
            again=again,
        )

    few = st.integers(0, 9)
    return st.builds(tally, few, few, few, few)


zones = st.builds(
    ZoneTally,
    zone=st.just("till"),
    kind=st.just(ZoneKind.QUEUE),
    person_ms=st.integers(0, 60_000),
    staff_ms=st.integers(0, 60_000),
    most=st.integers(0, 5),
    stays=st.lists(st.integers(0, 3), max_size=85),
    cut=st.integers(0, 2),
)
heats = st.dictionaries(st.integers(0, 575), st.integers(0, 60_000), max_size=20)
minutes = st.builds(
    lambda minute, door, past, zone, heat, marks: a_crowded_minute(
        NOON + timedelta(minutes=minute),
        lines=[door, past],
        zones=[zone],
        heat=sorted(heat.items()),
        marks=marks,
    ),
    minute=st.integers(0, MINUTES - 1),
    door=tallies("doorstep", LineKind.ENTRANCE),
    past=tallies("street", LineKind.PASSING),
    zone=zones,
    heat=heats,
    marks=st.dictionaries(st.sampled_from(MarkKind), st.integers(0, 60_000), max_size=2),
)


@pytest.fixture(scope="module")
def ledger(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LittleLedger]:
    ledger = LittleLedger(tmp_path_factory.mktemp("shop"), databases)
    yield ledger
    ledger.close()


def told(ledger: LittleLedger) -> Mapping[str, Any]:
    """Everything that the tables say of the hour."""
    span = (TENANT, STORE, NOON, NOON + timedelta(hours=1))
    with read(ledger.engine) as connection:
        reports = Reports(connection, *span)
        details = Details(connection, reports.parts)
        return {
            "lines": [each.tally for each in details.lines()],
            "zones": [
                ZoneTally(
                    zone=each.zone,
                    kind=each.kind,
                    person_ms=each.person_ms,
                    staff_ms=each.staff_ms,
                    most=each.most,
                    stays=list(each.stays),
                    cut=each.cut,
                )
                for each in zone_figures(details.zones())
            ],
            "heat": list(details.heat().get(DOOR, {}).items()),
            "marks": dict(reports.marks().get(DOOR, {})),
            "crowd": at_doors(reports.intervals()),
        }


def by_hand(parts: Sequence[FootfallCounted]) -> Mapping[str, Any]:
    lines = sum_lines(line for part in parts for line in part.lines)
    door = next((line for line in lines if line.line == "doorstep"), None)
    passers = sum(
        line.ingress + line.egress - line.staff_ingress - line.staff_egress
        for line in lines
        if line.kind is LineKind.PASSING
    )
    crowd = door and Crowd(
        door.staff_ingress, door.staff_egress, door.groups_in, door.groups_out, door.again, passers
    )
    return {
        "lines": lines,
        "zones": [trimmed(zone) for zone in sum_zones(z for part in parts for z in part.zones)],
        "heat": sum_heat(cell for part in parts for cell in part.heat),
        "marks": {
            mark.kind: mark.ms for mark in sum_marks(m for part in parts for m in part.marks)
        },
        "crowd": (door and door.ingress, door and door.egress, crowd),
    }


def trimmed(zone: ZoneTally) -> ZoneTally:
    stays = list(zone.stays)
    while stays and not stays[-1]:
        stays.pop()
    return msgspec.structs.replace(zone, stays=stays)


def agree(found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    doors = found["crowd"]
    assert (doors.ingress, doors.egress, doors.crowd) == expected["crowd"]
    for name in ("lines", "zones", "heat", "marks"):
        assert found[name] == expected[name], name


@given(st.lists(minutes, max_size=8), st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_grouping_and_repetition_is_the_sum_of_the_parts(
    ledger: LittleLedger, parts: list[FootfallCounted], data: st.DataObject
) -> None:
    ledger.wipe()
    ledger.count(*parts)
    ledger.reordered(data.draw(st.permutations(range(len(parts)))))
    ledger.fold(batch=data.draw(st.integers(1, 5)))
    agree(told(ledger), by_hand(parts))
    ledger.fold(entries=ledger.entries)
    agree(told(ledger), by_hand(parts))


@given(st.lists(minutes, min_size=2, max_size=6), st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_merged_event_and_the_minutes_it_holds_are_told_once(
    ledger: LittleLedger, parts: list[FootfallCounted], data: st.DataObject
) -> None:
    ledger.wipe()
    ledger.count(*parts)
    held = data.draw(st.integers(2, len(parts)))
    whole = msgspec.structs.replace(
        summed(parts[:held]),
        begin_at=NOON,
        duration_s=900,
        observed_ms=60_000 * held,
        replaces=[entry.event_id for entry in ledger.entries[:held]],
    )
    ledger.count(whole)
    arrived = data.draw(st.permutations(range(held - 1, len(parts) + 1)))  # some never came
    ledger.entries = [ledger.entries[n] for n in arrived]
    ledger.fold(batch=data.draw(st.integers(1, 4)))
    agree(told(ledger), by_hand(parts))


@given(heats)
def test_packed_heat_is_what_was_packed_in_four_bytes_or_so_a_cell(heat: dict[int, int]) -> None:
    cells = packed(heat.items())
    assert dict(unpacked(cells)) == heat
    assert len(cells) <= 3 + 6 * len(heat)


crossings = st.lists(
    st.tuples(
        st.integers(0, 30), st.integers(0, 9), st.integers(0, 9), st.booleans(), st.integers(0, 9)
    ),
    max_size=20,
)


def intervals(drawn: list[tuple[int, int, int, bool, int]]) -> list[Interval]:
    """One minute each, of cameras that look at the door and the street."""
    base = int(datetime(2026, 11, 22, 4, tzinfo=UTC).timestamp()) * 1000
    return [
        Interval(
            CameraKey(DeviceId("cam"), "door"),
            base + minute * 60_000,
            60,
            60_000 if watched else 0,
            ingress if watched else 0,
            egress if watched else 0,
            passing=True,
            crowd=Crowd(staff_in=ingress // 3, passers=passers) if watched else None,
        )
        for minute, ingress, egress, watched, passers in drawn
    ]


@given(crossings)
def test_capture_rate_is_a_share_of_those_who_were_about(
    drawn: list[tuple[int, int, int, bool, int]],
) -> None:
    found = captured(intervals(drawn), both_seen(intervals(drawn)))
    if not any(watched for *_, watched, _ in drawn):
        assert found is None
    if found is not None:
        assert found.rate is None or 0 <= found.rate <= 1
        assert (found.rate is None) == (found.entrants + found.passers == 0)


@given(crossings)
def test_drift_is_what_the_curve_ends_with_and_no_order_changes_it(
    drawn: list[tuple[int, int, int, bool, int]],
) -> None:
    day = trading_day(date(2026, 11, 22), ZoneInfo("Asia/Shanghai"), {})
    told = intervals(drawn)
    found = occupancy(day, told, seen_minutes(told), day.end_at)
    assert found == occupancy(day, told[::-1], seen_minutes(told), day.end_at)
    left = sum(each.ingress - each.egress for each in told)
    if found.drift is None:
        assert found.steps == ()
    else:
        assert found.last == found.drift.left == left


@given(st.lists(minutes, min_size=1, max_size=6))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_percentiles_of_a_day_come_from_the_sum_of_its_stays(
    ledger: LittleLedger, parts: list[FootfallCounted]
) -> None:
    ledger.wipe()
    ledger.count(*parts)
    ledger.fold()
    (zone,) = sum_zones(zone for part in parts for zone in part.zones)
    with read(ledger.engine) as connection:
        reports = Reports(connection, TENANT, STORE, NOON, NOON + timedelta(hours=1))
        details = Details(connection, reports.parts)
        (found,) = zone_figures(details.zones())
    assert found.p50_s == stay_percentile_s(zone.stays, 0.5)
    assert found.p90_s == stay_percentile_s(zone.stays, 0.9)
    assert found.mean == zone.person_ms / (60_000 * len(parts))
