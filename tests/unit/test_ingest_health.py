"""A worker tells whether it is alive and ready, and its figures are a closed, documented list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from cloud.config import HealthSettings
from cloud.errors import BadConfiguration, DatabaseUnavailable
from cloud.ingest.guard import RefusalGuard
from cloud.ingest.health import Books, HealthServer, Standing
from cloud.ingest.health.metrics import Counted, Measured, page
from cloud.ingest.tally import Tally
from models.runtime.pulses import Still
from tests.simulators.clocks import HandClock
from tests.simulators.facts import NOON, SHOP

BOOKS = Books(head=70, lag=3, dead_letters=2, alarms={("clock_wrong", "warning"): 4})


@dataclass
class PaperWorker:
    """Implements ``Works``."""

    lives: bool = True
    hears: bool = True
    parts: frozenset[int] = frozenset(range(32))
    left_s: float = 4.0
    counted: Tally = field(default_factory=Tally)
    books_are_away: bool = False
    at_work: tuple[Still, ...] = (Still("ingest", 0.5), Still("parts", 0.0))

    def loops(self) -> Sequence[Still]:
        return self.at_work

    def running(self) -> bool:
        return self.lives

    def connected(self) -> bool:
        return self.hears

    def held(self) -> frozenset[int]:
        return self.parts

    def lease_left_s(self) -> float:
        return self.left_s

    def tally(self) -> Tally:
        return self.counted

    def refusal_share(self) -> float:
        return 0.25

    def withheld(self) -> tuple[int, bool]:
        return 2, False

    def books(self) -> Books:
        if self.books_are_away:
            raise DatabaseUnavailable("away")
        return BOOKS


@contextmanager
def served(worker: PaperWorker, *, commits: int = 1) -> Iterator[httpx.Client]:
    standing = Standing("one", "1.0", worker, worker.books, HandClock(), hung_after_s=60)
    for _ in range(commits):
        standing.committed(7)
    server = HealthServer(HealthSettings())
    server.start(standing)
    try:
        with httpx.Client(base_url=server.url, timeout=30) as client:
            yield client
    finally:
        server.stop()


def figures(client: httpx.Client) -> dict[tuple[str, str], float]:
    """Every sample by its name and the values of its labels, in the order of their names."""
    return {
        (sample.name, " ".join(sample.labels[key] for key in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
    }


def test_a_worker_that_works_is_alive_and_ready() -> None:
    with served(PaperWorker()) as client:
        for path in ("/healthz", "/readyz"):
            answer = client.get(path)
            assert (answer.status_code, answer.text) == (200, "ok\n")
        assert client.get("/").status_code == 404


@pytest.mark.parametrize(
    ("worker", "alive", "why"),
    [
        (PaperWorker(lives=False), 503, "a thread of the worker has ended"),
        (
            PaperWorker(at_work=(Still("ingest", 61), Still("parts", 90), Still("cards", 9))),
            503,
            "the loop parts hangs since 2026-11-22 03:58:30Z (90 s); the loop ingest hangs since",
        ),
        (PaperWorker(hears=False), 200, "the broker does not deliver"),
        (PaperWorker(left_s=0.0), 200, "the lease is over"),
    ],
)
def test_a_worker_says_why_it_takes_nothing_in(worker: PaperWorker, alive: int, why: str) -> None:
    with served(worker) as client:
        answer = client.get("/readyz")
        assert (answer.status_code, why in answer.text) == (503, True)
        assert client.get("/healthz").status_code == alive


def test_figures_are_what_the_worker_counted() -> None:
    tally = Tally(messages=9, accepted=5, duplicates=4, withheld=3, foreign_topics=2)
    with served(PaperWorker(counted=tally)) as client:
        found = figures(client)
    assert found["lianke_ingest_messages_total", ""] == 9
    assert found["lianke_ingest_events_total", "accepted"] == 5
    assert found["lianke_ingest_events_total", "withheld"] == 3
    assert found["lianke_ingest_unusable_total", "foreign_topic"] == 2
    assert found["lianke_ingest_worker_info", "0-31 1.0 one"] == 1
    assert found["lianke_ingest_parts_held", ""] == 32
    assert found["lianke_ingest_loop_busy_seconds", "ingest"] == 0.5
    assert found["lianke_ingest_loop_busy_seconds", "parts"] == 0
    assert found["lianke_ingest_last_commit_timestamp_seconds", ""] == NOON.timestamp()
    assert found["lianke_ingest_refusal_share", ""] == 0.25
    assert found["lianke_ingest_withheld_devices", ""] == 2
    assert found["lianke_dead_letters", ""] == 2
    assert found["lianke_views_lag", ""] == 3
    assert found["lianke_cloud_alarms", "clock_wrong warning"] == 4


def test_names_are_exactly_the_closed_list() -> None:
    with served(PaperWorker()) as client:
        families = list(text_string_to_metric_families(client.get("/metrics").text))
    listed = {each.value.name: each.value for each in (*Counted, *Measured)}
    assert {family.name for family in families} == listed.keys()
    for family in families:
        assert family.documentation == listed[family.name].meaning
        for sample in family.samples:
            assert set(sample.labels) == set(listed[family.name].labels)


def test_without_the_database_the_worker_still_tells_of_itself() -> None:
    with served(PaperWorker(books_are_away=True), commits=0) as client:
        found = figures(client)
    assert found["lianke_ingest_database_up", ""] == 0
    assert ("lianke_ledger_head", "") not in found
    assert ("lianke_ingest_last_commit_timestamp_seconds", "") not in found
    assert found["lianke_ingest_connected", ""] == 1


def test_a_port_that_is_taken_is_named() -> None:
    first = HealthServer(HealthSettings())
    port = int(first.url.rpartition(":")[2])
    try:
        with pytest.raises(BadConfiguration, match=f"health.port {port} on 127.0.0.1"):
            HealthServer(HealthSettings(port=port))
    finally:
        first.stop()


def test_worst_share_is_of_devices_with_more_refusals_than_are_always_allowed() -> None:
    guard = RefusalGuard(window=500, share=0.5, at_least=10)
    guard.note(SHOP, 100, 9)
    assert guard.worst_share == 0.0
    guard.note(SHOP, 100, 11)
    assert guard.worst_share == 0.1


def test_the_page_for_people_is_current() -> None:
    written = Path(__file__).parents[2] / "docs" / "reference" / "cloud-metrics.md"
    assert written.read_text(encoding="utf-8") == page(), "write health.metrics.page() there"
