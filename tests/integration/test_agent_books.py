"""A whole agent keeps the till's books, over a restart too, and every heartbeat tells of them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from agent.app import Agent
from agent.config import AgentConfig, HousekeepingSettings, TabletSettings
from agent.outbox.inspection import Inspection
from agent.outbox.selection import Selection
from models.wire.events.device import Heartbeat
from models.wire.registry import HEARTBEAT
from models.wire.topics import Stream
from tests.simulators.broker import SimulatedBroker
from tests.simulators.facts import SHOP
from tests.simulators.poslog_writer import poslog, transaction
from tests.simulators.processes import eventually
from tests.simulators.small_shop import SECRET, a_box


class _Event(msgspec.Struct):
    type: str
    data: msgspec.Raw


@pytest.fixture
def config(tmp_path: Path) -> AgentConfig:
    return replace(
        a_box(tmp_path, profile="arts-poslog"),
        tablet=TabletSettings(enabled=False, port=0),
        housekeeping=HousekeepingSettings(heartbeat_s=0.3),
    )


def an_agent(config: AgentConfig) -> Agent:
    transport = SimulatedBroker({SHOP.device: SECRET}).transport(SHOP.device, SECRET)
    return Agent(config, transport=transport)


def sell(config: AgentConfig, number: int) -> None:
    assert config.till.folder is not None
    draft = config.till.folder / f"{number}.part"
    draft.write_bytes(poslog(transaction(number=str(number))))
    draft.rename(draft.with_suffix(".xml"))


def heartbeats(config: AgentConfig) -> list[Heartbeat]:
    with closing(Inspection.open(config.outbox_file)) as inspection:
        kept = inspection.select(Selection(Stream.TELEMETRY, settled=True))
        events = [msgspec.json.decode(each.body, type=_Event) for each in kept]
    beats = [each for each in events if each.type == HEARTBEAT.name]
    return [msgspec.json.decode(each.data, type=Heartbeat) for each in beats]


def told(config: AgentConfig) -> tuple[str, str, int]:
    """Kind, state and count of the first source in the newest heartbeat."""
    beats = heartbeats(config)
    if not beats or not beats[-1].sources:
        return "", "", 0
    first = beats[-1].sources[0]
    return first.kind, first.state, first.captured


def test_a_gap_is_known_after_a_restart_and_closes_when_its_number_comes(
    config: AgentConfig,
) -> None:
    with an_agent(config) as agent:
        for number in (1, 3):
            sell(config, number)
        assert eventually(lambda: told(config) == ("folder", "ready", 2)), heartbeats(config)
        [workstation] = agent.account.look().workstations
        assert (workstation.name, workstation.missing, workstation.ripening) == ("1001/01", 0, True)
    with an_agent(config) as agent:
        [workstation] = agent.account.look().workstations
        assert workstation.ripening, "the books remember what was captured"
        sell(config, 2)
        assert eventually(lambda: told(config) == ("folder", "ready", 1)), heartbeats(config)
        [workstation] = agent.account.look().workstations
        assert not workstation.ripening
