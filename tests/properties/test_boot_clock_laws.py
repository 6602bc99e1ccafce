"""Whatever is heard and believed, in any order: a boot's times follow its monotonic clock."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from cloud.devices.boot_clock import AGREE_MS, LATE_MS, BootClock, Heard, Trust
from tests.simulators.clocks_of_boots import START_MS

SPAN_MS = 40 * 86_400_000
monotonic_times = st.integers(0, SPAN_MS) | st.integers(0, 600_000)
trusts = st.sampled_from([Trust.UNSET, Trust.FREE, Trust.SYNCHRONISED])
walls = st.integers(0, START_MS + SPAN_MS)
steps = st.tuples(monotonic_times, st.booleans(), walls, trusts, st.integers(0, 10_000_000))


@given(st.lists(steps, min_size=1, max_size=60))
def test_told_times_are_in_the_order_of_the_monotonic_clock_and_never_change(
    said: list[tuple[int, bool, int, Trust, int]],
) -> None:
    clock, now_ms = BootClock(), START_MS
    told: dict[int, list[int]] = {}
    for monotonic_ms, live, wall_ms, trust, pause_ms in said:
        now_ms += pause_ms
        if live:
            clock = clock.hear(monotonic_ms, now_ms)
        else:
            clock = clock.believe(monotonic_ms, min(wall_ms, now_ms), trust)
        clock = clock.tell(monotonic_ms, now_ms)
        time_ms = clock.time_ms(monotonic_ms)
        assert time_ms <= now_ms
        told.setdefault(monotonic_ms, []).append(time_ms)
    in_order = [time_ms for at_ms in sorted(told) for time_ms in sorted(told[at_ms])]
    assert in_order == sorted(in_order)


@given(
    st.integers(-100, 100),
    st.lists(st.tuples(st.integers(1_000, 3_600_000), st.integers(5, 2_000)), min_size=1),
)
@example(-97, [(1_000, 6), (1_000, 5), (162_949, 1_071)])
def test_a_live_box_is_dated_within_the_least_delay_and_the_drift(
    ppm: int, beats: list[tuple[int, int]]
) -> None:
    """Early by what the line allows, and by the drift since something last came in time.

    Whatever is later than ``LATE_MS`` says nothing of the clock, so it may have drifted since. Two
    milliseconds more: the box's clock and its drift are told in whole ones.
    """
    clock, true_ms, came_ms, in_time_ms = BootClock(), START_MS, 0, START_MS
    for pause_ms, delay_ms in beats:
        true_ms += pause_ms
        came_ms = max(came_ms, true_ms + delay_ms)  # nothing overtakes on one connection
        since_ms = true_ms - START_MS
        monotonic_ms = since_ms + since_ms * ppm // 1_000_000
        clock = clock.hear(monotonic_ms, came_ms).tell(monotonic_ms, came_ms)
        if came_ms - true_ms < LATE_MS:
            in_time_ms = true_ms
        drift_ms = (true_ms - in_time_ms) * abs(ppm) / 1_000_000
        off_ms = clock.time_ms(monotonic_ms) - true_ms
        assert -(AGREE_MS + drift_ms + 2) <= off_ms <= came_ms - true_ms


@given(st.lists(st.integers(0, 100_000)))
def test_many_small_drifts_add_up_to_the_large_one(pauses_ms: list[int]) -> None:
    often = at_once = Heard(0, 0)
    for pause_ms in pauses_ms:
        often = often.latest(often.monotonic_ms + pause_ms)
    assert often == at_once.latest(sum(pauses_ms))


def test_a_slow_clock_that_is_heard_ten_times_a_second_is_followed() -> None:
    clock, now_ms, delay_ms = BootClock(), START_MS, 5
    for since_ms in range(0, 20 * 60_000, 100):
        now_ms = START_MS + since_ms + since_ms * 400 // 1_000_000
        clock = clock.hear(since_ms, now_ms + delay_ms).tell(since_ms, now_ms + delay_ms)
    assert abs(clock.time_ms(since_ms) - now_ms) <= AGREE_MS + delay_ms


@given(
    st.lists(st.tuples(monotonic_times, st.integers(0, 10_000_000)), min_size=1, max_size=30),
    st.lists(st.none() | monotonic_times),
)
def test_many_times_at_once_are_those_of_one_after_the_other(
    heard: list[tuple[int, int]], asked: list[int | None]
) -> None:
    clock, now_ms = BootClock(), START_MS
    for monotonic_ms, pause_ms in heard:
        now_ms += pause_ms
        clock = clock.hear(monotonic_ms, now_ms).tell(monotonic_ms, now_ms)
    singly = [None if each is None else clock.time_ms(each) for each in asked]
    assert clock.times_ms(asked) == singly
