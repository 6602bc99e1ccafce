"""How right zones are told on simulated shop floors, by the rate of sampling: a table in Markdown.

    python -m tests.bench.floor_trial [--tuning]

Four queues and four tables seen from the side and from the corner, and four queues that the camera
looks along, of twelve minutes each: the table of ``docs/explanation/footfall.md``, as it stands
there. The scenes that are reported played no part in choosing any figure or rule: those with
``--tuning``, and others like them, did, and are all that anybody who changes what is told of zones
may look at.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from tests.simulators.floor_trial import Figures, tried
from tests.simulators.shop_floor import Crowd, ShopFloor

RATES = (3.5, 5.0, 10.0, 15.0)
MINUTES = 12.0
ASIDE = (0.3, 0.9, -0.5, 0.0)
ALONG = (1.57, -1.57, 1.3, 1.8)
"""How the queues lie to the picture."""
REPORTED, TUNING = (11, 11, 15), (111, 131, 121)
"""The first seeds of queues, of tables, and of queues along which the camera looks."""

Scenes = Sequence[ShopFloor]


def main() -> None:
    """Print a row for each kind of scene and rate."""
    seeds = TUNING if "--tuning" in sys.argv else REPORTED
    print("| scene | samples a second | people | p50 | p90 | stays told / true | cut |")
    print("|---|---|---|---|---|---|---|")
    for fps in RATES:
        for name, scenes in _scenes(*seeds):
            print(f"| {name} | {fps:g} | {_row(tried(scenes, fps))} |", flush=True)


def _scenes(queues: int, tables: int, along: int) -> Iterator[tuple[str, Scenes]]:
    yield "queue", [_queue(*each) for each in enumerate(ASIDE, queues)]
    crowds = ((seed, Crowd(a_minute=4.0, angle=angle)) for seed, angle in enumerate(ASIDE, tables))
    yield "table", [ShopFloor.browsing(seed, MINUTES, crowd) for seed, crowd in crowds]
    yield "queue, lengthwise", [_queue(*each) for each in enumerate(ALONG, along)]


def _queue(seed: int, angle: float) -> ShopFloor:
    return ShopFloor.queue(seed, MINUTES, Crowd(angle=angle))


def _row(figures: Figures) -> str:
    errors = (figures.length_error, figures.stay_error(0.5), figures.stay_error(0.9))
    shown = " | ".join(f"{100 * error:+.1f} %" for error in errors)
    return f"{shown} | {len(figures.stays)} / {len(figures.true_stays)} | {figures.cut}"


if __name__ == "__main__":
    main()
