"""The beginnings of image and video files, with enough structure that chance does not make them.

A sign of three or four bytes turns up in any megabyte of encrypted data; every sign here needs
five bytes or more to agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

_JPEG: Final = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]")
_BMP: Final = re.compile(rb"BM.{4}\x00{4}.{4}[\x0c\x28\x34\x38\x6c\x7c]\x00{3}", re.DOTALL)
_UNMISTAKABLE: Final = {
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "GIF": re.compile(rb"GIF8[79]a(?!\x00\x00)..(?!\x00\x00)..", re.DOTALL),
    "WebP": re.compile(rb"RIFF.{4}WEBPVP8[ LX]", re.DOTALL),
    "AVI": re.compile(rb"RIFF.{4}AVI LIST", re.DOTALL),
    "MP4": re.compile(rb"\x00{3}[\x08-\x40]ftyp[a-zA-Z0-9 ]{4}"),
    "Matroska": re.compile(rb"\x1a\x45\xdf\xa3.{1,40}(?:matroska|webm)", re.DOTALL),
}
_START_OF_SCAN: Final = 0xDA


def signs(content: bytes) -> Iterator[tuple[str, int]]:
    """Kind and offset of each kind's first file in these bytes."""
    for kind, pattern in _UNMISTAKABLE.items():
        if found := pattern.search(content):
            yield kind, found.start()
    for kind, pattern, proves in _DOUBTFUL:
        for candidate in pattern.finditer(content):
            if proves(content, candidate.start()):
                yield kind, candidate.start()
                break


def beginnings(content: bytes) -> Iterator[int]:
    """Where any of these files may begin, every one of them, without proof."""
    for pattern in (*_UNMISTAKABLE.values(), *(each for _, each, _ in _DOUBTFUL)):
        yield from (found.start() for found in pattern.finditer(content))


def _is_jpeg(content: bytes, at: int) -> bool:
    """Two segments that follow each other as their lengths say, or a JFIF or Exif name."""
    if content[at + 6 : at + 11] in (b"JFIF\0", b"Exif\0"):
        return True
    position = at + 2
    for _ in range(2):
        if content[position + 1] == _START_OF_SCAN:
            return True
        length = int.from_bytes(content[position + 2 : position + 4], "big")
        position += 2 + length
        following = content[position : position + 2]
        if length < 2 or len(following) < 2 or following[0] != 0xFF or following[1] < 0xC0:
            return False
    return True


def _is_bmp(content: bytes, at: int) -> bool:
    """Pixels begin after the header, and there is one plane."""
    begin = int.from_bytes(content[at + 10 : at + 14], "little")
    small = content[at + 14] == 12
    planes_at = at + (22 if small else 26)
    return 26 <= begin <= 4096 and content[planes_at : planes_at + 2] == b"\x01\x00"


_DOUBTFUL: Final[tuple[tuple[str, re.Pattern[bytes], Callable[[bytes, int], bool]], ...]] = (
    ("JPEG", _JPEG, _is_jpeg),
    ("BMP", _BMP, _is_bmp),
)
