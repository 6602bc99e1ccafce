"""A camera's pictures are large: none is held longer than it is looked at."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.camera.sequence import PictureSequence
from tests.simulators.walkers import Film

Opened = Clip | PictureSequence
FILM = Film(seconds=1.0)


def clip(folder: Path) -> Clip:
    return Clip(FILM.record(folder / "walk.avi"))


def sequence(folder: Path) -> PictureSequence:
    for index, picture in enumerate(FILM.pictures()):
        cv2.imwrite(str(folder / f"{index:02}.png"), picture)
    return PictureSequence(f"{folder}/", FILM.fps)


@pytest.mark.parametrize("make", [clip, sequence])
def test_no_picture_is_kept_when_the_next_one_is_read(
    make: Callable[[Path], Opened], tmp_path: Path
) -> None:
    with make(tmp_path) as camera:
        frames = camera.frames()
        for _ in range(3):
            frame = next(frames)
            picture = weakref.ref(frame.picture)
            del frame
            next(frames)
            assert picture() is None
