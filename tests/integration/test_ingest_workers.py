"""Two worker processes share the parts; one dies or stands still, and nothing counts twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.simulators.ingest_crew import LEASE_S, Crew, ingest_crew
from tests.simulators.postgres import PostgresCluster
from tests.simulators.processes import eventually

pytestmark = [pytest.mark.broker, pytest.mark.slow]

SHOPS, SALES = 8, 400
EVEN = {"one": 32, "two": 32}
HUNG_S = 45.0
"""PostgreSQL ends a transaction of a worker that stands still in it after 20 s."""


@contextmanager
def at_work(folder: Path, broker: str, database_url: str = "") -> Iterator[Crew]:
    """Both workers, each with its half."""
    with ingest_crew(folder, broker, ["one", "two"], SHOPS, database_url) as crew:
        crew.start("one")
        crew.start("two")
        assert eventually(lambda: crew.shares() == EVEN, 30)
        yield crew


@pytest.fixture(params=["mosquitto", "embedded", "mosquitto on postgresql"])
def crew(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crew]:
    broker, _, on_postgresql = request.param.partition(" ")
    database = ""
    if on_postgresql:
        cluster: PostgresCluster = request.getfixturevalue("postgres")
        database = cluster.create_database()
    with at_work(tmp_path, broker, database) as crew:
        yield crew


@pytest.fixture
def crew_on_postgresql(postgres: PostgresCluster, tmp_path: Path) -> Iterator[Crew]:
    """Who stands still within a transaction on SQLite holds the file until it goes on."""
    with at_work(tmp_path, "mosquitto", postgres.create_database()) as crew:
        yield crew


def counted(crew: Crew) -> tuple[int, int, int, int]:
    counts = crew.base.journal.counts()
    return counts.sales, counts.duplicates, counts.conflicts, counts.dead_letters


def test_a_worker_killed_while_a_backlog_drains_is_stood_in_for_and_nothing_counts_twice(
    crew: Crew,
) -> None:
    tills = crew.tills(SALES)
    try:
        for till in tills:
            till.start()
        assert eventually(lambda: crew.base.journal.head() > SHOPS * SALES // 4, 60)
        crew.kill("one")
        killed_s = time.monotonic()
        assert crew.base.journal.head() < SHOPS * SALES, "it was killed in the middle"
        assert eventually(lambda: crew.shares() == {"two": 64}, 20)
        assert time.monotonic() - killed_s < 4 * LEASE_S
        assert eventually(lambda: all(till.settled for till in tills), 60)
    finally:
        for till in tills:
            till.close()
    assert counted(crew) == (SHOPS * SALES, 0, 0, 0)
    crew.start("one")
    assert eventually(lambda: crew.shares() == EVEN, 30)
    assert crew.stop("one") == 0
    assert eventually(lambda: crew.shares() == {"two": 64}, 20)
    assert crew.stop("two") == 0
    assert crew.shares() == {}


def test_a_worker_that_stood_still_and_goes_on_leaves_what_is_no_longer_its_own(
    crew_on_postgresql: Crew,
) -> None:
    crew = crew_on_postgresql
    before = crew.tills(SALES)
    meanwhile = crew.tills(SALES, start=SALES + 1)
    try:
        for till in before:
            till.start()
        assert eventually(lambda: crew.base.journal.head() > SHOPS * SALES // 4, 60)
        crew.freeze("one")
        assert eventually(lambda: crew.shares() == {"two": 64}, HUNG_S)
        assert eventually(lambda: all(till.settled for till in before), 60)
        for till in before:
            till.close()
        for till in meanwhile:
            till.start()
        assert eventually(lambda: all(till.settled for till in meanwhile), 60)
        assert counted(crew) == (2 * SHOPS * SALES, 0, 0, 0)
        head = crew.base.journal.head()
        crew.thaw("one")
        assert eventually(lambda: crew.shares() == EVEN, 30)
        assert crew.programs["one"].running
        assert eventually(lambda: crew.counted("one")["fenced"] > 0, 20), (
            "the broker had kept for it what the other one has taken since"
        )
        assert crew.base.journal.head() == head
    finally:
        for till in (*before, *meanwhile):
            till.close()
    assert counted(crew) == (2 * SHOPS * SALES, 0, 0, 0)
