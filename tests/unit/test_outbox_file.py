"""The file: making it, owning it, refusing what is not ours, growing up."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from time import perf_counter

import psutil
import pytest

from agent.errors import DiskUnusable, OutboxBusy, OutboxCorrupt, OutboxDamaged
from agent.outbox import Inspection
from agent.outbox.aside import set_aside
from agent.outbox.faults import explain
from agent.outbox.migrations import APPLICATION_ID, Migration, migrate, migrations
from agent.outbox.schema import SCHEMA_FILE, generate
from models.wire.ids import epoch as parse_epoch
from models.wire.topics import Stream
from tests.simulators.outbox_parts import Premises, a_draft, ids_of, some_drafts, take

MIB = 1024 * 1024


def edit(path: Path, *statements: str) -> None:
    """Change a closed file behind the outbox's back."""
    with closing(sqlite3.connect(path)) as db, db:
        for statement in statements:
            db.execute(statement)


def test_the_generated_schema_is_current() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == generate()


def test_the_running_agent_never_imports_sqlmodel() -> None:
    script = "import sys, agent.outbox; print([m for m in sys.modules if m.startswith('sql')])"
    told = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    assert "sqlmodel" not in told.stdout.decode()
    assert "sqlalchemy" not in told.stdout.decode()


def test_an_epoch_is_random_and_stays_with_its_file(premises: Premises, tmp_path: Path) -> None:
    first = premises.open()
    assert parse_epoch(first.epoch)
    other = premises.open(tmp_path / "elsewhere" / "outbox.sqlite3")
    assert other.epoch != first.epoch
    epoch = first.epoch
    first.close()
    other.close()
    again = premises.open()
    assert again.epoch == epoch
    again.close()


def test_what_was_stored_is_there_after_opening_again(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(5))
    assert take(outbox, max_events=3) is not None
    outbox.settle(outbox.epoch, "sale", [(2, 3)])
    outbox.adopt("g1", [])
    outbox.close()
    outbox = premises.open()
    assert outbox.last_sequence(Stream.SALE) == 5
    assert outbox.ledger == "g1"
    assert outbox.depths()[0].pending == 3
    (first, rest) = take(outbox), take(outbox)
    assert ids_of(first) + ids_of(rest) == [a_draft(n).event_id for n in (1, 4, 5)]
    assert outbox.append(Stream.SALE, [a_draft(6)])[0].sequence == 6
    outbox.close()


def test_a_write_is_in_the_log_with_full_sync_and_read_beside(premises: Premises) -> None:
    outbox = premises.open()
    pragma = outbox._file._writer.execute
    assert pragma("PRAGMA journal_mode").fetchone() == ("wal",)
    outbox.append(Stream.SALE, [a_draft(1)])
    assert pragma("PRAGMA synchronous").fetchone() == (2,)
    take(outbox)
    outbox.settle(outbox.epoch, "sale", [(1, 1)])
    assert pragma("PRAGMA synchronous").fetchone() == (1,)
    outbox.append(Stream.SALE, [a_draft(2)])
    assert pragma("PRAGMA synchronous").fetchone() == (2,)
    outbox.close()


def test_another_process_is_refused_by_name_and_may_look(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(3))
    script = (
        "import sys; from pathlib import Path; from agent.outbox import Inspection\n"
        "from agent.outbox.ownership import Ownership; path = Path(sys.argv[1])\n"
        "with Inspection.open(path) as inspection: print(inspection.depths()[0].pending)\n"
        "Ownership(path)\n"
    )
    other = subprocess.run(
        [sys.executable, "-c", script, str(premises.path)], check=False, capture_output=True
    )
    assert other.stdout.split() == [b"3"]
    assert f"being written by process {os.getpid()}" in other.stderr.decode()
    outbox.close()


@pytest.mark.parametrize("content", [b"not a database at all " * 400, b"SQLite format 3\0" * 400])
def test_bytes_that_are_no_database_are_told_and_set_aside_at_the_next_start(
    premises: Premises, content: bytes
) -> None:
    premises.path.parent.mkdir()
    premises.path.write_bytes(content)
    with pytest.raises(OutboxDamaged, match=r"outbox\.sqlite3"):
        Inspection.open(premises.path)
    assert premises.path.read_bytes() == content
    outbox = premises.open()
    assert outbox.append(Stream.SALE, [a_draft(1)])[0].sequence == 1
    outbox.close()
    assert [path.read_bytes() for path in set_aside(premises.path)] == [content]


def test_another_programs_database_is_refused_and_left_alone(premises: Premises) -> None:
    premises.path.parent.mkdir()
    edit(premises.path, "CREATE TABLE recipes (name TEXT)")
    content = premises.path.read_bytes()
    with pytest.raises(OutboxCorrupt, match="not an outbox"):
        premises.open()
    assert premises.path.read_bytes() == content


def test_a_newer_agents_file_is_refused(premises: Premises) -> None:
    premises.open().close()
    edit(premises.path, "PRAGMA user_version = 7")
    message = "schema version 7 and this agent knows 2; install the newer agent"
    with pytest.raises(OutboxCorrupt, match=message):
        premises.open()
    with pytest.raises(OutboxCorrupt, match=message):
        Inspection.open(premises.path)


