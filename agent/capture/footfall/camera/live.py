"""A camera that sends at its own pace; the newest picture wins."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final, Protocol, Self

import cv2
import numpy as np
from cv2.typing import MatLike

from agent.capture.footfall.camera.capture import damage_of, is_whole
from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.camera.sampling import Sampler
from agent.errors import CameraLost

_LAST_GRAB_S: Final = 1.0
_CREDIBLE_FPS: Final = 240.0


class Capture(Protocol):
    """The part of OpenCV's ``VideoCapture`` that a live camera needs."""

    def grab(self) -> bool:
        """Wait for the next picture and take it; False when none came in time or ever will."""
        ...

    def retrieve(self) -> tuple[bool, MatLike]:
        """The picture taken last, as BGR."""
        ...

    def get(self, prop: int, /) -> float:
        """What the source says of itself."""
        ...

    def release(self) -> None:
        """Let go of the source."""
        ...


class LiveCamera:
    """Takes every picture as it comes, and turns one into BGR when somebody waits for it.

    A thread takes pictures without end, so none grows old in a buffer of the driver or of the
    network. Only a picture that is due while its reader waits is converted: a reader that is slow
    gets the first one after it asks, never one that lay about.

    Args:
        capture: an opened source; the camera owns it.
        name: of the source, for errors; without login.
        sample_fps: pictures to give per second at most; 0 for as many as the reader can take.
        clock: monotonic seconds.

    Raises:
        CameraLost: no picture came.
    """

    def __init__(
        self,
        capture: Capture,
        name: str,
        sample_fps: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._capture = capture
        self._name = name
        self._clock = clock
        told = capture.get(cv2.CAP_PROP_FPS)
        self.fps = told if math.isfinite(told) and 0 < told <= _CREDIBLE_FPS else 0.0
        self._sampler = Sampler(sample_fps, 1 / self.fps if self.fps else 0.0)
        self._damage = damage_of()
        self._slot = threading.Condition()
        self._wanted = True
        self._newest: Frame | None = None
        self._over = ""
        self._stopped = False
        self._closing = threading.Event()
        self._grabber = threading.Thread(target=self._grab_all, name="grabber", daemon=True)
        self._grabber.start()
        first = self._first_frame()
        self._first: Frame | None = first
        height, width = first.picture.shape[:2]
        self.size = (width, height)

    def aim(self, sample_fps: float) -> None:
        """Give so many pictures a second from now on. Safe from the reader's thread."""
        self._sampler.aim(sample_fps)

    def frames(self) -> Iterator[Frame]:
        """The newest picture, whenever one is due; the first one is that of opening.

        Raises:
            CameraLost: the source ended or fell silent.
        """
        frame, self._first = self._first or self._wait_for_one(), None
        while frame is not None:
            yield frame
            frame = None  # its memory serves for the next one
            frame = self._wait_for_one()

    def stop(self) -> None:
        """See ``Camera``."""
        with self._slot:
            self._stopped = True
            self._slot.notify()

    def close(self) -> None:
        """Let go of the source; of one that hangs, when its own time limit ends."""
        self._closing.set()
        self._grabber.join(_LAST_GRAB_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _first_frame(self) -> Frame:
        try:
            frame = self._wait_for_one()
        except CameraLost:
            self.close()
            raise
        assert frame is not None, "nobody stops a camera that is not there yet"
        return frame

    def _wait_for_one(self) -> Frame | None:
        """The next one; None once stopped."""
        with self._slot:
            self._wanted = self._newest is None
            self._slot.wait_for(lambda: self._newest is not None or self._over or self._stopped)
            frame, self._newest = self._newest, None
            if self._stopped:
                return None
        if frame is None:
            raise CameraLost(f"{self._name} {self._over}")
        return frame

    def _grab_all(self) -> None:
        why = "could not be watched on"
        try:
            why = self._grab_until_over()
        except cv2.error:
            why = "sent what cannot be decoded"
        finally:
            with self._slot:
                self._over = why
                self._slot.notify()
            self._capture.release()

    def _grab_until_over(self) -> str:
        index = 0
        while self._capture.grab():
            if self._closing.is_set():
                return "is closed"
            at_s = self._clock()
            damaged = self._damage.shows(at_s, whole=is_whole(self._capture))
            self._offer(at_s, index, damaged=damaged)
            index += 1
        return "sends no more pictures" if index else "sends no picture"

    def _offer(self, at_s: float, index: int, *, damaged: bool) -> None:
        if not self._wanted or not self._sampler.picks(at_s):
            return
        told_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        retrieved, picture = self._capture.retrieve()
        if not retrieved:
            return
        with self._slot:
            image = picture.astype(np.uint8, copy=False)
            self._newest = Frame(image, at_s, index, told_s, damaged)
            self._wanted = False
            self._slot.notify()
