"""Clips that were made harder: who crosses which line, and which way, is as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from agent.capture.footfall.audit.marks import Audit, Begun, Mark
from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.counting.line import Direction, Line
from tests.simulators.hard_pictures import HARDSHIPS, Hardship

SIZE: Final = (100, 60)
PICTURES: Final = 230
FPS: Final = 10.0
AUDIT: Final = Audit(
    Begun(source="grey.avi", lines={"a": "60,5,45,52"}),
    (
        Mark(t=1.0, line="a", direction=Direction.IN),
        Mark(t=3.0, line="a", direction=Direction.OUT, sure=False),
    ),
    (),
)
BY_NAME: Final = {hardship.name: hardship for hardship in HARDSHIPS}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every picture a little lighter than the one before."""
    path = tmp_path_factory.mktemp("clip") / "grey.avi"
    code = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), cv2.CAP_OPENCV_MJPEG, code, FPS, SIZE)
    for number in range(PICTURES):
        writer.write(np.full((SIZE[1], SIZE[0], 3), number, np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize("hardship", HARDSHIPS, ids=lambda each: each.name)
def test_a_step_over_a_line_is_a_step_over_it_the_same_way(hardship: Hardship, clip: Path) -> None:
    (before,), (after,) = AUDIT.lines, hardship.carried(AUDIT, clip).lines
    matrix, (width, height) = hardship.moved(SIZE)
    feet = np.random.default_rng(7).uniform((0, 0), SIZE, (500, 2))
    moved = cv2.perspectiveTransform(feet[None], matrix)[0]
    assert (_side(before, feet) == _side(after, moved)).all()
    assert (moved >= -1e-9).all()
    assert (moved <= np.array((width, height)) + 1e-9).all()


@pytest.mark.parametrize("hardship", HARDSHIPS, ids=lambda each: each.name)
def test_a_film_has_the_clips_pictures_and_pace_and_is_the_same_each_time(
    hardship: Hardship, clip: Path, tmp_path: Path
) -> None:
    films = [tmp_path / "one.avi", tmp_path / "two.avi"]
    for film in films:
        hardship.write(clip, film)
    assert films[0].read_bytes() == films[1].read_bytes()
    with Clip(films[0]) as camera:
        assert (camera.size, camera.fps) == (hardship.moved(SIZE)[1], FPS)
        assert sum(1 for _ in camera.frames()) == PICTURES


def test_played_backwards_who_came_first_leaves_last(clip: Path, tmp_path: Path) -> None:
    carried = BY_NAME["backwards"].carried(AUDIT, clip)
    last_s = (PICTURES - 1) / FPS
    assert [(round(mark.t, 6), mark.direction, mark.sure) for mark in carried.marks] == [
        (round(last_s - 3.0, 6), Direction.IN, False),
        (round(last_s - 1.0, 6), Direction.OUT, True),
    ]
    shades = _shades(BY_NAME["backwards"], clip, tmp_path)
    assert shades == sorted(shades, reverse=True)
    assert len(set(shades)) > PICTURES // 2


def test_a_picture_that_is_lost_is_the_one_before_it(clip: Path, tmp_path: Path) -> None:
    shades = _shades(BY_NAME["stuttering"], clip, tmp_path)
    assert len(set(shades[15:20])) == 1
    assert shades[20] > shades[19]


def _shades(hardship: Hardship, clip: Path, folder: Path) -> list[float]:
    hardship.write(clip, folder / "film.avi")
    with Clip(folder / "film.avi") as camera:
        return [float(frame.picture.mean()) for frame in camera.frames()]


def _side(line: Line, feet: NDArray[np.float64]) -> NDArray[np.bool_]:
    x, y = feet.T
    across = (line.x2 - line.x1) * (y - line.y1) - (line.y2 - line.y1) * (x - line.x1)
    return np.asarray(across > 0, dtype=np.bool_)
