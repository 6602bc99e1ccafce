"""OpenCV's reader of videos, opened quietly and with limits.

OpenCV and ffmpeg take some of their settings from the environment alone. They are set here, in this
process, right before a source is opened.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import cv2

from agent.capture.footfall.camera.complaints import complaints
from agent.capture.footfall.camera.damage import Damage

_OPEN_TIMEOUT_MS: Final = 8_000
_READ_TIMEOUT_MS: Final = 6_000
_AV_LOG_QUIET: Final = "-8"
_RAW: Final = -1
"""Of CAP_PROP_FORMAT: packets as they are, which needs no decoder."""

_INTRA: Final = ord("I")
"""Of CAP_PROP_FRAME_TYPE."""

_OPTIONS: Final = "OPENCV_FFMPEG_CAPTURE_OPTIONS"

_NO_NETWORK: Final = "protocol_whitelist;file,crypto,data"
"""A playlist that poses as a clip may not fetch anything from elsewhere."""

_FRESH: Final = "rtsp_transport;tcp|fflags;nobuffer|flags;low_delay"
"""RTSP over TCP passes routers and loses no packets; nothing is kept back to smooth the pace."""


class Questioned(Protocol):
    """The part of a capture that is asked of its latest picture."""

    def get(self, prop: int, /) -> float:
        """What the source says of it."""
        ...


def hush() -> None:
    """Keep OpenCV and ffmpeg from writing to standard error; what is wrong is told by our errors.

    They would print addresses, logins included. ffmpeg's level is read once in a process: when the
    first video is opened, for reading or for writing. What its decoders complain of from then on is
    counted (``complaints``).
    """
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = _AV_LOG_QUIET
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def open_clip(path: Path) -> cv2.VideoCapture:
    """A file, to be decoded by one thread; look at ``isOpened``."""
    return _open(str(path), _NO_NETWORK, [cv2.CAP_PROP_N_THREADS, 1])


def codec_of(path: Path) -> str:
    """The four letters of a file's video codec, decodable or not; empty where it has no video."""
    capture = _open(str(path), _NO_NETWORK, [cv2.CAP_PROP_FORMAT, _RAW])
    try:
        if not capture.isOpened():
            return ""
        letters = int(capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little").decode("latin-1")
        return "".join(each if each.isprintable() else "?" for each in letters)
    finally:
        capture.release()


def open_stream(address: str) -> cv2.VideoCapture:
    """A camera on the network; opening and every read end after some seconds of silence."""
    limits = [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
        _OPEN_TIMEOUT_MS,
        cv2.CAP_PROP_READ_TIMEOUT_MSEC,
        _READ_TIMEOUT_MS,
        cv2.CAP_PROP_N_THREADS,
        1,
    ]
    return _open(address, _FRESH, limits)


def open_device(file: str) -> cv2.VideoCapture:
    """``/dev/videoN``, asked to keep one picture at most."""
    hush()
    return cv2.VideoCapture(file, cv2.CAP_V4L2, [cv2.CAP_PROP_BUFFERSIZE, 1])


def damage_of() -> Damage:
    """The damage of a source that is opened now, in a process that reads no other meanwhile."""
    heard = complaints()
    return Damage(lambda: heard.count)


def is_whole(capture: Questioned) -> bool:
    """Whether the picture taken last was told by itself, not as a change of others."""
    return capture.get(cv2.CAP_PROP_FRAME_TYPE) == _INTRA


def _open(name: str, options: str, properties: Sequence[int]) -> cv2.VideoCapture:
    hush()
    os.environ[_OPTIONS] = options
    try:
        capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG, properties)
        complaints().listen()
        return capture
    finally:
        del os.environ[_OPTIONS]  # a file that is opened next must not be read like a live stream
