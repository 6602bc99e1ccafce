"""A box that wakes in 1970, or whose clock is set about: what it believes, and what it expires."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.clock import (
    RELEASED,
    DeviceClock,
    Floor,
    FloorFile,
    SteadyClock,
    kernel_keeps_time,
    milliseconds_since_boot,
    read_boot_id,
)
from models.runtime.clock import SystemClock
from models.wire.envelope import ClockQuality
from tests.simulators.box_clocks import IN_1970, BoxClocks

SECOND = timedelta(seconds=1)
IN_2031 = datetime(2031, 1, 19, tzinfo=UTC)


@pytest.fixture
def box(tmp_path: Path) -> BoxClocks:
    return BoxClocks(tmp_path)


def known_wrong(clock: DeviceClock) -> bool:
    return clock.moment().quality is ClockQuality.UNSET


def test_a_new_box_believes_its_wall_clock(box: BoxClocks) -> None:
    moment = box.start().moment()
    assert (moment.wall, moment.quality) == (box.true, ClockQuality.FREE)


def test_a_new_box_that_wakes_in_1970_knows_that_the_program_is_newer(box: BoxClocks) -> None:
    box.show(IN_1970)
    clock = box.start()
    assert clock.moment() == clock.moment()
    assert known_wrong(clock)
    assert clock.now() == RELEASED


@pytest.mark.parametrize("year", [2000, 2080, 2106])
def test_a_clock_chip_that_begins_anew_is_not_believed(box: BoxClocks, year: int) -> None:
    box.show(datetime(year, 1, 1, tzinfo=UTC))
    clock = box.start()
    assert known_wrong(clock)
    assert clock.now() == RELEASED


def test_a_box_that_wakes_in_1970_goes_on_from_its_last_run(box: BoxClocks) -> None:
    first = box.start()
    box.move(3600)
    first.steady.close()
    box.power_off(9, IN_1970)
    clock = box.start()
    assert known_wrong(clock)
    assert clock.now() == box.true - timedelta(hours=9)


def test_a_box_that_was_killed_loses_an_hour_of_its_floor_at_most(box: BoxClocks) -> None:
    clock = box.start()
    for _ in range(5 * 12):
        box.move(300)
        clock.steady.keep()  # housekeeping
    box.power_off(0, IN_1970)
    assert box.true - box.start().now() <= timedelta(hours=1, minutes=5)


def test_the_floor_is_written_rarely(box: BoxClocks) -> None:
    clock = box.start()
    box.synchronised = True
    for _ in range(24 * 60):
        box.move(60)
        clock.moment()
        clock.steady.keep()
    assert box.writes <= 25


def test_the_clouds_word_puts_a_box_without_a_clock_right(box: BoxClocks) -> None:
    box.start().steady.close()
    box.power_off(72, IN_1970)
    clock = box.start()
    clock.steady.hear(box.true)
    box.move(3600)
    moment = clock.moment()
    assert abs(moment.wall - box.true) < SECOND
    assert moment.quality is ClockQuality.UNSET
    assert moment.monotonic_ms == 3_620_000


@pytest.mark.parametrize("hours", [1, -1])
def test_a_jump_of_an_hour_is_noticed_and_stepped_over(box: BoxClocks, hours: int) -> None:
    clock = box.start()
    clock.steady.hear(box.true)
    box.move(600)
    box.hand.set_wall(timedelta(hours=hours))
    assert known_wrong(clock)
    assert abs(clock.now() - box.true) < SECOND
    box.hand.set_wall(timedelta(hours=-hours))
    assert not known_wrong(clock)


def test_a_clock_ahead_cannot_be_known_wrong_while_nobody_says_so(box: BoxClocks) -> None:
    clock = box.start()
    box.hand.set_wall(timedelta(hours=1))
    assert clock.moment().quality is ClockQuality.FREE


@pytest.mark.parametrize("drift_s", [-90, 90])
def test_a_clock_that_is_off_by_less_than_two_minutes_is_let_be(
    box: BoxClocks, drift_s: int
) -> None:
    clock = box.start()
    clock.steady.hear(box.true)
    box.hand.set_wall(timedelta(seconds=drift_s))
    assert not known_wrong(clock)


def test_a_clock_that_drifted_for_a_month_is_let_be(box: BoxClocks) -> None:
    clock = box.start()
    clock.steady.hear(box.true)
    box.move(30 * 86_400)
    box.hand.set_wall(timedelta(seconds=-300))
    assert not known_wrong(clock)


def test_nothing_is_older_than_it_is_because_the_wall_clock_jumped_ahead(box: BoxClocks) -> None:
    clock = box.start()
    kept_at = clock.steady.now()
    clock.steady.close()
    box.power_off(1, IN_2031)
    clock = box.start()
    assert clock.now().year == 2031  # a free clock is shown
    assert clock.steady.now() - kept_at <= timedelta(hours=1)  # but nothing expires by it


def test_a_time_service_moves_the_floor(box: BoxClocks) -> None:
    box.start().steady.close()
    box.power_off(240)
    clock = box.start()
    assert clock.steady.now() < box.true - timedelta(days=9)
    box.synchronised = True
    assert clock.moment().quality is ClockQuality.SYNCHRONISED
    assert clock.steady.now() == box.true


def test_the_clouds_word_takes_back_a_floor_that_was_wrong(box: BoxClocks) -> None:
    box.show(IN_2031)
    box.start().steady.close()  # a new box believed it
    box.power_off(1)
    box.show(box.true)
    clock = box.start()
    assert known_wrong(clock)
    clock.steady.hear(box.true)
    assert not known_wrong(clock)
    assert abs(box.start().steady.now() - box.true) < SECOND


def test_a_cloud_whose_clock_leaps_ahead_dates_by_it_and_lets_nothing_end(box: BoxClocks) -> None:
    box.start().steady.close()
    box.power_off(72, IN_1970)
    clock = box.start()
    surely = clock.steady.now()
    clock.steady.hear(box.true + timedelta(days=400))
    assert clock.now() == box.true + timedelta(days=400)
    assert clock.steady.now() == clock.surely_if_wrong() == surely
    clock.steady.hear(box.true)  # the next welcome
    box.move(60)
    assert abs(clock.now() - box.true) < SECOND


def test_a_leap_that_is_said_again_hours_later_is_believed(box: BoxClocks) -> None:
    box.start().steady.close()
    box.power_off(72, IN_1970)
    clock = box.start()
    for hours in (0, 1, 4):
        box.move(hours * 3600)
        clock.steady.hear(box.true)
        assert box.true - clock.steady.now() == timedelta(hours=72)
    box.move(3600)
    clock.steady.hear(box.true)
    assert clock.steady.now() == box.true
    assert box.start().steady.now() == box.true  # and kept


def test_a_leap_that_the_wall_clock_confirms_is_believed(box: BoxClocks) -> None:
    box.start().steady.close()
    box.power_off(240)
    clock = box.start()
    clock.steady.hear(box.true)
    assert clock.steady.now() == box.true


def test_a_time_in_which_nobody_runs_the_program_is_not_heard(box: BoxClocks) -> None:
    clock = box.start()
    clock.steady.hear(datetime(2099, 1, 1, tzinfo=UTC))
    assert (clock.steady.now(), clock.now(), clock.steady.confirmed_s) == (box.true, box.true, None)


def test_nobody_makes_it_earlier_than_the_program(box: BoxClocks) -> None:
    clock = box.start()
    clock.steady.hear(IN_1970)
    assert clock.steady.now() == RELEASED


def test_who_asks_for_the_time_of_certificates_is_told_only_when_it_matters(
    box: BoxClocks,
) -> None:
    clock = box.start()
    assert clock.surely_if_wrong() is None
    clock.steady.hear(box.true)
    box.show(IN_1970)
    assert clock.surely_if_wrong() == box.true


def test_every_process_of_a_boot_reckons_the_same_time(box: BoxClocks) -> None:
    running = box.start()
    running.steady.hear(box.true - timedelta(days=3))
    box.move(1234.5)
    assert box.start().steady.now() == running.steady.now()


def test_an_unreadable_floor_is_no_floor(box: BoxClocks, tmp_path: Path) -> None:
    (tmp_path / "time-floor.json").write_bytes(b'{"floor_ms": ')
    assert box.file.read() is None
    assert box.start().now() == box.true


def test_a_disk_that_does_not_take_the_floor_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    assert not FloorFile.of(tmp_path / "taken").write(Floor(1, "b", 1))


def test_a_floor_of_this_boot_from_the_future_is_not_counted_back() -> None:
    assert Floor(1000, "b", 500).now_ms("b", 400) == 1000


def test_it_is_a_clock_for_every_part(box: BoxClocks) -> None:
    clock = box.start()
    for one in (clock, clock.steady):
        before_s = one.monotonic_s()
        assert not one.wait(threading.Event(), 2.0)
        assert one.monotonic_s() == before_s + 2.0


def test_the_machines_own_clocks_can_be_asked(tmp_path: Path) -> None:
    assert milliseconds_since_boot() > 0
    assert kernel_keeps_time() in {True, False}
    assert read_boot_id() == read_boot_id()
    assert read_boot_id(tmp_path / "none") != read_boot_id(tmp_path / "none")
    steady = SteadyClock(SystemClock(), "b", milliseconds_since_boot)
    assert abs(steady.now() - datetime.now(UTC)) < SECOND
    steady.keep()  # without a file nothing happens
