"""One embedded broker serves a thousand devices, each with its own login and its own topics."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest

from tests.simulators.crowd_trial import Trial, TrialFigures, shop_devices
from tests.simulators.embedded_broker import embedded_broker
from tests.simulators.known_logins import device, logins_of, worker
from tests.simulators.mqtt_crowd import Crowd, run_crowd

pytestmark = [pytest.mark.broker, pytest.mark.slow]

DEVICES = 1000


def test_thousand_devices_send_and_hear_their_own_and_nothing_else(tmp_path: Path) -> None:
    devices, cloud, newcomer = shop_devices(DEVICES), worker(), device("newcomer")
    logins = logins_of(cloud, *devices)

    with embedded_broker(tmp_path, logins) as broker:

        async def story(crowd: Crowd) -> TrialFigures:
            trial = Trial(crowd, psutil.Process(broker.pid), devices, cloud, rounds=2)
            figures = await trial.run()
            await asyncio.to_thread(broker.apply_logins, [*logins, newcomer.login])
            await crowd.connect(newcomer.name, newcomer.secret)
            assert all(client.connected for client in trial.clients)
            return figures

        figures = run_crowd(broker.address, story, timeout_s=100)
        assert broker.restarts == 0

    assert figures.foreign_arrived == 0
    assert figures.foreign_heard == 0
