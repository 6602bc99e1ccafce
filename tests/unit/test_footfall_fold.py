"""The footfall tables behind the ledger: what a camera said, once, however it arrived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations

import msgspec
import pytest
from sqlalchemy import Connection

from cloud.footfall import CameraKey, CameraReport, Details, Interval, Reports, totals
from cloud.footfall.detail import MOST_CROSSINGS
from cloud.footfall.row import CONFLICT, MOST_LINES, Oddity
from cloud.storage import read
from models.wire.events.footfall import (
    FootfallCounted,
    Gap,
    GapReason,
    LineKind,
    LineTally,
    ZoneKind,
    ZoneTally,
)
from models.wire.ids import DeviceId, DevicePath
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, SHOP, a_minute, a_sale, an_unwatched_minute
from tests.simulators.little_ledger import STORE, TENANT, LittleLedger, at_store

MINUTE = timedelta(minutes=1)
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


def intervals(shop: LittleLedger, hours: int = 24) -> list[Interval]:
    with read(shop.engine) as connection:
        return reports(connection, hours).intervals()


def reports(connection: Connection, hours: int = 24) -> Reports:
    return Reports(connection, TENANT, STORE, NOON, NOON + timedelta(hours=hours))


def cameras(connection: Connection, told: Sequence[Interval]) -> list[CameraReport]:
    found = reports(connection)
    return found.cameras(told, Details(connection, found.parts).lines())


def flags(shop: LittleLedger) -> list[tuple[object, ...]]:
    return shop.rows("footfall_part", "ignored", "flags")


def in_and_out(shop: LittleLedger) -> tuple[int, int]:
    with read(shop.engine) as connection:
        return totals(connection)


def test_what_was_counted_is_there_minute_by_minute(shop: LittleLedger) -> None:
    shop.sale(a_sale(1))
    shop.count(a_minute(NOON, ingress=3, egress=1), a_minute(NOON + MINUTE, egress=2))
    shop.fold()
    noon_ms = int(NOON.timestamp() * 1000)
    assert intervals(shop) == [
        Interval(DOOR, noon_ms, 60, 60_000, 3, 1),
        Interval(DOOR, noon_ms + 60_000, 60, 60_000, 0, 2),
    ]
    assert in_and_out(shop) == (3, 3)


def test_parts_of_a_minute_add_up(shop: LittleLedger) -> None:
    shop.count(
        a_minute(NOON, ingress=2, gaps={GapReason.STARTING: 40_000}),
        a_minute(NOON, ingress=1, egress=4, gaps={GapReason.LOST: 25_000, GapReason.SLOW: 1_000}),
    )
    shop.fold()
    (minute,) = intervals(shop)
    assert (minute.ingress, minute.egress, minute.observed_ms) == (3, 4, 54_000)
    with read(shop.engine) as connection:
        (camera,) = cameras(connection, [minute])
    assert camera.lines == {"doorstep": (3, 4)}
    assert camera.gaps_ms == {
        GapReason.LOST: 25_000,
        GapReason.SLOW: 1_000,
        GapReason.STARTING: 40_000,
    }


def test_minute_that_a_clock_lived_through_twice_was_watched_once(shop: LittleLedger) -> None:
    shop.count(a_minute(NOON, ingress=2), a_minute(NOON, ingress=3))
    shop.fold()
    (minute,) = intervals(shop)
    assert (minute.ingress, minute.observed_ms) == (5, 60_000)


def test_unwatched_minute_is_reported_and_counts_nobody(shop: LittleLedger) -> None:
    shop.count(an_unwatched_minute())
    shop.fold()
    (minute,) = intervals(shop)
    assert minute.observed_ms == 0
    with read(shop.engine) as connection:
        (camera,) = cameras(connection, [minute])
    assert (camera.ingress, camera.egress) == (None, None)
    assert camera.gaps_ms == {GapReason.LOST: 60_000}


def test_watched_minute_without_anybody_is_a_zero(shop: LittleLedger) -> None:
    shop.count(a_minute())
    shop.fold()
    with read(shop.engine) as connection:
        (camera,) = cameras(connection, intervals(shop))
    assert (camera.ingress, camera.egress) == (0, 0)


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("batch", [1, 3])
def test_neither_order_nor_grouping_matters(
    shop: LittleLedger, order: tuple[int, ...], batch: int
) -> None:
    shop.count(a_minute(NOON, ingress=1), a_minute(NOON, ingress=2), a_minute(NOON + MINUTE))
    shop.reordered(order)
    shop.fold(batch)
    assert [minute.ingress for minute in intervals(shop)] == [3, 0]


def test_folding_again_or_anew_changes_nothing(shop: LittleLedger) -> None:
    shop.count(a_minute(ingress=2), a_minute(ingress=1), an_unwatched_minute(NOON + MINUTE))
    shop.fold()
    before = shop.rows("footfall_part"), shop.rows("footfall_line")
    shop.fold(entries=shop.entries)
    assert (shop.rows("footfall_part"), shop.rows("footfall_line")) == before
    shop.clear()
    assert (shop.rows("footfall_part"), shop.rows("footfall_line")) == ([], [])
    shop.fold()
    assert (shop.rows("footfall_part"), shop.rows("footfall_line")) == before


def test_stores_and_cameras_are_kept_apart(shop: LittleLedger) -> None:
    other_box = DevicePath(TENANT, STORE, DeviceId("sh-0001-cam2"))
    shop.count(a_minute(ingress=1), a_minute(ingress=2, camera="yard"))
    shop.count(a_minute(ingress=4), device=other_box)
    shop.count(a_minute(ingress=8), device=at_store("sh-0002"))
    shop.fold()
    assert {minute.key: minute.ingress for minute in intervals(shop)} == {
        DOOR: 1,
        CameraKey(SHOP.device, "yard"): 2,
        CameraKey(other_box.device, "door"): 4,
    }
    with read(shop.engine) as connection:
        found = [camera.key for camera in cameras(connection, intervals(shop))]
        assert reports(connection).exist()
        assert not Reports(connection, TENANT, STORE, NOON - MINUTE, NOON).exist()
    assert found == sorted(found)
    assert in_and_out(shop) == (15, 0)


def broken(**fields: object) -> FootfallCounted:
    return msgspec.structs.replace(a_minute(ingress=7), **fields)


def line(name: str = "doorstep", ingress: int = 0, egress: int = 0) -> LineTally:
    return LineTally(line=name, ingress=ingress, egress=egress)


@pytest.mark.parametrize(
    ("counted", "oddity"),
    [
        (broken(begin_at=NOON + timedelta(seconds=7)), Oddity.TIME),
        (broken(begin_at=NOON + timedelta(days=30)), Oddity.TIME),
        (broken(begin_at=datetime(1970, 1, 1, tzinfo=UTC)), Oddity.TIME),
        (broken(duration_s=0), Oddity.TIME),
        (broken(duration_s=-60), Oddity.TIME),
        (broken(duration_s=7200), Oddity.TIME),
        (broken(begin_at=NOON + MINUTE, duration_s=900), Oddity.TIME),
        (broken(observed_ms=-1), Oddity.COUNT),
        (broken(samples=10**30), Oddity.COUNT),
        (broken(lines=[line(ingress=-1)]), Oddity.COUNT),
        (broken(lines=[line(egress=MOST_CROSSINGS + 1)]), Oddity.COUNT),
        (broken(lines=[line(str(n)) for n in range(MOST_LINES + 1)]), Oddity.COUNT),
        (broken(gaps=[Gap(reason=GapReason.LOST, ms=-1)]), Oddity.COUNT),
        (broken(lines=[line(), line()]), Oddity.NAME),
        (broken(lines=[line("")]), Oddity.NAME),
        (broken(camera="door\x00"), Oddity.NAME),
        (broken(camera="d" * 65), Oddity.NAME),
    ],
)
def test_what_makes_no_sense_is_kept_flagged_and_in_no_figure(
    shop: LittleLedger, counted: FootfallCounted, oddity: Oddity
) -> None:
    shop.count(counted, a_minute(ingress=1))
    shop.fold()
    assert flags(shop) == [(False, ""), (True, oddity.value)]
    assert in_and_out(shop) == (1, 0)
    with read(shop.engine) as connection:
        assert sum(minute.ingress for minute in reports(connection).intervals()) == 1
        assert reports(connection, hours=48).ignored() == 1


def test_who_passes_by_outside_did_not_come_in(shop: LittleLedger) -> None:
    street = LineTally(line="street", ingress=40, egress=30, kind=LineKind.PASSING)
    shop.count(broken(lines=[line(ingress=7, egress=2), street]))
    shop.fold()
    assert [(minute.ingress, minute.egress) for minute in intervals(shop)] == [(7, 2)]


def test_what_is_told_beside_heads_changes_no_head(shop: LittleLedger) -> None:
    zone = ZoneTally(zone="till", kind=ZoneKind.QUEUE, person_ms=90_000, most=3, stays=[0, 1])
    more = {"zones": [zone], "heat": [(33, 1_000)], "analyses": "crowd-1"}
    part = broken(**more, lines=[LineTally(line="doorstep", ingress=7, egress=0, staff_ingress=3)])
    merged = msgspec.structs.replace(part, duration_s=900, replaces=[])
    shop.count(part, msgspec.structs.replace(merged, begin_at=NOON + 15 * MINUTE))
    shop.fold()
    assert [minute.ingress for minute in intervals(shop)] == [7, 7]
    assert [flag for _, flag in flags(shop)] == ["", ""]


def test_more_than_was_there_to_be_watched_is_no_more_than_all(shop: LittleLedger) -> None:
    shop.count(broken(observed_ms=10**30, gaps=[Gap(reason=GapReason.LOST, ms=10**30)]))
    shop.fold()
    (minute,) = intervals(shop)
    assert (minute.ingress, minute.observed_ms) == (7, 60_000)


def test_cloned_disks_people_came_in_all_the_same(shop: LittleLedger) -> None:
    shop.count(a_minute(ingress=2))
    fields = {name: getattr(shop.entries[0], name) for name in type(shop.entries[0]).__slots__}
    shop.entries[0] = type(shop.entries[0])(**fields | {"conflict": True})
    shop.fold()
    assert flags(shop) == [(False, CONFLICT)]
    assert in_and_out(shop) == (2, 0)
