"""What an audit's figures say, on cases that can be reckoned by hand."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from agent.capture.footfall.audit.interval import Draws, wilson
from agent.capture.footfall.audit.marks import Audit, Begun, Mark, Told, read_audit
from agent.capture.footfall.audit.report import table
from agent.capture.footfall.audit.score import Figure, Score, score
from agent.capture.footfall.audit.scoring import ScoreOrder, run
from agent.capture.footfall.counting.line import Direction
from agent.errors import InvalidInput, UnreadableInput

IN, OUT = Direction.IN, Direction.OUT
BEGUN = '{"type":"audit","source":"a.mp4","begin_s":0,"end_s":600,"lines":{"door":"5,0,5,9"}}'
MARK = '{"type":"mark","t":10.0,"line":"door","direction":"in"}'


def scored(
    seen: list[tuple[float, Direction]],
    told: list[tuple[float, Direction]],
    *,
    watched_s: float = 600.0,
    arguable: tuple[float, ...] = (),
) -> Score:
    begun = Begun(source="clip", begin_s=0.0, end_s=watched_s, lines={"door": "5,0,5,9"})
    marks = [Mark(t=t, line="door", direction=d, sure=t not in arguable) for t, d in sorted(seen)]
    counted = [Told(t=t, line="door", direction=d) for t, d in told]
    return score(Audit(begun, tuple(marks), ()), counted, 1.0, np.random.default_rng(1))


def value(figure: Figure | None) -> float:
    assert figure is not None
    return figure.value


def test_each_mark_is_told_by_one_crossing_at_most() -> None:
    total = scored([(10.0, IN)], [(9.8, IN), (10.1, IN)]).total
    assert (total.seen, total.told, total.hits) == (1, 2, 1)
    assert (value(total.recall), value(total.precision)) == (1.0, 0.5)


def test_the_other_direction_is_another_crossing() -> None:
    figures = scored([(10.0, IN)], [(10.0, OUT)])
    assert figures.total.hits == 0
    assert figures.drift.at_end == -2


def test_what_could_be_argued_about_counts_neither_way() -> None:
    told = scored([(10.0, IN), (50.0, IN)], [(10.0, IN), (50.2, IN)], arguable=(50.0,))
    untold = scored([(10.0, IN), (50.0, IN)], [(10.0, IN)], arguable=(50.0,))
    assert told.total == untold.total
    assert (told.total.seen, told.total.told, told.arguable) == (1, 1, 1)


def test_a_count_in_an_empty_window_is_an_error_of_windows() -> None:
    figures = scored([(10.0, IN), (20.0, IN)], [(10.0, IN), (20.0, IN), (400.0, IN)])
    minutes = figures.windows[0]
    assert (minutes.windows, minutes.empty) == (20, 19)
    assert value(minutes.wape) == 0.5
    assert value(figures.total.bias) == 0.5


def test_errors_that_cancel_within_a_window_show_in_events_alone() -> None:
    figures = scored([(10.0, IN)], [(40.0, IN)])
    assert value(figures.windows[0].wape) == 0.0
    assert value(figures.total.f1) == 0.0


def test_an_audit_shorter_than_a_window_says_nothing_of_it() -> None:
    minutes, quarters = scored([(10.0, IN)], [(10.0, IN)], watched_s=600.0).windows
    assert minutes.wape is not None
    assert quarters.wape is None


def test_who_is_told_late_is_inside_all_the_same() -> None:
    figures = scored([(10.0, IN), (11.0, OUT)], [(10.9, IN), (11.9, OUT)])
    assert (figures.drift.at_end, figures.drift.greatest) == (0, 0)
    assert figures.late_s == pytest.approx(0.9)


def test_thirty_right_ones_are_not_called_certain() -> None:
    seen = [(10.0 + 15 * n, IN) for n in range(30)]
    total = scored(seen, seen).total
    assert total.recall is not None
    assert total.f1 is not None
    assert total.recall.low == pytest.approx(0.886, abs=0.001)  # Wilson's for 30 of 30
    assert total.f1.low is not None
    assert 0.8 < total.f1.low < 1.0


def test_where_nobody_was_seen_there_is_no_recall() -> None:
    figures = scored([], [(10.0, IN)])
    assert figures.total.recall is None
    assert value(figures.total.precision) == 0.0
    assert figures.windows[0].wape is None


def test_wilson_is_as_published() -> None:
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=0.0001)  # Newcombe 1998, table I


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """Errors in bursts: a stretch is good (2 % missed) or bad (40 %); 60 stretches an audit."""
    random = np.random.default_rng(7)
    held = 0
    for _ in range(200):
        seen = random.poisson(6, 60).astype(float)
        share = np.where(random.random(60) < 0.2, 0.6, 0.98)
        hits = random.binomial(seen.astype(int), share).astype(float)
        low, high = wilson(hits.sum(), seen.sum(), Draws(60, random).design(hits, seen))
        held += low <= 0.2 * 0.6 + 0.8 * 0.98 <= high
    assert held >= 180


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "line 1: an audit begins with"),
        (MARK, "line 1: an audit begins with"),
        (f"{BEGUN}\n{BEGUN}", "line 2: one file is one audit"),
        (f"{BEGUN}\n{MARK.replace('door', 'gate')}", "line 2: line 'gate' is not among door"),
        (f"{BEGUN}\n{MARK.replace('10.0', '601')}", "line 2: 601 s lies outside"),
        (f"{BEGUN}\n{MARK.replace('in', 'up')}", "line 2: no entry of an audit"),
        (f"{BEGUN}\n\n{{", "line 3: no entry of an audit"),
        (BEGUN.replace("600", "0"), "watched from 0 to 0 s is no time"),
        (BEGUN.replace('"source"', '"version":2,"source"'), "is of version 2"),
    ],
)
def test_a_file_that_is_no_audit_is_refused_by_line(
    tmp_path: Path, written: str, said: str
) -> None:
    file = tmp_path / "marks.jsonl"
    file.write_text(written)
    with pytest.raises(UnreadableInput, match=said):
        read_audit(file)


def test_an_audit_of_a_live_camera_is_scored_by_what_it_noted(tmp_path: Path) -> None:
    file = tmp_path / "marks.jsonl"
    file.write_text("\n".join([BEGUN, MARK, MARK.replace("mark", "told").replace("10.0", "10.4")]))
    out = io.StringIO()
    run(ScoreOrder(file), out)
    assert "1      1      1  1.000" in out.getvalue()
    assert "the counter +0.4 s later than the marks" in out.getvalue()


def test_marks_alone_ask_for_what_to_hold_them_against(tmp_path: Path) -> None:
    file = tmp_path / "marks.jsonl"
    file.write_text(f"{BEGUN}\n{MARK}")
    with pytest.raises(InvalidInput, match="--clip"):
        run(ScoreOrder(file), io.StringIO())


def test_counts_that_were_printed_before_are_taken(tmp_path: Path) -> None:
    file, counts = tmp_path / "marks.jsonl", tmp_path / "counts.json"
    file.write_text(f"{BEGUN}\n{MARK}")
    counts.write_text(
        '{"frames":9,"seconds_of_video":600,"sampled_fps":5,"lines":{"door":{"in":1,"out":0,'
        '"events":[{"t":10.5,"direction":"in"}]}},'
        '"ms_per_frame":{"decode":1,"detect":1,"track":1,"total":3}}'
    )
    out = io.StringIO()
    run(ScoreOrder(file, counts=counts, as_json=True), out)
    assert '"seen":1,"told":1,"hits":1' in out.getvalue()
    counts.write_text("{}")
    with pytest.raises(UnreadableInput, match="is not what lianke-agent count --json prints"):
        run(ScoreOrder(file, counts=counts), out)


def an_audit(*marks: Mark, spans: tuple[tuple[float, float], ...] = ((0.0, 600.0),)) -> Audit:
    return Audit(Begun(source="clip", lines={"door": "5,0,5,9"}), marks, (), spans)


def figures_of(audit: Audit, *told: Told) -> Score:
    return score(audit, told, 1.0, np.random.default_rng(1))


def a_mark(t: float, *, staff: bool = False, group: int = 0, sure: bool = True) -> Mark:
    return Mark(t=t, line="door", direction=IN, staff=staff, group=group, sure=sure)


def a_told(t: float, *, staff: bool = False, leads: bool = False) -> Told:
    return Told(t=t, line="door", direction=IN, staff=staff, leads=leads)


def test_what_is_told_while_nobody_watched_is_no_error() -> None:
    audit = an_audit(a_mark(5.0), a_mark(99.8), spans=((0.0, 10.0), (90.0, 100.0)))
    figures = figures_of(audit, a_told(5.0), a_told(50.0), a_told(100.4), a_told(100.9))
    assert (figures.total.seen, figures.total.told, figures.total.hits) == (2, 2, 2)
    assert figures.watched_s == 20.0


def test_pauses_take_no_time_of_the_windows() -> None:
    spans = ((0.0, 60.0), (10_000.0, 10_060.0))
    audit = an_audit(a_mark(30.0), a_mark(10_030.0), spans=spans)
    minutes = figures_of(audit, a_told(30.0), a_told(10_030.0)).windows[0]
    assert (minutes.windows, minutes.empty) == (4, 2)


def test_staff_are_known_among_those_who_were_seen_and_told() -> None:
    audit = an_audit(a_mark(10.0, staff=True), a_mark(20.0, staff=True), a_mark(30.0))
    told = (a_told(10.0, staff=True), a_told(20.0), a_told(30.0, staff=True), a_told(40.0))
    staff = figures_of(audit, *told).staff
    assert staff is not None
    assert (staff.seen, staff.told, staff.hits) == (2, 2, 1)
    assert (value(staff.recall), value(staff.precision)) == (0.5, 0.5)
    assert "staff, of the crossings that were told: 2 seen" in table(figures_of(audit, *told))


def test_without_a_word_of_staff_nothing_is_said_of_them() -> None:
    assert figures_of(an_audit(a_mark(10.0)), a_told(10.0)).staff is None


def test_groups_are_compared_by_the_minute() -> None:
    audit = an_audit(
        a_mark(10.0, group=1), a_mark(11.0, group=1), a_mark(20.0), a_mark(30.0, staff=True)
    )
    told = (a_told(10.0, leads=True), a_told(11.0, leads=True), a_told(20.0, leads=True))
    groups = figures_of(audit, *told).groups
    assert groups is not None
    assert value(groups.wape) == 0.5  # two were seen, the couple was told as two
    assert figures_of(audit, a_told(10.0)).groups is None
