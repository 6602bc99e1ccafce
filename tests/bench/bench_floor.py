"""What zones, stays and heat cost beside following people.

    python -m tests.bench.bench_floor

Twenty people walk about for 400 samples at 5 a second over four zones, two of them queues. The
figure is the best of the rounds in milliseconds a picture; the ratio is that over 0.3.
"""

from __future__ import annotations

import json
from time import perf_counter

from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.floor import Floor
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.zone import Zone
from models.wire.events.footfall import ZoneKind
from tests.bench.bench_tracker import FPS, crowd
from tests.bench.racing import Figure

PEOPLE, ROUNDS = 20, 7
SIZE = (1920, 1080)
AIM_MS = 0.3


def zones() -> list[Zone]:
    """Two tables and two queues, of six corners each."""
    kinds = (ZoneKind.DWELL, ZoneKind.QUEUE, ZoneKind.DWELL, ZoneKind.QUEUE)
    return [_zone(f"zone {x}", kind, 100.0 + 450 * x) for x, kind in enumerate(kinds)]


def _zone(name: str, kind: ZoneKind, x: float) -> Zone:
    y, w, h = 200.0, 400.0, 700.0
    notch = ((x + w, y + h), (x + w / 2, y + h / 2), (x, y + h))
    return Zone(name, kind, ((x, y), (x + w / 2, y + 50), (x + w, y), *notch))


def looks() -> list[Moment]:
    """What the tracker says of the crowd."""
    counter = Counter([], SIZE)
    samples = enumerate(crowd(people=PEOPLE))
    return [counter.look(each, step / FPS, 1 / FPS) for step, each in samples]


def measure() -> list[Figure]:
    """The figure ``vision.floor.20``."""
    moments = looks()
    best_ms = min(_round_ms(moments) for _ in range(ROUNDS))
    return [
        {
            "name": "vision.floor.20",
            "value": round(best_ms, 3),
            "unit": "ms/picture",
            "ratio": round(best_ms / AIM_MS, 2),
            "against": f"{AIM_MS} ms",
        }
    ]


def _round_ms(moments: list[Moment]) -> float:
    floor = Floor(zones(), SIZE)
    began = perf_counter()
    for moment in moments:
        floor.update(moment)
    return 1e3 * (perf_counter() - began) / len(moments)


if __name__ == "__main__":
    for figure in measure():
        print(json.dumps(figure))
