"""A part of a real clip in which faces are seen, cut out for a test."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2

from tests.simulators.real_data import real_file

FROM: Final = 630
UNTIL: Final = 770
"""Of ``one-by-one``: 14 s. YuNet sees a woman's profile in pictures 684 to 692; somebody else walks
over the picture's middle, from left to right, 12.7 s after the first of these pictures."""

LEAVES_AT_S: Final = 12.7
FACE: Final = 689
_FPS: Final = 10.0


def the_visitor_who_shows_her_face(folder: Path) -> Path:
    """The part as a clip of its own; the test is skipped without the real data."""
    clip = folder / "door.avi"
    read = cv2.VideoCapture(str(real_file("video", "one-by-one-person-detection.mp4")))
    size = tuple(
        int(read.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
    )
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), _FPS, size)
    for number in range(UNTIL):
        _, picture = read.read()
        if number >= FROM:
            writer.write(picture)
    writer.release()
    read.release()
    return clip
