"""How well groups, staff and returns are told on simulated entrances, and what that costs.

    python -m tests.bench.bench_company            what it costs
    python -m tests.bench.bench_company --errors   how far it errs, some minutes

The errors come as the table of ``docs/explanation/footfall.md``, and a line on each kind of call by
itself. Their scenes played no part in choosing the figures of the product. The cost is that of one
picture of twenty people who come and go in pairs, for everything after the counter but reading the
badges; these are measured apart, three of them in a picture of 1280 x 720.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from time import perf_counter

import numpy as np

from agent.capture.footfall.badge import BadgeReader
from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.line import Line
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.settling import Settling
from agent.capture.footfall.counting.staffness import Staffness
from agent.config.staffing import BadgeSettings
from tests.simulators.entrance import VISITORS, Call, Entrance
from tests.simulators.entrance_score import Marks, Score
from tests.simulators.passers import Passer, seen

SCENES = ((401, 0.0), (402, 0.6), (403, 1.57), (404, -0.8))
RATES = (3.5, 5.0, 10.0, 15.0)
MINUTES = 8
ALONE = (
    Call.ALONE,
    Call.COUPLE,
    Call.IN_FILE,
    Call.HOLDING_THE_DOOR,
    Call.FAMILY,
    Call.STREAM,
    Call.MEETING,
)
PEOPLE, PICTURES, FPS, ROUNDS = 20, 300, 5.0, 5
SIZE = (1280, 720)
AIM_MS = 0.3
PACE, HEIGHT = 80.0, 100.0

Figure = dict[str, object]


def crowd() -> list[Moment]:
    """Twenty people in pairs, back and forth over a line in the middle."""
    counter = Counter([Line("door", 640, 0, 640, 720)], SIZE)
    return [
        counter.look(seen(_places(step / FPS)), step / FPS, 1 / FPS) for step in range(PICTURES)
    ]


def _places(at_s: float) -> list[Passer]:
    """Each pair on a lane of its own, turning round at the picture's edges."""
    places = []
    for number in range(PEOPLE):
        pair, beside = divmod(number, 2)
        way = (PACE * at_s + 97 * pair + 40 * beside) % 2400
        places.append(Passer(40 + min(way, 2400 - way), 110 + 64 * pair + 4 * beside, HEIGHT))
    return places


def measure() -> list[Figure]:
    """The figures ``company.20`` and ``company.badges.3``."""
    moments = crowd()
    cost_ms = min(_round_ms(moments) for _ in range(ROUNDS))
    badges_ms = min(_badges_ms(moments[-1]) for _ in range(ROUNDS))
    return [
        _figure("company.20", cost_ms, "ms/picture", f"{AIM_MS} ms", cost_ms / AIM_MS),
        _figure("company.badges.3", badges_ms, "ms/picture", "none", 0.0),
    ]


def print_errors() -> None:
    """All calls mixed at each rate; then each kind of call by itself at 5 samples a second."""
    for number, fps in enumerate(RATES):
        mixed, visitors = _scored(fps), _scored(fps, VISITORS)
        if number == 0:
            _print_head(mixed, visitors)
        cells = (
            f"{fps:g}",
            f"{100 * visitors.groups.wape:.1f} %",
            f"{100 * mixed.groups.wape:.1f} %",
            _marks(mixed.staff),
            _marks(mixed.again),
        )
        print(f"| {' | '.join(cells)} |", flush=True)
    alone = [(call, _scored(5.0, (call,), 4.0).groups) for call in ALONE]
    biases = (
        f"{call.name.lower().replace('_', ' ')} {100 * groups.bias:+.0f} %"
        for call, groups in alone
    )
    print(f"\nGroups too many or too few in all, by themselves: {', '.join(biases)}")


def _print_head(mixed: Score, visitors: Score) -> None:
    """The numbers are those of the first rate: of staff and returns, of heads that were counted."""
    titles = (
        "samples a second",
        f"groups, visitors only ({visitors.groups.true})",
        f"groups, with staff and returns ({mixed.groups.true})",
        f"staff: precision, recall ({mixed.staff.true})",
        f"returns: precision, recall ({mixed.again.true})",
    )
    print(f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}")


def _marks(marks: Marks) -> str:
    return ", ".join(f"{share:.2f}".lstrip("0") for share in (marks.precision, marks.recall))


def _scored(fps: float, calls: tuple[Call, ...] = (), a_minute: float = 10.0) -> Score:
    score = Score()
    for seed, angle in SCENES:
        scene = (
            Entrance.of(seed, MINUTES, angle=angle, calls=calls, a_minute=a_minute)
            if calls
            else Entrance.of(seed, MINUTES, angle=angle, a_minute=a_minute)
        )
        score.add(scene, fps)
    return score


def _round_ms(moments: list[Moment]) -> float:
    staffness, settling = Staffness([], SIZE), Settling(["door"])
    began_s = perf_counter()
    for moment in moments:
        rows = staffness.worth_a_look(moment)
        staff = staffness.update(moment, dict.fromkeys(moment.ids[rows].tolist(), False))
        settling.update(replace(moment, staff=np.isin(moment.ids, [*staff])), staff)
    return 1000 * (perf_counter() - began_s) / len(moments)


def _badges_ms(moment: Moment) -> float:
    reader = BadgeReader(BadgeSettings(hue=(200.0, 240.0)))
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8)
    rows = np.arange(3)
    began_s = perf_counter()
    for _ in range(PICTURES):
        reader.votes(picture, moment, rows)
    return 1000 * (perf_counter() - began_s) / PICTURES


def _figure(name: str, value: float, unit: str, against: str, ratio: float) -> Figure:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "ratio": round(ratio, 3),
        "against": against,
    }


if __name__ == "__main__":
    if "--errors" in sys.argv:
        print_errors()
    else:
        for figure in measure():
            print(json.dumps(figure), flush=True)
