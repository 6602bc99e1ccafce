"""Thinned footfall in the cloud: whoever was merged counts once, whatever else arrives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cloud.footfall import Interval, Reports, totals
from cloud.footfall.row import MOST_REPLACED, Oddity
from cloud.insight.footfall_day import Facts, compose
from cloud.insight.trading_day import trading_day
from cloud.storage import read
from models.wire.events.footfall import FootfallCounted
from models.wire.ids import DeviceId, DevicePath
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, a_minute
from tests.simulators.little_ledger import STORE, TENANT, LittleLedger

MINUTE = timedelta(minutes=1)
OTHER_BOX = DevicePath(TENANT, STORE, DeviceId("sh-0001-cam2"))


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


def merged(shop: LittleLedger, parts: Sequence[int], step_s: int = 900) -> FootfallCounted:
    """The sum of entries (by their index), as a device with a small disk makes it."""
    found = [shop.entries[index] for index in parts]
    counted = [entry.data() for entry in found]
    assert all(isinstance(each, FootfallCounted) for each in counted)
    minutes = [each for each in counted if isinstance(each, FootfallCounted)]
    whole = a_minute(
        NOON,
        ingress=sum(line.ingress for each in minutes for line in each.lines),
        duration_s=step_s,
    )
    names = [name for entry, each in zip(found, minutes, strict=True)
             for name in (entry.event_id, *each.replaces)]  # fmt: skip
    return msgspec.structs.replace(whole, replaces=names)


def in_and_out(shop: LittleLedger) -> tuple[int, int]:
    with read(shop.engine) as connection:
        return totals(connection)


def intervals(shop: LittleLedger) -> list[Interval]:
    with read(shop.engine) as connection:
        return Reports(connection, TENANT, STORE, NOON, NOON + timedelta(hours=24)).intervals()


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("batch", [1, 3])
def test_a_minute_that_came_all_the_same_counts_once(
    shop: LittleLedger, order: tuple[int, ...], batch: int
) -> None:
    shop.count(a_minute(NOON, ingress=1), a_minute(NOON + MINUTE, ingress=2))
    shop.count(merged(shop, [0, 1]))
    shop.reordered(order)
    shop.fold(batch)
    (found,) = intervals(shop)
    assert (found.duration_s, found.ingress) == (900, 3)
    assert in_and_out(shop) == (3, 0)


def test_minutes_that_were_not_merged_are_added(shop: LittleLedger) -> None:
    shop.count(a_minute(NOON, ingress=1), a_minute(NOON + MINUTE, ingress=2))
    shop.count(merged(shop, [0]), a_minute(NOON + 2 * MINUTE, ingress=4))
    shop.fold()
    assert in_and_out(shop) == (7, 0)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_hours_outdo_their_quarters_and_minutes(shop: LittleLedger, order: tuple[int, ...]) -> None:
    shop.count(a_minute(NOON, ingress=1), a_minute(NOON + MINUTE, ingress=2))
    shop.count(merged(shop, [0, 1]))
    shop.count(merged(shop, [2], 3600))
    shop.reordered(order)
    shop.fold(1)
    (found,) = intervals(shop)
    assert (found.duration_s, found.ingress) == (3600, 3)


@pytest.mark.parametrize("order", list(permutations(range(5))))
def test_two_lives_of_a_disk_that_merged_the_same_minutes_count_once(
    shop: LittleLedger, order: tuple[int, ...]
) -> None:
    """An older image of the disk merged fewer of them; the event that holds more counts."""
    shop.count(*(a_minute(NOON + n * MINUTE, ingress=1) for n in range(3)))
    shop.count(merged(shop, [0, 1, 2]), merged(shop, [0, 1]))
    shop.reordered(order)
    shop.fold(2)
    assert in_and_out(shop) == (3, 0)


def test_folding_again_or_anew_changes_nothing(shop: LittleLedger) -> None:
    shop.count(a_minute(NOON, ingress=1), a_minute(NOON + MINUTE, ingress=2))
    shop.count(merged(shop, [0, 1]))
    shop.count(merged(shop, [0]))
    shop.fold()
    before = shop.rows("footfall_part"), shop.rows("footfall_replaced")
    for entry in shop.entries:
        shop.fold(entries=[entry])
    assert (shop.rows("footfall_part"), shop.rows("footfall_replaced")) == before
    shop.clear()
    assert shop.rows("footfall_replaced") == []
    shop.fold()
    assert (shop.rows("footfall_part"), shop.rows("footfall_replaced")) == before


def test_nobody_replaces_what_another_device_counted(shop: LittleLedger) -> None:
    shop.count(a_minute(NOON, ingress=1))
    shop.count(merged(shop, [0]), device=OTHER_BOX)
    shop.fold()
    assert in_and_out(shop) == (2, 0)


def test_nonsense_replaces_nothing(shop: LittleLedger) -> None:
    shop.count(a_minute(NOON, ingress=1))
    shop.count(
        msgspec.structs.replace(merged(shop, [0]), observed_ms=-1),
        msgspec.structs.replace(a_minute(), replaces=["not-an-id"]),
        msgspec.structs.replace(
            a_minute(), replaces=[shop.entries[0].event_id] * (MOST_REPLACED + 1)
        ),
    )
    shop.fold()
    assert in_and_out(shop) == (1, 0)
    flags = [row[0] for row in shop.rows("footfall_part", "flags")]
    assert sorted(map(str, flags)) == ["", Oddity.COUNT, Oddity.NAME, Oddity.NAME]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kolkata", "Asia/Kathmandu"])
def test_a_merged_hour_is_one_hour_of_its_shops_clock(shop: LittleLedger, zone: str) -> None:
    """The device begins it where its shop's hour begins, at whichever quarter of UTC that is."""
    here = ZoneInfo(zone)
    begin_at = NOON - timedelta(minutes=NOON.astimezone(here).minute)
    shop.count(a_minute(begin_at, ingress=5, duration_s=3600))
    shop.fold()
    day = trading_day(begin_at.astimezone(here).date(), here, {})
    with read(shop.engine) as connection:
        reports = Reports(connection, TENANT, STORE, day.begin_at, day.end_at)
        found = reports.intervals()
        facts = Facts(found, reports.cameras(found, ()), (), {}, reports.ignored())
    (hour,) = [one for one in compose(day, facts, NOON + timedelta(days=1)).hours if one.ingress]
    assert hour.hour == begin_at.astimezone(here).hour
    assert (hour.ingress, hour.conversion.watched_min, hour.conversion.of_min) == (5, 60, 60)
