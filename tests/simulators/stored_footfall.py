"""The minutes that lie in an outbox's file, read beside or after the agent that wrote them."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import msgspec

from agent.outbox.packing import unpack
from models.wire.events.footfall import FootfallCounted
from models.wire.registry import FOOTFALL_COUNTED


class _View(msgspec.Struct):
    type: str
    data: msgspec.Raw


def stored_minutes(outbox: Path) -> list[FootfallCounted]:
    """All of them, in the order in which they were stored; settled ones within their retention."""
    with closing(sqlite3.connect(f"file:{outbox}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT body FROM event ORDER BY position").fetchall()
        bodies = [unpack(row[0]) for row in rows]
    views = [msgspec.json.decode(body, type=_View) for body in bodies]
    return [
        msgspec.json.decode(view.data, type=FootfallCounted)
        for view in views
        if view.type == FOOTFALL_COUNTED.name
    ]


def crossings(minutes: list[FootfallCounted]) -> tuple[int, int]:
    """In and out, over all lines."""
    tallies = [tally for minute in minutes for tally in minute.lines]
    return sum(tally.ingress for tally in tallies), sum(tally.egress for tally in tallies)


def gaps_ms(minutes: list[FootfallCounted]) -> Counter[str]:
    """What was missed, by reason."""
    found: Counter[str] = Counter()
    for gap in (gap for minute in minutes for gap in minute.gaps):
        found[gap.reason] += gap.ms
    return found
