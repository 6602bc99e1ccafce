"""A whole agent in one process: till files, outbox, guide's page, and a head office."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from agent.app import Agent
from agent.config import (
    AgentConfig,
)
from agent.errors import BadConfiguration, OutboxBusy
from agent.health.status.tills import OperatorKeyOrigin
from agent.replica import Query
from tests.simulators.broker import SimulatedBroker
from tests.simulators.facts import SHOP
from tests.simulators.head_office import NAME, PASSWORD, HeadOffice
from tests.simulators.processes import eventually
from tests.simulators.small_shop import SECRET, a_box
from tests.simulators.till import Player, ShopDay, SystemPlayerClock

LOGINS = {SHOP.device: SECRET, NAME: PASSWORD}


@pytest.fixture
def config(tmp_path: Path) -> AgentConfig:
    return a_box(tmp_path)


def owed(agent: Agent) -> int:
    return sum(depth.pending for depth in agent.outbox.depths())


def test_a_day_at_the_till_reaches_head_office_and_the_guides_page(config: AgentConfig) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    day = ShopDay(seed=5, sales=60)
    member = next(m for m in day.truth.members.values() if m.phone and m.visits > 1)
    folder = config.till.folder
    assert folder is not None
    with Agent(config, transport=broker.transport(SHOP.device, SECRET)) as agent:
        for _ in Player(folder, SystemPlayerClock()).play(day.deliveries()):
            pass
        files_gone = eventually(lambda: not list(folder.rglob("*.xml")), 30)
        assert files_gone
        assert eventually(lambda: owed(agent) == 0, 30)
        events = day.truth.retail + day.truth.controls
        assert len(office.received) == events + 1  # and the heartbeat
        assert set(office.received.values()) == {1}
        [card] = agent.replica.find(Query.typed(member.phone or ""))
        assert card.visits == member.visits
        assert sum(spend.amount_minor for spend in card.spend) == member.net_spend_fen
        assert agent.tablet is not None
        assert requests.get(agent.tablet.url, timeout=30).status_code == 200
        counters = requests.get(f"{agent.tablet.url}/metrics", timeout=30).text
        assert f'lianke_captured_transactions_total{{kind="retail"}} {day.truth.retail}' in counters
    quarantined = list((config.device.data_dir / "quarantine").glob("*"))
    assert not quarantined


def test_a_shop_without_a_line_keeps_everything_and_hands_it_over_after_a_restart(
    config: AgentConfig,
) -> None:
    day = ShopDay(seed=6, sales=50)
    folder = config.till.folder
    assert folder is not None
    away = SimulatedBroker(LOGINS)
    away.kill()
    with Agent(config, transport=away.transport(SHOP.device, SECRET)) as agent:
        for _ in Player(folder, SystemPlayerClock()).play(day.deliveries()):
            pass
        assert eventually(lambda: not list(folder.rglob("*.xml")), 30)
        assert owed(agent) >= day.truth.retail + day.truth.controls
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    with Agent(config, transport=broker.transport(SHOP.device, SECRET)) as agent:
        assert eventually(lambda: owed(agent) == 0, 30)
    assert len(office.received) >= day.truth.retail + day.truth.controls


def test_a_second_agent_on_the_same_data_is_refused(config: AgentConfig) -> None:
    broker = SimulatedBroker(LOGINS)
    with (
        Agent(config, transport=broker.transport(SHOP.device, SECRET)),
        pytest.raises(OutboxBusy),
        Agent(config, transport=broker.transport(SHOP.device, SECRET)),
    ):
        pass


def test_a_cashiers_key_that_cannot_be_opened_stops_nothing_and_is_told(
    config: AgentConfig,
) -> None:
    broker = SimulatedBroker(LOGINS)
    office = HeadOffice(broker)
    office.operator_key = lambda _device, birth: birth.seal_to  # a message that nobody sealed
    day = ShopDay(seed=5, sales=50)
    folder = config.till.folder
    assert folder is not None
    with Agent(config, transport=broker.transport(SHOP.device, SECRET)) as agent:
        for _ in Player(folder, SystemPlayerClock()).play(day.deliveries()):
            pass
        assert eventually(lambda: not list(folder.rglob("*.xml")), 30)
        assert eventually(lambda: owed(agent) == 0, 30)
        assert len(office.received) >= day.truth.retail
        operators = agent.account.look().operators
        assert operators is not None
        assert operators.key is OperatorKeyOrigin.NONE
        assert SHOP.prefix in operators.refused


def test_an_agent_without_its_secret_says_what_to_do(config: AgentConfig) -> None:
    config.broker.password_file.unlink()
    with pytest.raises(BadConfiguration, match="enrol this device"), Agent(config):
        pass
