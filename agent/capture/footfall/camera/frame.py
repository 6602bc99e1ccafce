"""One picture and when it was taken."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a camera.

    Attributes:
        picture: (height, width, 3) uint8, BGR. It is the caller's: the camera writes no other
            picture into it.
        at_s: of a clip the container's time of this frame; of a live camera ``CLOCK_MONOTONIC``
            when it arrived. Never less than that of the frame before.
        index: its place in the source, from 0; frames that were not due are counted, too.
        told_s: when a live camera says that it was taken, on a clock of its own; not a number
            where nobody says.
        damaged: it was decoded with holes, or told as a change of one that was.
    """

    picture: NDArray[np.uint8]
    at_s: float
    index: int
    told_s: float = math.nan
    damaged: bool = False
