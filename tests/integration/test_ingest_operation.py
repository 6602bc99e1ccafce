"""What an operator sees of several workers and of refusal alarms, and the word that ends them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.broker import new_secret
from cloud.config import CloudConfig, StorageSettings, read_config
from cloud.foundations import Foundations
from cloud.ingest.guard import TooManyRefusals
from cloud.ingest.refusals import RefusalAlarms
from cloud.ingest.roster import StoredRoster, on_duty
from tests.simulators.facts import SHOP
from tests.simulators.known_logins import RANDOM
from tests.simulators.paper_roster import Colleague
from tests.simulators.processes import Program, eventually, free_port, program
from tests.simulators.required_server import required_nats_server

START_S = 90.0
"""Two interpreters with all their imports, on a machine that is busy with other tests."""


@pytest.fixture
def office(tmp_path: Path) -> Path:
    path = tmp_path / "cloud.toml"
    path.write_text(
        f'[storage]\ndata_dir = "{tmp_path / "data"}"\nkeys_dir = "{tmp_path / "keys"}"\n'
    )
    return path


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Foundations]:
    storage = StorageSettings(data_dir=tmp_path / "data", keys_dir=tmp_path / "keys")
    with Foundations.lay(CloudConfig(storage=storage), may_upgrade=True) as base:
        yield base


def cloud(office: Path, *words: str) -> str:
    done = subprocess.run(
        [program("lianke-cloud"), *words, "--config", str(office)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_status_says_who_holds_which_parts(office: Path, base: Foundations) -> None:
    roster = StoredRoster(base.engine, base.clock, "0.1.0")
    for each in (Colleague("one", roster), Colleague("two", roster)):
        each.turn()
    one, two = json.loads(cloud(office, "status", "--json"))["workers"]
    assert (one["worker"], one["holds"], one["may_serve"]) == ("one", "0-63", "0-63")
    assert (two["worker"], two["holds"], two["version"]) == ("two", "", "0.1.0")
    words = cloud(office, "status")
    assert "worker one: parts 0-63, heard 20" in words
    assert "worker two: parts none" in words


def test_a_refusal_alarm_is_shown_until_the_operator_ends_it(
    office: Path, base: Foundations
) -> None:
    alarms = RefusalAlarms(base.engine, base.clock)
    alarms.keep("one", "0.1.0", [TooManyRefusals(SHOP, refused=120, events=200)])
    (alarm,) = json.loads(cloud(office, "status", "--json"))["refusal_alarms"]
    assert (alarm["device"], alarm["refused"], alarm["events"]) == (SHOP.prefix, 120, 200)
    assert f"ALARM {SHOP.prefix}: 120 of 200 events" in cloud(office, "status")
    assert f"{SHOP.prefix}: 120 of 200 events were refused" in cloud(office, "resume")
    assert "no refusal alarm stands" in cloud(office, "resume")
    assert "ALARM" not in cloud(office, "status")


def test_a_ledger_that_was_put_back_says_so_under_a_new_generation(
    office: Path, base: Foundations
) -> None:
    said = cloud(office, "restored")
    after = json.loads(cloud(office, "status", "--json"))["ledger"]["generation"]
    assert after in said
    assert after != base.journal.generation


@pytest.mark.broker
@pytest.mark.slow
def test_a_second_worker_joins_a_service_with_its_own_broker(
    tmp_path: Path, office: Path, base: Foundations
) -> None:
    required_nats_server()
    port = free_port()
    serving = tmp_path / "serve.toml"
    ingest = "[ingest]\nlease_s = 1.5\n"
    joined = {"ingest", "ingest-2"}
    serving.write_text(
        f'{office.read_text()}[broker]\nport = {port}\nworkers = ["ingest-2"]\n'
        f"[http]\nport = {free_port()}\n{ingest}"
    )
    office.write_text(
        f'{office.read_text()}[broker]\nembedded = false\nurl = "mqtt://127.0.0.1:{port}"\n{ingest}'
    )
    secret = {"LIANKE_BROKER_PASSWORD": new_secret(RANDOM)}
    command = program("lianke-cloud")
    serve = Program(
        [command, "serve", "--config", str(serving)], tmp_path / "serve.log", environment=secret
    )
    second = Program(
        [command, "ingest", "--config", str(office), "--worker", "ingest-2"],
        tmp_path / "second.log",
        environment=secret,
    )
    try:
        assert eventually(lambda: {one.worker for one in on_duty(base.engine)} == joined, START_S)
        assert eventually(
            lambda: all(one.holds.count("-") for one in on_duty(base.engine)), START_S
        ), second.last_words()
        assert serve.running
        assert second.running
        assert eventually(lambda: "broker_connected" in second.log.read_text(), START_S)
    finally:
        codes = second.stop(), serve.stop()
    assert codes == (0, 0)
    assert on_duty(base.engine) == []
    assert read_config(serving).broker.workers == ("ingest-2",)
    assert os.environ.get("LIANKE_BROKER_PASSWORD") is None
