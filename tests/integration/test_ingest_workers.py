"""Two worker processes share the parts; one dies or stands still, and nothing counts twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cloud.ingest.roster import TURN
from cloud.storage import in_turn, write
from tests.simulators.halting_wire import HaltingWire, Moment
from tests.simulators.ingest_crew import LEASE_S, Crew, ingest_crew
from tests.simulators.postgres import PostgresCluster
from tests.simulators.processes import eventually
from tests.simulators.resending_tills import ResendingTill, settle

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(400)]

SHOPS, SALES = 8, 400
EVEN = {"one": 32, "two": 32}
START_S = 90.0
"""A worker is an interpreter with all its imports: on a machine that is busy with other tests two
of them have taken 30 s until they shared the parts."""

HUNG_S = 45.0
"""Where it stands still in the roster's own turn nobody can strike it before PostgreSQL has ended
that, after 20 s."""


@contextmanager
def at_work(folder: Path, broker: str, database_url: str = "") -> Iterator[Crew]:
    """Both workers, each with its half."""
    with ingest_crew(folder, broker, ["one", "two"], SHOPS, database_url) as crew:
        crew.start("one")
        crew.start("two")
        assert eventually(lambda: crew.shares() == EVEN, START_S)
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


@contextmanager
def selling(tills: list[ResendingTill]) -> Iterator[list[ResendingTill]]:
    """Tills that are closed at the end, started or not."""
    try:
        yield tills
    finally:
        for till in tills:
            till.close()


def counted(crew: Crew) -> tuple[int, int, int, int]:
    counts = crew.base.journal.counts()
    return counts.sales, counts.duplicates, counts.conflicts, counts.dead_letters


def test_a_worker_killed_while_a_backlog_drains_is_stood_in_for_and_nothing_counts_twice(
    crew: Crew,
) -> None:
    tills = crew.tills(SALES)
    before, meanwhile = tills[2:], tills[:2]
    try:
        for till in before:
            till.start()
        assert eventually(lambda: crew.base.journal.head() > SHOPS * SALES // 4, 60)
        crew.kill("one")
        for till in meanwhile:  # so it was killed in the middle, however quick it was
            till.start()
        assert eventually(lambda: crew.shares() == {"two": 64}, 10 * LEASE_S)
        assert settle(tills)
    finally:
        for till in tills:
            till.close()
    assert counted(crew) == (SHOPS * SALES, 0, 0, 0)
    crew.start("one")
    assert eventually(lambda: crew.shares() == EVEN, START_S)
    assert crew.stop("one") == 0
    assert eventually(lambda: crew.shares() == {"two": 64})
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
        fenced = crew.counted("one")["fenced"]  # a slow machine may have let a lease lapse already
        crew.freeze("one")
        assert eventually(lambda: crew.shares() == {"two": 64}, HUNG_S)
        assert settle(before)
        for till in before:
            till.close()
        for till in meanwhile:
            till.start()
        assert settle(meanwhile)
        assert counted(crew) == (2 * SHOPS * SALES, 0, 0, 0)
        head = crew.base.journal.head()
        with write(crew.base.engine) as connection:
            in_turn(connection, TURN)  # so that it cannot sign in before it looks at what it has
            crew.thaw("one")
            assert eventually(lambda: crew.counted("one")["fenced"] > fenced), (
                "the broker had kept for it what the other one has taken since"
            )
        assert eventually(lambda: crew.shares() == EVEN, START_S)
        assert crew.programs["one"].running
        assert crew.base.journal.head() == head
    finally:
        for till in (*before, *meanwhile):
            till.close()
    assert counted(crew) == (2 * SHOPS * SALES, 0, 0, 0)


@pytest.mark.parametrize("moment", Moment)
def test_a_worker_that_stands_still_within_the_ledgers_turn_holds_nobody_up(
    postgres: PostgresCluster, tmp_path: Path, moment: Moment
) -> None:
    database = postgres.create_database()
    with (
        HaltingWire(database) as wire,
        ingest_crew(tmp_path, "mosquitto", ["one", "two"], SHOPS, database) as crew,
        selling(crew.tills(SALES)) as tills,
    ):
        crew.start("one", wire.url)
        crew.start("two")
        assert eventually(lambda: crew.shares() == EVEN, START_S)
        wire.halt(moment, lambda: crew.freeze("one"))
        for till in tills:
            till.start()
        assert wire.halted.wait(30)
        assert not all(till.settled for till in tills)
        assert eventually(lambda: crew.shares() == {"two": 64}, 30)
        assert settle(tills)
        assert counted(crew) == (SHOPS * SALES, 0, 0, 0)
        head = crew.base.journal.head()
        crew.thaw("one")
        wire.go_on()
        assert eventually(lambda: crew.shares() == EVEN, START_S)
        assert eventually(lambda: crew.counted("one")["fenced"] > 0, 30), (
            "the group in its hands was no longer its own"
        )
        assert crew.programs["one"].running
        assert crew.base.journal.head() == head
        assert counted(crew) == (SHOPS * SALES, 0, 0, 0)
