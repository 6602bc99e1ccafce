"""How a day's sources and tills are judged: figures, shares, lanes of their own."""

from __future__ import annotations

import dataclasses

from cloud.capture.quality import Captured, Source, Wholeness, by_source, by_till
from cloud.capture.sequence import Taken
from cloud.sales import Standing
from models.wire.events.sale import Flag, Kind

POSLOG = Source("poslog", "standard", 3)
TAP = Source("tap", "epson-cn", 1)


def captured(
    number: int,
    *flags: Flag,
    workstation: str = "1",
    kind: Kind = Kind.RETAIL,
    standing: Standing = Standing.SALE,
    source: Source = POSLOG,
    lag_ms: int = 1000,
) -> Captured:
    end_ms = number * 60_000
    return Captured(
        taken=Taken(str(number), f"sale-{workstation}-{number}-{source.adapter}", end_ms, end_ms),
        workstation=workstation,
        kind=kind,
        standing=standing.value,
        flags=frozenset(flag.value for flag in flags),
        source=source,
        captured_ms=end_ms + lag_ms,
    )


def printed(number: int, standing: Standing = Standing.SALE) -> Captured:
    return captured(number, Flag.DERIVED_KEY, standing=standing, source=TAP)


def test_controls_take_numbers_and_have_no_sums() -> None:
    day = [captured(1, kind=Kind.CONTROL), captured(2), captured(3, kind=Kind.TENDER_CONTROL)]
    (till,), (source,) = by_till(day), by_source(day)
    assert (till.transactions, till.controls, till.missing) == (3, 2, 0)
    assert (source.transactions, source.receipts) == (3, 1)


def test_flags_are_counted_by_kind_the_most_frequent_first() -> None:
    day = [captured(1, Flag.LATE), captured(2, Flag.LATE, Flag.LINES_DISAGREE), captured(3)]
    (source,) = by_source(day)
    assert list(source.flagged.items()) == [("late", 2), ("lines_disagree", 1)]
    assert (source.disagreeing, round(source.disagreeing_share, 2)) == (1, 0.33)


def test_a_share_is_judged_only_of_enough_receipts() -> None:
    few = [captured(1, Flag.LINES_DISAGREE)]
    fits = [captured(n, *([Flag.TENDERS_DISAGREE] if n == 1 else [])) for n in range(1, 21)]
    over = [captured(n, *([Flag.TENDERS_DISAGREE] if n < 3 else [])) for n in range(1, 21)]
    assert [by_source(day)[0].is_over for day in (few, fits, over)] == [False, False, True]


def test_delays_are_ranks_and_a_clock_ahead_is_none() -> None:
    day = [captured(n, lag_ms=n * 1000) for n in range(1, 21)]
    (source,) = by_source(day)
    assert (source.lag_p50_s, source.lag_p95_s) == (10.0, 19.0)
    assert by_source([captured(1, lag_ms=-5000)])[0].lag_p50_s == 0.0


def test_each_version_of_a_profile_is_a_source_of_its_own() -> None:
    newer = Source("poslog", "standard", 4)
    day = [captured(1), captured(2, source=newer), captured(3, source=newer)]
    assert [(each.source.version, each.transactions) for each in by_source(day)] == [(3, 1), (4, 2)]


def test_two_sources_of_one_till_neither_repeat_nor_fill_each_other() -> None:
    true = [captured(n) for n in (41, 42, 44)]
    echoes = [printed(n, Standing.ECHO) for n in (41, 42, 43, 44)]
    first, second = by_till([*true, *echoes])
    assert (first.printed, first.missing, first.wholeness) == (False, 1, Wholeness.GAPS)
    assert (second.printed, second.beside, second.missing) == (True, True, 0)
    assert first.repeated == second.repeated == 0


def test_a_true_number_seen_by_a_lesser_source_too_is_no_repeat() -> None:
    database = Source("database", "unicenta", 1)
    day = [captured(41), captured(41, standing=Standing.ECHO, source=database), captured(42)]
    (till,) = by_till(day)
    assert (till.transactions, till.repeated, till.wholeness) == (2, 0, Wholeness.WHOLE)


def test_what_is_missing_of_printed_receipts_is_missing_perhaps() -> None:
    (till,) = by_till([printed(1), printed(2), printed(4)])
    assert (till.wholeness, till.beside, till.missing) == (Wholeness.PERHAPS, False, 1)


def test_a_till_that_does_not_count_cannot_be_told() -> None:
    odd = dataclasses.replace(captured(1), taken=Taken("20261122091501", "s", 1, 1))
    (till,) = by_till([odd])
    assert (till.unnumbered, till.series, till.wholeness) == (1, (), Wholeness.UNKNOWN)


def test_a_number_used_twice_is_told_where_nothing_is_missing() -> None:
    again = dataclasses.replace(captured(2), taken=Taken("2", "another", 130_000, 130_000))
    (till,) = by_till([captured(1), captured(2), again])
    assert (till.wholeness, till.repeated) == (Wholeness.REPEATS, 1)
