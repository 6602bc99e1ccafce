"""A store's day beside heads: visitors, passers-by, who is inside, zones, the unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

import pytest

from cloud.footfall import CameraKey
from cloud.insight import CrowdDay, CrowdHour, read_crowd
from cloud.organisation import Store
from models.wire.events.footfall import (
    FootfallCounted,
    GapReason,
    LineKind,
    LineTally,
    MarkKind,
    ZoneKind,
    ZoneTally,
)
from models.wire.events.footfall_sum import stays_of
from tests.simulators.databases import Databases
from tests.simulators.facts import (
    SHANGHAI,
    SHOP,
    a_crowded_minute,
    a_minute,
    an_audit,
    an_unwatched_minute,
)
from tests.simulators.little_ledger import STORE, TENANT, LittleLedger

DAY = date(2026, 11, 22)
STORE_OF = Store(TENANT, STORE, "人民广场店", "Asia/Shanghai", "CNY", "CN")
LATER = datetime(2026, 11, 24, 12, tzinfo=SHANGHAI)
DOOR = CameraKey(SHOP.device, "door")


@pytest.fixture(scope="module")
def ledger(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LittleLedger]:
    ledger = LittleLedger(tmp_path_factory.mktemp("shop"), databases)
    yield ledger
    ledger.close()


@pytest.fixture
def shop(ledger: LittleLedger) -> LittleLedger:
    ledger.wipe()
    return ledger


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 22, hour, minute, tzinfo=SHANGHAI)


def door(
    ingress: int = 0,
    egress: int = 0,
    *,
    staff_ingress: int = 0,
    staff_egress: int = 0,
    groups_in: int = 0,
    again: int = 0,
) -> LineTally:
    return LineTally(
        line="doorstep",
        ingress=ingress,
        egress=egress,
        staff_ingress=staff_ingress,
        staff_egress=staff_egress,
        groups_in=groups_in,
        again=again,
    )


def street(ingress: int = 0, egress: int = 0, staff_egress: int = 0) -> LineTally:
    return LineTally(
        line="street",
        kind=LineKind.PASSING,
        ingress=ingress,
        egress=egress,
        staff_egress=staff_egress,
    )


def the_day(shop: LittleLedger, *told: FootfallCounted, now: datetime = LATER) -> CrowdDay:
    shop.count(*told)
    shop.fold()
    found = read_crowd(shop.engine, STORE_OF, DAY, now)
    assert found is not None
    return found


def hour(found: CrowdDay, number: int) -> CrowdHour:
    return next(each for each in found.hours if each.hour == number)


def test_store_without_cameras_has_no_such_day(shop: LittleLedger) -> None:
    assert read_crowd(shop.engine, STORE_OF, DAY, LATER) is None


def test_visitors_are_heads_without_staff_and_without_those_who_came_back(
    shop: LittleLedger,
) -> None:
    found = the_day(
        shop,
        a_crowded_minute(at(9), lines=[door(10, 4, staff_ingress=2, again=1, groups_in=5)]),
        a_crowded_minute(at(10), lines=[door(3, groups_in=3)]),
    )
    assert (found.doors.ingress, found.doors.visitors) == (13, 10)
    assert [each.doors.visitors for each in found.hours] == [7, 3]
    assert found.doors.crowd is not None
    assert found.doors.crowd.groups_in == 8


def test_what_an_old_agent_did_not_look_for_is_unknown_and_not_zero(shop: LittleLedger) -> None:
    found = the_day(shop, a_minute(at(9), ingress=4), a_crowded_minute(at(10), lines=[door(3)]))
    assert (found.doors.ingress, found.doors.visitors, found.doors.crowd) == (7, None, None)
    assert hour(found, 9).doors.visitors is None
    assert hour(found, 10).doors.visitors == 3
    assert [each.analysed for each in found.lines] == [False]


def test_a_line_drawn_after_the_upgrade_is_known_beside_one_that_is_not(
    shop: LittleLedger,
) -> None:
    found = the_day(
        shop, a_minute(at(9), ingress=4), a_crowded_minute(at(10), lines=[door(3), street(5)])
    )
    assert {each.tally.line: (each.tally.ingress, each.analysed) for each in found.lines} == {
        "doorstep": (7, False),
        "street": (5, True),
    }


def test_capture_rate_is_who_came_in_of_who_was_about(shop: LittleLedger) -> None:
    found = the_day(
        shop,
        a_crowded_minute(at(9), lines=[door(3, staff_ingress=1), street(10, 9, staff_egress=1)]),
        a_crowded_minute(at(10), lines=[door(0), street(0)]),
    )
    assert found.capture is not None
    assert (found.capture.entrants, found.capture.passers, found.capture.rate) == (2, 18, 0.1)
    assert found.capture.watched_min == 2
    quiet = hour(found, 10).capture
    assert quiet is not None
    assert quiet.rate is None


@pytest.mark.parametrize(
    "told",
    [
        [a_crowded_minute(at(9), lines=[door(3)])],
        [a_crowded_minute(at(9), lines=[street(3)])],
        [a_crowded_minute(at(9), lines=[door(3)]), a_crowded_minute(at(9, 1), lines=[street(9)])],
        [
            a_crowded_minute(at(9), lines=[door(3)]),
            a_crowded_minute(at(9, 1), lines=[street(9)], camera="street"),
        ],
        [
            a_minute(at(9), ingress=3),
            a_crowded_minute(at(9), lines=[street(9)], camera="street"),
        ],
    ],
    ids=["no street", "no door", "never both", "not at the same time", "staff unknown"],
)
def test_without_both_watched_there_is_no_capture_rate(
    shop: LittleLedger, told: Sequence[FootfallCounted]
) -> None:
    assert the_day(shop, *told).capture is None


def test_camera_without_a_door_makes_no_hour_watched_and_no_minute_unseen(
    shop: LittleLedger,
) -> None:
    till = ZoneTally(zone="till", kind=ZoneKind.QUEUE)
    found = the_day(
        shop,
        a_crowded_minute(at(9), lines=[door(4, groups_in=2)]),
        a_crowded_minute(at(10), zones=[till], camera="till"),
        an_unwatched_minute(at(11), camera="till"),
    )
    assert [each.doors.ingress for each in found.hours] == [4, None, None]
    assert [each.ingress for each in found.footfall.hours] == [4]
    conversion = found.footfall.conversion
    assert (conversion.visitors, conversion.groups, conversion.watched_min) == (4, 2, 1)


def test_a_passing_line_is_no_part_of_who_came_by_camera(shop: LittleLedger) -> None:
    found = the_day(shop, a_crowded_minute(at(9), lines=[door(4), street(50, 40)]))
    assert found.footfall.ingress == 4
    assert [each.ingress for each in found.footfall.cameras] == [4]
    assert [each.tally.ingress for each in found.lines] == [4, 50]


def test_occupancy_runs_through_the_day_and_is_unknown_where_nobody_watched(
    shop: LittleLedger,
) -> None:
    found = the_day(
        shop,
        a_crowded_minute(at(9), lines=[door(6)]),
        a_crowded_minute(at(9, 20), lines=[door(2, 3)]),
        an_unwatched_minute(at(9, 40)),
        a_crowded_minute(at(9, 50), lines=[door(0, 4)]),
        now=at(12),
    )
    assert [each.inside for each in found.occupancy.steps] == [6, 5, None, 1]
    assert (found.occupancy.most, found.occupancy.last) == (6, 1)
    assert found.occupancy.drift is None  # the day is not over


def test_doors_of_all_cameras_make_one_occupancy(shop: LittleLedger) -> None:
    found = the_day(
        shop,
        a_crowded_minute(at(9), lines=[door(6)]),
        a_crowded_minute(at(9), lines=[door(0, 5)], camera="back"),
    )
    assert found.occupancy.last == 1


@pytest.mark.parametrize(
    ("came", "went", "flagged"),
    [(100, 95, False), (100, 94, True), (100, 106, True), (10, 6, False), (0, 5, True)],
)
def test_drift_is_told_when_the_day_is_over_and_flagged_beyond_a_twentieth(
    shop: LittleLedger, came: int, went: int, flagged: bool
) -> None:
    found = the_day(shop, a_crowded_minute(at(9), lines=[door(came, went)]))
    drift = found.occupancy.drift
    assert drift is not None
    assert (drift.left, drift.is_flagged) == (came - went, flagged)
    assert drift.share == ((came - went) / came if came else None)


def test_the_count_of_those_inside_begins_anew_every_day(shop: LittleLedger) -> None:
    shop.count(a_crowded_minute(at(20) - timedelta(days=1), lines=[door(7)]))
    found = the_day(shop, a_crowded_minute(at(9), lines=[door(1)]))
    assert found.occupancy.last == 1


def test_zone_is_told_by_its_mean_and_the_percentiles_of_its_stays(shop: LittleLedger) -> None:
    def queue(person_ms: int, most: int, *lengths_s: float) -> ZoneTally:
        return ZoneTally(
            zone="till",
            kind=ZoneKind.QUEUE,
            person_ms=person_ms,
            most=most,
            stays=stays_of(lengths_s),
            cut=1,
        )

    found = the_day(
        shop,
        a_crowded_minute(at(9), lines=[door()], zones=[queue(90_000, 3, 30, 31)]),
        a_crowded_minute(at(10), lines=[door()], zones=[queue(30_000, 2, 32, 300)]),
    )
    (till,) = found.zones
    assert (till.mean, till.most, till.ended, till.cut) == (1.0, 3, 4, 2)
    assert till.p50_s == pytest.approx(31, rel=0.07)
    assert till.p90_s == pytest.approx(300, rel=0.07)
    assert [each.mean for each in hour(found, 9).zones] == [1.5]


def test_marks_make_their_minutes_doubtful_and_change_no_count(shop: LittleLedger) -> None:
    found = the_day(
        shop,
        a_crowded_minute(at(9), lines=[door(2)], marks={MarkKind.DARK: 5_000}),
        a_crowded_minute(at(9), lines=[door(1)], camera="back", marks={MarkKind.BLOCKED: 60_000}),
        a_crowded_minute(at(10), lines=[door(3)]),
    )
    assert found.doors.ingress == 6
    assert (found.marked_min, hour(found, 9).marked_min, hour(found, 10).marked_min) == (1, 1, 0)
    assert found.marks[DOOR] == {MarkKind.DARK: 5_000}


def test_heat_adds_up_per_camera(shop: LittleLedger) -> None:
    found = the_day(
        shop,
        a_crowded_minute(at(9), lines=[door()], heat=[(3, 100), (575, 7)]),
        a_crowded_minute(at(10), lines=[door()], heat=[(3, 50)]),
        a_crowded_minute(at(10), lines=[door()], heat=[(3, 1)], camera="back"),
    )
    assert found.heat[DOOR] == {3: 150, 575: 7}
    assert len(found.heat) == 2


def test_last_audit_stands_beside_the_counts(shop: LittleLedger) -> None:
    shop.audit(an_audit("a" * 32))
    found = the_day(shop, a_crowded_minute(at(9), lines=[door()], audit="a" * 32))
    assert found.audits[DOOR].holds


@pytest.mark.parametrize(
    "told",
    [
        a_crowded_minute(at(9), lines=[door(1, staff_ingress=1, again=1)]),
        a_crowded_minute(at(9), lines=[door(1, groups_in=2)]),
        a_crowded_minute(at(9), lines=[door(3, staff_ingress=-1)]),
        a_crowded_minute(at(9), lines=[door(0, 1, staff_egress=2)]),
        a_crowded_minute(at(9), zones=[ZoneTally(zone="a", kind=ZoneKind.STAFF)]),
        a_crowded_minute(at(9), zones=[ZoneTally(zone="a", kind=ZoneKind.DWELL, person_ms=-1)]),
        a_crowded_minute(at(9), zones=[ZoneTally(zone="a", kind=ZoneKind.DWELL, stays=[-1])]),
        a_crowded_minute(at(9), zones=[ZoneTally(zone="a", kind=ZoneKind.DWELL, stays=[0] * 86)]),
        a_crowded_minute(at(9), zones=[ZoneTally(zone="a", kind=ZoneKind.DWELL)] * 2),
        a_crowded_minute(at(9), zones=[ZoneTally(zone="", kind=ZoneKind.DWELL)]),
        a_crowded_minute(at(9), heat=[(576, 1)]),
        a_crowded_minute(at(9), heat=[(5, -1)]),
        a_crowded_minute(at(9), heat=[(5, 1), (5, 1)]),
        a_crowded_minute(at(9), heat=[(5, 10**30)]),
        a_crowded_minute(at(9), marks={MarkKind.DARK: -1}),
    ],
)
def test_what_cannot_be_is_in_no_figure(shop: LittleLedger, told: FootfallCounted) -> None:
    found = the_day(shop, told, a_crowded_minute(at(10), lines=[door(1)]))
    assert found.footfall.ignored == 1
    assert (found.doors.ingress, found.zones, found.heat, found.marks) == (1, (), {}, {})


def test_day_that_nobody_watched_has_no_figures_rather_than_zeros(shop: LittleLedger) -> None:
    found = the_day(shop, an_unwatched_minute(at(9), GapReason.LOST))
    assert (found.doors.ingress, found.doors.visitors, found.capture) == (None, None, None)
    assert (found.occupancy.steps, found.occupancy.drift, found.zones) == ((), None, ())
