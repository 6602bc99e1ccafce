"""What following fifty people costs, and what ByteTrack takes for the same boxes.

    python -m tests.bench.bytetrack         once: ByteTrack, in an environment of its own
    python -m tests.bench vision_tracker

Fifty people walk over a 1920 x 1080 picture for 400 samples at 5 a second; their boxes tremble and
their scores lie between 0.3 and 0.95, so that both rounds of matching have work. Ours and ByteTrack
follow them in turns; the ratio is how many updates ours does in the time of one of theirs, the
median of the rounds: once with the same score to tell sure from weak boxes, once with the scores
that ByteTrack comes with. Where ByteTrack is not installed, ours alone is told, over the 3,200
updates a second that were four times ByteTrack's when the aim was set.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from agent.capture.footfall.counting.tracker import Tracker
from agent.capture.footfall.detection.detections import Detections
from tests.bench import bytetrack
from tests.bench.racing import Figure, figure, timed

PEOPLE, SAMPLES, FPS, ROUNDS = 50, 400, 5.0, 7
SIZE = np.array([1920.0, 1080.0])
HEIGHT, BREADTH, TREMBLE = 100.0, 40.0, 2.0
AIM_PER_S = 3_200
NAME, UNIT = "vision.tracker.50", "updates/s"


def crowd(seed: int = 1, people: int = PEOPLE) -> list[Detections]:
    """Samples of people who walk back and forth."""
    rng = np.random.default_rng(seed)
    begin = rng.uniform(0, 2 * SIZE, (people, 2))
    velocity = rng.normal(0, 60, (people, 2))
    return [_sample(rng, begin + velocity * step / FPS) for step in range(SAMPLES)]


def _sample(rng: np.random.Generator, unfolded: np.ndarray) -> Detections:
    """People at these places, of which each picture's width and height is folded back."""
    foot = SIZE - np.abs(unfolded % (2 * SIZE) - SIZE) + rng.normal(0, TREMBLE, unfolded.shape)
    scores = -np.sort(-rng.uniform(0.3, 0.95, len(unfolded)))
    corner = np.array([BREADTH / 2, 0.0])
    boxes = np.concatenate([foot - corner - (0.0, HEIGHT), foot + corner], axis=1)
    return Detections(boxes.astype(np.float32), scores.astype(np.float32))


def measure() -> list[Figure]:
    """The figure ``vision.tracker.50``; beside ByteTrack, where it is installed, in both ways."""
    pictures = crowd()
    if bytetrack.is_installed():
        return [_beside_bytetrack(pictures, own_scores=own) for own in (False, True)]
    print(
        "ByteTrack is not installed (python -m tests.bench.bytetrack): ours is measured alone",
        file=sys.stderr,
    )
    return [_alone(pictures)]


def _beside_bytetrack(pictures: list[Detections], *, own_scores: bool) -> Figure:
    with (
        tempfile.TemporaryDirectory() as folder,
        bytetrack.ByteTrack(Path(folder), pictures, FPS, own_scores=own_scores) as peer,
    ):
        found = figure(
            f"{NAME}.own_scores" if own_scores else NAME,
            SAMPLES,
            lambda: (lambda: _follow(pictures), peer.follow),
            f"ByteTrack of {bytetrack.VERSION}, the same boxes in turns"
            + (", its own scores" if own_scores else ""),
            rounds=ROUNDS,
        )
    return found | {"unit": UNIT}


def _alone(pictures: list[Detections]) -> Figure:
    rate = SAMPLES / min(timed(lambda: _follow(pictures)) for _ in range(ROUNDS))
    return {
        "name": NAME,
        "value": round(rate),
        "unit": UNIT,
        "ratio": round(rate / AIM_PER_S, 2),
        "against": f"{AIM_PER_S} updates/s",
    }


def _follow(pictures: list[Detections]) -> None:
    tracker = Tracker()
    for step, picture in enumerate(pictures):
        tracker.update(picture, step / FPS)


if __name__ == "__main__":
    for one in measure():
        print(json.dumps(one))
