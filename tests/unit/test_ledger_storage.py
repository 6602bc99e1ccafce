"""The database underneath: transactions, errors in our words, and the schema's history."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.schema import CreateIndex, CreateTable

from cloud.errors import BadConfiguration, DatabaseUnavailable, FaultyService, SchemaMismatch
from cloud.storage import in_turn, open_engine, read, write
from cloud.storage.bulk import BulkInsert
from cloud.storage.columns import from_ms, to_ms
from cloud.storage.metadata import whole_schema
from cloud.storage.migrations import check, upgrade
from cloud.storage.revise import main, revise
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON

SCHEMA = MetaData()
SHOPS = Table("shop", SCHEMA, Column("id", Integer, primary_key=True), Column("name", String))


@pytest.fixture
def engine(databases: Databases, tmp_path: Path) -> Iterator[Engine]:
    engine = databases.open(tmp_path)
    SCHEMA.create_all(engine)
    yield engine
    engine.dispose()


def names(engine: Engine) -> list[str]:
    with read(engine) as connection:
        return list(connection.execute(select(SHOPS.c.name).order_by(SHOPS.c.id)).scalars())


def test_a_commit_is_on_the_disk_and_foreign_keys_are_kept(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/test.db")
    with read(engine) as connection:
        settings = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert settings == ["wal", 2, 1]
    engine.dispose()


def test_a_failed_block_leaves_no_trace(engine: Engine) -> None:
    def fail() -> None:
        with write(engine) as connection:
            connection.execute(SHOPS.insert().values(name="a"))
            raise ValueError("changed our mind")

    with pytest.raises(ValueError, match="changed our mind"):
        fail()
    assert names(engine) == []


def test_a_reader_sees_one_moment_and_waits_for_nobody(engine: Engine) -> None:
    with write(engine) as writer:
        writer.execute(SHOPS.insert().values(name="a"))
        assert names(engine) == []
    with read(engine) as connection:
        count = text("SELECT count(*) FROM shop")
        before = connection.execute(count).scalar_one()
        with write(engine) as writer:
            writer.execute(SHOPS.insert().values(name="b"))
        assert connection.execute(count).scalar_one() == before == 1


def test_what_is_written_while_reading_is_not_kept(engine: Engine) -> None:
    """SQLite forgets it; PostgreSQL refuses it, as a mistake of the program."""
    with suppress(InternalError), read(engine) as connection:
        connection.execute(SHOPS.insert().values(name="a"))
    assert names(engine) == []


def test_writers_that_read_first_never_lose_each_others_work(engine: Engine) -> None:
    with write(engine) as connection:
        connection.execute(SHOPS.insert().values(id=1, name="0"))

    def count_up() -> None:
        for _ in range(20):
            with write(engine) as connection:
                in_turn(connection, "count")
                seen = connection.execute(select(SHOPS.c.name)).scalar_one()
                connection.execute(SHOPS.update().values(name=str(int(seen) + 1)))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names(engine) == ["80"]


def test_a_lock_held_by_another_process_is_trouble_that_passes(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/test.db?timeout=0.05")
    SCHEMA.create_all(engine)
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    with pytest.raises(DatabaseUnavailable, match="locked"), write(engine):
        pass
    assert time.monotonic() - started < 5
    other.close()
    engine.dispose()


def test_a_missing_table_asks_for_the_upgrade(engine: Engine) -> None:
    with pytest.raises(SchemaMismatch, match="lianke-cloud upgrade"), read(engine) as connection:
        connection.execute(text("SELECT * FROM nowhere"))


def test_a_damaged_file_needs_a_person(tmp_path: Path) -> None:
    (tmp_path / "test.db").write_bytes(b"not a database at all" * 100)
    engine = open_engine(f"sqlite:///{tmp_path}/test.db")
    with pytest.raises(FaultyService, match="cannot be used"), write(engine):
        pass
    engine.dispose()


def test_a_missing_folder_needs_a_person(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/nowhere/test.db")
    with pytest.raises(FaultyService, match="cannot be used"), read(engine):
        pass
    engine.dispose()


def test_a_mistake_in_the_program_passes_through(engine: Engine) -> None:
    with pytest.raises(IntegrityError), write(engine) as connection:  # noqa: PT012 - two rows make one conflict
        connection.execute(SHOPS.insert().values(id=1))
        connection.execute(SHOPS.insert().values(id=1))
    with pytest.raises((OperationalError, ProgrammingError)), read(engine) as connection:
        connection.execute(text("NONSENSE"))


def test_errors_do_not_quote_the_rows(engine: Engine) -> None:
    rows = [{"id": 1, "name": "13911112222"}, {"id": 1, "name": "13911112222"}]
    with pytest.raises(IntegrityError) as caught, write(engine) as connection:
        connection.execute(SHOPS.insert(), rows)
    assert "13911112222" not in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "nonsense", "oracle9://x/y"])
def test_an_unusable_url_is_a_mistake_in_the_configuration(url: str) -> None:
    with pytest.raises(BadConfiguration):
        open_engine(url)


def test_bulk_rows_arrive_as_they_are(engine: Engine) -> None:
    bulk = BulkInsert(SHOPS, ["id", "name"])
    with write(engine) as connection:
        bulk(connection, [])
        bulk(connection, [(1, "a"), (2, None)])
        bulk(connection, [(n, f"{n}") for n in range(3, 1_000)])
    assert names(engine) == ["a", None, *(f"{n}" for n in range(3, 1_000))]


def test_a_bulk_row_that_breaks_a_constraint_leaves_no_trace(engine: Engine) -> None:
    bulk = BulkInsert(SHOPS, ["id", "name"])
    with pytest.raises(IntegrityError) as caught, write(engine) as connection:
        bulk(connection, [(1, "13911112222"), (1, "13911112222")])
    assert "13911112222" not in str(caught.value)
    assert names(engine) == []


def test_times_survive_to_the_millisecond() -> None:
    moment = NOON.replace(microsecond=123_000)
    assert from_ms(to_ms(moment)) == moment


def test_the_ledgers_tables_make_sense_to_postgresql() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's gap
    tables = [
        table
        for name, table in whole_schema(["cloud.ledger.tables"]).tables.items()
        if name.startswith("ledger_")
    ]
    made = [str(CreateTable(table).compile(dialect=dialect)) for table in tables]
    made += [str(CreateIndex(i).compile(dialect=dialect)) for t in tables for i in t.indexes]
    ddl = "\n".join(made)
    assert "position BIGINT NOT NULL" in ddl
    assert "body BYTEA NOT NULL" in ddl
    assert "id BIGSERIAL NOT NULL" in ddl
    assert "(tenant, natural_key, digest) WHERE natural_key IS NOT NULL" in ddl


class History:
    """A schema that grows, in a folder of revisions of its own."""

    def __init__(self, folder: Path) -> None:
        self.versions = folder / "versions"
        self.versions.mkdir()
        self.engine = open_engine(f"sqlite:///{folder}/test.db")
        revise("shops", SCHEMA, self.versions)

    def grow(self) -> None:
        grown = MetaData()
        for table in SCHEMA.tables.values():
            table.to_metadata(grown)
        grown.tables["shop"].append_column(Column("city", String(40), nullable=True))
        revise("cities", grown, self.versions)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    history = History(tmp_path)
    yield history
    history.engine.dispose()


def test_an_upgrade_brings_what_is_missing_and_keeps_what_is_there(history: History) -> None:
    with pytest.raises(SchemaMismatch, match="revision none, this program needs"):
        check(history.engine, history.versions)
    upgrade(history.engine, history.versions)
    with write(history.engine) as connection:
        connection.execute(SHOPS.insert().values(name="a"))
    history.grow()
    with pytest.raises(SchemaMismatch, match="lianke-cloud upgrade"):
        check(history.engine, history.versions)
    for _ in range(2):
        upgrade(history.engine, history.versions)
    check(history.engine, history.versions)
    with read(history.engine) as connection:
        assert connection.execute(text("SELECT name, city FROM shop")).all() == [("a", None)]


def test_an_older_program_refuses_a_newer_database(history: History, tmp_path: Path) -> None:
    upgrade(history.engine, history.versions)
    (tmp_path / "older").mkdir()
    for act in (upgrade, check):
        with pytest.raises(SchemaMismatch, match="does not know"):
            act(history.engine, tmp_path / "older")


def test_a_revision_that_fails_changes_nothing(history: History) -> None:
    history.grow()
    newest = max(history.versions.glob("*_cities.py"))
    newest.write_text(newest.read_text().replace("def upgrade() -> None:\n", BROKEN))
    with pytest.raises(SchemaMismatch, match="nowhere"):
        upgrade(history.engine, history.versions)
    with read(history.engine) as connection:
        tables = connection.execute(text("SELECT name FROM sqlite_master")).scalars().all()
    assert "shop" not in tables


def test_a_revision_that_orphans_rows_is_refused(history: History) -> None:
    history.grow()
    newest = max(history.versions.glob("*_cities.py"))
    newest.write_text(newest.read_text().replace("def upgrade() -> None:\n", ORPHANING))
    with pytest.raises(SchemaMismatch, match="without their parents in child"):
        upgrade(history.engine, history.versions)


BROKEN = 'def upgrade() -> None:\n    op.execute("DROP TABLE nowhere")\n'
ORPHANING = """def upgrade() -> None:
    op.execute("CREATE TABLE child (shop INTEGER REFERENCES shop (id))")
    op.execute("INSERT INTO child VALUES (7)")
"""


def test_the_command_wants_a_message() -> None:
    assert main([]) == 2
