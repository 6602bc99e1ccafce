"""Two worker processes share the parts; one is killed, comes back, and nothing counts twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulators.ingest_crew import LEASE_S, Crew, ingest_crew
from tests.simulators.processes import eventually

pytestmark = [pytest.mark.broker, pytest.mark.slow]

SHOPS, SALES = 8, 400
EVEN = {"one": 32, "two": 32}


@pytest.fixture(params=["mosquitto", "embedded"])
def crew(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crew]:
    with ingest_crew(tmp_path, request.param, ["one", "two"], SHOPS) as crew:
        crew.start("one")
        crew.start("two")
        assert eventually(lambda: crew.shares() == EVEN, 30)
        yield crew


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
    counts = crew.base.journal.counts()
    assert (counts.sales, counts.duplicates, counts.conflicts) == (SHOPS * SALES, 0, 0)
    assert counts.dead_letters == 0
    crew.start("one")
    assert eventually(lambda: crew.shares() == EVEN, 30)
    assert crew.stop("one") == 0
    assert eventually(lambda: crew.shares() == {"two": 64}, 20)
    assert crew.stop("two") == 0
    assert crew.shares() == {}
