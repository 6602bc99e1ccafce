"""The figures that tracking and counting go by: one set for every clip, line and frame rate.

Lengths are in box heights (h) of the person concerned, times in seconds: a near and a far person,
a big and a small picture, three and thirty samples a second are treated alike. Each figure lies on
a plateau: changed by 30 % either way it changes the counts of the reference clips little
(``docs/explanation/footfall.md`` has the table).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Tuning:
    """How people move, how detectors err, and what is believed when.

    Attributes:
        sure_score: a detection from here on may begin a track; one below may only continue one.
        least_score: what scores less is not looked at.
        foot_noise: standard deviation of a detected foot point, in h.
        walking_pace: standard deviation of an unknown walker's velocity along an axis, in h/s.
        pace_change: how fast velocity wanders, in h/s per root second.
        surprise: a box further than this many variances off means a change of pace.
        gate: how many standard deviations a box may lie from where its walker is expected, if that
            is known as well as a detector knows it; the vaguer, the fewer.
        reach: a box is never matched further off than this, in h ...
        reach_pace: ... plus this much per second since the walker was last seen, in h/s.
        shape_noise: standard deviation of the logarithm of a walker's box height.
        full_height: a box lower than this share of the walker's height may lack the feet.
        least_visible: a box lower than this share of the walker's height is somebody else.
        size_memory_s: time constant with which a track's box shrinks to what is seen.
        crowded: a box of which this share lies within a known walker's begins no track.
        patience_s: who is not seen for longer is gone.
        trial_patience_s: who was seen but once is gone after this; longer watched, longer missed.
        weak_patience_s: weak detections continue only tracks that were seen within this time, and
            low boxes where such a track is expected begin none.
        proof_sightings: how often a walker must have been seen to be believed.
        proof_s: for how long a walker must have been watched to be believed.
        proof_walk: how far from the place of first sight a walker must have come, in h.
        band: how far beyond a line the foot must be for its side to be believed, in h.
        lean: who stands is believed on a side from this far beyond the line on average, in h ...
        lean_s: ... over this time constant. Both are as for zones (``floor_tuning``).
        still_radius: who stays within this distance of one place, in h ...
        still_s: ... for this time stands.
        still_change: the pace change of somebody who stands, in h/s per root second.
    """

    sure_score: float = 0.35
    least_score: float = 0.1
    foot_noise: float = 0.06
    walking_pace: float = 0.8
    pace_change: float = 0.5
    surprise: float = 4.0
    gate: float = 4.5
    reach: float = 0.5
    reach_pace: float = 2.0
    shape_noise: float = 0.15
    full_height: float = 0.85
    least_visible: float = 0.5
    size_memory_s: float = 1.0
    crowded: float = 0.8
    patience_s: float = 2.0
    trial_patience_s: float = 0.6
    weak_patience_s: float = 0.5
    proof_sightings: int = 3
    proof_s: float = 0.4
    proof_walk: float = 0.4
    band: float = 0.09
    lean: float = 0.03
    lean_s: float = 1.5
    still_radius: float = 0.25
    still_s: float = 2.0
    still_change: float = 0.15


DEFAULTS: Final = Tuning()
"""What the product counts with."""
