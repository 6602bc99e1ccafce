"""A whole agent says how it is: its page, its metrics, its command line, and its alarms."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner, Result

from agent.app import Agent
from agent.cli import app
from agent.config import (
    AgentConfig,
    CameraSettings,
    LineSettings,
    OutboxSettings,
    StatusSettings,
    TabletSettings,
    VisionSettings,
)
from agent.health.alarms import AlarmKind
from agent.health.status import Status, read_status
from agent.metrics import Counted, Measured
from models.wire.topics import Stream
from tests.simulators.broker import SimulatedBroker
from tests.simulators.facts import SHOP
from tests.simulators.head_office import NAME, PASSWORD, HeadOffice
from tests.simulators.poslog_writer import poslog, transaction
from tests.simulators.processes import eventually
from tests.simulators.small_shop import SECRET, a_box

LOGINS = {SHOP.device: SECRET, NAME: PASSWORD}
MIB = 1 << 20
FULL = OutboxSettings(
    budget_bytes=1, sale_reserve_bytes=0, footfall_bytes=0, telemetry_bytes=0, free_floor_bytes=0
)


@pytest.fixture
def config(tmp_path: Path) -> AgentConfig:
    return a_box(tmp_path, profile="arts-poslog")


def an_agent(config: AgentConfig) -> Agent:
    broker = SimulatedBroker(LOGINS)
    HeadOffice(broker)
    return Agent(config, transport=broker.transport(SHOP.device, SECRET))


def url(agent: Agent) -> str:
    assert agent.tablet is not None
    return agent.tablet.url


def sell(config: AgentConfig, number: int = 1) -> None:
    assert config.till.folder is not None
    draft = config.till.folder / f"{number}.part"
    draft.write_bytes(poslog(transaction(number=str(number))))
    draft.rename(draft.with_suffix(".xml"))


def kinds(status: Status) -> list[AlarmKind]:
    return [alarm.alarm for alarm in status.alarms]


def test_a_running_agent_publishes_the_listed_metrics_and_no_others(
    config: AgentConfig, tmp_path: Path
) -> None:
    camera = CameraSettings(
        name="door",
        source=str(tmp_path / "no-such-clip.avi"),
        line=(LineSettings("door", (0.5, 0.0), (0.5, 1.0)),),
    )
    whole = replace(config, camera=(camera,), vision=VisionSettings(models_dir=tmp_path / "models"))
    with an_agent(whole) as agent:
        assert eventually(lambda: agent.account.look().owed == 0)
        text = httpx.get(f"{url(agent)}/metrics", timeout=30).text
    published = {family.name: family for family in text_string_to_metric_families(text)}
    listed = {each.value.name: each for each in (*Counted, *Measured)}
    assert published.keys() == listed.keys()
    for name, family in published.items():
        kind = "counter" if isinstance(listed[name], Counted) else "gauge"
        assert (family.type, family.documentation) == (kind, listed[name].value.meaning)
        for sample in family.samples:
            assert set(sample.labels) == set(listed[name].value.labels)


def test_page_and_programs_are_told_the_same_as_the_command_line(config: AgentConfig) -> None:
    with an_agent(config) as agent:
        sell(config)
        assert eventually(lambda: agent.outbox.last_sequence(Stream.SALE) > 0)
        assert eventually(lambda: agent.account.look().owed == 0)
        told = httpx.get(f"{url(agent)}/status.json", timeout=30).json()
        page = httpx.get(f"{url(agent)}/status", headers={"Accept-Language": "en"}, timeout=30)
        beside = read_status(config)
        assert told["line"]["online"]
        assert told["line"]["acknowledged_at"]
        assert told["epoch"] == beside.epoch
        assert {each["name"] for each in told["room"]["budgets"]} == {
            *("total", "footfall", "telemetry")
        }
        assert "All is well" in page.text
        assert (beside.agent.running, beside.owed) == (True, 0)
        sales = next(stream for stream in beside.streams if stream.stream == Stream.SALE)
        assert (sales.pending, sales.kept) == (0, 1), "it is kept in case the ledger is restored"
    after = read_status(config)
    assert not after.agent.running
    assert after.line is not None
    assert (after.line.online, after.line.acknowledged_at is None) == (False, False)


def test_a_sale_without_room_is_an_alarm_until_there_is_room_over_a_restart_too(
    config: AgentConfig,
) -> None:
    small = replace(config, outbox=FULL, status=StatusSettings(look_s=1.0))
    sell(config)
    with an_agent(small) as agent:
        assert eventually(lambda: AlarmKind.SALE_REFUSED in kinds(agent.account.look()))
        told = agent.account.look()
        assert told.room is not None
        assert told.room.refused[Stream.SALE] > 0
        page = httpx.get(f"{url(agent)}/status", headers={"Accept-Language": "zh"}, timeout=30).text
        assert "销售数据已经存不下了" in page
    assert AlarmKind.SALE_REFUSED in kinds(read_status(config))
    with an_agent(config) as agent:
        assert eventually(lambda: not agent.account.look().alarms)
        assert eventually(lambda: agent.outbox.last_sequence(Stream.SALE) > 0)
    assert not read_status(config).alarms


def test_a_box_without_the_guides_page_still_says_how_it_is(config: AgentConfig) -> None:
    bare = replace(config, tablet=TabletSettings(enabled=False, port=0))
    with an_agent(bare) as agent, httpx.Client(base_url=url(agent), timeout=30) as visitor:
        assert visitor.get("/").headers["Location"] == "/status"
        assert visitor.get("/status").status_code == 200
        assert visitor.get("/metrics").status_code == 200
        assert visitor.post("/search", data={"number": "1"}).status_code == 404
    assert "tablet" not in bare.capabilities


def test_a_box_with_neither_page_opens_no_port(config: AgentConfig) -> None:
    silent = replace(
        config, tablet=TabletSettings(enabled=False), status=StatusSettings(enabled=False)
    )
    with an_agent(silent) as agent:
        assert agent.tablet is None
        assert read_status(silent).agent.running


def test_scripts_may_ask_whether_all_is_well(config: AgentConfig, tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    device = config.device
    path.write_text(
        f'[device]\ntenant = "{device.tenant}"\nstore = "{device.store}"\n'
        f'device = "{device.device}"\ndata_dir = "{device.data_dir}"\n'
        f'keys_dir = "{device.keys_dir}"\n'
    )

    def status(*words: str) -> Result:
        return CliRunner().invoke(app, ["status", "--config", str(path), *words])

    with an_agent(config) as agent:
        assert eventually(lambda: agent.account.look().owed == 0)
        well = status("--check", "--json")
    assert well.exit_code == 0
    assert json.loads(well.stdout)["agent"]["running"]
    assert (status().exit_code, status("--check").exit_code) == (0, 1)
    assert "NOT RUNNING" in status().stdout
