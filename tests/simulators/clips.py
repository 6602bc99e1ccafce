"""Clips with something wrong, made from good ones."""

from __future__ import annotations

import random
import re
import struct
from pathlib import Path

import cv2
import numpy as np

from agent.capture.footfall.camera.capture import hush
from tests.simulators.broadcast import Reel, access_units

_HEADER = 40
_START_CODE = re.compile(rb"\x00\x00\x00?\x01")
_MATRIX = 44
"""Where a track header (version 0) keeps its transformation, from the box's name on."""


def cut_off(clip: Path, share: float) -> Path:
    """The beginning of a clip, as a full disk or a pulled stick leaves it."""
    body = clip.read_bytes()
    return _beside(clip, "cut", body[: round(len(body) * share)])


def of_unknown_codec(clip: Path, codec: str = "MJPG") -> Path:
    """A clip whose container is sound and whose codec nobody knows."""
    return _beside(clip, "unknown", clip.read_bytes().replace(codec.encode(), b"ZQZQ"))


def with_damage(clip: Path, seed: int, places: int = 20) -> Path:
    """A clip with some bytes of its second half changed."""
    chance = random.Random(seed)
    body = bytearray(clip.read_bytes())
    for _ in range(places):
        body[chance.randrange(len(body) // 2, len(body) * 9 // 10)] = chance.randrange(256)
    return _beside(clip, "damaged", bytes(body))


def turned(clip: Path) -> Path:
    """An MP4 whose container says that it is to be shown a quarter turn clockwise."""
    body = bytearray(clip.read_bytes())
    matrix = body.index(b"tkhd") + _MATRIX
    quarter_turn = (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    body[matrix : matrix + 36] = struct.pack(">9i", *quarter_turn)
    return _beside(clip, "turned", bytes(body))


def of_two_sizes(folder: Path) -> Path:
    """Motion JPEG whose pictures grow half-way."""
    path = folder / "sizes.mjpeg"
    pictures = [np.full((high, 160, 3), 90, np.uint8) for high in [120] * 20 + [240] * 20]
    path.write_bytes(b"".join(cv2.imencode(".jpg", each)[1].tobytes() for each in pictures))
    return path


def no_video(folder: Path) -> Path:
    """Text that is called a video."""
    path = folder / "text.mp4"
    path.write_bytes(b"this is not a film\n" * 500)
    return path


def empty(folder: Path) -> Path:
    """A file of no bytes."""
    path = folder / "empty.avi"
    path.touch()
    return path


def corrupted(reel: Reel, seed: int, share: float = 0.3) -> Reel:
    """A reel with bytes changed in some of its pictures, as a bad cable leaves them; not the first.

    Their beginnings stay: what is no packet at all is dropped by the network already.
    """
    chance = random.Random(seed)
    pictures = [bytearray(each) for each in reel.pictures]
    for picture in pictures[5:]:
        if len(picture) > _HEADER and chance.random() < share:
            for _ in range(1 + len(picture) // 200):
                picture[chance.randrange(_HEADER, len(picture))] = chance.randrange(256)
    return Reel([bytes(each) for each in pictures], reel.fps)


def damaged_inside(clip: Path, into: Path, seed: int, share: float) -> int:
    """Write a copy of an MP4 of H.264 with damage in a share of its pictures, not the first ones.

    Its container stays whole, so that times stay right. Returns how many are damaged.
    """
    chance = random.Random(seed)
    body, at, damaged = bytearray(clip.read_bytes()), 0, 0
    for picture in access_units(clip).pictures[5:]:
        # The longest part, as it is in the file: a length stands there for the start code.
        part = max(_START_CODE.split(picture), key=len)
        at = body.index(part, at)
        if len(part) > _HEADER and chance.random() < share:
            damaged += 1
            for _ in range(1 + len(part) // 200):
                body[at + chance.randrange(_HEADER, len(part))] = chance.randrange(256)
        at += len(part)
    into.write_bytes(body)
    return damaged


def with_a_hole(clip: Path, into: Path, at_s: float, hole_s: float) -> None:
    """Write a copy of an MP4 of H.264 whose later pictures were taken so much later."""
    hush()
    reader = cv2.VideoCapture(str(clip), cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
    fps = reader.get(cv2.CAP_PROP_FPS)
    size = (
        int(reader.get(cv2.CAP_PROP_FRAME_WIDTH)),
        int(reader.get(cv2.CAP_PROP_FRAME_HEIGHT)),
    )
    codec, as_is = cv2.VideoWriter.fourcc(*"avc1"), [cv2.VIDEOWRITER_PROP_RAW_VIDEO, 1]
    writer = cv2.VideoWriter(str(into), cv2.CAP_FFMPEG, codec, fps, size, as_is)
    while reader.grab():
        number = reader.get(cv2.CAP_PROP_PTS)
        later = number >= round(at_s * fps)
        writer.set(cv2.VIDEOWRITER_PROP_PTS, number + later * round(hole_s * fps))
        writer.set(cv2.VIDEOWRITER_PROP_DTS_DELAY, reader.get(cv2.CAP_PROP_DTS_DELAY))
        writer.write(reader.retrieve()[1])
    writer.release()


def _beside(clip: Path, word: str, body: bytes) -> Path:
    path = clip.with_name(f"{clip.stem}-{word}{clip.suffix}")
    path.write_bytes(body)
    return path
