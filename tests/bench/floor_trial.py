"""How right zones are told on simulated shop floors, by the rate of sampling: a table in Markdown.

    python -m tests.bench.floor_trial [minutes]

Four queues and four tables, of so many minutes each (12 if not told), seen from the side and from
the corner, and one queue that the camera looks along. The seeds are not those that the figures of
``floor_tuning`` were chosen on. It takes about as long as one scene lasts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from tests.simulators.floor_trial import Figures, tried
from tests.simulators.shop_floor import Crowd, ShopFloor

RATES = (3.5, 5.0, 10.0, 15.0)
SCENES = ((11, 0.3), (12, 0.9), (13, -0.5), (14, 0.0))
LENGTHWISE = (15, 1.57)

Scenes = Sequence[ShopFloor]


def main() -> None:
    """Print a row for each kind of scene and rate."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 12.0
    print("| scene | samples a second | people | p50 | p90 | stays told / true | cut |")
    print("|---|---|---|---|---|---|---|")
    for fps in RATES:
        for name, scenes in _scenes(minutes):
            print(f"| {name} | {fps:g} | {_row(tried(scenes, fps))} |", flush=True)


def _scenes(minutes: float) -> Iterator[tuple[str, Scenes]]:
    yield "queue", [_queue(seed, minutes, angle) for seed, angle in SCENES]
    crowds = [(seed, Crowd(a_minute=4.0, angle=angle)) for seed, angle in SCENES]
    yield "table", [ShopFloor.browsing(seed, minutes, crowd) for seed, crowd in crowds]
    yield "queue, lengthwise", [_queue(LENGTHWISE[0], minutes, LENGTHWISE[1])]


def _queue(seed: int, minutes: float, angle: float) -> ShopFloor:
    return ShopFloor.queue(seed, minutes, Crowd(angle=angle))


def _row(figures: Figures) -> str:
    errors = (figures.length_error, figures.stay_error(0.5), figures.stay_error(0.9))
    shown = " | ".join(f"{100 * error:+.1f} %" for error in errors)
    return f"{shown} | {len(figures.stays)} / {len(figures.true_stays)} | {figures.cut}"


if __name__ == "__main__":
    main()
