"""A session bears its owner's name, and whoever knows the name can end it, whatever it is at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from cloud.errors import DatabaseUnavailable
from cloud.storage import in_turn, open_engine, read, write
from cloud.storage.sessions import end_sessions, name_sessions
from tests.simulators.postgres import PostgresCluster
from tests.simulators.processes import eventually

HUNG = "lianke one 0123456789ab"


@pytest.fixture
def database(postgres: PostgresCluster) -> str:
    return postgres.create_database()


@contextmanager
def engine_of(database: str, owner: str = "") -> Iterator[Engine]:
    engine = open_engine(database)
    if owner:
        name_sessions(engine, owner)
    yield engine
    engine.dispose()


@pytest.fixture
def heir(database: str) -> Iterator[Engine]:
    with engine_of(database, "lianke two 0123456789ab") as engine:
        yield engine


@pytest.fixture
def hung(database: str) -> Iterator[Engine]:
    with engine_of(database, HUNG) as engine:
        yield engine


def ended(heir: Engine, owner: str = HUNG) -> int:
    with write(heir) as connection:
        return end_sessions(connection, owner)


def waits_for(heir: Engine, what: str) -> bool:
    """Whether the hung one's session is in the midst of a statement and waits for its client."""
    asked = text(
        "SELECT query FROM pg_stat_activity"
        " WHERE application_name = :owner AND state = 'active' AND wait_event = 'ClientRead'"
    )
    with read(heir) as connection:
        said = connection.execute(asked, {"owner": HUNG}).scalar_one_or_none()
    return said is not None and said.startswith(what)


def is_free(heir: Engine, turn: str) -> bool:
    """Whether the turn can be had at once."""
    with write(heir) as connection:
        connection.execute(text("SET LOCAL lock_timeout = 100"))
        in_turn(connection, turn)
    return True


def test_connections_from_before_are_not_used_again(database: str) -> None:
    with engine_of(database) as engine:
        with read(engine) as connection:
            assert connection.execute(text("SHOW application_name")).scalar_one() == "lianke"
        name_sessions(engine, HUNG)
        with read(engine) as connection:
            assert connection.execute(text("SHOW application_name")).scalar_one() == HUNG


def test_one_that_stopped_amid_a_copy_keeps_its_turn_until_it_is_ended(
    hung: Engine, heir: Engine
) -> None:
    with write(heir) as connection:
        connection.execute(text("CREATE TABLE shop (name TEXT)"))
    with pytest.raises(DatabaseUnavailable), write(hung) as connection:  # noqa: PT012 - it is ended in between
        connection.execute(text("SET LOCAL statement_timeout = 100"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 100"))
        in_turn(connection, "ledger")
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy("COPY shop FROM STDIN") as copy:
            copy.write(b"half a row" * 20_000)
            assert eventually(lambda: waits_for(heir, "COPY"))
            with pytest.raises(DatabaseUnavailable):
                is_free(heir, "ledger")
            assert waits_for(heir, "COPY"), "no timeout has ended it"
            assert ended(heir) == 1
            assert eventually(lambda: is_free(heir, "ledger"))
        connection.execute(text("SELECT 1"))
    with read(heir) as connection:
        assert connection.execute(text("SELECT count(*) FROM shop")).scalar_one() == 0


def test_one_that_stopped_amid_a_pipeline_is_ended_as_well(hung: Engine, heir: Engine) -> None:
    with pytest.raises(DatabaseUnavailable), write(hung) as connection:  # noqa: PT012 - it is ended in between
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 100"))
        in_turn(connection, "ledger")
        driver: Any = connection.connection.driver_connection
        driver.pgconn.enter_pipeline_mode()
        driver.pgconn.send_query_params(b"SELECT 1", None)
        driver.pgconn.send_flush_request()
        driver.pgconn.flush()
        assert eventually(lambda: waits_for(heir, "SELECT 1"))
        with pytest.raises(DatabaseUnavailable):
            is_free(heir, "ledger")
        assert ended(heir) == 1
        assert eventually(lambda: is_free(heir, "ledger"))
        connection.execute(text("SELECT 1"))


def test_only_the_sessions_of_that_owner_in_this_database_are_ended(
    postgres: PostgresCluster, database: str, heir: Engine
) -> None:
    elsewhere = postgres.create_database()
    with (
        engine_of(database, f"{HUNG}c") as namesake,
        engine_of(elsewhere, HUNG) as neighbour,
        write(namesake) as first,
        write(neighbour) as second,
    ):
        for connection in (first, second):
            connection.execute(text("SELECT 1"))
        assert ended(heir) == 0
        for connection in (first, second):
            connection.execute(text("SELECT 1"))


def test_who_ends_its_own_sessions_keeps_the_one_it_says_so_in(hung: Engine) -> None:
    with write(hung) as connection, hung.connect() as another:
        another.execute(text("SELECT 1"))
        assert end_sessions(connection, HUNG) == 1
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
        another.invalidate()


def test_a_file_has_no_sessions(tmp_path: Path) -> None:
    with engine_of(f"sqlite:///{tmp_path / 'cloud.db'}", HUNG) as engine:
        assert ended(engine) == 0
