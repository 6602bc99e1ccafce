"""What holds for every test: fast ones first, quiet logs, seeded properties."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings
from structlog.typing import EventDict

from tests.simulators.databases import Databases, PostgresDatabases, SqliteDatabases
from tests.simulators.postgres import PostgresCluster, postgres_cluster

ORDER = ("unit", "contract", "properties", "integration", "browser", "e2e", "faults")

settings.register_profile(
    "lianke",
    deadline=None,  # two noisy cores: a slow example is no failure
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("ci", settings.get_profile("lianke"), derandomize=True)
settings.register_profile("thorough", settings.get_profile("lianke"), max_examples=1000)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "lianke")
)


def pytest_configure() -> None:
    """No telemetry of a library's maker, and quiet logs.

    Log lines of passing tests are noise; warnings and errors are shown with a failure.

    They are dropped by a processor, not by the logger's class, so that a test may still capture
    every line.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    rendering = structlog.get_config()["processors"]
    structlog.configure(processors=[_drop_the_quiet_ones, *rendering])


def _drop_the_quiet_ones(_logger: Any, method: str, event: EventDict) -> EventDict:
    if method in ("debug", "info"):
        raise structlog.DropEvent
    return event


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """One PostgreSQL for the whole session, started for the first test that needs it."""
    with postgres_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_databases(postgres: PostgresCluster) -> PostgresDatabases:
    """Databases on it, all copied from one that the migrations have made."""
    return PostgresDatabases(postgres)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Where a test's database lies; each test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        return SqliteDatabases(hasty=True)
    on_postgres: PostgresDatabases = request.getfixturevalue("postgres_databases")
    return on_postgres


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The fast ones first, so that a mistake is known within seconds."""
    here = Path(__file__).parent

    def rank(item: pytest.Item) -> tuple[bool, int]:
        folder = item.path.relative_to(here).parts[0]
        place = ORDER.index(folder) if folder in ORDER else len(ORDER)
        return item.get_closest_marker("slow") is not None, place

    items.sort(key=rank)
