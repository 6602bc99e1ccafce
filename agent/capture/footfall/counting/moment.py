"""What one more picture said of everybody: what every analysis of people's ways looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.counting.line import Crossing
from agent.capture.footfall.counting.tracks import Flags, Floats


@dataclass(frozen=True, slots=True)
class Moment:
    """Who is where after one picture. Rows of all columns belong together; nobody writes into them.

    Attributes:
        at_s: when the picture was taken, in seconds of a clock that does not go back.
        span_s: how much of the time since the picture before was watched closely enough to count:
            0 after a hole, and at the start.
        size: the picture's width and height in pixels.
        ids: (n,) numbers that stay with a walker and are not used again. Who is in no row any
            more is gone for good.
        feet: (n, 2) where the walkers stand: x, y, pixels.
        heights: (n,) of their boxes if nothing hid them, pixels: the measure of all lengths.
        widths: (n,) likewise.
        birthplaces: (n, 2) their feet when they were first seen.
        seen: (n,) in this picture; else moved on blindly.
        proven: (n,) believed to be a person; else perhaps a signpost.
        standing: (n,) has stayed in one place for a while.
        staff: (n,) known to be staff; nobody is before ``Staffness`` has looked.
        crossings: who crossed a line and became certain now; ``track`` is the walker's number.
    """

    at_s: float
    span_s: float
    size: tuple[int, int]
    ids: NDArray[np.int64]
    feet: Floats
    heights: Floats
    widths: Floats
    birthplaces: Floats
    seen: Flags
    proven: Flags
    standing: Flags
    staff: Flags
    crossings: Sequence[Crossing] = ()
