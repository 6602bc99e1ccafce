"""What a watcher says, when, and how fast it plays."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Self

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.footfall.analyst import Learnt
from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.counting.facts import CutStay, Presence, Stay, Warmth
from agent.capture.footfall.counting.line import Crossing, Direction
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.settling import Settled
from agent.capture.footfall.detection.detections import Detections, no_detections
from agent.capture.footfall.detection.detector import Picture
from agent.capture.footfall.messages import (
    Crossed,
    Ended,
    Failed,
    FailureKind,
    Job,
    Left,
    Marked,
    Opened,
    Seen,
    SettledCrossing,
    Told,
    WatchedLine,
    WatchedZone,
    encode,
    read_job,
    read_told,
)
from agent.capture.footfall.pace import Pace
from agent.capture.footfall.span import Condition, Span
from agent.capture.footfall.watcher import failed, serve, teller
from agent.capture.footfall.watching import in_pixels, look, zone_in_pixels
from agent.config import BadgeSettings
from agent.errors import (
    AgentError,
    BadLine,
    BadZone,
    CameraLost,
    CameraUnreadable,
    InvalidInput,
    NetworkMismatch,
    NetworkMissing,
    VisionNotInstalled,
)
from models.vision.manifest import read_manifest
from models.wire.events.footfall import MarkKind, ZoneKind
from tests.simulators.passers import nobody

JOB = Job(
    source="rtsp://user:hunter2@camera/door",
    login="keeper:hunter2",
    lines=[WatchedLine("door", 0.5, 0.0, 0.5, 1.0)],
    zones=[WatchedZone("till", ZoneKind.QUEUE, [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)])],
    badge=BadgeSettings(hue=(340.0, 20.0)),
    network=read_manifest().networks[0],
    network_file="/networks/a.onnx",
)


def crossing(at_s: float) -> Crossing:
    return Crossing("door", Direction.IN, at_s, track=7)


@pytest.mark.parametrize(
    "message",
    [
        Opened(width=768, height=576, fps=0.0, at_s=12.5, rule="rule-1"),
        Seen(first_s=1.0, last_s=1.5, samples=5, observed_s=0.5),
        Seen(
            first_s=1.0, last_s=1.2, samples=1, observed_s=0.2, crossings=[Crossed("a", "in", 1.1)]
        ),
        Seen(
            first_s=1.0,
            last_s=1.2,
            samples=1,
            observed_s=0.2,
            settled=[SettledCrossing("a", "in", 1.1, staff=True, again=False, leads=False)],
            facts=[
                Presence("shelf", 1.2, 0.4, 0.2, 2),
                Stay("shelf", 1.1, 12.5),
                CutStay("till", 1.1),
                Warmth(33, 1.2, 0.2),
            ],
            marks=[Marked(MarkKind.DARK, 0.5, 1.2)],
        ),
        Ended(truncated=True),
        Left(),
        Failed(kind=FailureKind.BAD_LINE, message="a line, told on one line"),
    ],
)
def test_what_a_watcher_says_arrives_as_one_line(message: Told) -> None:
    line = encode(message)
    assert line.count(b"\n") == 1
    assert read_told(line) == message


def test_a_job_arrives_as_it_was_given_and_shows_no_login() -> None:
    assert read_job(encode(JOB)) == JOB
    assert "hunter2" not in f"{JOB!r} {JOB}"


@pytest.mark.parametrize("line", [b"", b"{}\n", b'{"type":"opened","wid', b"\xff\n", b"[1]\n"])
def test_half_a_message_means_a_lost_camera_and_half_a_job_is_quoted_nowhere(line: bytes) -> None:
    with pytest.raises(CameraLost):
        read_told(line)
    with pytest.raises(InvalidInput) as refused:
        read_job(line)
    assert refused.value.__cause__ is None


def test_only_losses_are_worth_retrying() -> None:
    worth = {kind for kind in FailureKind if kind.worth_retrying}
    assert worth == {FailureKind.LOST, FailureKind.BROKEN}


def spans(times: Sequence[float]) -> list[Seen]:
    span = Span()
    told = [span.add(each) for each in times]
    return [each for each in [*told, span.rest()] if each is not None]


def test_samples_are_told_every_half_second() -> None:
    told = spans([n / 10 for n in range(13)])
    assert [(each.first_s, each.last_s, each.samples) for each in told] == [
        (0.0, 0.5, 6),
        (0.5, 1.0, 5),
        (1.0, 1.2, 2),
    ]
    assert sum(each.observed_s for each in told) == pytest.approx(1.2)


def test_a_crossing_is_told_at_once() -> None:
    span = Span()
    assert span.add(0.0) is None
    told = span.add(0.1, [crossing(0.04)])
    assert told is not None
    assert told.crossings == [Crossed("door", "in", 0.04)]
    assert span.rest() is None


def test_a_hole_between_samples_is_not_observed() -> None:
    told = spans([0.0, 0.2, 9.0, 9.2])
    assert sum(each.observed_s for each in told) == pytest.approx(0.4)
    assert told[0].last_s == 9.0


@pytest.mark.parametrize(("fps", "observed_s"), [(1, 0.0), (2, 9.5), (3.5, 10.0), (60, 10.0)])
def test_one_picture_a_second_is_not_watching_closely(fps: float, observed_s: float) -> None:
    told = spans([n / fps for n in range(round(10 * fps))])
    assert sum(each.observed_s for each in told) == pytest.approx(observed_s, abs=0.3)


def test_who_crossed_in_a_hole_is_not_told_even_when_it_is_proved_later() -> None:
    span = Span()
    for at_s in (0.0, 0.2):
        span.add(at_s)
    assert span.add(2.0, [crossing(1.1)]) is not None  # its time is told, its crossing is not
    told = span.add(2.2, [crossing(1.5), crossing(0.2), crossing(2.1)])
    assert told is not None
    assert [each.at_s for each in told.crossings] == [0.2, 2.1]


def test_how_the_camera_does_is_told_with_the_next_word_and_its_marks_once() -> None:
    span = Span()
    span.add(0.0)
    dark = Marked(MarkKind.DARK, 0.0, 0.1)
    span.note(Condition([dark], [MarkKind.DARK], 5.0))
    span.note(Condition((), [MarkKind.DARK], 4.5))
    told = span.add(0.5)
    assert told is not None
    assert (told.marks, told.troubles, told.wanted_fps) == ([dark], [MarkKind.DARK], 4.5)
    span.add(0.6)
    rest = span.rest()
    assert rest is not None
    assert (rest.marks, rest.troubles, rest.wanted_fps) == ([], [MarkKind.DARK], 4.5)


@given(st.lists(st.floats(0.01, 3.0), max_size=60))
def test_spans_follow_each_other_and_observe_no_more_than_they_last(steps: list[float]) -> None:
    times = [float(each) for each in np.cumsum([0.0, *steps])]
    told = spans(times)
    assert sum(each.samples for each in told) == len(times)
    assert told[0].first_s == times[0]
    assert told[-1].last_s == times[-1]
    for before, after in pairwise(told):
        assert before.last_s == after.first_s
    for each in told:
        assert 0 <= each.observed_s <= each.last_s - each.first_s + 1e-9


class Sleeper:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now_s = 50.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now_s += seconds


@pytest.mark.parametrize(("speed", "took_s"), [(1.0, 3.0), (2.0, 1.5), (0.0, 0.0)])
def test_a_clip_is_played_at_its_speed(speed: float, took_s: float) -> None:
    clock = Sleeper()
    pace = Pace(speed, lambda: clock.now_s, clock.sleep)
    for at_s in (7.0, 8.0, 10.0):
        pace.wait(at_s)
    assert clock.now_s - 50 == pytest.approx(took_s)


def test_a_clip_that_fell_behind_catches_up() -> None:
    clock = Sleeper()
    pace = Pace(1, lambda: clock.now_s, clock.sleep)
    pace.wait(0.0)
    clock.now_s += 5
    pace.wait(1.0)
    assert clock.now_s == 55
    pace.wait(6.0)
    assert clock.now_s == 56


def test_nobody_waits_through_a_hole_in_a_recording() -> None:
    clock = Sleeper()
    pace = Pace(1, lambda: clock.now_s, clock.sleep)
    for at_s in (0.0, 1.0, 600.0, 601.0):
        pace.wait(at_s)
    assert clock.now_s - 50 == pytest.approx(2.0)


class Show:
    """A camera of three pictures that may vanish."""

    size = (200, 100)
    fps = 10.0

    def __init__(self, vanishes: bool = False) -> None:
        self._vanishes = vanishes

    def aim(self, sample_fps: float) -> None: ...

    def stop(self) -> None: ...

    def frames(self) -> Iterator[Frame]:
        for number in range(3):
            yield Frame(np.zeros((100, 200, 3), np.uint8), number / 10, number)
        if self._vanishes:
            raise CameraLost("the door sends no more pictures")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None: ...


class Nobody:
    """A detector of empty shops."""

    def detect(self, picture: Picture) -> Detections:
        assert picture.shape == (100, 200, 3)
        return no_detections()


class Script:
    """A counter that says what the test wrote."""

    def __init__(self, crossings: dict[float, list[Crossing]]) -> None:
        self._crossings = crossings
        self.spans_s: list[float] = []

    def look(self, detections: Detections, at_s: float, span_s: float) -> Moment:
        assert len(detections) == 0
        self.spans_s.append(span_s)
        return nobody(at_s, self._crossings.get(at_s, []))


class Pupil:
    """An analyst who learns that somebody was in a zone, at every moment, and once more at last."""

    def look(self, moment: Moment, picture: Picture) -> Learnt:
        assert picture.shape == (100, 200, 3)
        return Learnt(facts=[Presence("shelf", moment.at_s, 0.1, 0.0, 1)])

    def rest(self) -> Learnt:
        return Learnt([Settled(crossing(0.05), staff=True)], [Stay("shelf", 0.2, 0.2)])


class Nurse:
    """Finds the first second dark, at every picture."""

    def look(self, frame: Frame, moment: Moment) -> Condition:
        assert frame.at_s == moment.at_s
        return Condition([Marked(MarkKind.DARK, frame.at_s, frame.at_s + 0.1)], [MarkKind.DARK])


def looked(camera: Show, crossings: dict[float, list[Crossing]]) -> list[Told]:
    told: list[Told] = []
    clock = Sleeper()
    pace = Pace(0, lambda: clock.now_s, clock.sleep)
    try:
        look(
            camera,
            Nobody(),
            Script(crossings),
            Pupil(),
            care=Nurse(),
            span=Span(),
            pace=pace,
            tell=told.append,
        )
    except CameraLost as error:
        told.append(failed(error))
    return told


def test_opening_is_told_before_anything_is_seen() -> None:
    told = looked(Show(), {0.1: [crossing(0.05)]})
    opened, first, rest = told
    assert isinstance(opened, Opened)
    assert (opened.width, opened.height, opened.at_s) == (200, 100, 0.0)
    assert opened.rule
    assert isinstance(first, Seen)
    assert (first.samples, first.crossings) == (2, [Crossed("door", "in", 0.05)])
    assert isinstance(rest, Seen)
    assert (rest.first_s, rest.last_s, rest.samples) == (0.1, 0.2, 1)
    assert (first.closing, rest.closing) == (False, True)


def test_what_is_wrong_with_the_camera_is_told_with_what_was_seen() -> None:
    told = [each for each in looked(Show(), {}) if isinstance(each, Seen)]
    assert [mark.begin_s for each in told for mark in each.marks] == [0.0, 0.1, 0.2]
    assert told[-1].troubles == [MarkKind.DARK]


def test_who_crosses_while_no_picture_comes_is_not_told() -> None:
    class Slow(Show):
        def frames(self) -> Iterator[Frame]:
            for number in range(5):
                yield Frame(np.zeros((100, 200, 3), np.uint8), float(number), number)

    told = [
        each
        for each in looked(Slow(), {2.0: [crossing(1.4)], 4.0: [crossing(3.4)]})
        if isinstance(each, Seen)
    ]
    assert sum(each.samples for each in told) == 5
    assert sum(each.observed_s for each in told) == 0.0
    assert [crossed for each in told for crossed in each.crossings] == []


def test_what_was_seen_is_told_before_the_loss() -> None:
    told = looked(Show(vanishes=True), {})
    assert [type(each) for each in told] == [Opened, Seen, Failed]


def test_what_is_learnt_is_told_once_and_to_the_end() -> None:
    told = [each for each in looked(Show(vanishes=True), {}) if isinstance(each, Seen)]
    facts = [fact for each in told for fact in each.facts]
    assert facts == [
        *(Presence("shelf", at_s, 0.1, 0.0, 1) for at_s in (0.0, 0.1, 0.2)),
        Stay("shelf", 0.2, 0.2),
    ]
    settled = [each for message in told for each in message.settled]
    assert settled == [SettledCrossing("door", "in", 0.05, staff=True, again=False, leads=False)]


def test_a_verdict_is_told_at_once() -> None:
    span = Span()
    span.add(0.0)
    assert span.add(0.1, learnt=Learnt(facts=[Stay("shelf", 0.0, 3.0)])) is None
    told = span.add(0.2, learnt=Learnt([Settled(crossing(0.05), again=True)]))
    assert told is not None
    assert (len(told.settled), len(told.facts)) == (1, 1)
    assert span.rest() is None


def test_only_time_that_was_watched_closely_counts_for_whoever_is_there() -> None:
    span = Span()
    closely = []
    for at_s in (0.0, 0.2, 9.0, 9.1):
        closely.append(span.closely_s(at_s))
        span.add(at_s)
    assert closely == pytest.approx([0.0, 0.2, 0.0, 0.1])


def test_a_zone_of_shares_lies_where_the_picture_is() -> None:
    corners = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0)]
    zone = zone_in_pixels(WatchedZone("shelf", ZoneKind.QUEUE, corners), (768, 576))
    assert list(zone.corners) == [(0.0, 0.0), (384.0, 0.0), (384.0, 576.0)]
    assert (zone.name, zone.kind) == ("shelf", ZoneKind.QUEUE)


def test_a_line_of_shares_lies_where_the_picture_is() -> None:
    line = in_pixels(WatchedLine("door", 0.25, 0.5, 1.0, 1.0), (768, 576))
    assert (line.name, line.x1, line.y1, line.x2, line.y2) == ("door", 192, 288, 768, 576)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (CameraLost("x"), FailureKind.LOST),
        (CameraUnreadable("x"), FailureKind.UNREADABLE),
        (BadLine("x"), FailureKind.BAD_LINE),
        (BadZone("x"), FailureKind.BAD_LINE),
        (NetworkMissing("x"), FailureKind.NETWORK),
        (NetworkMismatch("x"), FailureKind.NETWORK),
        (VisionNotInstalled("x"), FailureKind.NOT_INSTALLED),
        (AgentError("x"), FailureKind.BROKEN),
    ],
)
def test_every_error_is_told_by_what_to_do_next(error: AgentError, kind: FailureKind) -> None:
    assert failed(error) == Failed(kind=kind, message="x")


def test_a_job_that_is_none_is_told_and_fails() -> None:
    told: list[Told] = []
    assert serve(b"what?\n", told.append) == 1
    assert isinstance(told[0], Failed)
    assert told[0].kind is FailureKind.BROKEN


def test_what_is_told_is_on_its_way_at_once() -> None:
    out = io.BytesIO()
    teller(out)(Ended())
    assert out.getvalue() == encode(Ended())
