"""The pictures that the pipeline really has in its hands: decoded, and as the network is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.detection.letterbox import Letterbox
from models.vision.manifest import Layout, Network

Picture = NDArray[np.uint8]


def decoded(clip: Path, every: int = 1) -> list[Picture]:
    """Every n-th picture of a clip, which compression made unlike the recorded one."""
    capture = cv2.VideoCapture(str(clip))
    found = []
    number = 0
    while (read := capture.read())[0]:
        if number % every == 0:
            found.append(np.asarray(read[1], np.uint8))
        number += 1
    capture.release()
    return found


def letterbox_of(network: Network) -> Callable[[Picture], Picture]:
    """What this network is shown of a picture, as (height, width, 3) of whole numbers."""
    box = Letterbox(network.input)

    def letterbox(picture: Picture) -> Picture:
        box.fit(picture)
        planar = network.input.layout is Layout.NCHW
        shown = box.blob[0].transpose(1, 2, 0) if planar else box.blob[0]
        return np.asarray(shown, np.uint8)

    return letterbox
