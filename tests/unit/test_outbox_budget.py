"""Disk budgets: who gives way, who is refused, and that everything is said aloud."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from agent.config.outbox import OutboxSettings
from agent.errors import DiskUnusable, OutboxFull
from agent.outbox import Draft, Inspection, Outbox
from agent.outbox.voiding import Cause
from models.wire.ids import EventId
from models.wire.topics import Stream
from tests.simulators.capturing import captured
from tests.simulators.facts import NOON
from tests.simulators.outbox_parts import Premises, a_draft, bulk, some_drafts, take
from tests.simulators.small_disk import SMALL, Camera, Disk, a_pulse, counts, drained, voids
from tests.simulators.till import ShopDay

RNG = random.Random(11)

OF_A_TILLS_DAY, OF_TEN_LINES = 800, 1_000
"""Bytes of the file for one transaction of the simulated till's day, of 2.3 lines on average, and
for a sale of ten lines as real NCR tills write it. docs/how-to/install-an-agent.md tells them."""


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def premises(tmp_path: Path, disk: Disk) -> Iterator[Premises]:
    one = Premises(tmp_path, thrift=disk.thrift())
    yield one
    one.close()


@pytest.fixture
def outbox(premises: Premises) -> Iterator[Outbox]:
    one = premises.open()
    yield one
    one.close()
    with Inspection.open(premises.path) as inspection:
        assert inspection.verify() == []


def used(outbox: Outbox, name: str) -> int:
    return next(one.used_bytes for one in outbox.room().budgets if one.name == name)


def pages_of(outbox: Outbox) -> int:
    pages: int = outbox._file._writer.execute("PRAGMA page_count").fetchone()[0]
    return pages


def fill(outbox: Outbox, stream: Stream, *, up_to: int) -> int:
    """Append large events until the file uses so many bytes; how many it took."""
    number = 0
    while used(outbox, "total") < up_to:
        body = b'{"type":"x","pad":"%b"}' % bulk(40_000)
        outbox.append(stream, [Draft(EventId(f"{stream}-{number}"), body)])
        number += 1
    return number


def watch(outbox: Outbox, camera: Camera, times: int) -> None:
    """Append five minutes at a time."""
    for _ in range(times):
        outbox.append(Stream.FOOTFALL, camera.next(5))


def test_spent_footfall_budget_makes_the_oldest_minutes_coarser_and_loses_nobody(
    outbox: Outbox,
) -> None:
    camera = Camera()
    watch(outbox, camera, 120)
    assert used(outbox, "footfall") <= SMALL.footfall_bytes
    found = counts(drained(outbox, Stream.FOOTFALL))
    assert sum(tally.ingress for each in found for tally in each.lines) == camera.ingress
    assert sum(each.observed_ms for each in found) == 600 * 60_000
    lengths = {each.duration_s for each in found}
    assert lengths == {900, 60}
    newest = max(found, key=lambda each: each.begin_at)
    assert newest.duration_s == 60, "the latest minutes stay what they are"
    thinned = sum(each.count for each in voids(drained(outbox, Stream.SALE)))
    assert thinned == outbox.room().gave_way[Cause.THINNED] > 100


def test_quarters_become_hours_when_that_is_not_enough(premises: Premises, disk: Disk) -> None:
    tight = replace(SMALL, footfall_bytes=20_000)
    premises.thrift = disk.thrift(tight)
    outbox = premises.open()
    camera = Camera()
    for _ in range(60):
        outbox.append(Stream.FOOTFALL, camera.next(10))
    found = counts(drained(outbox, Stream.FOOTFALL))
    assert {3600, 900} <= {each.duration_s for each in found}
    assert sum(tally.ingress for each in found for tally in each.lines) == camera.ingress
    hour = next(each for each in found if each.duration_s == 3600)
    assert (hour.begin_at - NOON) % timedelta(hours=1) == timedelta()
    outbox.close()


def test_footfall_that_cannot_get_coarser_is_refused_and_not_dropped(
    premises: Premises, disk: Disk
) -> None:
    premises.thrift = disk.thrift(replace(SMALL, footfall_bytes=6_000))
    outbox = premises.open()
    camera = Camera()
    with pytest.raises(OutboxFull, match="footfall_bytes = 6000"):
        watch(outbox, camera, 3000)
    refused = sum(n % 4 for n in range(camera.minute - 5, camera.minute))
    found = counts(drained(outbox, Stream.FOOTFALL))
    assert sum(t.ingress for each in found for t in each.lines) == camera.ingress - refused
    assert outbox.room().refused == {Stream.FOOTFALL: 1}
    outbox.close()


def test_spent_telemetry_budget_drops_the_oldest_and_says_how_many(outbox: Outbox) -> None:
    for _ in range(150):
        outbox.append(Stream.TELEMETRY, [a_pulse(RNG) for _ in range(10)])
    assert used(outbox, "telemetry") <= SMALL.telemetry_bytes
    left = len(drained(outbox, Stream.TELEMETRY))
    notices = voids(drained(outbox, Stream.SALE))
    assert sum(each.count for each in notices) == 1500 - left
    assert {(each.stream, each.reason) for each in notices} == {("telemetry", "dropped")}
    gone = {n for each in notices for first, last in each.ranges for n in range(first, last + 1)}
    assert gone == set(range(1, 1500 - left + 1))
    assert outbox.last_sequence(Stream.TELEMETRY) == 1500


def test_what_is_settled_gives_way_before_anything_pending(outbox: Outbox) -> None:
    camera = Camera()
    outbox.append(Stream.FOOTFALL, camera.next(100))
    assert len(drained(outbox, Stream.FOOTFALL)) == 100
    for _ in range(30):
        outbox.append(Stream.FOOTFALL, camera.next(5))
    assert outbox.room().gave_way[Cause.THINNED] == 0
    assert len(drained(outbox, Stream.FOOTFALL)) == 150


def test_one_event_that_nobody_takes_keeps_nothing_behind_it_when_room_is_needed(
    outbox: Outbox,
) -> None:
    with pytest.raises(OutboxFull):
        fill(outbox, Stream.SALE, up_to=2 * SMALL.budget_bytes)
    last = outbox.last_sequence(Stream.SALE)
    while take(outbox, max_events=500):
        pass
    outbox.settle(outbox.epoch, "sale", [(1, 2), (4, last)])
    assert len(outbox.append(Stream.SALE, some_drafts(200))) == 200
    outbox.rehome("the held back one is still there")
    lease = take(outbox, max_events=1)
    assert lease is not None
    assert b"sale-2" not in lease.events[0]
    assert len(lease.events[0]) > 40_000


def test_what_is_being_sent_is_left_alone(outbox: Outbox) -> None:
    outbox.append(Stream.TELEMETRY, [a_pulse(RNG) for _ in range(100)])
    lease = take(outbox, Stream.TELEMETRY, max_events=50)
    assert lease is not None
    for _ in range(40):
        outbox.append(Stream.TELEMETRY, [a_pulse(RNG) for _ in range(10)])
    (notice, *_) = voids(drained(outbox, Stream.SALE))
    assert notice.ranges[0][0] == lease.last + 1
    assert outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)]) == 50


def test_only_sales_use_the_reserve(outbox: Outbox) -> None:
    shared = SMALL.budget_bytes - SMALL.sale_reserve_bytes
    fill(outbox, Stream.SALE, up_to=shared)
    for stream in (Stream.MEMBER, Stream.GUIDE, Stream.FOOTFALL, Stream.TELEMETRY):
        with pytest.raises(OutboxFull, match="budget_bytes - sale_reserve_bytes"):
            outbox.append(stream, [a_pulse(RNG)])
    assert outbox.append(Stream.SALE, [a_draft(1)])[0].sequence


def test_a_sale_that_does_not_fit_is_refused_until_there_is_room(
    premises: Premises, outbox: Outbox
) -> None:
    with pytest.raises(OutboxFull, match=f"budget_bytes = {SMALL.budget_bytes}"):
        fill(outbox, Stream.SALE, up_to=2 * SMALL.budget_bytes)
    assert used(outbox, "total") <= SMALL.budget_bytes
    before = outbox.last_sequence(Stream.SALE)
    with pytest.raises(DiskUnusable):
        outbox.append(Stream.SALE, some_drafts(200))
    assert outbox.last_sequence(Stream.SALE) == before
    assert outbox.room().refused == {Stream.SALE: 2}
    take(outbox)
    outbox.settle(outbox.epoch, "sale", [(1, 10)])
    assert len(outbox.append(Stream.SALE, some_drafts(200))) == 200, "settled sales gave way"
    assert premises.path.exists()


def test_everything_else_gives_way_before_a_sale_is_refused(outbox: Outbox) -> None:
    camera = Camera()
    outbox.append(Stream.FOOTFALL, camera.next(150))
    outbox.append(Stream.TELEMETRY, [a_pulse(RNG) for _ in range(150)])
    with pytest.raises(OutboxFull):
        fill(outbox, Stream.SALE, up_to=2 * SMALL.budget_bytes)
    room = outbox.room()
    assert room.gave_way[Cause.DROPPED] == 150
    assert room.gave_way[Cause.THINNED] > 0
    found = counts(drained(outbox, Stream.FOOTFALL))
    assert sum(t.ingress for each in found for t in each.lines) == camera.ingress


def test_on_a_full_disk_only_sales_make_the_file_grow(outbox: Outbox, disk: Disk) -> None:
    disk.free_bytes = SMALL.free_floor_bytes - 1
    with pytest.raises(OutboxFull, match="free_floor_bytes"):
        outbox.append(Stream.MEMBER, [a_pulse(RNG)])
    assert outbox.append(Stream.SALE, [a_draft(1)])[0].sequence == 1
    disk.free_bytes = 1 << 40
    outbox.append(Stream.GUIDE, [a_pulse(RNG)])


def test_on_a_full_disk_sales_take_the_place_of_settled_ones_and_of_nothing_pending(
    premises: Premises, disk: Disk
) -> None:
    premises.thrift = disk.thrift(replace(SMALL, budget_bytes=64 << 20))
    outbox = premises.open()
    outbox.append(Stream.TELEMETRY, [a_pulse(RNG)])
    watch(outbox, Camera(), 1)
    fill(outbox, Stream.SALE, up_to=9 << 20)
    last = outbox.last_sequence(Stream.SALE)
    while lease := take(outbox):
        outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)])
    kept = {depth.stream: depth.kept for depth in outbox.depths()}
    disk.free_bytes = SMALL.free_floor_bytes - 1
    pages = pages_of(outbox)
    for number in range(1, 800):
        outbox.append(Stream.SALE, [a_draft(number)])
    assert pages_of(outbox) - pages < 100, "it notices within one measurement"
    left = {depth.stream: depth for depth in outbox.depths()}
    assert left[Stream.SALE].pending == 799
    assert left[Stream.SALE].kept < kept[Stream.SALE] + 799
    assert left[Stream.SALE].last == last + 799
    assert (left[Stream.TELEMETRY].pending, left[Stream.FOOTFALL].pending) == (1, 5)
    assert not outbox.room().gave_way[Cause.DROPPED]
    outbox.close()


def test_on_a_full_disk_a_sale_is_stored_as_long_as_the_disk_takes_it(
    outbox: Outbox, disk: Disk
) -> None:
    disk.free_bytes = 0
    for number in range(1, 200):
        outbox.append(Stream.SALE, [a_draft(number)])
    assert outbox.depths()[0].pending == 199


def test_a_million_sales_and_eight_busy_hours_fit_the_default_budget() -> None:
    settings = OutboxSettings()
    shared = settings.budget_bytes - settings.sale_reserve_bytes
    assert settings.budget_bytes / OF_A_TILLS_DAY > 10_000_000
    assert shared / OF_TEN_LINES > 7_000_000, "also beside everything else"


def test_a_sale_takes_as_little_of_the_disk_as_the_operator_is_told(premises: Premises) -> None:
    outbox = premises.open()
    empty = used(outbox, "total")
    day = ShopDay(seed=7, sales=100).deliveries()
    sales = [sale for file in day for sale in captured(file.xml(), "lianke-till")]
    outbox.append(Stream.SALE, [Draft(sale.event_id, sale.body, sale.spans) for sale in sales])
    stored = outbox.depths()[0].kept
    each = (used(outbox, "total") - empty) / stored
    assert 0.7 * OF_A_TILLS_DAY < each < 1.1 * OF_A_TILLS_DAY
    outbox.close()


def test_on_a_full_disk_heartbeats_live_on_the_pages_of_the_oldest(
    premises: Premises, disk: Disk
) -> None:
    premises.thrift = disk.thrift(replace(SMALL, telemetry_bytes=900_000))
    outbox = premises.open()
    outbox.append(Stream.TELEMETRY, [a_pulse(RNG) for _ in range(1500)])
    size = used(outbox, "total")
    disk.free_bytes = 0
    for _ in range(40):
        outbox.append(Stream.TELEMETRY, [a_pulse(RNG) for _ in range(10)])
    assert outbox.room().gave_way[Cause.DROPPED] >= 400
    assert used(outbox, "total") <= size
    outbox.close()


def test_voided_sequences_stay_settled_through_crash_rehoming_and_a_restored_ledger(
    premises: Premises,
) -> None:
    outbox = premises.open()
    camera = Camera()
    for _ in range(60):
        outbox.append(Stream.FOOTFALL, camera.next(10))
    owed = outbox.depths()
    again = premises.open(premises.copy("crash"))
    assert again.depths() == owed
    assert not again.adopt("g1", [])
    assert again.adopt("g2", []), "a restored ledger asks for what has no event any more"
    again.rehome("restored")
    found = counts(drained(again, Stream.FOOTFALL))
    assert sum(t.ingress for each in found for t in each.lines) == camera.ingress
    again.close()
    outbox.close()


def test_a_hole_behind_what_is_being_sent_asks_for_a_rehoming_when_the_ledger_is_restored(
    premises: Premises,
) -> None:
    """Without one, a lease would run across the hole and number what follows wrongly."""
    outbox = premises.open()
    outbox.adopt("g1", [])
    camera = Camera()
    outbox.append(Stream.FOOTFALL, camera.next(5))
    lease = take(outbox, Stream.FOOTFALL)
    assert lease is not None
    for _ in range(60):
        outbox.append(Stream.FOOTFALL, camera.next(10))
    outbox.release(lease)
    (first, *rest) = outbox._lanes.current[Stream.FOOTFALL].spans
    assert (first.first, first.last) == (1, 5)
    assert rest[0].first > 6
    assert outbox.adopt("g2", [])
    assert take(outbox, Stream.FOOTFALL) is None
    outbox.rehome("restored")
    found = counts(drained(outbox, Stream.FOOTFALL))
    assert sum(t.ingress for each in found for t in each.lines) == camera.ingress
    outbox.close()


def test_thinning_does_not_make_a_copy_of_the_disk_look_like_the_only_one(
    premises: Premises,
) -> None:
    outbox = premises.open()
    outbox.append(Stream.FOOTFALL, Camera().next(20))
    image = premises.copy("image")
    outbox.close()
    clone = premises.open(image)
    camera = Camera()
    for _ in range(60):
        clone.append(Stream.FOOTFALL, camera.next(10))
    lane = clone._lanes.current[Stream.FOOTFALL]
    assert lane.sent == 0, "what never left was never sent"
    clone.close()


def test_the_metrics_are_published(premises: Premises, tmp_path: Path, disk: Disk) -> None:
    registry = CollectorRegistry()
    tight = replace(SMALL, footfall_bytes=30_000)
    thrift = replace(disk.thrift(tight), registry=registry)
    outbox = Outbox.open(
        tmp_path / "other.sqlite3",
        premises.sealer,
        clock=premises.clock,
        compose_closed=premises.compose_closed,
        compose_void=premises.compose_void,
        thrift=thrift,
    )
    camera = Camera()
    with pytest.raises(OutboxFull):
        watch(outbox, camera, 3000)
    outbox.housekeep({})
    value = registry.get_sample_value
    assert value("lianke_outbox_appends_refused_total", {"stream": "footfall"}) == 1
    assert (value("lianke_outbox_events_gave_way_total", {"how": "thinned"}) or 0) > 100
    assert value("lianke_outbox_limit_bytes", {"budget": "footfall"}) == 30_000
    assert 0 < (value("lianke_outbox_used_bytes", {"budget": "footfall"}) or 0) <= 30_000
    assert value("lianke_outbox_disk_free_bytes") == 1 << 40
    outbox.close()


@pytest.mark.parametrize(
    "settings",
    [
        {"budget_bytes": 10, "sale_reserve_bytes": 11, "footfall_bytes": 0, "telemetry_bytes": 0},
        {"footfall_bytes": -1},
        {"free_floor_bytes": -1},
    ],
)
def test_budgets_that_leave_nothing_are_refused_at_the_start(settings: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="budget"):
        OutboxSettings(**settings)
