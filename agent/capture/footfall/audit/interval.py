"""How sure a figure of an audit is: 95 % intervals. Pure; randomness is passed in.

People come in bursts and a camera errs in bursts, so events are not independent. What is drawn
again is therefore stretches of time, with everything that happened in them (block bootstrap;
Künsch 1989, "The jackknife and the bootstrap for general stationary observations").
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_Z: Final = 1.959964
"""Of the normal distribution, for 95 % between both sides."""

_DRAWS: Final = 4_000
_FEWEST: Final = 8
"""Fewer stretches than this say nothing of how they vary."""


class Draws:
    """Stretches of time drawn again, the same ones for every figure.

    Args:
        stretches: how many there were.
        random: where chance comes from.
    """

    def __init__(self, stretches: int, random: np.random.Generator) -> None:
        self._times: NDArray[np.int64] | None = None
        if stretches >= _FEWEST:
            even = np.full(stretches, 1 / stretches)
            self._times = random.multinomial(stretches, even, _DRAWS)

    def ratio(self, above: Floats, below: Floats) -> tuple[float, float] | None:
        """Between what and what a sum of ``above`` over a sum of ``below`` lies; both (stretches,).

        None where there are too few stretches, or nothing was below in most draws.
        """
        ratios = self._ratios(above, below)
        if ratios is None:
            return None
        low, high = np.quantile(ratios, (0.025, 0.975))
        return float(low), float(high)

    def design(self, above: Floats, below: Floats) -> float:
        """How much more a share varies than that of as many independent events; at least 1.

        Kish's design effect: a share of n events in bursts is as sure as one of n / design.
        """
        ratios, total = self._ratios(above, below), below.sum()
        share = above.sum() / total if total else 0.0
        if ratios is None or not 0 < share < 1:
            return 1.0
        return max(1.0, float(ratios.var() * total / (share * (1 - share))))

    def _ratios(self, above: Floats, below: Floats) -> Floats | None:
        if self._times is None:
            return None
        tops, bottoms = self._times @ above, self._times @ below
        there = bottoms > 0
        if there.mean() < 1 / 2:
            return None
        ratios: Floats = tops[there] / bottoms[there]
        return ratios


def wilson(hits: float, trials: float, design: float = 1.0) -> tuple[float, float]:
    """Between what and what a share lies (Wilson 1927, the score interval).

    Also where nothing went wrong: 30 of 30 says 0.89 to 1, not 1 to 1.
    """
    trials, share = trials / design, hits / trials
    middle = (share + _Z**2 / (2 * trials)) / (1 + _Z**2 / trials)
    return max(0.0, middle - half_width(share, trials)), min(
        1.0, middle + half_width(share, trials)
    )


def half_width(share: float, trials: float) -> float:
    """Half of Wilson's interval for a share of so many independent events."""
    inner = share * (1 - share) / trials + _Z**2 / (4 * trials**2)
    return _Z / (1 + _Z**2 / trials) * math.sqrt(inner)


def trials_needed(share: float, within: float, design: float = 1.0) -> int:
    """How many events would tell a share to ± ``within``, if they come in such bursts."""
    few, many = 0, 1
    while half_width(share, many) > within:
        few, many = many, 2 * many
    while many - few > 1:
        between = (few + many) // 2
        few, many = (few, between) if half_width(share, between) <= within else (between, many)
    return math.ceil(many * design)
