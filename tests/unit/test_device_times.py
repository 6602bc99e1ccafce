"""Whatever a box's clocks do, its events are dated, in the ledger, beside what the box said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.devices.timekeeping import LONGEST_BOOTID, MOST_BOOTS, heard_birth
from cloud.sales.row import recency, row_of
from cloud.storage import write
from cloud.storage.columns import from_ms, to_ms
from models.wire.envelope import ClockQuality
from models.wire.events.sale import SaleRecorded
from tests.simulators.clocked_shop import ClockedShop
from tests.simulators.clocks_of_boots import START_MS
from tests.simulators.databases import Databases
from tests.simulators.facts import SHOP, a_sale, revised

HOUR_MS = 3_600_000


@pytest.fixture
def shop(tmp_path: Path, databases: Databases) -> Iterator[ClockedShop]:
    made = ClockedShop(tmp_path, databases)
    yield made
    made.close()


def test_a_box_that_wakes_in_1970_is_dated_by_us_and_keeps_its_own_word(shop: ClockedShop) -> None:
    shop.box.wall_off_ms = -START_MS
    shop.capture(a_sale(1), ClockQuality.UNSET)
    shop.connect()
    shop.send()
    (entry,) = shop.entries()
    assert entry.time.year == 1970
    assert entry.corrected is not None
    assert 0 <= shop.errors_ms()[0] <= 40


@pytest.mark.parametrize("off_ms", [HOUR_MS, -HOUR_MS])
def test_a_wall_clock_that_jumps_an_hour_moves_no_event(shop: ClockedShop, off_ms: int) -> None:
    shop.connect()
    for number in range(1, 7):
        shop.capture(a_sale(number))
        shop.send()
        shop.box.pass_ms(60_000)
        shop.box.wall_off_ms = off_ms if number % 2 else 0
    assert all(0 <= error <= 40 for error in shop.errors_ms())
    assert {entry.time > entry.received_at for entry in shop.entries()} == {off_ms > 0, False}


def test_a_clock_set_back_in_an_outage_whose_backlog_drains_later(shop: ClockedShop) -> None:
    shop.connect()
    shop.beat()
    shop.send()
    for hour in range(8):
        shop.box.pass_ms(HOUR_MS)
        shop.box.wall_off_ms = -HOUR_MS if hour > 3 else 0
        shop.capture(a_sale(hour + 1))
    backlog, shop.pending = shop.pending, []
    shop.connect()
    shop.beat()
    shop.send()  # fresh events first
    shop.box.pass_ms(5_000)
    shop.pending = backlog
    shop.send(historical=True)
    assert all(abs(error) <= 100 for error in shop.errors_ms())


def test_drift_over_days_stays_within_a_second(shop: ClockedShop) -> None:
    shop.box.ppm = 100
    shop.connect()
    for number in range(1, 97):
        shop.box.pass_ms(30 * 60_000)
        shop.capture(a_sale(number))
        shop.send()
    assert all(abs(error) <= 300 for error in shop.errors_ms())


def test_a_reboot_begins_another_clock(shop: ClockedShop) -> None:
    shop.connect()
    shop.capture(a_sale(1))
    shop.send()
    shop.reboot(off_ms=9 * HOUR_MS)
    shop.box.wall_off_ms = -START_MS
    shop.capture(a_sale(2), ClockQuality.UNSET)
    shop.connect()
    shop.send(historical=True)
    assert all(0 <= error <= 40 for error in shop.errors_ms())
    assert shop.boots() == ["boot-1", "boot-2"]


def test_a_boot_that_ended_before_its_line_came_back_is_dated_by_its_best_word(
    shop: ClockedShop,
) -> None:
    shop.box.wall_off_ms = -START_MS
    shop.capture(a_sale(1), ClockQuality.UNSET)
    shop.box.pass_ms(HOUR_MS)
    shop.box.wall_off_ms = 700
    shop.capture(a_sale(2))
    shop.reboot(off_ms=HOUR_MS)
    shop.connect()
    shop.send(historical=True)
    assert shop.errors_ms() == [700, 700]


def test_a_repeat_is_dated_once(shop: ClockedShop) -> None:
    shop.connect()
    shop.capture(a_sale(1))
    shop.send()
    before = shop.entries()
    shop.pending, shop.sent = shop.sent, []
    shop.box.pass_ms(HOUR_MS)
    shop.send(historical=True)
    assert shop.entries() == before


def test_the_newest_revision_wins_also_when_the_clock_was_lost_in_between(
    shop: ClockedShop,
) -> None:
    sale = a_sale(1)
    shop.connect()
    shop.capture(sale)
    shop.send()
    shop.box.pass_ms(HOUR_MS)
    shop.box.wall_off_ms = -START_MS
    shop.capture(revised(sale, receipt_number="again"), ClockQuality.UNSET)
    shop.send()
    older, newer = (row_of(entry, entry.data()) for entry in shop.entries())  # type: ignore[arg-type]  # they are sales
    assert recency(newer) > recency(older)
    assert isinstance(shop.entries()[0].data(), SaleRecorded)


@pytest.mark.parametrize("bootid", ["", "b" * (LONGEST_BOOTID + 1), "nul\x00"])
def test_a_boot_without_a_usable_name_is_kept_and_not_corrected(
    shop: ClockedShop, bootid: str
) -> None:
    shop.bootid = bootid
    shop.box.wall_off_ms = HOUR_MS
    shop.capture(a_sale(1))
    shop.connect()
    shop.send()
    (entry,) = shop.entries()
    assert entry.corrected is None
    assert entry.captured_at == entry.received_at  # never behind its arrival
    assert shop.boots() == []


def test_a_device_that_invents_boots_only_forgets_its_own(shop: ClockedShop) -> None:
    for number in range(MOST_BOOTS + 9):
        shop.reboot(1_000)
        shop.capture(a_sale(number + 1))
    shop.send()
    assert len(shop.boots()) == MOST_BOOTS
    assert all(entry.corrected is not None for entry in shop.entries())


def test_a_late_birth_adds_nothing(shop: ClockedShop) -> None:
    shop.connect()
    with write(shop.engine) as connection:
        late = from_ms(shop.box.true_ms + HOUR_MS)
        heard_birth(connection, SHOP.device, shop.bootid, shop.box.monotonic_ms, late)
        heard_birth(connection, SHOP.device, shop.bootid, None, late)
    shop.box.pass_ms(1_000)
    shop.capture(a_sale(1))
    shop.send(historical=True)
    assert abs(to_ms(shop.entries()[0].captured_at) - shop.box.true_ms) <= 100
