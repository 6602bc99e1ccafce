"""Time on an axis becomes minutes of the wall clock: what counts where, and what explains gaps."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from agent.capture.footfall.counting.facts import CutStay, Presence, Stay, Warmth, dated_s
from agent.capture.footfall.minutes import Minute, Minutes
from agent.capture.footfall.tally import Doubt, News, Places, Step, Verdict
from models.wire.events.footfall import (
    Gap,
    GapReason,
    LineKind,
    LineTally,
    Mark,
    MarkKind,
    ZoneKind,
    ZoneTally,
)
from models.wire.events.footfall_sum import stays_of

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
        offset_ms=NOON_MS,
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


SHOP = Places(
    {"door": LineKind.ENTRANCE, "street": LineKind.PASSING},
    {"shelf": ZoneKind.DWELL, "till": ZoneKind.QUEUE},
)


def tell(minutes: Minutes, until_ms: int, news: News, offset_ms: int = NOON_MS) -> None:
    """Everything up to then was looked at, and this was learnt."""
    span_ms = until_ms - minutes.told_ms
    minutes.watched(until_ms, span_ms, offset_ms, samples=span_ms // 200, news=news, network="net")


def test_a_watched_minute_tells_every_zone_even_where_nobody_was() -> None:
    minutes = Minutes(SHOP, 0)
    tell(minutes, MINUTE, News())
    minutes.missed(2 * MINUTE, GapReason.LOST, NOON_MS)
    watched_minute, lost = minutes.flush()
    assert watched_minute.zones == (
        ZoneTally(zone="shelf", kind=ZoneKind.DWELL),
        ZoneTally(zone="till", kind=ZoneKind.QUEUE),
    )
    assert (lost.zones, lost.heat, lost.marks) == ((), (), ())


def test_what_was_learnt_late_counts_in_the_minute_that_it_is_of() -> None:
    minutes = Minutes(SHOP, 0)
    tell(minutes, MINUTE + 3 * SECOND, News())
    facts = (
        Presence("shelf", 59.8, 0.4, 0.2, 2),
        Presence("shelf", 60.0, 0.4, 0.0, 2),
        Presence("shelf", 60.2, 0.2, 0.0, 1),
        Stay("shelf", 59.0, 12.5),
        CutStay("till", 58.0),
        Warmth(33, 59.8, 0.2),
        Warmth(33, 60.2, 0.2),
    )
    dated = [(round(1000 * dated_s(fact)), fact) for fact in facts]
    tell(minutes, MINUTE + 3_500, News(facts=dated))
    first, second = minutes.flush()
    shelf, till = first.zones
    assert (shelf.person_ms, shelf.staff_ms, shelf.most) == (400, 200, 2)
    assert (shelf.stays, till.cut) == (stays_of([12.5]), 1)
    assert second.zones[0].person_ms == 600, "a moment on the minute begins the next one"
    assert (first.heat, second.heat) == (((33, 200),), ((33, 200),))


def test_more_about_a_crossing_counts_where_the_crossing_does() -> None:
    minutes = Minutes(SHOP, 0)
    came = Step("door", True, MINUTE - 100)
    back = Step("door", True, MINUTE - 50)
    went = Step("door", False, MINUTE - 100)
    tell(minutes, MINUTE + SECOND, News([came, back, went, Step("street", True, MINUTE - 90)]))
    verdicts = [
        Verdict(came, staff=True),
        Verdict(back, again=True, leads=True),
        Verdict(went, leads=True),
    ]
    tell(minutes, MINUTE + 3 * SECOND, News(verdicts=verdicts))
    first, second = minutes.flush()
    assert first.lines == (
        LineTally(
            line="door",
            ingress=2,
            egress=1,
            staff_ingress=1,
            groups_in=1,
            groups_out=1,
            again=1,
        ),
        LineTally(line="street", ingress=1, egress=0, kind=LineKind.PASSING),
    )
    assert second.lines[0] == LineTally(line="door", ingress=0, egress=0)


def test_a_verdict_on_a_crossing_that_is_told_already_changes_nothing() -> None:
    minutes = Minutes(SHOP, 0)
    tell(minutes, 2 * MINUTE, News([Step("door", True, 1_000)]))
    minutes.finished()
    tell(minutes, 3 * MINUTE, News(verdicts=[Verdict(Step("door", True, 1_000), staff=True)]))
    assert all(minute.lines[0].staff_ingress == 0 for minute in minutes.flush())


def test_in_the_staffs_hours_whoever_crosses_an_entrance_is_staff() -> None:
    places = Places(SHOP.lines, {}, are_staff=lambda begin_at: begin_at == NOON)
    minutes = Minutes(places, 0)
    came, passed = Step("door", True, 1_000), Step("street", True, 1_000)
    verdicts = [Verdict(came, leads=True), Verdict(passed, leads=True)]
    tell(minutes, MINUTE, News([came, passed], verdicts))
    tell(minutes, 2 * MINUTE, News([Step("door", True, 61_000)]))
    early, open_for_all = minutes.flush()
    door, street = early.lines
    assert (door.ingress, door.staff_ingress, door.groups_in) == (1, 1, 0)
    assert (street.staff_ingress, street.groups_in) == (0, 1)
    assert open_for_all.lines[0].staff_ingress == 0


def test_a_doubt_marks_the_minutes_that_are_open_and_no_more_of_them_than_there_is() -> None:
    minutes = Minutes(SHOP, 0)
    tell(minutes, MINUTE, News())
    dark = Doubt(MarkKind.DARK, 50 * SECOND, MINUTE + 8 * SECOND)
    tell(minutes, MINUTE + 3 * SECOND, News(doubts=[dark]))
    assert minutes.finished() == []
    first, second = minutes.flush()
    assert first.marks == (Mark(kind=MarkKind.DARK, ms=10 * SECOND),)
    assert second.marks == (Mark(kind=MarkKind.DARK, ms=3 * SECOND),)


@pytest.mark.parametrize(("begins_s", "certain_after_s"), [(45, 20), (0, 66), (20, 66), (59, 71)])
def test_a_trouble_that_was_certain_late_marks_all_its_time_once(
    begins_s: int, certain_after_s: int
) -> None:
    minutes, done = Minutes(DOOR, 0), []
    certain_ms, last_ms = (begins_s + certain_after_s) * SECOND, 5 * MINUTE
    for now_ms in range(500, last_ms + 500, 500):
        begins_ms = now_ms - 500 if now_ms > certain_ms else begins_s * SECOND
        doubts = [Doubt(MarkKind.FROZEN, begins_ms, now_ms)] if now_ms >= certain_ms else []
        minutes.watched(now_ms, 500, NOON_MS, samples=2, news=News(doubts=doubts))
        done += minutes.finished()
    done += minutes.flush()
    marked: Counter[int] = Counter()
    for minute in done:
        marked[minute.begin_at.minute] += sum(mark.ms for mark in minute.marks)
    assert sum(minute.observed_ms for minute in done) == last_ms
    assert sum(marked.values()) == last_ms - begins_s * SECOND
    assert marked[0] == (60 - begins_s) * SECOND
    marks = (Mark(kind=MarkKind.FROZEN, ms=marked[0]),)
    afterthought = Minute(NOON, 0, 0, (), (), marks=marks, offset_ms=NOON_MS)
    assert next(each for each in done if each.is_afterthought) == afterthought


def test_what_is_long_told_is_not_doubted_any_more() -> None:
    minutes = Minutes(DOOR, 0)
    for number in range(1, 10):
        watched(minutes, number * MINUTE)
        minutes.finished()
    old = Doubt(MarkKind.MOVED, 0, 9 * MINUTE)
    minutes.watched(9 * MINUTE + 500, 500, NOON_MS, samples=2, news=News(doubts=[old]))
    doubted = [each for each in minutes.finished() if each.marks and not each.observed_ms]
    assert labels(doubted) == [NOON + timedelta(minutes=number) for number in (7,)]


def test_what_was_seen_last_and_never_judged_is_a_gap_and_nobody_of_it_counts() -> None:
    minutes = Minutes(DOOR, 0)
    late = Step("door", True, MINUTE + 500)
    watched(minutes, MINUTE + SECOND, Step("door", True, 30_000), Step("door", True, 59_000), late)
    minutes.unlearn(2_500, GapReason.LOST)
    minutes.missed(MINUTE + 5 * SECOND, GapReason.LOST, NOON_MS)
    first, second = minutes.flush()
    assert (first.observed_ms, second.observed_ms) == (58_500, 0)
    assert first.lines == (LineTally(line="door", ingress=1, egress=0),)
    assert second.lines == ()
    assert second.network == ""
    assert first.gaps == (Gap(reason=GapReason.LOST, ms=1_500),)
    assert second.gaps == (Gap(reason=GapReason.LOST, ms=5_000),)


def test_only_what_was_observed_turns_into_a_gap() -> None:
    minutes = Minutes(DOOR, 0)
    watched(minutes, 8 * SECOND)
    minutes.missed(9 * SECOND, GapReason.SLOW, NOON_MS)
    watched(minutes, 10 * SECOND)
    minutes.unlearn(2_500, GapReason.STALLED)
    minutes.unlearn(2_500, GapReason.STALLED)
    [minute] = minutes.flush()
    assert minute.observed_ms == 7_500
    assert minute.gaps == (
        Gap(reason=GapReason.SLOW, ms=1_000),
        Gap(reason=GapReason.STALLED, ms=1_500),
    )
