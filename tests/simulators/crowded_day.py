"""A shop's day at its doors, street, shelf and till, as three cameras would tell it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from models.wire.events.footfall import (
    HEAT_COLUMNS,
    FootfallCounted,
    LineKind,
    LineTally,
    MarkKind,
    ZoneKind,
    ZoneTally,
)
from models.wire.events.footfall_sum import stays_of
from tests.simulators.facts import SHANGHAI, a_crowded_minute

OPENS = datetime(2026, 11, 22, 9, tzinfo=SHANGHAI)
AUDIT = "a" * 32


def a_crowded_day(hours: int = 12, seed: int = 7) -> Iterator[FootfallCounted]:
    """Every minute of the camera at the door and of the one at the till, from nine o'clock on."""
    chance = Random(seed)
    inside = 0
    for minute in range(60 * hours):
        at = OPENS + timedelta(minutes=minute)
        busy = 1 + (minute // 60) % 5
        came = chance.randint(0, busy)
        went = min(inside + came, chance.randint(0, busy))
        inside += came - went
        yield a_crowded_minute(
            at,
            camera="door",
            lines=[_door(came, went), _street(chance.randint(2, 9), chance.randint(2, 9))],
            zones=[_zone("shelf", ZoneKind.DWELL, chance)],
            heat=_walked(chance),
            marks={MarkKind.DARK: 60_000} if minute // 60 == hours - 1 else None,
            audit=AUDIT,
        )
        yield a_crowded_minute(at, camera="till", zones=[_zone("till", ZoneKind.QUEUE, chance)])


def _door(came: int, went: int) -> LineTally:
    staff = int(came > 3)
    return LineTally(
        line="doorstep",
        ingress=came,
        egress=went,
        staff_ingress=staff,
        groups_in=(came - staff + 1) // 2,
        groups_out=went,
    )


def _street(left: int, right: int) -> LineTally:
    return LineTally(line="street", kind=LineKind.PASSING, ingress=left, egress=right)


def _zone(name: str, kind: ZoneKind, chance: Random) -> ZoneTally:
    lengths_s = [chance.lognormvariate(4, 1) for _ in range(chance.randint(0, 2))]
    return ZoneTally(
        zone=name,
        kind=kind,
        person_ms=chance.randint(0, 150_000),
        staff_ms=chance.randint(0, 20_000),
        most=chance.randint(0, 4),
        stays=stays_of(lengths_s),
        cut=int(chance.random() < 0.02),
    )


def _walked(chance: Random) -> list[tuple[int, int]]:
    """From the lower left to the upper right, with some spread."""
    cells = {}
    for step in range(14):
        column = min(31, max(0, 2 * step + 2 + round(chance.gauss(0, 2))))
        row = min(17, max(0, 16 - step + round(chance.gauss(0, 1))))
        cells[row * HEAT_COLUMNS + column] = chance.randint(200, 4_000)
    return sorted(cells.items())
