"""A throw-away PostgreSQL: a cluster of the tests' own on a Unix socket, ended by its pid.

    with postgres_cluster() as cluster:
        engine = open_engine(cluster.create_database())

PostgreSQL refuses to run as root, so a root process starts it as an unprivileged user, in a folder
that belongs to that user. Nothing listens on TCP, and the machine's own cluster is left alone.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from tests.simulators.required_server import required_program

_OWNER = "lianke"
_DEADLINE_S = 30.0

HASTY: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "128MB",
    "max_connections": "200",
    "autovacuum": "off",
}
"""For tests of what a database holds while it runs: a kill loses commits, a power cut all of it.

Nothing is swept behind their backs: a sweeper is a process that comes and goes, and takes its time
from whoever is measured.
"""

DURABLE: Mapping[str, str] = {"max_wal_size": "4GB"}
"""PostgreSQL as it comes: a commit is on the disk. Checkpoints by time, as on a real server."""


class PostgresCluster:
    """A server with databases; it can be killed and brought back. Close it at the end."""

    def __init__(self, settings: Mapping[str, str] = HASTY) -> None:
        self._initdb = _server_program("initdb")
        self._postgres = _server_program("postgres")
        self._user = _unprivileged_user()
        self._folder = Path(tempfile.mkdtemp(prefix="lianke-pg-", dir=_place(settings)))
        self._settings = settings
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        if self._user:
            shutil.chown(self._folder, self._user)
        self._call(self._initdb, "-D", self._data, "-U", _OWNER, "-E", "UTF8", "--locale=C",
                   "--auth=trust", "--no-sync", "--no-instructions")  # fmt: skip

    @property
    def pid(self) -> int | None:
        """The server's process id; None while it is down."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start, or start again after a kill; returns when it answers."""
        options = [f"-c{name}={value}" for name, value in self._settings.items()]
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._postgres, "-D", self._data, "-k", self._folder, "-clisten_addresses=",
                 *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder,
                **_identity(self._user),
            )  # fmt: skip
        deadline = time.monotonic() + _DEADLINE_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{self.log()[-2000:]}")
            time.sleep(0.02)

    def create_database(self, template: str = "template1") -> str:
        """An empty database, or a copy of another one that nobody uses now; returns its URL."""
        name = f"test_{next(self._numbers)}"
        self.command(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Forget a database, whoever still uses it."""
        self.command(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def url(self, database: str) -> str:
        """SQLAlchemy's URL of a database."""
        return f"postgresql+psycopg://{_OWNER}@/{database}?host={self._folder}"

    def conninfo(self, database: str = "postgres") -> str:
        """libpq's words for the same, for a connection past SQLAlchemy."""
        return f"host={self._folder} user={_OWNER} dbname={database}"

    def command(self, statement: str) -> None:
        """One statement of an administrator, outside any transaction."""
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def log(self) -> str:
        """What the server has said."""
        return (self._folder / "server.log").read_text(errors="replace")

    def kill(self) -> None:
        """End it with -9, children included: they notice that their postmaster is gone."""
        self._end(signal.SIGKILL)
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def close(self) -> None:
        """End it, whoever is still connected, and remove everything."""
        self._end(signal.SIGINT)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _end(self, how: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait(_DEADLINE_S)
            self._process = None

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.conninfo(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _call(self, *command: str | Path) -> None:
        done = subprocess.run(
            command, cwd=self._folder, capture_output=True, check=False, **_identity(self._user)
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed:\n{done.stderr.decode(errors='replace')}")


@contextmanager
def postgres_cluster(settings: Mapping[str, str] = HASTY) -> Iterator[PostgresCluster]:
    """A running cluster; skips the test where PostgreSQL is not installed, fails it in CI."""
    cluster = PostgresCluster(settings)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


def _server_program(name: str) -> Path:
    """Debian keeps the server's programs out of the path, in a folder for each version."""
    newest = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4])
    )
    if newest:
        return newest[-1]
    return required_program(name, package="the Debian package postgresql")


def _place(settings: Mapping[str, str]) -> str | None:
    """What need not outlast anything lies in memory, where the machine offers it."""
    memory = Path("/dev/shm")
    in_memory = settings.get("fsync") == "off" and memory.is_dir() and os.access(memory, os.W_OK)
    return str(memory) if in_memory else None


def _unprivileged_user() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _identity(user: str | None) -> dict[str, Any]:
    """As whom a process shall run, in ``subprocess``'s words."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
