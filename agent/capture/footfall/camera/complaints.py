"""What the decoders of this process say of damaged pictures, heard and counted, never kept.

OpenCV hides that a picture could not be decoded whole: ffmpeg fills the hole with what lies around,
and the picture comes like any other. ffmpeg says so in its log alone. So its log comes here instead
of to standard error. Of each message its wording is looked at, before any value is put in: no
address of a camera can be in it.
"""

from __future__ import annotations

import atexit
import ctypes
from functools import cache
from pathlib import Path
from typing import Any, Final

from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_MAPS: Final = Path("/proc/self/maps")
_LIBRARY: Final = "libavutil"

_ERROR: Final = 16
"""Of ffmpeg's levels; less is graver, a packet's trouble is not more."""

_DECODER: Final = b"AVCodecContext"

_CONCEALED: Final = b"concealing"
"""What the decoders of H.264, MPEG-4 and their kin say, as a note, of a hole that they filled."""

_ASIDE: Final = (b"APP", b"SEI", b"VUI", b"mmco")
"""Errors about what stands beside a picture. Many cameras that are well make such."""

_Listener = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)


class Complaints:
    """Counts them, from ``listen`` on."""

    def __init__(self) -> None:
        self._count = 0
        self._library: ctypes.CDLL | None = None
        self._deaf = False
        self._listener = _Listener(self._hear)

    @property
    def count(self) -> int:
        """How many there were; only grows. Safe from any thread."""
        return self._count

    def listen(self) -> None:
        """Take ffmpeg's log, once OpenCV has opened its first video, which takes it itself.

        Where OpenCV came without a library of ffmpeg of its own, nothing is ever heard, which is
        logged once.
        """
        if self._library is None and not self._deaf:
            self._library = _ffmpeg()
            self._deaf = self._library is None
            if self._deaf:
                _LOG.warning("decoder_not_heard", effect="damaged pictures are not told as such")
        if self._library is not None:
            self._library.av_log_set_callback(self._listener)

    def leave(self) -> None:
        """Let ffmpeg be silent: it may say something when nobody of us is there any more."""
        if self._library is not None:
            self._library.av_log_set_callback(None)

    def _hear(self, speaker: int | None, level: int, wording: bytes | None, _values: Any) -> None:
        if _complains(level, wording or b"") and speaker and _kind(speaker) == _DECODER:
            self._count += 1


@cache
def complaints() -> Complaints:
    """Those of this process: ffmpeg has one log."""
    heard = Complaints()
    atexit.register(heard.leave)
    return heard


def _complains(level: int, wording: bytes) -> bool:
    if _CONCEALED in wording:
        return True
    return level <= _ERROR and not any(each in wording for each in _ASIDE)


def _kind(speaker: int) -> bytes | None:
    """The class of who speaks, which any part of ffmpeg points to first, by its name."""
    described = ctypes.c_void_p.from_address(speaker).value
    return ctypes.c_char_p.from_address(described).value if described else None


def _ffmpeg() -> ctypes.CDLL | None:
    """The part of ffmpeg that logs, as OpenCV has loaded it."""
    try:
        places = [line.split()[-1] for line in _MAPS.read_text().splitlines() if _LIBRARY in line]
        return ctypes.CDLL(places[0]) if places else None
    except OSError:
        return None
