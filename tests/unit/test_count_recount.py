"""The pipeline of ``count``: every due picture once, the time where it went, nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.counting.line import Direction, Line
from agent.capture.footfall.recount import Glance, Recount, Spectator, recount
from tests.simulators.recordings import FilmDetector, FilmRecording
from tests.simulators.walkers import Coat, Film, Walk

FILM = Film(
    [
        Walk(Coat.RED, 0.5, 4.0, ((-30, 200), (350, 205))),
        Walk(Coat.BLUE, 2.0, 4.0, ((350, 150), (-30, 150))),
        Walk(Coat.GREEN, 1.0, 4.0, ((20, 230), (120, 180))),
    ],
    seconds=7.0,
)
DOOR = Line("door", 160, 0, 160, 240)
FLOOR = Line("floor", 0, 205, 320, 205)


class Ticking:
    """A stop-watch that moves on by a second whenever it is looked at."""

    def __init__(self) -> None:
        self._now_s = 0.0

    def __call__(self) -> float:
        self._now_s += 1.0
        return self._now_s


def counted(
    every: int = 1, *spectators: Spectator, recording: FilmRecording | None = None
) -> Recount:
    return recount(
        recording or FilmRecording(FILM, every),
        FilmDetector(FILM),
        [DOOR, FLOOR],
        now_s=Ticking(),
        spectators=spectators,
    )


@pytest.mark.parametrize("every", [1, 2])
def test_everybody_is_counted_at_the_line_they_crossed_and_when(every: int) -> None:
    crossings = counted(every).crossings
    for line in (DOOR, FLOOR):
        told = sorted((each.at_s, each.direction) for each in crossings if each.line == line.name)
        truth = FILM.crossings(line)
        assert [direction for _, direction in told] == [direction for _, direction in truth]
        for (told_s, _), (true_s, _) in zip(told, truth, strict=True):
            assert told_s == pytest.approx(true_s, abs=0.25)
    directions = [each.direction for each in crossings if each.line == "door"]
    assert sorted(directions) == [Direction.IN, Direction.OUT]


def test_frames_that_are_not_due_are_read_and_not_looked_at() -> None:
    detector = FilmDetector(FILM)
    found = recount(FilmRecording(FILM, 3), detector, [DOOR], now_s=Ticking())
    assert (found.frames, found.sampled, detector.pictures) == (70, 24, 24)
    assert found.seconds_of_video == 7.0


def test_time_is_told_per_picture_and_spectators_cost_nothing() -> None:
    clock = Ticking()

    def slow(_glance: Glance) -> None:
        for _ in range(5):
            clock()

    found = recount(FilmRecording(FILM), FilmDetector(FILM), [DOOR], now_s=clock, spectators=[slow])
    pace = found.pace
    assert (pace.decode, pace.detect, pace.track, pace.total) == (1000, 1000, 1000, 3000)


def test_a_spectator_is_shown_every_picture_with_its_crossings() -> None:
    glances: list[Glance] = []
    found = counted(2, glances.append)
    shown = [glance.frame.index for glance in glances]
    told = [crossing for glance in glances for crossing in glance.crossings]
    assert shown == list(range(0, 70, 2))
    assert told == list(found.crossings)
    assert max(len(glance.walkers.ids) for glance in glances) >= 2


def test_what_a_broken_off_recording_held_is_counted_and_said() -> None:
    found = counted(recording=FilmRecording(FILM, truncated=True))
    assert found.truncated
    assert found.crossings


def test_a_recording_that_fails_half_way_gives_no_count() -> None:
    class Torn(FilmRecording):
        def frames(self) -> Iterator[Frame]:
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        counted(recording=Torn(FILM))
