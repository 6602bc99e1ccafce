"""A worker whose loop hangs in the database says so at /healthz, and is well again after it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from cloud.config import CloudConfig, StorageSettings
from cloud.foundations import Foundations
from tests.simulators.processes import Program, eventually, free_port, program

HUNG_AFTER_S = 3.0
START_S = 90.0


@pytest.fixture
def database(tmp_path: Path) -> Path:
    storage = StorageSettings(data_dir=tmp_path / "data", keys_dir=tmp_path / "keys")
    with Foundations.lay(CloudConfig(storage=storage), may_upgrade=True):
        return tmp_path / "data" / "cloud.sqlite3"


@pytest.fixture
def health(tmp_path: Path, database: Path) -> Iterator[httpx.Client]:
    """An ingest worker's; its broker is away, which concerns nobody here."""
    assert database.exists()
    port, config = free_port(), tmp_path / "worker.toml"
    config.write_text(
        f"""[storage]
data_dir = "{tmp_path / "data"}"
keys_dir = "{tmp_path / "keys"}"
[broker]
embedded = false
url = "mqtt://127.0.0.1:{free_port()}"
user = "_cloud-one"
[ingest]
lease_s = 1.5
[health]
port = {port}
hung_after_s = {HUNG_AFTER_S}
""",
        encoding="utf-8",
    )
    worker = Program(
        [program("lianke-cloud"), "ingest", "--config", str(config)],
        tmp_path / "worker.log",
        environment={"LIANKE_BROKER_PASSWORD": "secret"},
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
    finally:
        worker.kill()


def alive(health: httpx.Client) -> tuple[int, str]:
    try:
        answer = health.get("/healthz")
    except httpx.TransportError:
        return 0, ""
    return answer.status_code, answer.text


def test_a_loop_that_hangs_behind_a_lock_turns_healthz_red_by_its_name(
    health: httpx.Client, database: Path
) -> None:
    said: list[tuple[int, str]] = []

    def parts_hang() -> bool:
        said.append(alive(health))
        return "the loop parts hangs since 20" in said[-1][1]

    assert eventually(lambda: alive(health)[0] == 200, START_S, every_s=0.1)
    with closing(sqlite3.connect(database, isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        assert eventually(parts_hang, 30, every_s=0.1), said[-1]
        status, why = said[-1]
        assert status == 503
        assert "ingest hangs" not in why, "who waits for work does not hang"
        stranger.execute("ROLLBACK")
    assert eventually(lambda: alive(health)[0] == 200, 30, every_s=0.1)
