"""A boot's clock against ours: delays, drift, long silences, boots heard of too late."""

from __future__ import annotations

import msgspec
import pytest

from cloud.devices.boot_clock import AGREE_MS, MOST_KNOTS, PERSISTENT_MS, BootClock, Trust
from tests.simulators.clocks_of_boots import START_MS, BootedBox

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
BEAT_MS = 30_000


def heard_now(clock: BootClock, box: BootedBox, delay_ms: int = 40) -> BootClock:
    """A live event is received after a delay, and dated."""
    return clock.hear(box.monotonic_ms, box.true_ms + delay_ms).tell(
        box.monotonic_ms, box.true_ms + delay_ms
    )


def error_ms(clock: BootClock, box: BootedBox, true_ms: int) -> int:
    """By how much the clock dates an event of that true moment too late."""
    return clock.time_ms(box.monotonic_at(true_ms)) - true_ms


def test_nothing_is_told_of_a_boot_that_was_never_heard_of() -> None:
    with pytest.raises(ValueError, match="hear or believe"):
        BootClock().time_ms(1)


def test_a_live_event_is_dated_by_its_arrival() -> None:
    box = BootedBox(wall_off_ms=-START_MS)
    assert abs(error_ms(heard_now(BootClock(), box), box, box.true_ms)) <= 40


def test_delayed_samples_do_not_spoil_the_estimate() -> None:
    box, clock = BootedBox(), BootClock()
    for delay_ms in (40, 900, 20_000, 300_000, 60):
        clock = heard_now(clock, box, delay_ms)
        box.pass_ms(BEAT_MS)
    assert abs(error_ms(clock, box, box.true_ms)) <= 150


def test_a_late_first_birth_is_put_right_by_the_next_sample() -> None:
    box = BootedBox()
    clock = BootClock().hear(box.monotonic_ms, box.true_ms + 8 * HOUR_MS)  # a retained one
    began_ms = box.true_ms
    box.pass_ms(8 * HOUR_MS)
    clock = clock.hear(box.monotonic_ms, box.true_ms + 40)
    assert abs(error_ms(clock, box, began_ms + HOUR_MS)) <= 15_000
    assert abs(error_ms(clock, box, box.true_ms)) <= 40


@pytest.mark.parametrize("ppm", [100, -100, 20, -20])
def test_drift_is_followed_for_days(ppm: int) -> None:
    box, clock = BootedBox(ppm=ppm), BootClock()
    worst = 0
    for _ in range(2 * DAY_MS // BEAT_MS):
        clock = heard_now(clock, box)
        worst = max(worst, abs(error_ms(clock, box, box.true_ms)))
        box.pass_ms(BEAT_MS)
    assert worst <= AGREE_MS + 60
    assert len(clock.knots) < 2 * 80
    assert abs(error_ms(clock, box, START_MS + DAY_MS)) <= 2 * AGREE_MS  # what was told stays true


def test_a_backlog_of_eight_hours_is_dated_within_its_drift() -> None:
    box, clock = BootedBox(ppm=100), BootClock()
    clock = heard_now(clock, box)
    began_ms = box.true_ms
    box.pass_ms(8 * HOUR_MS)
    clock = clock.hear(box.monotonic_ms, box.true_ms + 40)  # the birth of the new connection
    for hour in range(8):
        assert abs(error_ms(clock, box, began_ms + hour * HOUR_MS)) <= AGREE_MS


def test_a_boot_heard_of_too_late_is_believed_at_its_most_trustworthy_event() -> None:
    box = BootedBox(wall_off_ms=-START_MS)  # it wakes in 1970
    early_ms = box.true_ms
    box.pass_ms(HOUR_MS)
    box.wall_off_ms = 1_500  # somebody set it
    received_ms = box.true_ms + DAY_MS
    clock = BootClock().believe(box.monotonic_ms, box.wall_ms, Trust.FREE)
    clock = clock.tell(box.monotonic_ms, received_ms)
    assert error_ms(clock, box, early_ms) == 1_500
    assert clock.believe(box.monotonic_ms + 1, 7, Trust.UNSET) == clock


def test_a_better_word_for_a_boot_counts_from_there_on() -> None:
    box = BootedBox(wall_off_ms=-START_MS)
    clock = BootClock().believe(box.monotonic_ms, box.wall_ms, Trust.UNSET)
    clock = clock.tell(box.monotonic_ms, box.true_ms)
    told_ms = clock.time_ms(box.monotonic_ms)
    first = box.monotonic_ms
    box.pass_ms(HOUR_MS)
    box.wall_off_ms = 0
    clock = clock.believe(box.monotonic_ms, box.wall_ms, Trust.FREE)
    assert clock.time_ms(box.monotonic_ms) == box.true_ms
    assert clock.time_ms(first) == told_ms  # the ledger is only added to


def test_no_event_is_dated_behind_its_arrival() -> None:
    box = BootedBox(wall_off_ms=HOUR_MS)
    clock = BootClock().believe(box.monotonic_ms, box.wall_ms, Trust.FREE)
    clock = clock.tell(box.monotonic_ms, box.true_ms + 5)
    assert clock.time_ms(box.monotonic_ms) == box.true_ms + 5


def test_a_box_whose_monotonic_clock_slept_is_believed_after_ten_minutes() -> None:
    box, clock = BootedBox(), BootClock()
    clock = heard_now(clock, box)
    box.booted_ms += 8 * HOUR_MS  # its monotonic clock stood still for eight hours
    box.pass_ms(8 * HOUR_MS)
    for _ in range(PERSISTENT_MS // BEAT_MS + 2):
        clock = heard_now(clock, box)
        box.pass_ms(BEAT_MS)
    clock = heard_now(clock, box)
    assert abs(error_ms(clock, box, box.true_ms)) <= AGREE_MS


def test_a_queue_that_was_held_for_hours_and_comes_at_once_is_not_believed() -> None:
    box, clock = BootedBox(), BootClock()
    clock = heard_now(clock, box)
    held = []
    for _ in range(100):
        box.pass_ms(BEAT_MS)
        held.append(box.monotonic_ms)
    for monotonic_ms in held:
        clock = clock.hear(monotonic_ms, box.true_ms + 2 * HOUR_MS)
    assert abs(error_ms(clock, box, box.true_ms)) <= 2_000


def test_a_device_that_names_an_absurd_monotonic_time_gets_a_date_all_the_same() -> None:
    clock = BootClock().hear(10**15 - 1, START_MS).tell(10**15 - 1, START_MS)
    assert clock.time_ms(1) == 0
    assert clock.time_ms(10**15 - 1) == START_MS


def test_a_month_of_drift_stays_small() -> None:
    clock = BootClock()
    for step in range(2 * MOST_KNOTS):  # every sample further off than they agree
        monotonic_ms = step * HOUR_MS
        at_ms = START_MS + monotonic_ms - 300 * step
        clock = clock.hear(monotonic_ms, at_ms).tell(monotonic_ms, at_ms)
    assert len(clock.knots) <= MOST_KNOTS
    assert len(msgspec.json.encode(clock)) < 32_000


def test_it_is_stored_and_read_back() -> None:
    clock = heard_now(BootClock(), BootedBox(ppm=50))
    assert msgspec.json.decode(msgspec.json.encode(clock), type=BootClock) == clock
