"""What a camera on the network sends, and what can go wrong with it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from agent.capture.footfall.camera.capture import hush
from tests.simulators.walkers import Film


@dataclass(frozen=True)
class Reel:
    """Encoded pictures, in the order in which they are sent, and how many a second."""

    pictures: Sequence[bytes]
    fps: float


def jpegs(film: Film) -> Reel:
    """A film as Motion JPEG."""
    encoded = (cv2.imencode(".jpg", picture)[1] for picture in film.pictures())
    return Reel([each.tobytes() for each in encoded], film.fps)


def access_units(clip: Path) -> Reel:
    """The packets of an H.264 clip as they are, each with start codes (Annex B)."""
    hush()
    capture = cv2.VideoCapture(str(clip), cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
    units = []
    while capture.grab():
        units.append(capture.retrieve()[1].tobytes())
    return Reel(units, capture.get(cv2.CAP_PROP_FPS))


@dataclass(frozen=True)
class Shot:
    """One encoded picture, and when it was taken since the viewer came."""

    picture: bytes
    at_s: float


class Broadcast:
    """Plays a reel to every viewer from its beginning; its last picture stays for ever.

    Shared by the servers that speak to viewers. ``stall`` keeps the connections and sends nothing
    more; ``cut`` ends every showing, and the servers close their connections then.
    """

    def __init__(self, reel: Reel, login: str = "") -> None:
        self.login = login
        self.fps = reel.fps
        self._pictures = reel.pictures
        self._flowing = threading.Event()
        self._flowing.set()
        self._showing = 0

    def stall(self) -> None:
        """Send nothing more."""
        self._flowing.clear()

    def cut(self) -> None:
        """End every showing that has begun."""
        self._showing += 1
        self._flowing.set()

    def shots(self) -> Iterator[Shot]:
        """One showing, at the reel's pace; ends when it is cut."""
        showing, began_s, number = self._showing, time.monotonic(), 0
        while self._flowing.wait() and showing == self._showing:
            at_s = number / self.fps
            time.sleep(max(0.0, began_s + at_s - time.monotonic()))
            yield Shot(self._pictures[min(number, len(self._pictures) - 1)], at_s)
            number += 1
