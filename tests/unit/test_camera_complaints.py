"""What decoders say of damaged pictures is heard, and nothing else of what ffmpeg says."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.camera.complaints import Complaints
from tests.simulators.clips import with_damage
from tests.simulators.walkers import Film

ERROR, WARNING, NOTE = 16, 24, 32


class Speaker:
    """A part of ffmpeg, as its log knows it: it points to its class, which points to its name."""

    def __init__(self, name: bytes) -> None:
        self._name = ctypes.c_char_p(name)
        self._class = ctypes.c_void_p(ctypes.addressof(self._name))

    def says(self, level: int, wording: bytes) -> int:
        """How often that is taken for damage."""
        heard = Complaints()
        heard._hear(ctypes.addressof(self._class), level, wording, None)
        return heard.count


DECODER = Speaker(b"AVCodecContext")


@pytest.mark.parametrize(
    ("level", "wording", "count"),
    [
        (NOTE, b"concealing %d DC, %d AC, %d MV errors in %c frame\n", 1),
        (ERROR, b"error while decoding MB %d %d, bytestream %td\n", 1),
        (ERROR, b"Could not find ref with POC %d\n", 1),
        (WARNING, b"Increasing reorder buffer to %d\n", 0),
        (48, b"nal_unit_type: %d(%s), nal_ref_idc: %d\n", 0),
        (ERROR, b"SEI type %d size %d truncated at %d\n", 0),
        (ERROR, b"mmco: unref short failure\n", 0),
        (ERROR, b"unable to decode APP fields: %s\n", 0),
    ],
)
def test_only_what_is_wrong_with_a_picture_is_heard(level: int, wording: bytes, count: int) -> None:
    assert DECODER.says(level, wording) == count


def test_what_the_network_complains_of_is_no_damaged_picture() -> None:
    assert Speaker(b"AVFormatContext").says(ERROR, b"method %s failed: %d%s\n") == 0


def test_whoever_speaks_without_a_class_is_nobody() -> None:
    heard = Complaints()
    heard._hear(None, ERROR, b"error\n", None)
    assert heard.count == 0


def test_a_clip_with_changed_bytes_has_damaged_pictures_and_others(tmp_path: Path) -> None:
    clip = Film(seconds=20.0).record(tmp_path / "film.avi")
    with Clip(with_damage(clip, seed=3)) as camera:
        damaged = [frame.damaged for frame in camera.frames()]
    assert any(damaged)
    assert not all(damaged)
    with Clip(clip) as camera:
        assert not any(frame.damaged for frame in camera.frames())
