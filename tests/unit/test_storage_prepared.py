"""Statements past SQLAlchemy: the same words and promises on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DisconnectionError, IntegrityError

from cloud.errors import SchemaMismatch
from cloud.storage import open_engine, read, together, write
from cloud.storage.engine import RESTED_S, Rests
from cloud.storage.prepared import Prepared
from tests.simulators.clocks import HandClock
from tests.simulators.databases import Databases
from tests.simulators.postgres import PostgresCluster

PHONE = "13911112222"
SCHEMA = MetaData()
SHOPS = Table("shop", SCHEMA, Column("id", Integer, primary_key=True), Column("name", String))

ADD = Prepared(insert(SHOPS).values(id=bindparam("number"), name=bindparam("called")))
NAMED = Prepared(select(SHOPS.c.id).where(SHOPS.c.name == bindparam("called")))
FIRST_TWO = Prepared(select(SHOPS.c.id).order_by(SHOPS.c.id).limit(2))
RENAME = Prepared(
    update(SHOPS).where(SHOPS.c.id == bindparam("number")).values(name=bindparam("called"))
)


@pytest.fixture
def engine(databases: Databases, tmp_path: Path) -> Iterator[Engine]:
    engine = databases.open(tmp_path)
    SCHEMA.create_all(engine)
    yield engine
    engine.dispose()


def shop(number: int, called: str = "a") -> dict[str, object]:
    return {"number": number, "called": called}


def test_rows_are_found_by_their_values(engine: Engine) -> None:
    with write(engine) as connection:
        ADD.many(connection, [shop(1), shop(2, "b"), shop(3)])
        assert NAMED(connection, {"called": "b"}).fetchone() == (2,)
        assert NAMED(connection, {"called": "c"}).fetchone() is None


def test_values_that_the_statement_brings_along_are_kept(engine: Engine) -> None:
    with write(engine) as connection:
        ADD.many(connection, [shop(n) for n in range(1, 5)])
    with read(engine) as connection:
        assert FIRST_TWO(connection).fetchall() == [(1,), (2,)]


def test_each_database_may_have_a_form_of_its_own(engine: Engine) -> None:
    forms = Prepared(sqlite=text("SELECT 'sqlite'"), postgresql=text("SELECT 'postgresql'"))
    with read(engine) as connection:
        assert forms(connection).fetchone() == (engine.dialect.name,)


def test_a_broken_constraint_is_raised_as_ever_and_leaves_no_trace(engine: Engine) -> None:
    with pytest.raises(IntegrityError) as caught, write(engine) as connection:
        ADD.many(connection, [shop(1, PHONE), shop(1, PHONE)])
    assert PHONE not in str(caught.value)
    with read(engine) as connection:
        assert FIRST_TWO(connection).fetchall() == []


def test_a_missing_table_asks_for_the_upgrade(engine: Engine) -> None:
    nowhere = Prepared(text("SELECT 1 FROM nowhere"))
    with pytest.raises(SchemaMismatch, match="lianke-cloud upgrade"), read(engine) as connection:
        nowhere(connection)


def test_what_travels_together_is_done_one_after_the_other(engine: Engine) -> None:
    with write(engine) as connection:
        with together(connection):
            ADD(connection, shop(1))
            before = NAMED(connection, {"called": "b"})
            renamed = RENAME.many(connection, [shop(1, "b"), shop(2, "b")])
            after = NAMED(connection, {"called": "b"})
        assert (before.fetchall(), after.fetchall(), renamed.rowcount) == ([], [(1,)], 1)


def test_a_commit_that_travels_along_is_done_when_the_block_has_ended(engine: Engine) -> None:
    with write(engine) as connection, together(connection, committing=True):
        ADD(connection, shop(1))
    with read(engine) as connection:
        assert FIRST_TWO(connection).fetchall() == [(1,)]


@pytest.mark.parametrize("committing", [False, True])
def test_one_that_fails_leaves_no_trace_of_those_that_travelled_along(
    engine: Engine, *, committing: bool
) -> None:
    def fail() -> None:
        with write(engine) as connection, together(connection, committing=committing):
            ADD(connection, shop(1))
            ADD(connection, shop(1))
            ADD(connection, shop(2))

    with pytest.raises(IntegrityError):
        fail()
    with write(engine) as connection:
        assert FIRST_TWO(connection).fetchall() == []


def test_a_pooled_connection_is_asked_only_after_a_rest(postgres: PostgresCluster) -> None:
    clock, engine = HandClock(), open_engine(postgres.create_database())
    rests = Rests(engine.dialect, clock.monotonic_s)
    record = SimpleNamespace(info={})
    lost = psycopg.connect(postgres.conninfo())
    lost.close()
    rests.end(lost, record, None)
    rests.begin(lost, record)
    clock.move(RESTED_S / 2)
    rests.end(lost, record, None)
    clock.move(RESTED_S / 2)
    with pytest.raises(DisconnectionError):
        rests.end(lost, record, None)
    engine.dispose()
