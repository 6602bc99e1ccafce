"""What following fifty people costs.

    python -m tests.bench.bench_tracker

Fifty people walk over a 1920 x 1080 picture for 400 samples at 5 a second; their boxes tremble and
their scores lie between 0.3 and 0.95, so that both rounds of matching have work. The figure is the
best of the rounds in updates a second; the ratio is that over 3,200, four times what ByteTrack in
the ``trackers`` package did on the reference machine.
"""

from __future__ import annotations

import json
from time import perf_counter

import numpy as np

from agent.capture.footfall.counting.tracker import Tracker
from agent.capture.footfall.detection.detections import Detections

PEOPLE, SAMPLES, FPS, ROUNDS = 50, 400, 5.0, 7
SIZE = np.array([1920.0, 1080.0])
HEIGHT, BREADTH, TREMBLE = 100.0, 40.0, 2.0
AIM_PER_S = 3_200

Figure = dict[str, object]


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
    """The figure ``vision.tracker.50``."""
    samples = crowd()
    rate = SAMPLES / min(_round_s(samples) for _ in range(ROUNDS))
    return [
        {
            "name": "vision.tracker.50",
            "value": round(rate),
            "unit": "updates/s",
            "ratio": round(rate / AIM_PER_S, 2),
            "against": f"{AIM_PER_S} updates/s",
        }
    ]


def _round_s(samples: list[Detections]) -> float:
    tracker = Tracker()
    began = perf_counter()
    for step, sample in enumerate(samples):
        tracker.update(sample, step / FPS)
    return perf_counter() - began


if __name__ == "__main__":
    for figure in measure():
        print(json.dumps(figure))
