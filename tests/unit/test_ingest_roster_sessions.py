"""Who goes from the roster against its will holds nothing in the database any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from cloud.config import BrokerSettings
from cloud.errors import DatabaseUnavailable
from cloud.ingest.roster import StoredRoster, session_name
from cloud.ingest.shift import WorkerReplaced
from cloud.storage import write
from cloud.storage.sessions import name_sessions
from tests.simulators.clocks import HandClock
from tests.simulators.databases import PostgresDatabases
from tests.simulators.paper_roster import LEASE_S, Colleague
from tests.simulators.processes import eventually

SERVERS_LIMIT = 63
"""Bytes of an application's name; PostgreSQL cuts off the rest."""


class Process:
    """A worker with a pool of its own, as every process has one."""

    def __init__(self, engine: Engine, name: str, incarnation: str) -> None:
        name_sessions(engine, session_name(name, incarnation))
        self.engine = engine
        roster = StoredRoster(engine, HandClock(), "1")
        self.colleague = Colleague(name, roster, incarnation=incarnation)

    def turn(self) -> None:
        self.colleague.turn()

    def turn_in_time(self) -> None:
        """As the shift does: a session that was ended at rest shows when it is used again."""
        assert eventually(self._turns)

    def _turns(self) -> bool:
        try:
            self.turn()
        except DatabaseUnavailable:
            return False
        return True


@pytest.fixture
def processes(postgres_databases: PostgresDatabases, tmp_path: Path) -> Iterator[list[Process]]:
    """One, two, and another that starts under the first one's name."""
    engines = [postgres_databases.open(tmp_path, ["cloud.ingest.tables"]) for _ in range(3)]
    names = ("one", "0" * 32), ("two", "1" * 32), ("one", "2" * 32)
    yield [Process(engine, *name) for engine, name in zip(engines, names, strict=True)]
    for engine in engines:
        engine.dispose()


@contextmanager
def in_the_midst(process: Process) -> Iterator[Connection]:
    """A transaction that has said something and may go on."""
    with write(process.engine) as connection:
        connection.execute(text("SELECT 1"))
        yield connection


def goes_on(connection: Connection) -> bool:
    return bool(connection.execute(text("SELECT 1")).scalar_one() == 1)


def test_who_strikes_a_worker_ends_what_it_has_open(processes: list[Process]) -> None:
    one, two, _ = processes
    one.turn()
    two.turn()
    two.colleague.clock.move(2 * LEASE_S)
    with pytest.raises(DatabaseUnavailable), in_the_midst(one) as connection:  # noqa: PT012 - it is ended in between
        two.turn()
        goes_on(connection)
    one.turn_in_time()
    with in_the_midst(one) as connection:
        two.turn()
        assert goes_on(connection), "back on the roster it is as good as anybody"


def test_who_starts_under_a_name_ends_what_the_one_before_has_open(
    processes: list[Process],
) -> None:
    before, colleague, after = processes
    before.turn()
    colleague.turn()
    with (  # noqa: PT012 - it is ended in between
        in_the_midst(colleague) as undisturbed,
        pytest.raises(DatabaseUnavailable),
        in_the_midst(before) as connection,
    ):
        after.turn()
        assert goes_on(undisturbed)
        goes_on(connection)
    with pytest.raises(WorkerReplaced):
        before.turn_in_time()


def test_who_renews_ends_nothing(processes: list[Process]) -> None:
    one, two, _ = processes
    for each in (one, two, one, two):
        each.turn()
    with in_the_midst(one) as first, in_the_midst(two) as second:
        for each in (one, two, one, two):
            each.turn()
        assert goes_on(first)
        assert goes_on(second)


def test_the_longest_name_of_a_worker_fits_into_a_sessions_name() -> None:
    longest = "w" * 41
    BrokerSettings(user=f"_cloud-{longest}")
    with pytest.raises(ValueError, match="not a worker's name"):
        BrokerSettings(user=f"_cloud-{longest}w")
    assert len(session_name(longest, "f" * 32)) <= SERVERS_LIMIT
