"""Laws of minutes: whatever happens, no time is lost or doubled, and nobody is counted twice."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from agent.capture.footfall.counting.facts import CutStay, Fact, Presence, Stay, Warmth
from agent.capture.footfall.minutes import MINUTE_MS, Minute, Minutes
from agent.capture.footfall.tally import News, Places, Step
from models.wire.events.footfall import GapReason, LineKind, ZoneKind

LINES = ("door", "side")
PLACES = Places(dict.fromkeys(LINES, LineKind.ENTRANCE), {"shelf": ZoneKind.DWELL})
BEGIN_MS = 1_700_000_000_000
HOUR_MS = 60 * MINUTE_MS

ADVANCES = st.one_of(st.integers(-2_000, 3_000), st.integers(0, 5 * MINUTE_MS))
JUMPS = st.sampled_from([0, 0, 0, 0, HOUR_MS, -HOUR_MS, 7_000, -7_000, -MINUTE_MS])


@dataclass(frozen=True)
class Told:
    """One report: how much time it brings, how the clock was set before it, and what it says."""

    advance_ms: int
    jump_ms: int
    reason: GapReason | None
    observed_share: float
    steps: tuple[tuple[str, bool, int], ...]
    facts: tuple[tuple[int, Fact], ...]
    hand_out: bool
    dies: bool = False


STEPS = st.lists(
    st.tuples(st.sampled_from(LINES), st.booleans(), st.integers(-4_000, 500)), max_size=3
).map(tuple)
FACTS = st.lists(
    st.tuples(
        st.integers(-5_000, 500),
        st.one_of(
            st.builds(
                Presence,
                zone=st.just("shelf"),
                at_s=st.just(0.0),
                person_s=st.integers(0, 5_000).map(lambda ms: ms / 1000),
                staff_s=st.integers(0, 500).map(lambda ms: ms / 1000),
                most=st.integers(0, 9),
            ),
            st.builds(Stay, st.just("shelf"), st.just(0.0), st.floats(0, 20_000)),
            st.builds(CutStay, st.just("shelf"), st.just(0.0)),
            st.builds(Warmth, st.integers(0, 575), st.just(0.0), st.just(0.2)),
        ),
    ),
    max_size=4,
).map(tuple)
REPORTS = st.lists(
    st.builds(
        Told,
        advance_ms=ADVANCES,
        jump_ms=JUMPS,
        reason=st.one_of(st.none(), st.sampled_from(list(GapReason))),
        observed_share=st.floats(0, 1.2),
        steps=STEPS,
        facts=FACTS,
        hand_out=st.booleans(),
    ),
    max_size=40,
)
MORTAL = st.lists(
    st.builds(
        Told,
        advance_ms=ADVANCES,
        jump_ms=JUMPS,
        reason=st.one_of(st.none(), st.sampled_from(list(GapReason))),
        observed_share=st.floats(0, 1.2),
        steps=STEPS,
        facts=FACTS,
        hand_out=st.booleans(),
        dies=st.booleans(),
    ),
    max_size=40,
)
"""Reports of watchers of which some go without a last word: what they saw last is unlearnt."""


def tell(reports: list[Told], start_ms: int) -> tuple[list[Minute], Minutes, set[int], int]:
    """All reports; the minutes, the object, every minute the wall clock showed, and the samples."""
    minutes, out, shown, samples = (
        Minutes(PLACES, start_ms),
        list[Minute](),
        set[int](),
        0,
    )
    now_ms, offset_ms = start_ms, BEGIN_MS
    for report in reports:
        offset_ms += report.jump_ms
        shown.update(
            range(
                (minutes.told_ms + offset_ms) // MINUTE_MS,
                (max(now_ms + report.advance_ms, minutes.told_ms) + offset_ms) // MINUTE_MS + 1,
            )
        )
        now_ms += report.advance_ms
        if report.reason is not None:
            minutes.missed(now_ms, report.reason, offset_ms)
        else:
            samples += 2
            minutes.watched(
                now_ms,
                round(max(report.advance_ms, 0) * report.observed_share),
                offset_ms,
                samples=2,
                news=News(
                    [Step(line, way, now_ms + late) for line, way, late in report.steps],
                    facts=[(now_ms + late, fact) for late, fact in report.facts],
                ),
                network="net",
            )
        if report.dies:
            minutes.unlearn(2_500, GapReason.LOST)
        if report.hand_out:
            out += minutes.finished()
    return out + minutes.flush(), minutes, shown, samples


@given(MORTAL, st.integers(0, HOUR_MS))
def test_every_millisecond_is_observed_or_explained_exactly_once(
    reports: list[Told], start_ms: int
) -> None:
    out, minutes, _, _ = tell(reports, start_ms)
    observed_ms = sum(minute.observed_ms for minute in out)
    missed_ms = sum(gap.ms for minute in out for gap in minute.gaps)
    assert observed_ms + missed_ms == minutes.told_ms - start_ms


@given(MORTAL, st.integers(0, HOUR_MS))
def test_no_part_of_a_minute_is_longer_than_a_minute_or_negative(
    reports: list[Told], start_ms: int
) -> None:
    for minute in tell(reports, start_ms)[0]:
        assert minute.observed_ms >= 0
        assert all(gap.ms > 0 for gap in minute.gaps)
        assert minute.observed_ms + sum(gap.ms for gap in minute.gaps) <= MINUTE_MS
        assert len({gap.reason for gap in minute.gaps}) == len(minute.gaps)


@given(REPORTS, st.integers(0, HOUR_MS))
def test_everybody_who_crossed_is_counted_once(reports: list[Told], start_ms: int) -> None:
    out, _, _, samples = tell(reports, start_ms)
    crossed = [step for report in reports if report.reason is None for step in report.steps]
    tallies = [tally for minute in out for tally in minute.lines]
    for line in LINES:
        ways = [inwards for name, inwards, _ in crossed if name == line]
        assert sum(tally.ingress for tally in tallies if tally.line == line) == sum(ways)
        assert sum(tally.egress for tally in tallies if tally.line == line) == ways.count(False)
    assert sum(minute.samples for minute in out) == samples


@given(REPORTS, st.integers(0, HOUR_MS))
def test_everything_that_was_learnt_is_counted_once(reports: list[Told], start_ms: int) -> None:
    out = tell(reports, start_ms)[0]
    facts = [fact for report in reports if report.reason is None for _, fact in report.facts]
    zones = [zone for minute in out for zone in minute.zones]
    presences = [fact for fact in facts if isinstance(fact, Presence)]
    assert sum(zone.person_ms for zone in zones) == round(sum(1000 * p.person_s for p in presences))
    assert sum(zone.staff_ms for zone in zones) == round(sum(1000 * p.staff_s for p in presences))
    assert max((zone.most for zone in zones), default=0) == max(
        (p.most for p in presences), default=0
    )
    stays = [fact for fact in facts if isinstance(fact, Stay)]
    assert sum(sum(zone.stays) for zone in zones) == len(stays)
    assert sum(zone.cut for zone in zones) == sum(isinstance(fact, CutStay) for fact in facts)
    warm = [fact for fact in facts if isinstance(fact, Warmth)]
    assert sum(ms for minute in out for _, ms in minute.heat) == 200 * len(warm)


@given(REPORTS, st.integers(0, HOUR_MS))
def test_minutes_bear_the_wall_clocks_own_labels(reports: list[Told], start_ms: int) -> None:
    out, _, shown, _ = tell(reports, start_ms)
    for minute in out:
        assert minute.begin_at.timestamp() % 60 == 0
        assert int(minute.begin_at.timestamp() // 60) in shown


@given(REPORTS, st.integers(0, HOUR_MS))
def test_lines_are_told_where_somebody_watched_and_nowhere_else(
    reports: list[Told], start_ms: int
) -> None:
    for minute in tell(reports, start_ms)[0]:
        counted = sum(tally.ingress + tally.egress for tally in minute.lines)
        if minute.observed_ms:
            assert tuple(tally.line for tally in minute.lines) == LINES
        else:
            assert bool(minute.lines) == bool(counted)