def test_a_missing_table_is_told_and_the_next_start_does_without(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(3))
    outbox.close()
    edit(premises.path, "DROP TABLE span")
    with (
        Inspection.open(premises.path) as inspection,
        pytest.raises(OutboxDamaged, match="no such table: span"),
    ):
        inspection.depths()
    outbox = premises.open()
    assert ids_of(take(outbox))[:3] == [draft.event_id for draft in some_drafts(3)]
    outbox.close()


def test_a_path_that_cannot_be_written_is_told(premises: Premises, tmp_path: Path) -> None:
    with pytest.raises(DiskUnusable, match="writable"):
        premises.open(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskUnusable, match="writable"):
        premises.open(tmp_path / "file" / "outbox.sqlite3")


def test_migrations_run_once_each_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    steps = [
        *migrations(),
        Migration("notes", "CREATE TABLE note (text);\nINSERT INTO note VALUES (';');"),
    ]
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        assert migrate(db, path, steps[:1]) == ["initial tables"]
        assert migrate(db, path, steps[:2]) == ["names apart from events"]
        assert migrate(db, path, steps) == ["notes"]
        assert migrate(db, path, steps) == []
        assert db.execute("SELECT text FROM note").fetchall() == [(";",)]
        assert db.execute("PRAGMA user_version").fetchone() == (3,)
        assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    broken = Migration("broken", "CREATE TABLE note (text);\nINSERT INTO nowhere VALUES (1);")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            migrate(db, path, [*migrations(), broken])
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
        assert db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'note'").fetchone() is None


def test_streams_come_and_go_with_the_agents_version(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(2))
    outbox.close()
    edit(
        premises.path,
        "DELETE FROM lane WHERE stream = 'guide'",
        "INSERT INTO lane (epoch, stream, last, sent) VALUES (1, 'weather', 3, 0)",
    )
    outbox = premises.open()
    assert outbox.append(Stream.GUIDE, [a_draft(9)])[0].sequence == 1
    assert [depth.pending for depth in outbox.depths()] == [2, 0, 1, 0, 0]
    outbox.close()


def test_opening_beside_a_deep_backlog_neither_loads_nor_scans_it(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, [a_draft(1)])
    outbox.close()
    backlog = 300_000
    edit(
        premises.path,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        f" WHERE i < {backlog}) INSERT INTO event SELECT max(position) + i,"
        " printf('e-%08d', i), 0, x'7b7d' FROM n, (SELECT max(position) AS position FROM event)"
        " GROUP BY i",
        "INSERT OR REPLACE INTO named SELECT position >> 48, max(position) FROM event GROUP BY 1",
    )
    before = psutil.Process().memory_info().rss
    assert min(seconds_to_open(premises, backlog) for _ in range(3)) < 0.5
    assert psutil.Process().memory_info().rss - before < 16 * MIB


def seconds_to_open(premises: Premises, backlog: int) -> float:
    """Until the last of it is leased, and it is known how much there is."""
    began_s = perf_counter()
    outbox = premises.open()
    lease = take(outbox, first=backlog - 5)
    depth = outbox.depths()[0]
    elapsed_s = perf_counter() - began_s
    assert (depth.pending, depth.last) == (backlog + 1, backlog + 1)
    assert lease is not None
    assert lease.last == backlog + 1
    outbox.close()
    return elapsed_s


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_BUSY, OutboxBusy),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, OutboxBusy),
        (sqlite3.SQLITE_LOCKED, OutboxBusy),
        (sqlite3.SQLITE_FULL, DiskUnusable),
        (sqlite3.SQLITE_IOERR_FSYNC, DiskUnusable),
        (sqlite3.SQLITE_READONLY_ROLLBACK, DiskUnusable),
        (sqlite3.SQLITE_CANTOPEN, DiskUnusable),
        (sqlite3.SQLITE_IOERR_READ, OutboxDamaged),
        (sqlite3.SQLITE_IOERR_CORRUPTFS, OutboxDamaged),
        (sqlite3.SQLITE_CORRUPT_INDEX, OutboxDamaged),
        (sqlite3.SQLITE_NOTADB, OutboxDamaged),
        (sqlite3.SQLITE_ERROR, OutboxCorrupt),
    ],
)
def test_sqlites_errors_are_said_in_our_words(code: int, kind: type[Exception]) -> None:
    error = sqlite3.OperationalError("it went wrong")
    error.sqlite_errorcode = code
    ours = explain(error, Path("/data/outbox.sqlite3"))
    assert type(ours) is kind
    assert "/data/outbox.sqlite3: it went wrong; " in str(ours)


def test_a_mistake_of_the_program_is_not_blamed_on_the_disk() -> None:
    error = sqlite3.IntegrityError("NOT NULL constraint failed")
    error.sqlite_errorcode = sqlite3.SQLITE_CONSTRAINT_NOTNULL
    assert explain(error, Path("outbox")) is None
    assert explain(sqlite3.ProgrammingError("closed database"), Path("outbox")) is None
