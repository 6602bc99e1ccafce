"""Who is who: identities through crowds, gaps, weak boxes and long days."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.tracker import Tracker
from agent.capture.footfall.detection.detections import Detections, no_detections
from tests.simulators.passers import Passer, Scene, seen


def followed(scene: Scene, seconds: float, fps: float = 5.0) -> Tracker:
    tracker = Tracker()
    for at_s in np.arange(0, seconds, 1 / fps).tolist():
        tracker.update(seen(scene(at_s)), at_s)
    return tracker


def id_at(tracker: Tracker, x: float) -> int:
    tracks = tracker.tracks
    return int(tracks["id"][np.argmin(np.abs(tracks["foot"][:, 0] - x))])


def test_an_empty_picture_has_nobody() -> None:
    tracker = Tracker()
    assert len(tracker.update(no_detections(), 0.0)) == 0
    assert len(tracker.update(no_detections(), 1.0)) == 0


def test_a_walker_keeps_one_identity() -> None:
    tracker = followed(lambda at_s: [Passer(80 * at_s, 300)], 8)
    assert tracker.tracks["id"].tolist() == [1]


def test_two_who_meet_and_pass_keep_their_identities() -> None:
    def scene(at_s: float) -> Sequence[Passer]:
        left, right = Passer(80 * at_s, 305), Passer(480 - 80 * at_s, 295, score=0.8)
        return [left] if abs(left.x - right.x) < 24 else [left, right]

    tracker = followed(scene, 6)
    assert (id_at(tracker, 464), id_at(tracker, 16)) == (1, 2)


def test_a_walker_hidden_for_a_second_is_the_same_one_after() -> None:
    tracker = followed(lambda at_s: [] if 2 < at_s < 3.1 else [Passer(80 * at_s, 300)], 6)
    assert tracker.tracks["id"].tolist() == [1]


def test_a_weak_box_continues_a_walker_and_begins_none() -> None:
    fading = followed(lambda at_s: [Passer(80 * at_s, 300, score=0.9 if at_s < 2 else 0.15)], 6)
    weak = followed(lambda at_s: [Passer(80 * at_s, 300, score=0.15)], 6)
    assert fading.tracks["id"].tolist() == [1]
    assert len(weak.tracks) == 0


def test_a_box_far_off_is_somebody_else() -> None:
    tracker = followed(lambda at_s: [Passer(100 if at_s < 3 else 400, 300)], 6)
    assert id_at(tracker, 400) == 2


def test_the_lost_are_forgotten_by_the_wall_clock() -> None:
    tracker = followed(lambda at_s: [Passer(80 * at_s, 300)], 3)
    tracker.update(no_detections(), 4.5)
    assert len(tracker.tracks) == 1
    tracker.update(no_detections(), 5.5)
    assert len(tracker.tracks) == 0


def test_a_gap_in_the_stream_joins_nobody() -> None:
    tracker = followed(lambda at_s: [Passer(80 * at_s, 300)], 3)
    tracker.update(seen([Passer(240, 300)]), 60.0)
    assert tracker.tracks["id"].tolist() == [2]


def test_a_clock_that_goes_back_stands_still() -> None:
    tracker = followed(lambda at_s: [Passer(80 * at_s, 300)], 3)
    tracker.update(seen([Passer(232, 300)]), 1.0)
    assert tracker.tracks["id"].tolist() == [1]


def test_a_torso_found_within_a_walker_is_not_a_second_one() -> None:
    def scene(at_s: float) -> Sequence[Passer]:
        return [Passer(80 * at_s, 300), Passer(80 * at_s, 240, 38, 0.5)]

    assert len(followed(scene, 5).tracks) == 1


def test_the_upper_half_of_somebody_missed_for_a_moment_begins_no_ghost() -> None:
    """A detector that is asked often finds the half of somebody half hidden often."""

    def scene(at_s: float) -> Sequence[Passer]:
        x = 80 * at_s
        half_hidden = at_s > 2 and round(at_s * 15) % 3
        return [Passer(x, 245, 45)] if half_hidden else [Passer(x, 300)]

    tracker = Tracker()
    begun: set[int] = set()
    for at_s in np.arange(0, 6, 1 / 15).tolist():
        begun.update(tracker.update(seen(scene(at_s)), at_s)["id"].tolist())
    assert begun == {1}


def test_somebody_low_begins_a_track_where_nobody_was_for_a_second() -> None:
    tracker = followed(lambda at_s: [Passer(80 * at_s, 300)], 2)
    tracker.update(seen([Passer(224, 245, 45)]), 2.8)
    assert tracker.tracks["id"].tolist() == [1, 2]


def test_boxes_without_an_area_are_not_looked_at() -> None:
    flat = Detections(np.array([[5, 5, 5, 9], [1, 9, 5, 9]], np.float32), np.ones(2, np.float32))
    assert len(Tracker().update(flat, 0.0)) == 0


def test_thousands_of_passers_leave_nothing_behind() -> None:
    def scene(at_s: float) -> Sequence[Passer]:
        return [Passer(60 * (at_s % 8), 100 + 90 * lane) for lane in range(4)]

    assert len(followed(scene, 1200, fps=3.5).tracks) <= 8


def test_the_view_shows_boxes_and_who_is_seen() -> None:
    counter = Counter([], (768, 576))
    for step in range(20):
        counter.update(seen([Passer(100 + 16 * step, 300), Passer(600, 300, 80, 0.6)]), step / 5)
    counter.update(seen([Passer(420, 300)]), 4.0)
    walkers = counter.tracks
    assert walkers.seen.tolist() == [True, False]
    assert walkers.proven.tolist() == [True, False]
    assert walkers.standing.tolist() == [False, True]
    np.testing.assert_allclose(walkers.boxes[0], [400, 200, 440, 300], atol=4)
