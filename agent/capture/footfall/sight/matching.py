"""How well two views of a scene fit, here and a little aside.

What is compared are edges, relative to those around them: lights that go on, off or dim leave them
where they are, and an infrared lamp that turns light into dark does, too. A camera that was pushed,
turned or tilted moves most of nine parts of its view as one plane; people, shelves and shadows move
some, each as it likes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from statistics import median
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.sight.glimpse import HEIGHT, WIDTH, Grey

_FAR: Final = (5, 4)
"""Cells across and down that a part is looked for: a twelfth of the picture and more."""

_PARTS: Final = 3
_AROUND: Final = (15, 15)
_FAINT: Final = 4.0
"""Added to the edges around before anything is divided by them: noise has no edges."""

_STRONGEST: Final = 3.0
_PLAIN: Final = 0.05
"""A part whose edges vary by less has nothing to be recognised by."""

_FEWEST: Final = 3
"""Of fewer parts that can be recognised nothing is said."""

_NEAR_ENOUGH: Final = 1.2
"""Cells; shifts are found in whole ones."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Fit:
    """Correlations: 1 is the same, 0 has nothing in common.

    Attributes:
        here: of the whole view, where it was.
        aside: of the parts, each where it fits best; their median.
        gain: by how much they fit better there than where they were; their median.
        together: the share of the parts that agree in one turn, shift and scale.
        shift: how far these moved on average, in cells.
    """

    here: float
    aside: float
    gain: float
    together: float
    shift: float


def fit(usual: Grey, now: Grey) -> Fit | None:
    """Compare two views; None where the usual one has too little to be recognised by."""
    then_edges, now_edges = _edges(usual), _edges(now)
    told = [part for part in _parts() if _varies(_within(then_edges, part))]
    if len(told) < _FEWEST:
        return None
    scores = [_scores(then_edges, now_edges, part) for part in told]
    best = [float(each.max()) for each in scores]
    here = [float(each[_FAR[1], _FAR[0]]) for each in scores]
    together, shift = _agreement(told, np.array([_best_shift(each) for each in scores]))
    return Fit(
        here=_alike(then_edges, now_edges),
        aside=median(best),
        gain=median(aside - unmoved for aside, unmoved in zip(best, here, strict=True)),
        together=together,
        shift=shift,
    )


def _varies(edges: Grey) -> bool:
    _, deviation = cv2.meanStdDev(edges)
    return float(deviation[0, 0]) >= _PLAIN


def _best_shift(scores: NDArray[np.float32]) -> complex:
    down, across = divmod(int(scores.argmax()), scores.shape[1])
    return complex(across - _FAR[0], down - _FAR[1])


def _agreement(parts: list[Box], shifts: NDArray[np.complex128]) -> tuple[float, float]:
    """The share of parts that one movement explains, and how far it takes them.

    A movement of a plane (turn, scale and shift) is one multiplication and one addition of complex
    numbers, which two parts determine. The pair is taken that most others agree with.
    """
    places = np.array(
        [complex(left + right, top + bottom) / 2 for left, top, right, bottom in parts]
    )
    first, second = np.triu_indices(len(places), 1)
    ends = places + shifts
    turns = (ends[first] - ends[second]) / (places[first] - places[second])
    moves = ends[first] - turns * places[first]
    off = np.abs(turns[:, None] * places + moves[:, None] - ends)
    agree = off <= _NEAR_ENOUGH
    pair = int(agree.sum(axis=1).argmax())
    return float(agree[pair].mean()), float(np.abs(shifts[agree[pair]]).mean())


@cache
def _parts() -> tuple[Box, ...]:
    """Left, top, right, bottom of nine parts, with room around them to be looked for in."""
    across, down = _FAR
    columns = np.linspace(across, WIDTH - across, _PARTS + 1).astype(int).tolist()
    rows = np.linspace(down, HEIGHT - down, _PARTS + 1).astype(int).tolist()
    return tuple(
        (left, top, right, bottom)
        for (left, right), (top, bottom) in product(pairwise(columns), pairwise(rows))
    )


def _scores(usual: Grey, now: Grey, part: Box) -> NDArray[np.float32]:
    """How well a part of the usual view fits at every shift."""
    left, top, right, bottom = part
    across, down = _FAR
    around = _within(now, (left - across, top - down, right + across, bottom + down))
    return _correlation(around, _within(usual, part))


def _alike(usual: Grey, now: Grey) -> float:
    return float(_correlation(now, usual)[0, 0])


def _correlation(view: Grey, part: Grey) -> NDArray[np.float32]:
    """Of a part with each place of a view; 0 where either has nothing that could be compared."""
    scores = cv2.matchTemplate(view, part, cv2.TM_CCOEFF_NORMED).astype(np.float32, copy=False)
    scores[~np.isfinite(scores)] = 0.0
    return scores


def _within(edges: Grey, part: Box) -> Grey:
    left, top, right, bottom = part
    return edges[top:bottom, left:right]


def _edges(grey: Grey) -> Grey:
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3)
    strength = cv2.magnitude(across, down)
    relative = strength / (cv2.blur(strength, _AROUND) + _FAINT)
    return np.minimum(relative, _STRONGEST).astype(np.float32)
