"""What PostgreSQL adds: a server that goes away, comes back, and wants a password."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, literal, select, text

from cloud.config import StorageSettings
from cloud.errors import BadConfiguration, DatabaseUnavailable
from cloud.foundations import database_password
from cloud.storage import in_turn, open_engine, read, write
from cloud.storage.metadata import whole_schema
from cloud.storage.migrations import check, upgrade
from cloud.storage.prepared import Prepared
from tests.simulators.databases import PostgresDatabases
from tests.simulators.postgres import PostgresCluster, postgres_cluster


@pytest.fixture
def engine(postgres: PostgresCluster) -> Iterator[Engine]:
    engine = open_engine(postgres.create_database())
    yield engine
    engine.dispose()


def test_the_migrations_make_the_tables_that_the_code_declares(engine: Engine) -> None:
    upgrade(engine)
    upgrade(engine)
    check(engine)
    with read(engine) as connection:
        made = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).scalars()
        assert set(made) - {"alembic_version"} == set(whole_schema().tables)


def test_a_commit_is_on_the_disk_as_the_server_comes() -> None:
    with postgres_cluster({}) as cluster:
        engine = open_engine(cluster.url("postgres"))
        with read(engine) as connection:
            settings = [
                connection.execute(text(f"SHOW {name}")).scalar_one()
                for name in ("fsync", "synchronous_commit", "lock_timeout", "application_name")
            ]
        engine.dispose()
    assert settings == ["on", "on", "10s", "lianke"]


def test_long_values_are_compressed_by_lz4(engine: Engine) -> None:
    with write(engine) as connection:
        connection.execute(text("CREATE TABLE long_value (value text)"))
        connection.execute(text("INSERT INTO long_value VALUES (repeat('lianke', 1000))"))
        used = text("SELECT pg_column_compression(value) FROM long_value")
        assert connection.execute(used).scalar_one() == "lz4"


def test_what_is_read_leaves_the_servers_statements_prepared(engine: Engine) -> None:
    one = Prepared(select(literal(1)))
    for _ in range(10):  # the driver prepares what it has executed five times
        with read(engine) as connection:
            one(connection).fetchone()
    with read(engine) as connection:
        prepared = text("SELECT count(*) FROM pg_prepared_statements")
        assert connection.execute(prepared).scalar_one() > 0


def test_a_server_that_is_killed_is_trouble_that_passes() -> None:
    with postgres_cluster({}) as cluster:
        engine = open_engine(cluster.url("postgres"))
        with write(engine) as connection:
            connection.execute(text("CREATE TABLE shop (name TEXT)"))
        with pytest.raises(DatabaseUnavailable), write(engine) as connection:  # noqa: PT012 - it dies in between
            connection.execute(text("INSERT INTO shop VALUES ('a')"))
            cluster.kill()
            connection.execute(text("INSERT INTO shop VALUES ('b')"))
        with pytest.raises(DatabaseUnavailable), read(engine):
            pass
        cluster.start()
        with read(engine) as connection:
            assert connection.execute(text("SELECT count(*) FROM shop")).scalar_one() == 0
        engine.dispose()


def test_a_read_only_server_is_trouble_that_passes(engine: Engine) -> None:
    with write(engine) as connection:
        connection.execute(text("CREATE TABLE shop (name TEXT)"))
    with pytest.raises(DatabaseUnavailable, match="read-only"), write(engine) as connection:  # noqa: PT012 - as a standby would be
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(text("INSERT INTO shop VALUES ('a')"))


def test_who_waits_too_long_for_its_turn_may_try_again(postgres: PostgresCluster) -> None:
    url = postgres.create_database()
    patient, hasty = open_engine(url), open_engine(f"{url}&options=-c%20lock_timeout%3D50")
    with write(patient) as holder:
        in_turn(holder, "ledger")
        with pytest.raises(DatabaseUnavailable), write(hasty) as late:
            in_turn(late, "ledger")
        with write(hasty) as another:
            in_turn(another, "follower")
    for engine in (patient, hasty):
        engine.dispose()


def test_turns_of_one_name_never_overlap(engine: Engine) -> None:
    inside: list[str] = []

    def take_turns() -> None:
        for _ in range(20):
            with write(engine) as connection:
                in_turn(connection, "ledger")
                inside.append("in")
                connection.execute(text("SELECT pg_sleep(0.001)"))
                inside.append("out")

    threads = [threading.Thread(target=take_turns) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inside == ["in", "out"] * 80


def test_a_folders_database_can_be_opened_again(
    postgres_databases: PostgresDatabases, tmp_path: Path
) -> None:
    first, second = (postgres_databases.open(tmp_path) for _ in range(2))
    assert first.url == second.url
    check(second)
    for engine in (first, second):
        engine.dispose()


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match=r"storage\.password_file") as caught:
        StorageSettings(url="postgresql://lianke:geheim@db.example/lianke")
    assert "geheim" not in str(caught.value)


def test_the_password_comes_from_a_file_or_before_that_from_the_environment(
    tmp_path: Path,
) -> None:
    (tmp_path / "password").write_text("from the file\n")
    storage = StorageSettings(url="postgresql://db/x", password_file=tmp_path / "password")
    given = {"LIANKE_DATABASE_PASSWORD": "from the environment"}
    assert database_password(storage, {}) == "from the file"
    assert database_password(storage, given) == "from the environment"
    assert database_password(StorageSettings(), {}) is None


def test_a_password_file_that_is_missing_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    storage = StorageSettings(url="postgresql://db/x", password_file=tmp_path / "nowhere")
    with pytest.raises(BadConfiguration, match="No such file"):
        database_password(storage, {})


def test_the_password_is_shown_nowhere() -> None:
    engine = open_engine("postgresql://lianke@127.0.0.1:1/lianke", "geheim")
    with pytest.raises(DatabaseUnavailable) as caught, read(engine):
        pass
    assert "geheim" not in f"{caught.value} {caught.value.__cause__} {engine.url!r} {engine!r}"
    engine.dispose()
