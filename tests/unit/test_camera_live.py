"""A camera at its own pace: the newest picture wins, and a loss is told."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import cv2
import numpy as np
import pytest
from cv2.typing import MatLike

from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.camera.live import LiveCamera
from agent.errors import CameraLost
from tests.simulators.processes import eventually


class Sender:
    """A ``Capture`` whose pictures the test sends one by one; the n-th is n all over."""

    def __init__(self, fps: float = 10.0) -> None:
        self.converted: list[int] = []
        self.released = threading.Event()
        self.breaks = False
        self._fps = fps
        self._taken = -1
        self._sent: queue.Queue[bool] = queue.Queue()

    def send(self, pictures: int = 1) -> None:
        for _ in range(pictures):
            self._sent.put(True)

    def end(self) -> None:
        self._sent.put(False)

    def all_taken(self) -> bool:
        return self._sent.empty()

    def grab(self) -> bool:
        try:
            there = self._sent.get(timeout=3)
        except queue.Empty:
            return False
        self._taken += there
        return there

    def retrieve(self) -> tuple[bool, MatLike]:
        if self.breaks:
            raise cv2.error("a picture that cannot be decoded")
        self.converted.append(self._taken)
        return True, np.full((4, 6, 3), self._taken, np.uint8)

    def get(self, prop: int, /) -> float:
        if prop == cv2.CAP_PROP_POS_MSEC:
            return self._taken * 100.0
        if prop == cv2.CAP_PROP_FRAME_TYPE:
            return float(ord("I"))
        assert prop == cv2.CAP_PROP_FPS
        return self._fps

    def release(self) -> None:
        self.released.set()


class Ticks:
    """A clock that goes on by a tenth of a second whenever it is asked."""

    def __init__(self) -> None:
        self._asked = 0

    def __call__(self) -> float:
        self._asked += 1
        return 100 + self._asked / 10


@contextmanager
def sending(sender: Sender) -> Iterator[None]:
    """Pictures without end, as a camera sends them."""
    enough = threading.Event()

    def send() -> None:
        while not enough.wait(0.001):
            sender.send()

    thread = threading.Thread(target=send)
    thread.start()
    yield
    enough.set()
    thread.join()


def opened(sender: Sender, sample_fps: float = 0.0) -> tuple[LiveCamera, Iterator[Frame]]:
    sender.send()
    camera = LiveCamera(sender, "the door", sample_fps, clock=Ticks())
    return camera, camera.frames()


def test_the_first_picture_tells_size_and_rate() -> None:
    sender = Sender()
    camera, frames = opened(sender)
    assert (camera.size, camera.fps) == ((6, 4), 10.0)
    assert next(frames).index == 0
    sender.end()


@pytest.mark.parametrize("fps", [0.0, -1.0, float("nan"), 90_000.0])
def test_a_rate_that_nobody_believes_is_none(fps: float) -> None:
    sender = Sender(fps)
    camera, _ = opened(sender)
    assert camera.fps == 0.0
    sender.end()


def test_pictures_that_nobody_waits_for_are_taken_and_never_converted() -> None:
    sender = Sender()
    _, frames = opened(sender)
    next(frames)
    sender.send(50)
    assert eventually(sender.all_taken)
    with sending(sender):
        newest = next(frames)
    assert newest.index >= 51
    assert newest.at_s == pytest.approx(100.1 + newest.index / 10)
    assert newest.picture[0, 0, 0] == newest.index
    assert newest.told_s == pytest.approx(newest.index / 10)
    assert sender.converted == [0, newest.index]
    sender.end()


def test_only_pictures_that_are_due_are_given() -> None:
    sender = Sender()
    camera, frames = opened(sender, sample_fps=5)
    with sending(sender):
        times = [next(frames).at_s for _ in range(8)]
    assert all(later - earlier > 0.15 for earlier, later in pairwise(times))
    camera.close()


def test_a_camera_that_ends_is_lost() -> None:
    sender = Sender()
    _, frames = opened(sender)
    next(frames)
    sender.end()
    with pytest.raises(CameraLost, match="the door sends no more pictures"):
        next(frames)
    assert sender.released.wait(30)


def test_a_camera_without_a_first_picture_is_lost_and_let_go() -> None:
    sender = Sender()
    sender.end()
    with pytest.raises(CameraLost, match="the door sends no picture"):
        LiveCamera(sender, "the door", 5)
    assert sender.released.wait(30)


def test_a_picture_that_breaks_the_decoder_loses_the_camera() -> None:
    sender = Sender()
    _, frames = opened(sender)
    next(frames)
    sender.breaks = True
    with sending(sender), pytest.raises(CameraLost, match="cannot be decoded"):
        next(frames)


def test_closing_lets_the_source_go_and_waits_not_long_for_one_that_hangs() -> None:
    sender = Sender()
    camera, _ = opened(sender)
    began_s = time.monotonic()
    camera.close()
    assert time.monotonic() - began_s < 3
    assert not sender.released.is_set()
    sender.send()
    assert sender.released.wait(30)
