"""The annotated clip: whole or not there at all, and for its owner's eyes."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from agent.capture.footfall.annotate import Annotator
from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.clip_count import played_at
from agent.capture.footfall.clip_progress import ClipProgress
from agent.capture.footfall.counting.counter import Walkers
from agent.capture.footfall.counting.line import Crossing, Direction, Line
from agent.capture.footfall.drawn_files import check_target
from agent.capture.footfall.recount import Glance, recount
from agent.capture.footfall.scene import Scene, way_in
from agent.errors import DiskUnusable, InvalidInput
from tests.simulators.recordings import FilmDetector, FilmRecording
from tests.simulators.walkers import Coat, Film, Walk

FILM = Film([Walk(Coat.RED, 0.2, 3.0, ((20, 200), (300, 200)))], seconds=3.5)
DOOR = Line("门", 160, 0, 160, 240)


def frames_of(path: Path) -> list[NDArray[np.uint8]]:
    capture = cv2.VideoCapture(str(path))
    found = []
    while (read := capture.read())[0]:
        found.append(np.asarray(read[1], np.uint8))
    capture.release()
    return found


def a_glance(at_s: float = 1.0, *crossings: Crossing, seen: bool = True) -> Glance:
    walkers = Walkers(
        ids=np.array([4]),
        boxes=np.array([[40.0, 50.0, 80.0, 150.0]]),
        seen=np.array([seen]),
        proven=np.array([True]),
        standing=np.array([False]),
    )
    return Glance(Frame(np.full((240, 320, 3), 90, np.uint8), at_s, 9), walkers, crossings)


def drawn(scene: Scene, glance: Glance) -> NDArray[np.uint8]:
    canvas = glance.frame.picture.copy()
    scene.draw(canvas, glance)
    return canvas


def test_staff_are_drawn_in_a_colour_of_their_own() -> None:
    visitor = drawn(Scene([DOOR]), a_glance())
    staff = drawn(Scene([DOOR]), replace(a_glance(), staff=frozenset({4})))
    assert tuple(visitor[100, 40]) != tuple(staff[100, 40]) == (220, 80, 160)


def test_every_picture_that_was_looked_at_is_in_it_with_something_drawn(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    with Annotator(out, FILM.size, FILM.fps, [DOOR]) as annotator:
        found = recount(
            FilmRecording(FILM), FilmDetector(FILM), [DOOR], now_s=float, spectators=[annotator]
        )
    frames = frames_of(out)
    assert len(frames) == found.sampled
    plain = list(FILM.pictures())
    assert all(
        np.abs(frame.astype(int) - picture).max() > 60
        for frame, picture in zip(frames, plain, strict=True)
    )


def test_pictures_of_odd_sides_can_be_written(tmp_path: Path) -> None:
    out = tmp_path / "odd.mp4"
    with Annotator(out, (319, 239), 5.0, [DOOR]) as annotator:
        picture = np.full((239, 319, 3), 90, np.uint8)
        for index in range(3):
            glance = a_glance()
            annotator(Glance(Frame(picture, index / 5, index), glance.walkers, ()))
    assert len(frames_of(out)) == 3


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    with Annotator(out, (320, 240), 5.0, [DOOR]) as annotator:
        annotator(a_glance())
        assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}
    assert out.stat().st_mode & 0o077 == 0


def test_an_interrupted_one_leaves_nothing_and_an_older_one_alone(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    out.write_bytes(b"older")
    annotator = Annotator(out, (320, 240), 5.0, [DOOR])
    annotator(a_glance())
    annotator.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]
    assert out.read_bytes() == b"older"


def test_one_that_could_not_be_written_whole_is_not_left_as_if_it_were(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    annotator = Annotator(out, (320, 240), 5.0, [DOOR])
    annotator(a_glance())
    [growing] = tmp_path.iterdir()
    growing.unlink()  # as good as a full disk: its end will not be there
    with pytest.raises(DiskUnusable, match="disk full"):
        annotator.__exit__(None, None, None)
    assert not list(tmp_path.iterdir())


def test_a_target_that_cannot_work_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.touch()
    (tmp_path / "folder.mp4").mkdir()
    for name, reason in (
        ("out.avi", "MP4"),
        ("folder.mp4", "folder"),
        ("none/out.mp4", "no folder"),
        ("clip.mp4", "the clip itself"),
    ):
        with pytest.raises(InvalidInput, match=reason):
            check_target("--annotate", tmp_path / name, ".mp4", clip)
    check_target("--annotate", tmp_path / "out.mp4", ".mp4", clip)


def test_a_place_where_nothing_can_be_written_is_one_sentence() -> None:
    with pytest.raises(InvalidInput, match="cannot write there"):
        Annotator(Path("/proc/out.mp4"), (320, 240), 5.0, [DOOR])


@pytest.mark.parametrize(
    ("line", "step"),
    [
        (Line("down", 300, 150, 300, 420), (-1, 0)),
        (Line("up", 300, 420, 300, 150), (1, 0)),
        (Line("rightwards", 0, 100, 50, 100), (0, 1)),
    ],
)
def test_the_arrow_points_to_where_in_is(line: Line, step: tuple[int, int]) -> None:
    (x, y), (tip_x, tip_y) = way_in(line)
    assert (np.sign(tip_x - x), np.sign(tip_y - y)) == step
    side = (line.x2 - line.x1) * (tip_y - line.y1) - (line.y2 - line.y1) * (tip_x - line.x1)
    assert side > 0


def test_a_line_flashes_when_it_is_crossed_and_calms_down() -> None:
    scene = Scene([DOOR])
    before = drawn(scene, a_glance(1.0))
    crossed = drawn(scene, a_glance(1.1, Crossing("门", Direction.IN, 1.05, 4)))
    after = drawn(scene, a_glance(3.0))
    middle = (120, 160)
    assert tuple(crossed[middle]) != tuple(before[middle])
    assert tuple(after[middle]) == tuple(before[middle])


def test_somebody_hidden_is_drawn_unlike_somebody_seen() -> None:
    corner = (50, 60)
    seen = drawn(Scene([DOOR]), a_glance())
    hidden = drawn(Scene([DOOR]), a_glance(seen=False))
    assert tuple(seen[corner]) != tuple(hidden[corner])


@pytest.mark.parametrize(
    ("clip_fps", "sample_fps", "fps"),
    [
        (10.0, None, 10.0),
        (10.0, 5.0, 5.0),
        (10.0, 30.0, 10.0),
        (0.0, None, 25.0),
        (90_000.0, None, 25.0),
        (float("nan"), 5.0, 5.0),
        (10.0, 0.001, 0.1),
    ],
)
def test_it_plays_as_fast_as_life_whatever_its_container_says(
    clip_fps: float, sample_fps: float | None, fps: float
) -> None:
    assert played_at(clip_fps, sample_fps) == fps


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Steps:
    def __init__(self) -> None:
        self._now_s = 0.0

    def __call__(self) -> float:
        self._now_s += 0.2
        return self._now_s


def test_progress_is_one_line_on_a_terminal_cleared_at_the_end() -> None:
    terminal = Terminal()
    with ClipProgress(terminal, Steps()) as progress:
        for _ in range(4):
            progress(a_glance(1.0, Crossing("门", Direction.IN, 1.0, 4)))
    said = terminal.getvalue()
    assert "10 frames" in said
    assert "4 crossed" in said
    assert "\n" not in said
    assert said.endswith("\r\x1b[K")


def test_a_pipe_gets_no_progress() -> None:
    pipe = io.StringIO()
    with ClipProgress(pipe, Steps()) as progress:
        for _ in range(4):
            progress(a_glance())
    assert pipe.getvalue() == ""
