"""The demo's door: which clip it finds, and the one sentence it says where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulators.demo.door import NoCamera, find_door


class Said(list[str]):
    def __call__(self, text: str) -> None:
        self.append(text)


def ready() -> None:
    """Libraries and network are there."""


def clip(folder: Path) -> Path:
    folder.mkdir(parents=True)
    path = folder / "vtest.avi"
    path.write_bytes(b"RIFF")
    return path


def test_the_folder_with_real_data_comes_first(tmp_path: Path) -> None:
    wanted = clip(tmp_path / "data" / "video")
    clip(tmp_path / "cache" / "clips")
    door = find_door({"LIANKE_DATA": str(tmp_path / "data")}, Said(), ready, tmp_path / "cache")
    assert door is not None
    assert (door.source, door.recorded) == (str(wanted), True)


def test_a_clip_that_was_fetched_once_is_not_fetched_again(tmp_path: Path) -> None:
    kept, said = clip(tmp_path / "cache" / "clips"), Said()
    door = find_door({}, said, ready, tmp_path / "cache")
    assert door is not None
    assert (door.source, said) == (str(kept), [])


def test_camera_0_plays_the_tills_alone(tmp_path: Path) -> None:
    clip(tmp_path / "clips")
    said = Said()
    assert find_door({"CAMERA": "0"}, said, ready, tmp_path) is None
    assert said == ["CAMERA=0: the tills play alone"]


def test_an_address_is_a_live_camera_with_the_line_that_was_named(tmp_path: Path) -> None:
    wanted = {"CAMERA": "rtsp://127.0.0.1/1", "LINE": "0.1,0.2,0.3,0.4"}
    door = find_door(wanted, Said(), ready, tmp_path)
    assert door is not None
    assert (door.source, door.line, door.recorded) == (
        "rtsp://127.0.0.1/1",
        (0.1, 0.2, 0.3, 0.4),
        False,
    )


def test_where_nothing_can_be_had_one_sentence_says_how_to_add_a_camera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # a machine without apt-get
    said = Said()
    assert find_door({}, said, ready, tmp_path / "cache") is None
    assert said[-1] == (
        "no camera: this is no Debian, which has a clip; set CAMERA to a clip's path or an "
        "rtsp:// address to add one. The tills play alone"
    )


def test_without_a_network_the_tills_play_alone(tmp_path: Path) -> None:
    def none() -> None:
        raise NoCamera("no network could be fetched")

    said = Said()
    clip(tmp_path / "clips")
    assert find_door({}, said, none, tmp_path) is None
    assert said[-1].startswith("no camera: no network could be fetched; set CAMERA to")


def test_a_line_that_is_none_is_said(tmp_path: Path) -> None:
    said = Said()
    assert find_door({"CAMERA": "x.mp4", "LINE": "1,2"}, said, ready, tmp_path) is None
    assert "LINE=1,2 is not x1,y1,x2,y2" in said[-1]
