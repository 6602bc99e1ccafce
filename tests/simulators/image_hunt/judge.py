"""The judge of faces: YuNet looks at whatever an exhibit can be taken for.

Images are decoded, bare pixels are given the row length that the bytes themselves suggest, and both
are sought inside all wrappings. The judge knows nothing of what the camera saw: unlike the hunter's
prints it would find the face of anybody, however it was cut out or scaled, if a face it still is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.simulators.image_hunt.evidence import Exhibit
from tests.simulators.image_hunt.raw_pictures import raw_pictures
from tests.simulators.image_hunt.signs import beginnings
from tests.simulators.image_hunt.wrappings import layers

Picture = NDArray[np.uint8]

SURE: Final = 0.6
"""YuNet's own default is 0.9. A profile of 40 pixels with glasses gets 0.65 to 0.85."""

_AS_IT_IS: Final = 1.0
_ENLARGED: Final = (1.25, 2.0)
_END_OF_JPEG: Final = b"\xff\xd9"
_MOST_PIXELS: Final = 4_000_000
_LEAST_SIDE: Final = 20


@dataclass(frozen=True, slots=True)
class Face:
    """A face where none may be.

    Attributes:
        where: the exhibit.
        how: what it was taken for.
        wrapped: what that was wrapped in, the outermost first.
        score: how sure YuNet is.
    """

    where: str
    how: str
    wrapped: tuple[str, ...]
    score: float


class FaceJudge:
    """Judges exhibits. What it has judged without a face, content or picture, it knows again.

    Attributes:
        looked_at: how many pictures it was shown so far.
    """

    def __init__(self, network: Path) -> None:
        """``network`` is YuNet's ONNX file."""
        self._detector = cv2.FaceDetectorYN.create(str(network), "", (320, 320), SURE)
        self._known: set[bytes] = set()
        self.looked_at = 0

    def judge(self, exhibits: Iterable[Exhibit]) -> list[Face]:
        """At most one face of each exhibit; what was judged without a face is not judged again."""
        return [face for exhibit in exhibits for face in self._judge_one(exhibit)]

    def score(self, picture: Picture) -> float:
        """How sure it is of a face in a picture (height, width, 3) of blue, green and red, or 0."""
        found = self._first([("", picture)])
        return found[1] if found else 0.0

    def _judge_one(self, exhibit: Exhibit) -> Iterator[Face]:
        for wrapped, content in layers(exhibit.content):
            digest = _digest(content)
            if digest in self._known:
                continue
            if found := self._first(_pictures(content)):
                yield Face(exhibit.where, found[0], wrapped, found[1])
                return
            self._known.add(digest)

    def _first(self, shown: Iterable[tuple[str, Picture]]) -> tuple[str, float] | None:
        """A picture with a face, by what it was taken for, and how sure that is.

        All are looked at as they are before any is enlarged, which costs four times as much: a face
        is mostly found by then. Where there is none, each was looked at in every size.
        """
        faceless: dict[bytes, tuple[str, Picture]] = {}
        for how, picture in shown:
            digest = _digest(picture.tobytes(), picture.shape)
            if digest in self._known or digest in faceless:
                continue
            self.looked_at += 1
            if (score := self._at_scale(picture, _AS_IT_IS)) > 0:
                return how, score
            faceless[digest] = how, picture
        for scale in _ENLARGED:
            for how, picture in faceless.values():
                if (score := self._at_scale(picture, scale)) > 0:
                    return how, score
        self._known.update(faceless)
        return None

    def _at_scale(self, picture: Picture, scale: float) -> float:
        height, width = (round(side * scale) for side in picture.shape[:2])
        if height * width > _MOST_PIXELS or min(height, width) < _LEAST_SIDE:
            return 0.0
        shown = cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)
        self._detector.setInputSize((width, height))
        # OpenCV's types do not tell that there may be none.
        faces = cast("NDArray[np.float32] | None", self._detector.detect(shown)[1])
        return 0.0 if faces is None else float(faces[:, -1].max())


def _digest(content: bytes, shape: tuple[int, ...] = ()) -> bytes:
    return blake2b(content, digest_size=16, person=repr(shape)[:16].encode()).digest()


def _pictures(content: bytes) -> Iterator[tuple[str, Picture]]:
    for offset in beginnings(content):
        for ending in (b"", _END_OF_JPEG):  # one that is cut off is shown as far as it goes
            encoded = np.frombuffer(content[offset:] + ending, np.uint8)
            picture = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
            if picture is not None:
                yield "an image file", np.asarray(picture, np.uint8)
                break
    for raw in raw_pictures(content):
        yield raw.how, raw.picture
