"""Which recordings are told already: neither twice, nor never."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.capture.footfall.played import Played, PlayedMark

BEGIN_AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TOLD = Played(60_000, ended=True)


def mark(folder: Path, source: str) -> PlayedMark:
    return PlayedMark(folder / "mark.json", source, BEGIN_AT)


def told(folder: Path, source: str, pictures: int = 0) -> None:
    one = mark(folder, source)
    assert one.played() == Played()
    one.keep(Played(60_000))
    one.end(pictures)
    assert one.played() == TOLD
    one.write()


def shots(folder: Path, numbers: range) -> str:
    folder.mkdir(exist_ok=True)
    for number in numbers:
        (folder / f"{number}.png").write_bytes(b"picture %d" % number)
    return f"{folder}/"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "saturday.mp4"
    path.write_bytes(b"Saturday" * 50_000)
    return path


def test_a_clip_that_was_told_is_told(tmp_path: Path, clip: Path) -> None:
    told(tmp_path, str(clip), pictures=1394)
    assert mark(tmp_path, str(clip)).played() == TOLD


def test_a_copy_of_the_same_clip_is_the_same_clip(tmp_path: Path, clip: Path) -> None:
    told(tmp_path, str(clip))
    body = clip.read_bytes()
    clip.unlink()
    clip.write_bytes(body)
    os.utime(clip, (1, 1))
    assert mark(tmp_path, str(clip)).played() == TOLD


@pytest.mark.parametrize("place", [0, 399_990])
def test_another_clip_of_the_same_size_begins_anew(tmp_path: Path, clip: Path, place: int) -> None:
    told(tmp_path, str(clip))
    body = bytearray(clip.read_bytes())
    body[place] ^= 1
    clip.write_bytes(body)
    os.utime(clip, (2, 2))
    assert mark(tmp_path, str(clip)).played() == Played()


def test_a_clip_that_is_away_is_taken_for_the_last_one(tmp_path: Path, clip: Path) -> None:
    told(tmp_path, str(clip))
    clip.unlink()
    assert mark(tmp_path, str(clip)).played() == TOLD


def test_a_folder_that_grew_has_more_to_tell_and_forgets_nothing(tmp_path: Path) -> None:
    source = shots(tmp_path / "shots", range(5))
    told(tmp_path, source, pictures=5)
    assert mark(tmp_path, source).played() == TOLD
    shots(tmp_path / "shots", range(5, 60))
    again = mark(tmp_path, source)
    assert again.played() == Played(60_000, ended=False)
    again.end(60)
    assert again.played() == TOLD


def test_pictures_that_came_while_the_folder_was_played_are_noticed(tmp_path: Path) -> None:
    source = shots(tmp_path / "shots", range(8))
    told_five = mark(tmp_path, source)
    told_five.played()
    told_five.end(5)
    assert not told_five.played().ended


def test_a_running_mark_notices_a_folder_that_grows(tmp_path: Path) -> None:
    source = shots(tmp_path / "shots", range(5))
    running = mark(tmp_path, source)
    running.end(5)
    assert running.played().ended
    shots(tmp_path / "shots", range(5, 6))
    assert not running.played().ended


@pytest.mark.parametrize("change", ["other first", "one less", "one between"])
def test_a_folder_of_other_pictures_begins_anew(tmp_path: Path, change: str) -> None:
    folder = tmp_path / "shots"
    source = shots(folder, range(0, 20, 2))
    told(tmp_path, source, pictures=10)
    match change:
        case "other first":
            (folder / "0.png").write_bytes(b"another")
        case "one less":
            (folder / "8.png").unlink()
        case _:
            shots(folder, range(7, 8))
    assert mark(tmp_path, source).played() == Played()


def test_what_an_earlier_version_kept_is_known_again(tmp_path: Path, clip: Path) -> None:
    size = clip.stat().st_size
    (tmp_path / "mark.json").write_text(
        f'{{"clip":"{clip} {size} {BEGIN_AT.isoformat()}",'
        '"played":{"through_ms":60000,"ended":true}}'
    )
    one = mark(tmp_path, str(clip))
    assert one.played() == TOLD
    one.write()
    assert mark(tmp_path, str(clip)).played() == TOLD
