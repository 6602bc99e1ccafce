"""Files of earlier agents are brought up to date where they lie, and nothing in them is lost.

``outbox.schema-1.sqlite3.gz`` was written by the last agent of schema version 1: 30 sales, of which
12 were settled and one rejected, then a re-homing, ten more sales, three settled; five members' and
five telemetry events.
"""

from __future__ import annotations

import gzip
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from agent.outbox import Inspection
from agent.outbox.migrations import migrate, migrations
from agent.outbox.schema import SCHEMA_FILE
from models.wire.topics import Stream
from tests.simulators.outbox_parts import Premises, ids_of, plain, some_drafts, take

OLD = Path(__file__).parents[1] / "contract" / "golden" / "outbox.schema-1.sqlite3.gz"


@pytest.fixture
def premises(tmp_path: Path) -> Iterator[Premises]:
    one = Premises(tmp_path, random=Random(8).randbytes)
    one.path.parent.mkdir()
    one.path.write_bytes(gzip.decompress(OLD.read_bytes()))
    yield one
    one.close()


def tables(db: sqlite3.Connection) -> set[str]:
    """What the schema says, without its layout and its comments."""
    rows = db.execute("SELECT sql FROM sqlite_schema WHERE sql NOT NULL").fetchall()
    return {re.sub(r"\s+", " ", row[0]).strip() for row in rows}


def test_the_versions_come_to_the_schema_as_it_is_described(tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(tmp_path / "steps", isolation_level=None)) as steps,
        closing(sqlite3.connect(":memory:")) as described,
    ):
        migrate(steps, tmp_path / "steps", migrations())
        described.executescript(SCHEMA_FILE.read_text(encoding="utf-8"))
        assert tables(steps) == tables(described)


def test_a_look_at_an_old_file_needs_no_upgrade(premises: Premises) -> None:
    before = premises.path.read_bytes()
    with Inspection.open(premises.path) as inspection:
        assert inspection.depths()[0].pending == 25
        assert inspection.captured() == {"retail": 50}
        assert inspection.verify() == []
    assert premises.path.read_bytes() == before


def test_an_old_file_is_upgraded_with_all_that_it_owes_and_knows(premises: Premises) -> None:
    outbox = premises.open()
    assert [depth.pending for depth in outbox.depths()] == [25, 5, 0, 0, 5]
    assert outbox.dead_letters() == 1
    stored = outbox.append(Stream.SALE, some_drafts(41))
    assert [one.known for one in stored] == [True] * 40 + [False]
    assert stored[-1].sequence == 29
    lease = take(outbox)
    assert lease is not None
    assert lease.first == 4
    drafts = {str(draft.event_id): draft.body for draft in some_drafts(41)}
    bodies = dict(zip(ids_of(lease), map(plain, lease.events), strict=True))
    sales = {event_id: body for event_id, body in bodies.items() if event_id in drafts}
    assert len(sales) == 25
    assert all(drafts[event_id] == body for event_id, body in sales.items())
    outbox.close()
    with Inspection.open(premises.path) as inspection:
        assert inspection.verify() == []


def test_a_damaged_old_file_is_salvaged(premises: Premises) -> None:
    with closing(sqlite3.connect(premises.path)) as db, db:
        db.execute("DROP TABLE span")
    outbox = premises.open()
    assert {one.known for one in outbox.append(Stream.SALE, some_drafts(40))} == {True}
    outbox.close()
