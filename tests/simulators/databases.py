"""Where a test's database lies: a SQLite file, or a PostgreSQL database of its own.

    def ledger(databases: Databases, tmp_path: Path) -> ...:
        engine = databases.open(tmp_path)       # with the whole schema in it

The fixture ``databases`` of the suite's ``conftest`` comes in both kinds, so every promise that is
tested through it is tested on both.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine, event, select
from sqlalchemy.engine import make_url

from cloud.storage import open_engine, read
from cloud.storage.metadata import TABLE_MODULES, whole_schema
from cloud.storage.migrations import upgrade
from tests.simulators.postgres import PostgresCluster

_KEPT = 24
"""Databases that stay, the newest ones, of 9 MB each; no module of tests uses so many at once."""


class Databases(Protocol):
    """Makes databases for tests. One folder has one database, which may be opened again."""

    def open(self, folder: Path, modules: Sequence[str] = TABLE_MODULES) -> Engine:
        """An engine over the folder's database, with at least the tables of these modules."""
        ...

    def at_rest(self, engine: Engine) -> bytes:
        """What lies on the disk, as a thief would find it."""
        ...


class SqliteDatabases:
    """A file ``cloud.db`` in the folder. ``hasty`` does not wait for the disk."""

    def __init__(self, *, hasty: bool = False) -> None:
        self._hasty = hasty

    def open(self, folder: Path, modules: Sequence[str] = TABLE_MODULES) -> Engine:
        engine = open_engine(f"sqlite:///{folder / 'cloud.db'}")
        if self._hasty:
            event.listen(engine, "connect", _do_not_wait_for_the_disk)
        whole_schema(modules).create_all(engine)
        return engine

    def at_rest(self, engine: Engine) -> bytes:
        folder = Path(str(engine.url.database)).parent
        return b"".join(path.read_bytes() for path in sorted(folder.glob("cloud.db*")))


class PostgresDatabases:
    """A database per folder, copied from one that the migrations have made."""

    def __init__(self, cluster: PostgresCluster) -> None:
        self._cluster = cluster
        self._template: str | None = None
        self._urls: dict[Path, str] = {}

    def open(self, folder: Path, modules: Sequence[str] = TABLE_MODULES) -> Engine:
        del modules  # the whole schema costs nothing: it is a copy
        if self._template is None:
            self._template = self._make_template()
        if folder not in self._urls:
            self._forget_old_ones()
            self._urls[folder] = self._cluster.create_database(self._template)
        return open_engine(self._urls[folder])

    def at_rest(self, engine: Engine) -> bytes:
        """Every value of every row: files would hide what PostgreSQL compresses."""
        values: list[bytes] = []
        with read(engine) as connection:
            for table in whole_schema().sorted_tables:
                for row in connection.execute(select(table)):
                    values += [_as_bytes(value) for value in row]
        return b"\n".join(values)

    def _forget_old_ones(self) -> None:
        while len(self._urls) >= _KEPT:
            url = self._urls.pop(next(iter(self._urls)))
            self._cluster.drop_database(str(make_url(url).database))

    def _make_template(self) -> str:
        url = self._cluster.create_database()
        engine = open_engine(url)
        upgrade(engine)
        engine.dispose()
        return str(make_url(url).database)


def _as_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _do_not_wait_for_the_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")
