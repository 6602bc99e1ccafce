"""The private socket between agent and watcher, and what is counted on trial beside the product."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.line import Line
from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.detection.detections import Detections
from agent.capture.footfall.viewfinder.eyepiece import Eyepiece
from agent.capture.footfall.viewfinder.finder import Viewfinder
from agent.capture.footfall.viewfinder.still import still
from agent.capture.footfall.viewfinder.trial import Trial
from agent.capture.footfall.viewfinder.words import (
    LARGEST_PICTURE,
    Glimpse,
    Look,
    Sight,
    TrialLine,
    TrialZone,
    pack,
    unpack,
)
from agent.errors import CameraLost
from models.wire.events.footfall import ZoneKind
from tests.simulators.doorway import Doorway

SIZE = (960, 720)


@dataclass
class Watching:
    """Both ends, and a doorway that is looked at five times a second."""

    finder: Viewfinder
    eyepiece: Eyepiece
    counter: Counter
    clock: list[float] = field(default_factory=lambda: [0.0])

    def show(self, at_s: float, picture: np.ndarray[Any, Any] | None = None) -> None:
        frame = picture if picture is not None else np.zeros((720, 960, 3), np.uint8)
        self.eyepiece.show(Frame(frame, at_s, 0), self.counter)

    def looked(self, at_s: float = 1.0, **wishes: Any) -> Sight | None:
        """What comes back of a question, the next picture being of ``at_s``."""
        answers: list[Sight | None] = []
        asking = threading.Thread(target=lambda: answers.append(self.finder.look(**wishes)))
        asking.start()
        while asking.is_alive():
            self.show(at_s)
            asking.join(0.02)
        return answers[0]


@pytest.fixture
def watching() -> Iterator[Watching]:
    finder, clock = Viewfinder(answer_s=0.5), [0.0]
    with finder.new_pair() as theirs:
        eyepiece = Eyepiece(theirs, lambda: clock[0])
        yield Watching(finder, eyepiece, Counter([Line("door", 480, 0, 480, 720)], SIZE), clock)
    finder.close()


def test_a_picture_comes_only_with_the_question_that_asks_for_one(watching: Watching) -> None:
    plain, full = watching.looked(), watching.looked(picture=True)
    assert plain is not None
    assert full is not None
    assert plain.picture == b""
    assert full.picture.startswith(b"\xff\xd8\xff")
    assert json.loads(full.figures)["width"] == 960


def test_figures_have_no_room_for_pixels(watching: Watching) -> None:
    sight = watching.looked(picture=True)
    assert sight is not None
    assert len(sight.figures) < 300
    assert b"\xff" not in sight.figures


@pytest.mark.parametrize("size", [(360, 640), (2160, 3840), (90, 120)])
def test_a_still_is_small_whatever_the_camera_gives(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (*size, 3), np.uint8)
    assert 0 < len(still(noise)) <= LARGEST_PICTURE


def test_a_still_that_cannot_be_small_is_none() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (360, 640, 3), np.uint8)
    assert still(noise, largest=500) == b""


def test_nobody_waits_for_somebody_who_does_not_read(watching: Watching) -> None:
    """The watcher goes on counting while the agent is busy: what does not fit is dropped."""
    picture = np.random.default_rng(3).integers(0, 256, (360, 640, 3), np.uint8)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        eyepiece = Eyepiece(theirs, lambda: 0.0)
        for number in range(30):
            ours.send(json.dumps({"number": number, "picture": True}).encode())
            eyepiece.show(Frame(picture, float(number), 0), watching.counter)


def test_where_no_watcher_is_at_work_nothing_is_seen() -> None:
    finder = Viewfinder()
    assert finder.look() is None
    with finder.new_pair():
        pass  # it died at once
    assert finder.look(picture=True) is None
    finder.close()


def test_a_late_answer_is_not_taken_for_the_next(watching: Watching) -> None:
    assert watching.finder.look() is None  # nobody showed a picture in time
    watching.show(7.0)  # the answer to that comes now
    sight = watching.looked(9.0)
    assert sight is not None
    assert json.loads(sight.figures)["at_s"] == 9.0


def test_what_is_no_answer_is_said_so() -> None:
    with pytest.raises(CameraLost):
        unpack(b"\x00\x00\x00\x05hello")
    assert unpack(pack(Glimpse(number=4, at_s=1, width=2, height=3), b"jpg"))[1].picture == b"jpg"


def counted(*looks: tuple[float, Look]) -> tuple[dict[str, int], Trial]:
    """What the product counts in a doorway, and a trial that is asked so at these times."""
    doorway, due, trial = Doorway.of(3, minutes=1.5, a_minute=30), list(looks), Trial(SIZE)
    counter, ways = Counter([doorway.line], SIZE), {"in": 0, "out": 0}
    for at_s, detections in doorway.samples(5):
        while due and due[0][0] <= at_s:
            trial.follow(due.pop(0)[1])
        for crossing in counter.update(detections, at_s):
            ways[crossing.direction] += 1
        trial.update(counter.table, at_s)
    return ways, trial


def test_a_trial_of_the_products_own_line_counts_what_the_product_counts() -> None:
    ways, trial = counted((0, Look(number=1, lines=[door()])))
    assert ways["in"] >= 5
    assert trial.counts == {"door": (ways["in"], ways["out"], 0)}


def test_a_line_that_others_are_drawn_beside_goes_on_counting() -> None:
    other = TrialLine("other", 0.1, 0.1, 0.1, 0.9)
    ways, trial = counted(
        (0, Look(number=1, lines=[door()])), (60, Look(number=2, lines=[door(), other]))
    )
    assert trial.counts["door"] == (ways["in"], ways["out"], 0)


@pytest.mark.parametrize(
    "second",
    [Look(number=2, trial=1, lines=[]), Look(number=2, trial=0, lines=[])],
    ids=["another trial", "removed and drawn again"],
)
def test_a_line_of_another_trial_begins_at_nothing(second: Look) -> None:
    again = Look(number=3, trial=second.trial, lines=[door()])
    ways, trial = counted((0, Look(number=1, lines=[door()])), (40, second), (40.1, again))
    assert 0 < sum(trial.counts["door"]) < sum(ways.values())


def test_turned_round_in_and_out_change_places() -> None:
    straight = door()
    turned = TrialLine("turned", straight.x2, straight.y2, straight.x1, straight.y1)
    ways, trial = counted((0, Look(number=1, lines=[turned])))
    assert trial.counts == {"turned": (ways["out"], ways["in"], 0)}


def test_a_line_without_length_is_passed_over() -> None:
    _, trial = counted((0, Look(number=1, lines=[TrialLine("dot", 0.5, 0.5, 0.5, 0.5)])))
    assert trial.counts == {}


def test_who_stands_in_a_zone_is_counted_in_it() -> None:
    hall = TrialZone("hall", [(0, 0), (1, 0), (1, 1), (0, 1)])
    halves = [
        TrialZone("left", [(0, 0), (0.5, 0), (0.5, 1), (0, 1)]),
        TrialZone("right", [(0.5, 0), (1, 0), (1, 1), (0.5, 1)]),
    ]
    trial, counter = Trial(SIZE), Counter([Line("door", 480, 0, 480, 720)], SIZE)
    trial.follow(Look(number=1, zones=[hall, *halves]))
    most = 0
    for at_s, detections in Doorway.of(3, minutes=1.5, a_minute=30).samples(5):
        counter.update(detections, at_s)
        trial.update(counter.table, at_s)
        inside = trial.inside
        assert inside["left"] + inside["right"] == inside["hall"]
        most = max(most, inside["hall"])
    assert most >= 2


def a_zone(name: str, kind: ZoneKind, left: float = 0.0, right: float = 1.0) -> TrialZone:
    return TrialZone(name, [(left, 0), (right, 0), (right, 1), (left, 1)], kind)


def test_whoever_is_in_an_excluded_zone_is_left_out_and_crosses_nothing() -> None:
    hidden, hall = a_zone("glass", ZoneKind.EXCLUDED), a_zone("hall", ZoneKind.DWELL)
    _, trial = counted((0, Look(number=1, lines=[door()], zones=[hidden, hall])))
    assert trial.counts == {"door": (0, 0, 0)}
    counter, left_out = Counter([], SIZE), 0
    for at_s, detections in Doorway.of(3, minutes=1.5, a_minute=30).samples(5):
        counter.update(detections, at_s)
        trial.update(counter.table, at_s)
        assert trial.inside["hall"] == 0
        assert trial.shown.left_out.all()
        left_out = max(left_out, trial.inside["glass"])
    assert left_out >= 1


def test_who_is_born_in_a_staff_area_is_staff_for_good_and_others_are_not() -> None:
    back = a_zone("back", ZoneKind.STAFF)
    ways, trial = counted((0, Look(number=1, lines=[door()], zones=[back])))
    both = ways["in"], ways["out"]
    assert trial.counts == {"door": (*both, sum(both))}
    left = a_zone("left", ZoneKind.STAFF, right=0.5)
    ways, trial = counted((0, Look(number=1, lines=[door()], zones=[left])))
    [(ingress, egress, staff)] = trial.counts.values()
    assert (ingress, egress) == both, "staff are a part of what is counted, and taken from nothing"
    assert 0 < staff < sum(both)


def test_who_wears_the_badge_is_staff_without_an_area() -> None:
    trial, counter = Trial(SIZE), Counter([], SIZE)
    for at_s, detections in Doorway.of(3, minutes=0.5, a_minute=30).samples(5):
        counter.update(detections, at_s)
        trial.update(counter.table, at_s, wearers={2})
    assert trial.shown.staff == {2}


def test_whom_the_camera_itself_leaves_out_is_shown_and_counted_in_the_zone(
    watching: Watching,
) -> None:
    glass = Zone("glass", ZoneKind.EXCLUDED, ((0, 0), (480, 0), (480, 720), (0, 720)))
    watching.counter = Counter([], SIZE, zones=[glass])
    boxes = np.array([[96, 72, 192, 360], [96, 72, 192, 300], [600, 72, 700, 360]], np.float32)
    detections = Detections(boxes, np.array([0.9, 0.2, 0.9], np.float32))
    watching.counter.update(detections, 0.5)
    sight = watching.looked(zones=[a_zone("glass", ZoneKind.EXCLUDED, right=0.5)])
    assert sight is not None
    told = json.loads(sight.figures)
    assert told["masked"] == [[0.1, 0.1, 0.2, 0.5]], "the weak one is nobody for sure"
    assert told["inside"] == {"glass": 1}
    assert [person[0] for person in told["people"]] == [1]


def test_a_trial_ends_by_itself_when_nobody_asks(watching: Watching) -> None:
    assert watching.looked(lines=[door()]) is not None
    assert watching.eyepiece.trying
    watching.clock[0] += 4
    watching.show(2.0)
    assert watching.eyepiece.trying
    watching.clock[0] += 2
    watching.show(3.0)
    assert not watching.eyepiece.trying


def door() -> TrialLine:
    """The doorway's own line."""
    line = Doorway.of(3, minutes=1.5, a_minute=30).line
    return TrialLine("door", line.x1 / 960, line.y1 / 720, line.x2 / 960, line.y2 / 720)
