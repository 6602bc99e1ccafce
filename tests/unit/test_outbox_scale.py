"""Fifty thousand events wait, and no statement of the running outbox reads them all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from agent.outbox import Outbox
from agent.outbox.names import write_all
from agent.outbox.spans import shelf
from models.wire.ack import EpochSettled, Rejection
from models.wire.topics import Stream
from tests.simulators.outbox_parts import Premises, a_draft, take

BACKLOG = 50_000
_FILL = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
INSERT INTO event SELECT ? + i, printf('%036x', i), 0,
 CAST(printf('{"id":"%036x","type":"lianke.sale.recorded"}', i) AS BLOB) FROM n
"""


def fill(path: Path) -> None:
    """A backlog of sales, written behind the outbox's back."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA synchronous=OFF")
        db.execute(_FILL, (BACKLOG, shelf(Stream.SALE)[0] - 1))
        write_all(db)


def a_busy_hour(outbox: Outbox) -> None:
    """Everything that a running agent asks of its outbox."""
    outbox.append(Stream.SALE, [a_draft(1), a_draft(2)])
    assert take(outbox, max_events=100) is not None
    assert take(outbox, first=BACKLOG - 50) is not None
    outbox.settle(outbox.epoch, "sale", [(1, 60), (70, 80)])
    outbox.reject(outbox.epoch, "sale", [Rejection(65, "malformed")])
    outbox.adopt("g1", [EpochSettled(outbox.epoch, {"sale": [(1, 90)]})])
    assert outbox.held()
    assert outbox.depths()[0].pending == BACKLOG + 2 - 90
    assert outbox.last_sequence(Stream.SALE) == BACKLOG + 2
    outbox.housekeep({Stream.SALE: 0.0})
    outbox.rehome("test")
    assert take(outbox) is not None


def plans(path: Path, statements: set[str]) -> dict[str, list[str]]:
    """What SQLite means to do, by statement."""
    found: dict[str, list[str]] = {}
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            if statement.split(" ", 1)[0] in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}:
                rows = db.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
                found[statement] = [row[3] for row in rows]
    return found


def test_no_statement_of_a_busy_hour_reads_every_event(premises: Premises) -> None:
    premises.open().close()
    fill(premises.path)
    outbox = premises.open()
    statements: set[str] = set()
    for db in (outbox._file._writer, outbox._file._reader):
        db.set_trace_callback(statements.add)
    a_busy_hour(outbox)
    outbox.close()
    looked_at = plans(premises.path, statements)
    assert sum("event" in statement for statement in looked_at) > 5
    scans = {
        statement: plan
        for statement, plan in looked_at.items()
        if any(step.startswith("SCAN") and "event" in step.split() for step in plan)
    }
    assert scans == {}


def test_a_first_lease_takes_as_many_statements_beside_any_backlog(premises: Premises) -> None:
    """Counted in statements, which a busy machine does not make more of."""
    small = Premises(premises.folder / "small")
    few = statements_of_a_first_lease(small)
    fill_again = Premises(premises.folder / "large")
    fill_again.open().close()
    fill(fill_again.path)
    many = statements_of_a_first_lease(fill_again)
    assert many == few
    small.close()
    fill_again.close()


def statements_of_a_first_lease(premises: Premises) -> int:
    """How many statements it takes to open the file again and lease the first batch."""
    outbox = premises.open()
    outbox.append(Stream.SALE, [a_draft(1)])
    outbox.close()
    outbox = premises.open()
    count = 0

    def one_more(_statement: str) -> None:
        nonlocal count
        count += 1

    for db in (outbox._file._writer, outbox._file._reader):
        db.set_trace_callback(one_more)
    assert take(outbox) is not None
    outbox.depths()
    outbox.close()
    return count
