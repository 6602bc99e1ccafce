"""Is the file what the outbox says it is? SQLite's own check, then ours."""

from __future__ import annotations

import sqlite3

from agent.outbox.lanes import Lane, Lanes
from agent.outbox.spans import SHELF_BITS, within


def verify(db: sqlite3.Connection, lanes: Lanes) -> list[str]:
    """What is wrong, in sentences; empty when all is well. Reads the whole file."""
    try:
        damage = [str(row[0]) for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
    except sqlite3.DatabaseError as error:
        damage = [str(error)]
    if damage:
        return damage  # our own questions would stumble over the damaged pages
    findings = [finding for lane in lanes for finding in _lane(db, lanes, lane)]
    spanned = sum(len(span) for lane in lanes for span in within(lane.spans, [(1, lane.last)]))
    stored = db.execute("SELECT count(*) FROM event").fetchone()[0]
    if stored != spanned:
        findings.append(f"{stored} events are stored and {spanned} have a place in a stream")
    return findings + _names(db)


def _names(db: sqlite3.Connection) -> list[str]:
    """Whether every event has its name, as far as names are written; version 1 had an index."""
    if db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'named'").fetchone() is None:
        return []
    (nameless,) = db.execute(
        "SELECT count(*) FROM event JOIN named ON named.shelf = event.position >> ?"
        " WHERE event.position <= named.last"
        " AND event.position NOT IN (SELECT position FROM name)",
        (SHELF_BITS,),
    ).fetchone()
    return [f"the names of {nameless} events are not written"] if nameless else []


def _lane(db: sqlite3.Connection, lanes: Lanes, lane: Lane) -> list[str]:
    name = f"epoch {lane.epoch} stream {lane.stream}"
    findings: list[str] = []
    if max(lane.settled.last, lane.sent) > lane.last:
        findings.append(f"{name}: sent or settled beyond its last sequence {lane.last}")
    for span in within(lane.spans, [(1, lane.last)]):
        query = "SELECT count(*) FROM event WHERE position BETWEEN ? AND ?"
        here = db.execute(query, span.positions).fetchone()[0]
        if here != len(span):
            findings.append(f"{name}: {span.first}..{span.last} should all be here, {here} are")
    if lane.epoch == lanes.epoch and lane.gone():
        findings.append(f"{name}: {lane.gone()} are owed and gone; the next welcome re-homes")
    return findings
