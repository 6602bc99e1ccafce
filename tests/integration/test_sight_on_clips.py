"""A camera's sight on the reference clips: how soon trouble is told, and that nothing else is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest

from agent.capture.footfall.detection.detector import Picture
from agent.capture.footfall.messages import Marked
from agent.capture.footfall.sight.checkup import Checkup
from models.wire.events.footfall import MarkKind
from tests.simulators.disturbed_views import (
    LOOK_S,
    Disturb,
    Sensor,
    behind_a_bag,
    behind_a_hand,
    crowded,
    emptied,
    lit,
    looped,
    pictures_of,
    view,
)
from tests.simulators.real_data import real_file

CLIPS = ("vtest.avi", "one-by-one-person-detection.mp4")
KNOWN_S = 60.0
STEPS = (0.5, 0.25, 0.1, 0.05, 0.05, 0.05)


@pytest.fixture(scope="module", params=CLIPS)
def pictures(request: pytest.FixtureRequest) -> list[Picture]:
    return pictures_of(real_file("video", request.param))


class Session:
    """A checkup and its clock."""

    def __init__(self) -> None:
        self.checkup = Checkup()
        self.now_s = 0.0
        self.marks: list[Marked] = []
        self.last = np.zeros((2, 2, 3), np.uint8)
        self._sensor = Sensor()

    def show(self, pictures: Sequence[Picture], seconds: float, disturb: Disturb) -> None:
        looks = round(seconds / LOOK_S)
        for picture in looped(pictures, looks, begin=round(self.now_s / LOOK_S)):
            self.hold(self._sensor.take(disturb(picture)))

    def hold(self, picture: Picture) -> None:
        self.last = picture
        self.marks += self.checkup.look(picture, self.now_s)
        self.now_s += LOOK_S

    def first(self, kind: MarkKind) -> Marked:
        """The word with which a trouble was told first; no other trouble was told."""
        assert {each.kind for each in self.marks} == {kind}
        return next(each for each in self.marks if each.kind is kind)


def in_front(change: Disturb, picture: Picture) -> Picture:
    return change(view(picture))


@pytest.mark.parametrize(
    ("disturb", "kind", "within_s"),
    [
        (partial(in_front, behind_a_hand), MarkKind.BLOCKED, 14),
        (partial(in_front, behind_a_bag), MarkKind.BLOCKED, 14),
        (partial(view, right=0.03), MarkKind.MOVED, 60),
        (partial(view, right=0.05), MarkKind.MOVED, 60),
        (partial(view, down=0.03), MarkKind.MOVED, 60),
        (partial(view, roll=5.0), MarkKind.MOVED, 60),
        (partial(view, roll=18.0), MarkKind.MOVED, 90),
        (partial(in_front, partial(lit, gain=0.05)), MarkKind.DARK, 14),
    ],
)
def test_trouble_is_told_soon_and_by_its_name(
    pictures: list[Picture], disturb: Disturb, kind: MarkKind, within_s: float
) -> None:
    session = Session()
    session.show(pictures, KNOWN_S, view)
    session.show(pictures, within_s, disturb)
    told = session.first(kind)
    assert told.begin_s >= KNOWN_S
    assert session.checkup.troubles == {kind}
    session.show(pictures, 40, view)
    assert session.checkup.troubles == set()


def test_a_frozen_clip_is_told_within_twenty_seconds(pictures: list[Picture]) -> None:
    session = Session()
    session.show(pictures, 30, view)
    for _ in range(round(21 / LOOK_S)):
        session.hold(session.last)
    assert session.first(MarkKind.FROZEN).begin_s == pytest.approx(30, abs=1)


def test_lights_that_go_off_one_by_one_are_dark_at_last(pictures: list[Picture]) -> None:
    session = Session()
    session.show(pictures, KNOWN_S, view)
    for gain in STEPS:
        session.show(pictures, 10, partial(in_front, partial(lit, gain=gain)))
    assert session.first(MarkKind.DARK).begin_s >= KNOWN_S + 20


def test_lights_and_crowds_are_no_trouble(pictures: list[Picture]) -> None:
    session = Session()
    session.show(pictures, KNOWN_S, view)
    empty = emptied(pictures)
    for minute, gain in enumerate((1.0, 0.4, 1.3)):
        standing = [(minute * 31 + step * 17) % len(pictures) for step in range(4)]
        crowd = [crowded(pictures, empty, walking, standing) for walking in range(0, 40, 4)]
        session.show(crowd, 30, partial(in_front, partial(lit, gain=gain)))
        session.show(pictures, 30, partial(in_front, partial(lit, gain=gain)))
    assert session.marks == []
