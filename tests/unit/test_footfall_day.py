"""A store's day at its doors: visitors by hour, what nobody watched, and what became a sale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cloud.footfall import CameraKey, Crowd, Interval
from cloud.insight import FootfallDay, FootfallHour
from cloud.insight.footfall_day import Facts, compose
from cloud.insight.trading_day import TradingDay, boundary, trading_day
from cloud.insight.watching import seen_minutes
from models.wire.ids import DeviceId

DAY = date(2026, 11, 22)
SHANGHAI = ZoneInfo("Asia/Shanghai")
DOOR = CameraKey(DeviceId("sh-0001-cam1"), "door")
YARD = CameraKey(DeviceId("sh-0001-cam1"), "yard")


def at(hour: int, minute: int = 0, day: date = DAY, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)


def interval(
    begin_at: datetime,
    ingress: int = 0,
    egress: int = 0,
    *,
    key: CameraKey = DOOR,
    observed_ms: int | None = None,
    duration_s: int = 60,
) -> Interval:
    seen_ms = 1000 * duration_s if observed_ms is None else observed_ms
    return Interval(key, int(begin_at.timestamp()) * 1000, duration_s, seen_ms, ingress, egress)


def watched(
    begin_at: datetime, minutes: int, ingress: int = 0, *, key: CameraKey = DOOR
) -> list[Interval]:
    """So many minutes in a row, watched; somebody comes in in the first ``ingress`` of them."""
    return [
        interval(begin_at + timedelta(minutes=n), ingress=int(n < ingress), key=key)
        for n in range(minutes)
    ]


def the_day(
    intervals: Sequence[Interval],
    sales: Sequence[datetime] = (),
    *,
    day: TradingDay | None = None,
    now: datetime | None = None,
) -> FootfallDay:
    counts: dict[int, int] = {}
    for moment in sales:
        minute = int(moment.timestamp()) // 60
        counts[minute] = counts.get(minute, 0) + 1
    trading = day or trading_day(DAY, SHANGHAI, {})
    facts = Facts(intervals=intervals, cameras=(), lines=(), sales=counts, ignored=0)
    return compose(trading, facts, now or trading.end_at + timedelta(days=1))


def hour(found: FootfallDay, number: int) -> FootfallHour:
    return next(each for each in found.hours if each.hour == number)


def shown(found: FootfallDay) -> list[tuple[int, int | None, int, int]]:
    return [
        (each.hour, each.ingress, each.conversion.watched_min, each.conversion.of_min)
        for each in found.hours
    ]


def test_visitors_are_told_by_the_hours_of_the_shops_own_clock() -> None:
    found = the_day([*watched(at(9), 60, 12), *watched(at(10), 60, 3)])
    assert shown(found) == [(9, 12, 60, 60), (10, 3, 60, 60)]
    assert (found.ingress, found.egress) == (15, 0)


def test_hour_that_nobody_watched_is_not_counted_and_never_zero() -> None:
    lost = interval(at(10), observed_ms=0)
    found = the_day([*watched(at(9), 60, 4), lost, *watched(at(12), 60)])
    assert shown(found) == [(9, 4, 60, 60), (10, None, 0, 60), (11, None, 0, 60), (12, 0, 60, 60)]
    assert hour(found, 10).egress is None
    assert hour(found, 10).conversion.rate is None
    assert not hour(found, 10).conversion.is_whole
    assert hour(found, 12).conversion.is_whole


def test_hour_of_a_frozen_camera_is_no_watched_hour_whose_sales_convert_nobody() -> None:
    frozen = [replace(each, marked_ms=60_000) for each in watched(at(10), 60)]
    sold = [at(9, 5), at(10, 5), at(10, 6)]
    found = the_day([*watched(at(9), 60, 4), *frozen, *watched(at(11), 60, 4)], sold)
    assert [(each.hour, each.conversion.watched_min) for each in found.hours] == [
        (9, 60),
        (10, 0),
        (11, 60),
    ]
    assert hour(found, 10).ingress == 0  # heads are told as they were counted, with their mark
    assert hour(found, 10).conversion.rate is None
    assert (found.conversion.sales, found.conversion.visitors) == (1, 8)


def test_staff_who_arrive_and_who_comes_back_from_the_doorstep_are_no_visitors() -> None:
    told_apart = replace(interval(at(9), ingress=9), crowd=Crowd(staff_in=3, again=1, groups_in=4))
    heads = interval(at(10), ingress=2)
    found = the_day([told_apart, heads], [at(9), at(10)])
    assert [(each.ingress, each.visitors) for each in found.hours] == [(9, 5), (2, 2)]
    assert hour(found, 9).conversion.visitors == 5
    assert (found.visitors, found.conversion.visitors) == (11, 11), "told apart of all, or of none"


@pytest.mark.parametrize(("marked_ms", "trusted"), [(6_000, True), (6_001, False)])
def test_minute_may_be_in_doubt_for_a_tenth_of_it(marked_ms: int, trusted: bool) -> None:
    (one,) = watched(at(9), 1)
    doubted = replace(one, marked_ms=marked_ms)
    assert seen_minutes([doubted]) == ({one.first_minute} if trusted else set())


def test_day_that_nobody_watched_has_no_visitors_rather_than_none() -> None:
    found = the_day([interval(at(10), observed_ms=0)], [at(10, 5)])
    assert (found.ingress, found.egress, found.conversion.rate) == (None, None, None)
    assert the_day([]).hours == ()
    assert the_day([]).ingress is None


def test_doors_are_added_and_an_hour_is_watched_when_all_doors_are() -> None:
    found = the_day([*watched(at(9), 60, 5), *watched(at(9, 30), 30, 2, key=YARD)])
    assert shown(found) == [(9, 7, 30, 60)]
    assert found.conversion.visitors == 2  # of the half hour that both doors were watched


def test_camera_that_only_said_that_it_was_lost_leaves_no_conversion() -> None:
    blind = interval(at(9), observed_ms=0, key=YARD)
    found = the_day([*watched(at(9), 60, 5), blind], [at(9, 1)])
    assert found.ingress == 5
    assert (found.conversion.rate, found.conversion.watched_min) == (None, 0)


def test_conversion_is_told_with_the_counts_it_comes_from() -> None:
    intervals = [*watched(at(9), 60, 20), interval(at(10), 3, observed_ms=30_000)]
    sales = [at(9, 0), at(9, 5), at(9, 59), at(10, 0), at(11, 30)]
    found = the_day(intervals, sales)
    day = found.conversion
    assert (day.sales, day.visitors, day.watched_min, day.of_min) == (3, 20, 60, 151)
    assert day.rate == pytest.approx(0.15)
    assert found.ingress == 23
    assert hour(found, 10).conversion.rate is None  # three came, but half a minute was watched
    assert hour(found, 11).ingress is None


@pytest.mark.parametrize(("observed_ms", "seen"), [(54_000, 1), (53_999, 0)])
def test_minute_is_watched_from_nine_tenths_on(observed_ms: int, seen: int) -> None:
    assert len(seen_minutes([interval(at(9), observed_ms=observed_ms)])) == seen


def test_time_before_the_first_and_after_the_last_customer_is_not_missed() -> None:
    found = the_day([*watched(at(8), 60), *watched(at(9), 30, 2)], [at(9, 9)])
    assert (found.conversion.watched_min, found.conversion.of_min) == (10, 10)
    assert found.conversion.is_whole


def test_minutes_of_a_coarser_interval_are_seen_together_or_not_at_all() -> None:
    coarse = interval(at(9), 6, duration_s=900)
    assert len(seen_minutes([coarse])) == 15
    yard = watched(at(9), 14, key=YARD)
    assert seen_minutes([coarse, *yard]) == set()
    five = interval(at(9, 15), 1, duration_s=300, observed_ms=295_000)
    beside = watched(at(9), 20, key=YARD)
    assert len(seen_minutes([coarse, five, *beside])) == 20
    assert the_day([coarse, five, *beside]).conversion.visitors == 7


def test_hour_in_progress_is_measured_by_what_has_passed_of_it() -> None:
    found = the_day(watched(at(9), 19, 2), now=at(9, 20))
    assert shown(found) == [(9, 2, 19, 19)]  # 18 and a half had to be reported by now
    silent = the_day(watched(at(9), 10, 2), now=at(9, 20))
    assert shown(silent) == [(9, 2, 10, 18)]
    assert not hour(silent, 9).conversion.is_whole


def test_reports_from_ahead_of_our_clock_are_measured_by_themselves() -> None:
    reported = [*watched(at(9), 20, 2), interval(at(9, 20), observed_ms=0)]
    found = the_day(reported, now=at(8))
    assert shown(found) == [(9, 2, 20, 21)]
    lost = the_day([interval(at(9), observed_ms=0)], now=at(8))
    assert not hour(lost, 9).conversion.is_whole


@pytest.mark.parametrize(
    ("zone", "day", "minutes"),
    [
        ("Europe/Berlin", date(2026, 3, 29), {1: 60, 3: 60}),
        ("Europe/Berlin", date(2026, 10, 25), {1: 60, 2: 120, 3: 60}),
        ("Australia/Lord_Howe", date(2026, 4, 5), {0: 60, 1: 90, 2: 60, 3: 60}),
        ("Asia/Kathmandu", DAY, {1: 60, 2: 60, 3: 60}),
    ],
)
def test_hours_of_a_clock_change_have_the_minutes_that_they_had(
    zone: str, day: date, minutes: dict[int, int]
) -> None:
    here = ZoneInfo(zone)
    trading = trading_day(day, here, {})
    begin = trading.begin_at
    length_min = int((trading.end_at - begin).total_seconds()) // 60
    found = the_day(watched(begin, length_min, length_min), day=trading)
    by_hour = {each.hour: each.conversion.of_min for each in found.hours}
    assert by_hour | minutes == by_hour
    assert sum(by_hour.values()) == found.ingress == length_min
    assert all(each.conversion.is_whole for each in found.hours)


def test_business_day_meets_the_next_one_at_midnight_unless_its_sales_say_otherwise() -> None:
    assert boundary({9: 10, 23: 1}, {8: 4}) == 24
    assert boundary({}, {}) == 24


def test_business_day_keeps_the_hours_after_midnight_in_which_it_sold() -> None:
    assert boundary({22: 9, 24: 5, 25: 1}, {9: 3}) == 26
    assert boundary({29: 4}, {5: 3, 6: 8}) == 30  # a shop that never closes changes at six
    assert boundary({24: 1}, {0: 7}) == 24  # a straggler does not take an hour of the next day
    assert boundary({40: 9}, {}) == 24  # nobody sells until four in the afternoon after


def test_business_day_may_begin_before_midnight() -> None:
    assert boundary({20: 9, 22: 1}, {-2: 6, -1: 8, 0: 2}) == 22


def test_a_store_without_a_till_changes_its_day_when_it_says() -> None:
    """Its guests go home after midnight, and nobody is inside at five."""
    assert boundary({}, {}, 29) == 29
    friday = trading_day(DAY, SHANGHAI, {}, 5)
    assert friday.begin_at == at(5)
    assert friday.end_at == at(5) + timedelta(days=1)
    assert boundary({22: 9, 25: 1}, {9: 3}, 29) == 29, "who sold last does not end the day"
    assert boundary({22: 9}, {3: 4, 9: 3}, 29) == 27, "the next day's sales do"
    assert boundary({22: 9, 30: 1}, {9: 3}, 29) == 31


def test_visitors_after_midnight_belong_to_the_day_that_was_selling() -> None:
    after = DAY + timedelta(days=1)
    sales = {DAY: {23: 5, 24: 4, 25: 1}, after: {10: 2}}
    friday, saturday = (trading_day(day, SHANGHAI, sales) for day in (DAY, after))
    assert friday.end_at == saturday.begin_at == at(2, day=after)
    bar = the_day(watched(at(1, day=after), 60, 8), [at(1, 30, day=after)], day=friday)
    assert shown(bar) == [(25, 8, 60, 60)]
    assert bar.conversion.sales == 1


def test_more_sales_than_visitors_are_told_as_they_are() -> None:
    found = the_day(watched(at(9), 60, 1), [at(9, 1), at(9, 2)])
    assert found.conversion.rate == 2.0
