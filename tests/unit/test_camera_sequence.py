"""Pictures in files as a camera: their order, their times, and what is no picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.capture.footfall.camera.opening import open_camera
from agent.capture.footfall.camera.picture_files import picture_files
from agent.capture.footfall.camera.sequence import PictureSequence
from agent.errors import CameraUnreadable
from tests.simulators.walkers import Coat, Film, Walk

FILM = Film([Walk(Coat.RED, 0.5, 3.0, ((-20, 200), (340, 200)))], seconds=1.2)


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Twelve pictures without leading noughts, and what else lies about in a folder."""
    folder = tmp_path / "shots"
    folder.mkdir()
    for number, picture in enumerate(FILM.pictures()):
        cv2.imwrite(str(folder / f"door-{number}.png"), picture)
    (folder / "notes.txt").write_text("not a picture")
    return folder


@pytest.mark.parametrize("pattern", ["", "*.png", "door-%d.png", "door-*"])
def test_pictures_come_in_the_order_of_their_numbers_at_the_stated_rate(
    shots: Path, pattern: str
) -> None:
    with PictureSequence(f"{shots}/{pattern}", fps=10) as camera:
        frames = list(camera.frames())
    assert camera.size == FILM.size
    assert [frame.at_s for frame in frames] == pytest.approx([n / 10 for n in range(12)])
    for frame, wanted in zip(frames, FILM.pictures(), strict=True):
        assert np.array_equal(frame.picture, wanted)
    assert camera.seconds_of_video == pytest.approx(1.2)
    assert not camera.truncated


def test_only_pictures_that_are_due_are_decoded(shots: Path) -> None:
    with PictureSequence(f"{shots}/", fps=10, sample_fps=5) as camera:
        assert [frame.index for frame in camera.frames()] == [0, 2, 4, 6, 8, 10]
    assert camera.sampled == 6


def test_a_damaged_picture_is_left_out_and_another_size_is_scaled(shots: Path) -> None:
    (shots / "door-3.png").write_bytes(b"\x89PNG but no more")
    cv2.imwrite(str(shots / "door-5.png"), np.full((480, 640, 3), 90, np.uint8))
    with PictureSequence(f"{shots}/", fps=10) as camera:
        frames = list(camera.frames())
    assert [frame.index for frame in frames] == [0, 1, 2, *range(4, 12)]
    assert {frame.picture.shape[1::-1] for frame in frames} == {camera.size}
    assert camera.truncated


def test_numbers_with_noughts_are_patterns_too(tmp_path: Path) -> None:
    for number in (8, 9, 10):
        cv2.imwrite(str(tmp_path / f"{number:06d}.jpg"), np.zeros((20, 30, 3), np.uint8))
    found = picture_files(f"{tmp_path}/%06d.jpg")
    assert [file.name for file in found] == ["000008.jpg", "000009.jpg", "000010.jpg"]


def test_what_holds_no_picture_is_refused_in_one_line(shots: Path, tmp_path: Path) -> None:
    for source, why in (
        (f"{tmp_path}/nowhere/", "there is no folder"),
        (f"{shots}/*.jpg", "there is no picture of that name"),
    ):
        with pytest.raises(CameraUnreadable, match=why):
            PictureSequence(source, 10)
    for file in shots.glob("*.png"):
        file.write_bytes(b"")
    with pytest.raises(CameraUnreadable, match="no picture that can be decoded"):
        PictureSequence(f"{shots}/", 10)


def test_a_sequence_is_opened_as_a_camera_and_wants_a_rate(shots: Path) -> None:
    with open_camera(f"{shots}/*.png", sample_fps=5, source_fps=10) as camera:
        assert isinstance(camera, PictureSequence)
        camera.aim(0)
        assert len(list(camera.frames())) == 12
    with pytest.raises(CameraUnreadable, match="source_fps"):
        open_camera(f"{shots}/")
