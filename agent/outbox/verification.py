"""Is the file what the outbox says it is? SQLite's own check, then ours."""

from __future__ import annotations

import sqlite3

from agent.outbox.lanes import Lane, Lanes, count_owed

_WITHOUT_EVENT = (
    "SELECT count(*) FROM slot LEFT JOIN event ON event.position = slot.position"
    " WHERE event.position IS NULL"
)
_WITHOUT_SLOT = "SELECT count(*) FROM event WHERE position NOT IN (SELECT position FROM slot)"


def verify(db: sqlite3.Connection, lanes: Lanes) -> list[str]:
    """What is wrong, in sentences; empty when all is well. Reads the whole file."""
    damage = [str(row[0]) for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
    if damage:
        return damage  # our own questions would stumble over the damaged pages
    return [*_orphans(db), *(finding for lane in lanes for finding in _lane(db, lanes, lane))]


def _orphans(db: sqlite3.Connection) -> list[str]:
    slots = db.execute(_WITHOUT_EVENT).fetchone()[0]
    events = db.execute(_WITHOUT_SLOT).fetchone()[0]
    return [
        *([f"{slots} places hold no event"] if slots else []),
        *([f"{events} events have no place in a stream"] if events else []),
    ]


def _lane(db: sqlite3.Connection, lanes: Lanes, lane: Lane) -> list[str]:
    name = f"epoch {lane.epoch} stream {lane.stream}"
    findings: list[str] = []
    if lane.settled.last > lane.last:
        findings.append(f"{name}: settled to {lane.settled.last}, but {lane.last} is the last")
    owed = lane.last - len(lane.settled)
    here = count_owed(db, lane)
    if lane.epoch == lanes.epoch and here != owed:
        findings.append(f"{name}: owes {owed} events and holds {here} of them; re-home the outbox")
    return findings
