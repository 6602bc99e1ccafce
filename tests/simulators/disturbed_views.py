"""What can happen to a camera, done to its pictures.

A view is cut out of the middle of a picture, so that a camera which is turned sees what lay beside
it before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.detection.detector import Picture

LOOK_S = 0.5
_ENLARGED = 1.18
"""A view leaves a twelfth of the picture on each side to turn to."""

Disturb = Callable[[Picture], Picture]


def pictures_of(clip: Path, per_second: float = 1 / LOOK_S, width: int = 384) -> list[Picture]:
    """A clip's pictures, so many a second, as a small substream would send them."""
    with Clip(clip, per_second) as opened:
        size = (width, round(width * opened.size[1] / opened.size[0]))
        return [
            _bytes(cv2.resize(frame.picture, size, interpolation=cv2.INTER_AREA))
            for frame in opened.frames()
        ]


def view(
    picture: Picture,
    *,
    right: float = 0.0,
    down: float = 0.0,
    roll: float = 0.0,
    nearer: float = 1.0,
) -> Picture:
    """The middle of a picture, as a camera sees it that was shifted (shares), rolled (degrees)."""
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), roll, _ENLARGED * nearer)
    turn[:, 2] += (-right * width, -down * height)
    border = cv2.BORDER_REFLECT
    return _bytes(cv2.warpAffine(picture, turn, (width, height), borderMode=border))


def lit(picture: Picture, gain: float, offset: float = 0.0) -> Picture:
    """In another light."""
    return _bytes(cv2.convertScaleAbs(picture, alpha=gain, beta=offset))


def behind_a_hand(picture: Picture, light: float = 0.15) -> Picture:
    """What is left when a hand lies on the lens: a little light, and hardly a shape."""
    height, width = picture.shape[:2]
    shapes = cv2.resize(picture, (4, 3), interpolation=cv2.INTER_AREA)
    glow = cv2.GaussianBlur(cv2.resize(shapes, (width, height)), (0, 0), 25)
    return lit(_bytes(glow), light, 8)


def behind_a_bag(picture: Picture) -> Picture:
    """What is left when a white bag hangs over the camera."""
    return np.full_like(picture, 150)


class Sensor:
    """Adds the noise of a sensor, so that no two pictures in a row are the same."""

    def __init__(self, seed: int = 1, sigma: float = 1.5) -> None:
        self._chance = np.random.default_rng(seed)
        self._noise: list[Picture] = []
        self._sigma = sigma
        self._taken = 0

    def take(self, picture: Picture) -> Picture:
        """What it makes of a picture."""
        if not self._noise or self._noise[0].shape != picture.shape:
            drawn = (self._chance.normal(0, self._sigma, picture.shape) for _ in range(7))
            self._noise = [np.abs(each).astype(np.uint8) for each in drawn]
        self._taken += 1
        more, less = self._noise[self._taken % 7], self._noise[(self._taken * 3 + 1) % 7]
        return _bytes(cv2.subtract(cv2.add(picture, more), less))


def looped(pictures: Sequence[Picture], count: int, begin: int = 0) -> Iterator[Picture]:
    """So many pictures, over and over again."""
    for number in range(begin, begin + count):
        yield pictures[number % len(pictures)]


def emptied(pictures: Sequence[Picture]) -> Picture:
    """The scene without anybody."""
    some = np.stack(pictures[:: max(1, len(pictures) // 25)])
    return _bytes(np.median(some, axis=0))


def crowded(
    pictures: Sequence[Picture], empty: Picture, walking: int, standing: Sequence[int]
) -> Picture:
    """People of several moments in one picture: those of ``standing`` are there in every one."""
    crowd: Picture = empty.copy()
    for number in (walking % len(pictures), *standing):
        there = cv2.absdiff(pictures[number], empty).max(axis=2) > 25
        crowd[there] = pictures[number][there]
    return crowd


def _bytes(picture: object) -> Picture:
    return np.asarray(picture, np.uint8)
