"""Time on an axis becomes minutes of the wall clock: what counts where, and what explains gaps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agent.capture.footfall.minutes import Minute, Minutes
from agent.capture.footfall.tally import News, Places, Step
from models.wire.events.footfall import Gap, GapReason, LineTally

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)
SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DOOR = Places.of_entrances("door")


def watched(
    minutes: Minutes, until_ms: int, *steps: Step, offset_ms: int = NOON_MS, network: str = "net"
) -> None:
    """Everything up to then was looked at, five pictures a second."""
    span_ms = until_ms - minutes.told_ms
    minutes.watched(
        until_ms, span_ms, offset_ms, samples=span_ms // 200, news=News(steps), network=network
    )


def labels(minutes: list[Minute]) -> list[datetime]:
    return [minute.begin_at for minute in minutes]


def test_a_watched_minute_tells_every_line_even_where_nobody_came() -> None:
    minutes = Minutes(Places.of_entrances("door", "side"), 0)
    watched(minutes, MINUTE, Step("door", True, 5_000), Step("door", False, 6_000))
    [minute] = minutes.flush()
    assert minute == Minute(
        begin_at=NOON,
        observed_ms=MINUTE,
        samples=300,
        lines=(
            LineTally(line="door", ingress=1, egress=1),
            LineTally(line="side", ingress=0, egress=0),
        ),
        gaps=(),
        network="net",
    )


def test_a_minute_without_a_watcher_tells_its_gap_and_no_line() -> None:
    minutes = Minutes(DOOR, 0)
    minutes.missed(MINUTE, GapReason.LOST, NOON_MS)
    [minute] = minutes.flush()
    assert (minute.observed_ms, minute.lines, minute.network) == (0, (), "")
    assert minute.gaps == (Gap(reason=GapReason.LOST, ms=MINUTE),)


def test_gaps_of_one_reason_are_added_up_within_a_minute() -> None:
    minutes = Minutes(DOOR, 0)
    minutes.missed(10 * SECOND, GapReason.STARTING, NOON_MS)
    watched(minutes, 20 * SECOND)
    minutes.missed(30 * SECOND, GapReason.LOST, NOON_MS)
    watched(minutes, 40 * SECOND)
    minutes.missed(45 * SECOND, GapReason.LOST, NOON_MS)
    [minute] = minutes.flush()
    assert minute.observed_ms == 20 * SECOND
    assert {gap.reason: gap.ms for gap in minute.gaps} == {
        GapReason.STARTING: 10 * SECOND,
        GapReason.LOST: 15 * SECOND,
    }


def test_a_span_that_was_watched_in_part_leaves_a_hole_before_it() -> None:
    minutes = Minutes(DOOR, 55 * SECOND)
    minutes.watched(65 * SECOND, 2 * SECOND, NOON_MS, samples=10, hole=GapReason.SLOW)
    first, second = minutes.flush()
    assert (first.observed_ms, first.gaps[0].ms) == (0, 5 * SECOND)
    assert (second.observed_ms, second.gaps[0].ms) == (2 * SECOND, 3 * SECOND)


def test_a_minute_stays_open_for_crossings_that_are_proved_late() -> None:
    minutes = Minutes(DOOR, 0)
    watched(minutes, MINUTE + SECOND)
    assert minutes.finished() == []
    watched(minutes, MINUTE + 2 * SECOND, Step("door", True, MINUTE - 200))
    watched(minutes, MINUTE + 4 * SECOND)
    [minute] = minutes.finished()
    assert minute.begin_at == NOON
    assert minute.lines[0].ingress == 1


def test_a_crossing_proved_too_late_counts_in_the_oldest_open_minute() -> None:
    minutes = Minutes(DOOR, 0)
    watched(minutes, MINUTE + 5 * SECOND)
    assert len(minutes.finished()) == 1
    watched(minutes, MINUTE + 6 * SECOND, Step("door", False, 10 * SECOND))
    [minute] = minutes.flush()
    assert minute.lines[0].egress == 1


def test_a_crossing_is_never_counted_in_time_that_nobody_watched() -> None:
    minutes = Minutes(DOOR, 0)
    minutes.missed(MINUTE, GapReason.LOST, NOON_MS)
    watched(minutes, MINUTE + SECOND, Step("door", True, MINUTE - 100))
    unwatched, minute = minutes.flush()
    assert unwatched.lines == ()
    assert minute.lines[0].ingress == 1


def test_a_crossing_outlives_a_message_that_brings_no_new_time() -> None:
    minutes = Minutes(DOOR, 0)
    minutes.watched(0, 0, NOON_MS, samples=1, news=News([Step("door", True, 0)]))
    [minute] = minutes.flush()
    assert (minute.begin_at, minute.observed_ms, minute.samples) == (NOON, 0, 1)
    assert minute.lines[0].ingress == 1


def test_time_told_once_is_not_told_again() -> None:
    minutes = Minutes(DOOR, 0)
    minutes.missed(30 * SECOND, GapReason.LOST, NOON_MS)
    minutes.watched(20 * SECOND, 20 * SECOND, NOON_MS, samples=100)
    minutes.missed(10 * SECOND, GapReason.STALLED, NOON_MS)
    [minute] = minutes.flush()
    assert minute.observed_ms == 0
    assert minute.gaps == (Gap(reason=GapReason.LOST, ms=30 * SECOND),)


def test_a_long_absence_is_told_minute_by_minute() -> None:
    minutes = Minutes(DOOR, 30 * SECOND)
    minutes.missed(HOUR, GapReason.LOST, NOON_MS)
    told = minutes.flush()
    assert labels(told) == [NOON + timedelta(minutes=n) for n in range(60)]
    assert [minute.gaps[0].ms for minute in told] == [30 * SECOND] + [MINUTE] * 59


def test_a_clock_set_forward_leaves_the_hour_between_untold() -> None:
    minutes = Minutes(DOOR, 0)
    watched(minutes, 30 * SECOND)
    watched(minutes, 90 * SECOND, offset_ms=NOON_MS + HOUR)
    told = minutes.flush()
    assert labels(told) == [NOON, NOON + timedelta(hours=1), NOON + timedelta(minutes=61)]
    assert sum(minute.observed_ms for minute in told) == 90 * SECOND


def test_a_clock_set_back_an_hour_tells_the_minutes_again_as_parts() -> None:
    minutes = Minutes(DOOR, 0)
    watched(minutes, MINUTE, Step("door", True, 1_000))
    watched(minutes, 2 * MINUTE, Step("door", True, 61_000), offset_ms=NOON_MS - MINUTE)
    told = minutes.flush()
    assert labels(told) == [NOON, NOON]
    assert [minute.observed_ms for minute in told] == [MINUTE, MINUTE]
    assert [minute.lines[0].ingress for minute in told] == [1, 1]


def test_a_clock_set_back_within_a_minute_never_makes_it_longer_than_a_minute() -> None:
    minutes = Minutes(DOOR, 0)
    watched(minutes, 50 * SECOND)
    watched(minutes, 60 * SECOND, offset_ms=NOON_MS - 30 * SECOND)
    watched(minutes, 90 * SECOND, offset_ms=NOON_MS - 30 * SECOND)
    told = minutes.flush()
    assert labels(told) == [NOON, NOON]
    assert sum(minute.observed_ms for minute in told) == 90 * SECOND
    assert max(minute.observed_ms for minute in told) <= MINUTE


def test_another_network_within_a_minute_begins_another_part() -> None:
    minutes = Minutes(DOOR, 0)
    minutes.missed(10 * SECOND, GapReason.STARTING, NOON_MS)
    watched(minutes, 20 * SECOND, network="old")
    watched(minutes, 30 * SECOND, network="new")
    old, new = minutes.flush()
    assert (old.network, old.observed_ms) == ("old", 10 * SECOND)
    assert (new.network, new.observed_ms) == ("new", 10 * SECOND)


def test_skipped_time_is_neither_watched_nor_missed() -> None:
    minutes = Minutes(DOOR, 0)
    minutes.missed(10 * SECOND, GapReason.LOST, NOON_MS)
    minutes.skip(50 * SECOND)
    minutes.skip(20 * SECOND)
    minutes.missed(60 * SECOND, GapReason.LOST, NOON_MS)
    told = minutes.flush()
    assert [minute.gaps[0].ms for minute in told] == [10 * SECOND, 10 * SECOND]
