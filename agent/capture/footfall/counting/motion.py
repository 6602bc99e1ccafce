"""Where walkers are expected, and how far that may be believed.

Each track is a Kalman filter with constant velocity along each axis. Both axes know equally much,
so that one covariance serves both; it is kept in box heights and seconds, as (variance of place,
covariance of place and velocity, variance of velocity). Velocity wanders as white noise does when
it is summed up in continuous time: it does not matter whether a second comes as three samples or
as thirty.
"""

from __future__ import annotations

import numpy as np

from agent.capture.footfall.counting.tracks import Floats, Table
from agent.capture.footfall.counting.tuning import Tuning


def first_spread(tuning: Tuning) -> Floats:
    """What is known of a walker who was seen once: the place, and how fast people walk; (3,)."""
    return np.array([tuning.foot_noise**2, 0.0, tuning.walking_pace**2])


def move_on(tracks: Table, elapsed_s: float, tuning: Tuning) -> None:
    """Put every track where it is expected after the time; certainty fades. Changes the table."""
    foot = tracks["foot"]
    foot += tracks["velocity"] * elapsed_s
    place, shared, pace = tracks["spread"].T
    change = np.where(tracks["standing"], tuning.still_change, tuning.pace_change)
    drift = change**2 * elapsed_s
    place += elapsed_s * (2 * shared + elapsed_s * pace) + drift * elapsed_s**2 / 3
    shared += elapsed_s * pace + drift * elapsed_s / 2
    pace += drift


def setting_off(tracks: Table, at_s: float, tuning: Tuning) -> Table:
    """A copy in which everybody began to walk, no one knows where to, when last seen."""
    walking = tracks.copy()
    walking["velocity"] = 0.0
    since_s = at_s - tracks["seen_at_s"]
    pace = tuning.walking_pace**2 * np.ones_like(since_s)
    place = tuning.foot_noise**2 + pace * since_s**2
    walking["spread"] = np.stack([place, pace * since_s, pace], axis=1)
    return walking


def correct(tracks: Table, feet: Floats, noise: Floats, tuning: Tuning) -> None:
    """Let tracks learn where their feet were seen. Changes the table.

    A sighting that surprises makes the track doubt what it knew, just so much that it surprises
    no more: somebody who turns or sets off is followed at once.

    Args:
        tracks: (m,) those who were seen, moved on to this moment.
        feet: (m, 2) where, in pixels.
        noise: (m,) the sightings' variances along an axis, in squared box heights.
        tuning: what surprises.
    """
    foot, velocity, (place, shared, pace) = (
        tracks["foot"].T,
        tracks["velocity"].T,
        tracks["spread"].T,
    )
    error = feet.T - foot
    off = (error[0] * error[0] + error[1] * error[1]) / tracks["size"][:, 1] ** 2
    doubt = np.maximum(off / (place + noise) / tuning.surprise, 1.0)
    for known in (place, shared, pace):
        np.multiply(known, doubt, out=known)
    both = place + noise
    gain, push = place / both, shared / both
    foot += gain * error
    velocity += push * error
    pace -= push * shared
    place *= 1 - gain
    shared *= 1 - gain
