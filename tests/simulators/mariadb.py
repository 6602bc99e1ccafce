"""A throw-away MariaDB: a server of the tests' own on a free loopback port, ended by its pid.

    with mariadb_server() as server:
        engine = create_engine(server.url("till"))

Its data lie in a temporary folder without durability, its socket beside them. It runs as whoever
runs the tests; the machine's own server, if there is one, is left alone.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from tests.simulators.processes import free_port
from tests.simulators.required_server import required_program

_DEADLINE_S = 60.0
_PACKAGE = "the Debian package mariadb-server-core"


class MariadbServer:
    """A server with databases; close it at the end."""

    def __init__(self) -> None:
        if importlib.util.find_spec("pymysql") is None:
            pytest.skip("PyMySQL is not installed: install lianke[till-database]")
        self._server = required_program("mariadbd", package=_PACKAGE)
        self._install = required_program("mariadb-install-db", package=_PACKAGE)
        self._folder = Path(tempfile.mkdtemp(prefix="lianke-maria-", dir=_place()))
        self._folder.chmod(0o755)
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    def start(self) -> None:
        """Make the data folder where there is none, start, and return when it answers."""
        data = self._folder / "data"
        if not data.exists():
            self._make(data)
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._server, "--no-defaults", f"--datadir={data}", f"--tmpdir={data}",
                    f"--port={self.port}",
                    "--bind-address=127.0.0.1", f"--socket={self._folder / 'socket'}",
                    f"--pid-file={self._folder / 'pid'}", "--skip-name-resolve",
                    f"--init-file={self._folder / 'first.sql'}",
                    "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M",
                    "--innodb-log-file-size=4M", "--skip-log-bin", "--performance-schema=OFF",
                    *_as_root(),
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + _DEADLINE_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"MariaDB did not start:\n{self.log()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the process; the data stay, so that it may be started again."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def close(self) -> None:
        """End it and remove everything."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def command(self, *statements: str) -> None:
        """Statements of an administrator."""
        engine = create_engine(self.url("mysql"))
        with engine.begin() as connection:
            for each in statements:
                connection.execute(text(each))
        engine.dispose()

    def url(self, database: str, user: str = "till", password: str = "till") -> str:
        """SQLAlchemy's URL of a database."""
        return f"mysql+pymysql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def log(self) -> str:
        """What the server has said."""
        return (self._folder / "server.log").read_text(errors="replace")

    def _make(self, data: Path) -> None:
        """System tables; and what the server does first: a till that may do everything."""
        (self._folder / "first.sql").write_text(
            "CREATE USER IF NOT EXISTS 'till'@'127.0.0.1' IDENTIFIED BY 'till';\n"
            "GRANT ALL ON *.* TO 'till'@'127.0.0.1' WITH GRANT OPTION;\n"
        )
        done = subprocess.run(
            [self._install, "--no-defaults", f"--datadir={data}", f"--tmpdir={data}",
             "--skip-test-db",
             "--auth-root-authentication-method=normal", "--skip-name-resolve", *_as_root()],
            capture_output=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"mariadb-install-db failed:\n{done.stdout!r}\n{done.stderr!r}")

    def _answers(self) -> bool:
        engine = create_engine(self.url("mysql"))
        try:
            engine.connect().close()
        except OperationalError:
            return False
        finally:
            engine.dispose()
        return True


@contextmanager
def mariadb_server() -> Iterator[MariadbServer]:
    """A running server; skips the test where it or its driver is missing."""
    server = MariadbServer()
    try:
        server.start()
        yield server
    finally:
        server.close()


def _as_root() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def _place() -> str | None:
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and os.access(memory, os.W_OK) else None
