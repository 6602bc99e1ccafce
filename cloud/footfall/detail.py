"""What an event says beside heads: rows of its lines, zones and heat. Pure, like ``row``.

Heat is packed, since it is four fifths of an event: MessagePack of one flat list in which each cell
is two numbers, how far it lies after the one before and its milliseconds. A cell takes four bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from types import MappingProxyType
from typing import Any, Final

import msgspec

from models.wire.events.footfall import (
    HEAT_COLUMNS,
    HEAT_ROWS,
    STAY_BOUNDS_S,
    FootfallCounted,
    LineKind,
    LineTally,
    ZoneTally,
)
from models.wire.events.footfall_sum import LINE_COUNTS, LINE_SUBCOUNTS

Row = dict[str, Any]

MOST_CROSSINGS: Final = 100_000
"""Of one line in one interval: more than a hundred people a second is no doorway."""

MOST_ZONES: Final = 64
MOST_AT_ONCE: Final = 10_000
"""In one picture: no network finds as many."""

_CELLS: Final = HEAT_COLUMNS * HEAT_ROWS
_BUCKETS: Final = len(STAY_BOUNDS_S) + 1

NO_CROWD: Final = MappingProxyType(
    dict.fromkeys((*LINE_SUBCOUNTS, "door_lines", "passing_lines", "passers", "marked_ms"), 0)
    | {"marks": "{}"}
)
"""Of a report that is in no figure."""


def line_rows(position: int, tallies: Sequence[LineTally]) -> list[Row]:
    """A row per line."""
    return [
        {
            "position": position,
            "line": tally.line,
            "kind": tally.kind.value,
        }
        | {name: getattr(tally, name) for name in LINE_COUNTS}
        for tally in tallies
    ]


def zone_rows(position: int, tallies: Sequence[ZoneTally]) -> list[Row]:
    """A row per zone."""
    return [
        {
            "position": position,
            "zone": tally.zone,
            "kind": tally.kind.value,
            "person_ms": tally.person_ms,
            "staff_ms": tally.staff_ms,
            "most": tally.most,
            "stays": _json({bucket: count for bucket, count in enumerate(tally.stays) if count}),
            "cut": tally.cut,
        }
        for tally in tallies
    ]


def heat_rows(position: int, heat: Sequence[tuple[int, int]]) -> list[Row]:
    """One row, or none where nobody was anywhere."""
    return [{"position": position, "cells": packed(heat)}] if heat else []


def packed(heat: Iterable[tuple[int, int]]) -> bytes:
    """Pairs of a cell and milliseconds as bytes."""
    flat, before = [], 0
    for cell, ms in sorted(heat):
        flat += [cell - before, ms]
        before = cell
    return msgspec.msgpack.encode(flat)


def unpacked(cells: bytes) -> Iterator[tuple[int, int]]:
    """The pairs that ``packed`` was given, by cell."""
    cell = 0
    flat = iter(msgspec.msgpack.decode(cells, type=list[int]))
    for after, ms in zip(flat, flat, strict=True):
        cell += after
        yield cell, ms


def crowd_of(counted: FootfallCounted) -> Row:
    """What the part says over all its lines and marks."""
    doors = [tally for tally in counted.lines if tally.kind is LineKind.ENTRANCE]
    past = [tally for tally in counted.lines if tally.kind is LineKind.PASSING]
    length_ms = 1000 * counted.duration_s
    marks: Counter[str] = Counter()
    for mark in counted.marks:
        marks[mark.kind.value] += min(mark.ms, length_ms)
    return {
        "door_lines": len(doors),
        "passing_lines": len(past),
        "passers": sum(map(_visitors_either_way, past)),
        "marks": _json(dict(sorted(marks.items()))),
        # Kinds may overlap; how much is not told.
        "marked_ms": min(sum(marks.values()), length_ms),
    } | {name: sum(getattr(tally, name) for tally in doors) for name in LINE_SUBCOUNTS}


def adds_up(counted: FootfallCounted) -> bool:
    """Whether sub-counts, zones, heat and marks are such as can be."""
    longest_ms = 1000 * max(counted.duration_s, 0) * MOST_AT_ONCE
    return (
        all(map(_is_line, counted.lines))
        and len(counted.zones) <= MOST_ZONES
        and all(_is_zone(tally, longest_ms) for tally in counted.zones)
        and len({cell for cell, _ in counted.heat}) == len(counted.heat)
        and all(0 <= cell < _CELLS and 0 <= ms <= longest_ms for cell, ms in counted.heat)
        and all(mark.ms >= 0 for mark in counted.marks)
    )


def _is_line(tally: LineTally) -> bool:
    return (
        all(getattr(tally, name) >= 0 for name in LINE_SUBCOUNTS)
        and tally.staff_ingress + tally.again <= tally.ingress
        and tally.staff_egress <= tally.egress
        and tally.groups_in <= tally.ingress - tally.staff_ingress
        and tally.groups_out <= tally.egress - tally.staff_egress
    )


def _is_zone(tally: ZoneTally, longest_ms: int) -> bool:
    return (
        tally.kind.is_told
        and 0 <= tally.person_ms <= longest_ms
        and 0 <= tally.staff_ms <= longest_ms
        and 0 <= tally.most <= MOST_AT_ONCE
        and 0 <= tally.cut <= MOST_CROSSINGS
        and len(tally.stays) <= _BUCKETS
        and all(0 <= count <= MOST_CROSSINGS for count in tally.stays)
    )


def _visitors_either_way(tally: LineTally) -> int:
    return tally.ingress + tally.egress - tally.staff_ingress - tally.staff_egress


def _json(facts: dict[Any, int]) -> str:
    return msgspec.json.encode(facts).decode()
