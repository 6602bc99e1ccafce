"""Yesterday's database is put back without a word: shops notice, send again, people are told."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from random import Random
from typing import Protocol

import pytest

from cloud.ingest.alarms import AlarmKind
from cloud.ledger.generation import read_generation
from cloud.storage import open_engine, read
from tests.faults.run.premises import Premises
from tests.faults.run.scenario import Setting
from tests.simulators.postgres import PostgresCluster, postgres_cluster
from tests.simulators.processes import eventually

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(240)]

SALES = 60


class Vault(Protocol):
    """Where the cloud's database lies, and how it is copied while nobody uses it."""

    url: str

    def back_up(self, here: Premises) -> None:
        """Keep a copy of it as it is now."""

    def put_back(self, here: Premises) -> None:
        """Put the copy in its place."""


class Sqlite:
    """The database file beside the keys."""

    url = ""

    def back_up(self, here: Premises) -> None:
        """See ``Vault``; SQLite's own way of copying."""
        with (
            closing(sqlite3.connect(_file(here))) as source,
            closing(sqlite3.connect(_copy(here))) as target,
        ):
            source.backup(target)

    def put_back(self, here: Premises) -> None:
        """See ``Vault``."""
        for suffix in ("", "-wal", "-shm"):
            _file(here).with_name(f"{_file(here).name}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(_copy(here), _file(here))


class Postgres:
    """A database of a throw-away cluster."""

    def __init__(self, cluster: PostgresCluster) -> None:
        self._cluster = cluster
        self.url = cluster.create_database()
        self._name = self.url.partition("?")[0].rpartition("/")[2]

    def back_up(self, here: Premises) -> None:
        """See ``Vault``."""
        assert here.cloud.ingest is not None
        here.cloud.ingest.stop()
        self._cluster.command(f"CREATE DATABASE backup TEMPLATE {self._name} STRATEGY FILE_COPY")
        here.cloud.start_ingest()

    def put_back(self, here: Premises) -> None:  # noqa: ARG002 - the port's: a file knows its place by it
        """See ``Vault``."""
        self._cluster.drop_database(self._name)
        self._cluster.command(f"ALTER DATABASE backup RENAME TO {self._name}")


@contextmanager
def sqlite_vault() -> Iterator[Vault]:
    yield Sqlite()


@contextmanager
def postgres_vault() -> Iterator[Vault]:
    with postgres_cluster() as cluster:
        yield Postgres(cluster)


@pytest.mark.parametrize("vault", [sqlite_vault, postgres_vault])
def test_a_ledger_put_back_without_a_word_gets_everything_again(
    tmp_path: Path, vault: Callable[[], AbstractContextManager[Vault]]
) -> None:
    setting = Setting(tmp_path, 1, quick=True, seed=5, random=Random(5), tell=print)
    with (
        vault() as database,
        Premises(setting, sales=SALES, database_url=database.url) as here,
    ):
        here.due = frozenset({AlarmKind.LEDGER_LACKS})
        here.sell(0.4)
        assert here.drained()
        database.back_up(here)
        generation = _generation(here)
        here.sell(0.4)
        assert here.drained()
        complete = here.count()
        assert not complete.lost

        assert here.cloud.ingest is not None
        here.cloud.ingest.stop()
        database.put_back(here)
        assert here.count().lost, "or the test proves nothing"
        here.cloud.start_ingest()

        assert eventually(lambda: not here.count().lost, 60, 0.2)
        here.sell()
        census = here.census()
        assert (census.lost, census.doubled) == (0, 0)
        assert _generation(here) == generation, "nobody has said that it was restored"


def _generation(here: Premises) -> str:
    engine = open_engine(here.database_url)
    try:
        with read(engine) as connection:
            return read_generation(connection)
    finally:
        engine.dispose()


def _file(here: Premises) -> Path:
    return here.cloud.folder / "data" / "cloud.sqlite3"


def _copy(here: Premises) -> Path:
    return here.setting.folder / "backup.sqlite3"
