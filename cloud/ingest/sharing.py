"""Who should hold which part. Pure: the same board gives every worker the same plan.

A part stays where it is unless its holder has at least two more than another worker that may serve
it, so a worker that joins or leaves moves as few parts as an even share asks for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from models.wire.ids import PARTS


def plan(workers: Mapping[str, frozenset[int]], holders: Mapping[int, str]) -> dict[int, str]:
    """The holder that each part should have; parts that no worker may serve are left out.

    Args:
        workers: who is alive, and the parts that each may serve.
        holders: who holds which part now, the dead included.
    """
    planned = {part: who for part, who in holders.items() if part in workers.get(who, ())}
    loads = Counter(dict.fromkeys(workers, 0))
    loads.update(planned.values())
    for part in range(PARTS):
        if part not in planned:
            _give(part, planned, loads, workers)
    while _level(planned, loads, workers):
        pass
    return planned


def _give(
    part: int,
    planned: dict[int, str],
    loads: Counter[str],
    workers: Mapping[str, frozenset[int]],
) -> None:
    able = [who for who, parts in workers.items() if part in parts]
    if able:
        who = min(able, key=lambda one: (loads[one], one))
        planned[part] = who
        loads[who] += 1


def _level(
    planned: dict[int, str], loads: Counter[str], workers: Mapping[str, frozenset[int]]
) -> bool:
    """Move one part to a worker that has at least two fewer; whether there was one to move.

    Each move lowers the sum of the squares of the loads, so moving comes to an end.
    """
    for busy in sorted(loads, key=lambda one: (-loads[one], one)):
        for idle in sorted(loads, key=lambda one: (loads[one], one)):
            movable = [p for p, who in planned.items() if who == busy and p in workers[idle]]
            if movable and loads[busy] - loads[idle] > 1:
                planned[max(movable)] = idle
                loads[busy] -= 1
                loads[idle] += 1
                return True
    return False
