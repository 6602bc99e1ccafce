"""The figures by which zones go: one set for every zone, clip and frame rate.

As in ``tuning``, lengths are in box heights (h) of the person concerned, times in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class FloorTuning:
    """What is believed of people within zones.

    Attributes:
        hindsight_s: a picture is judged so much later, when it is known who of the hidden came
            back: more than the tracker's patience, less than a minute stays open.
        band: how far beyond a border a foot must be for its side to be believed at once, in h ...
        lean: ... or, for whoever stands there, on average over some time: this far, in h.
        lean_s: the time constant of that average.
        pace_s: a walker's pace is that from so long before to so long after.
        depth: how much more than across a way up or down the picture counts: the floor is seen
            aslant. Feet that are hidden tremble that way, too, so it is no more than this.
        slow: who is slower than this stands or shuffles forward, in h/s ...
        brisk: ... until faster than this.
        heir_reach: somebody new this near to where somebody slow was lost is the same, in h ...
        heir_shape: ... if the logarithms of their heights differ by no more.
        exchange_s: somebody who sets off and somebody who stops within this time and that reach
            are taken to have met, and to have been mistaken for each other.
        order_reach: among those who stand so near to who leaves a queue, in h, the first leaves.
        missed_s: who is first seen within a queue this soon after somebody left it ...
        missed_reach: ... this near, in h, is the one who seemed to leave.
        away_s: a stay goes on when its person is back within this time.
        least_stay_s: what is shorter is passing through.
        settle_s: a stay that begins so soon after the camera did began before.
    """

    hindsight_s: float = 2.5
    band: float = 0.09
    lean: float = 0.03
    lean_s: float = 1.5
    pace_s: float = 1.0
    depth: float = 1.25
    slow: float = 0.3
    brisk: float = 0.5
    heir_reach: float = 0.8
    heir_shape: float = 0.3
    exchange_s: float = 1.6
    order_reach: float = 1.5
    missed_s: float = 6.0
    missed_reach: float = 1.0
    away_s: float = 3.0
    least_stay_s: float = 5.0
    settle_s: float = 1.0


FLOOR: Final = FloorTuning()
"""What the product goes by."""
