"""Clips of every kind, good and bad."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agent.capture.footfall.camera.clip import Clip
from agent.errors import CameraUnreadable
from tests.simulators import clips
from tests.simulators.walkers import SIZE, Coat, Film, Walk

FILM = Film([Walk(Coat.RED, 0.5, 3.0, ((-20, 200), (340, 200)))], seconds=4.0)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return FILM.record(tmp_path_factory.mktemp("clips") / "walk.avi")


@pytest.fixture(scope="module")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return FILM.record(tmp_path_factory.mktemp("clips") / "walk.mp4", codec="mp4v")


def test_every_frame_comes_with_the_containers_time(clip: Path) -> None:
    with Clip(clip) as camera:
        frames = list(camera.frames())
    assert camera.size == SIZE
    assert camera.fps == 10.0
    assert [frame.index for frame in frames] == list(range(40))
    assert [frame.at_s for frame in frames] == pytest.approx([n / 10 for n in range(40)])
    assert (camera.frames_read, camera.sampled) == (40, 40)
    assert camera.seconds_of_video == pytest.approx(4.0)
    assert camera.decode_s > 0
    assert not camera.truncated


def test_the_pictures_are_those_of_the_clip(mp4: Path) -> None:
    wanted = list(FILM.pictures())
    with Clip(mp4, 5) as camera:
        for frame in camera.frames():
            off = np.abs(frame.picture.astype(int) - wanted[frame.index])
            assert np.median(off) <= 4


def test_frames_that_are_not_due_are_read_and_not_given(clip: Path) -> None:
    with Clip(clip, 5) as camera:
        indexes = [frame.index for frame in camera.frames()]
    assert indexes == list(range(0, 40, 2))
    assert (camera.frames_read, camera.sampled) == (40, 20)
    assert camera.seconds_of_video == pytest.approx(4.0)


def test_a_picture_is_the_callers_to_keep(clip: Path) -> None:
    with Clip(clip) as camera:
        kept = [frame.picture for frame in camera.frames()]
    assert not np.array_equal(kept[0], kept[15])


@pytest.mark.parametrize("name", ["walk.avi", "walk.mp4"])
def test_a_clip_is_whole_when_it_ends_where_it_says(name: str, tmp_path: Path) -> None:
    codec = {".avi": "MJPG", ".mp4": "mp4v"}
    path = FILM.record(tmp_path / name, codec[Path(name).suffix])
    with Clip(path) as camera:
        assert sum(1 for _ in camera.frames()) == 40
    assert not camera.truncated


def test_a_clip_that_was_cut_off_is_read_to_its_break_and_says_so(clip: Path) -> None:
    with Clip(clips.cut_off(clip, 0.5)) as camera:
        read = sum(1 for _ in camera.frames())
    assert 10 < read < 30
    assert camera.truncated
    assert camera.seconds_of_video == pytest.approx(read / 10)


def test_a_damaged_clip_is_read_on(clip: Path) -> None:
    with Clip(clips.with_damage(clip, seed=3)) as camera:
        times = [frame.at_s for frame in camera.frames()]
    assert len(times) > 20
    assert times == sorted(times)


def why_not(path: Path) -> str:
    with pytest.raises(CameraUnreadable) as refused:
        Clip(path)
    assert "\n" not in str(refused.value)
    assert str(path) in str(refused.value)
    return str(refused.value)


def test_each_clip_that_cannot_be_read_has_its_own_reason(
    clip: Path, mp4: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert "does not exist" in why_not(tmp_path / "nowhere.mp4")
    assert "is a folder" in why_not(tmp_path)
    assert "is empty" in why_not(clips.empty(tmp_path))
    assert "is no video" in why_not(clips.no_video(tmp_path))
    assert "cannot decode its codec 'ZQZQ'" in why_not(clips.of_unknown_codec(clip))
    assert "is no video" in why_not(clips.cut_off(clip, 0.02))
    assert "is no video" in why_not(clips.cut_off(mp4, 0.5))  # its index was at its end
    assert capfd.readouterr() == ("", "")


def test_a_playlist_that_poses_as_a_clip_fetches_nothing(tmp_path: Path) -> None:
    playlist = tmp_path / "door.m3u8"
    playlist.write_text("#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:9/door.ts\n#EXT-X-ENDLIST\n")
    why_not(playlist)


def test_pictures_that_change_their_size_are_scaled_to_the_first_ones(tmp_path: Path) -> None:
    with Clip(clips.of_two_sizes(tmp_path)) as camera:
        shapes = {frame.picture.shape[1::-1] for frame in camera.frames()}
    assert shapes == {camera.size}


def test_a_clip_that_is_rotated_is_seen_upright(mp4: Path) -> None:
    wanted = [np.rot90(picture, k=-1) for picture in FILM.pictures()]
    with Clip(clips.turned(mp4)) as camera:
        assert camera.size == SIZE[::-1]
        for frame in camera.frames():
            assert np.median(np.abs(frame.picture.astype(int) - wanted[frame.index])) <= 4
