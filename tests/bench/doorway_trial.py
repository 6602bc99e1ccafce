"""How right crossings of simulated doorways are counted, by the rate of sampling: Markdown.

    python -m tests.bench.doorway_trial [--tuning]

Absolute error per minute and direction, as a share of all who crossed. The scenes that are
reported played no part in choosing any figure or rule: those with ``--tuning`` did, and are all
that anybody who changes the counting may look at.
"""

from __future__ import annotations

import sys
from collections import Counter as Tally
from collections.abc import Iterable

from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.line import Crossing, Direction
from tests.simulators.doorway import SIZE, Doorway, Event

RATES = (3.5, 5.0, 7.0, 10.0, 15.0)
ANGLES = (0.0, 0.6, 1.57, -0.8, 0.3, -0.4)
REPORTED, TUNING = range(601, 607), range(101, 131)
MINUTES = 6

Cells = Tally[tuple[int, Direction]]


def main() -> None:
    """Print a row for each rate."""
    seeds = TUNING if "--tuning" in sys.argv else REPORTED
    doorways = [
        Doorway.of(seed, MINUTES, angle=ANGLES[number % len(ANGLES)])
        for number, seed in enumerate(seeds)
    ]
    crossed = sum(len(doorway.truth) for doorway in doorways)
    print(f"| samples a second | WAPE of {crossed} crossings | too many or too few in all |")
    print("|---|---|---|")
    for fps in RATES:
        errors = [told_less_true(doorway, fps) for doorway in doorways]
        off = sum(abs(error) for each in errors for error in each.values())
        bias = sum(each.total() for each in errors)
        print(f"| {fps:g} | {off / crossed:.1%} | {bias:+d} |", flush=True)


def told_less_true(doorway: Doorway, fps: float) -> Cells:
    """What was told less what is true, per minute and direction."""
    counter = Counter([doorway.line], SIZE)
    samples = doorway.samples(fps)
    told = cells(each for at_s, found in samples for each in counter.update(found, at_s))
    told.subtract(cells(doorway.truth))
    return told


def cells(crossings: Iterable[Crossing] | Iterable[Event]) -> Cells:
    """How many a minute and direction."""
    return Tally((int(each.at_s // 60), each.direction) for each in crossings)


if __name__ == "__main__":
    main()
