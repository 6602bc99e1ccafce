"""The port that reads a network's answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Answer = NDArray[np.float32]
"""One output of a network."""

Candidates = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Boxes (n, 4) x1, y1, x2, y2 in pixels of the network's input, and scores (n,), in no order."""


class AnswerDecoder(Protocol):
    """Reads the outputs of one family of networks."""

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shape that each output must have, in the manifest's order; -1 for any length."""
        ...

    def decode(self, answers: Sequence[Answer], floor: float) -> Candidates:
        """People with a score of ``floor`` or more; overlapping boxes are not suppressed yet."""
        ...
