"""What a camera on the network sends, and what can go wrong with it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import cv2

from tests.simulators.walkers import Film


@dataclass(frozen=True)
class Shot:
    """One JPEG, and when it was taken since the viewer came."""

    jpeg: bytes
    at_s: float


class Broadcast:
    """Plays a film to every viewer from its beginning; its last picture stays for ever.

    Shared by the servers that speak to viewers. ``stall`` keeps the connections and sends nothing
    more; ``cut`` ends every showing, and the servers close their connections then.

    Attributes:
        viewers: how many showings have begun so far.
    """

    def __init__(self, film: Film, login: str = "") -> None:
        self.login = login
        self.fps = film.fps
        self.size = film.size
        self.viewers = 0
        self._jpegs = [cv2.imencode(".jpg", picture)[1].tobytes() for picture in film.pictures()]
        self._flowing = threading.Event()
        self._flowing.set()
        self._showing = 0

    def stall(self) -> None:
        """Send nothing more."""
        self._flowing.clear()

    def resume(self) -> None:
        """Send again after a stall."""
        self._flowing.set()

    def cut(self) -> None:
        """End every showing that has begun."""
        self._showing += 1
        self._flowing.set()

    def shots(self) -> Iterator[Shot]:
        """One showing, at the film's pace; ends when it is cut."""
        self.viewers += 1
        showing, began_s, number = self._showing, time.monotonic(), 0
        while self._flowing.wait() and showing == self._showing:
            at_s = number / self.fps
            time.sleep(max(0.0, began_s + at_s - time.monotonic()))
            yield Shot(self._jpegs[min(number, len(self._jpegs) - 1)], at_s)
            number += 1
