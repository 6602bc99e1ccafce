"""The Mosquitto of our tests comes back after a kill, with or without its sessions.

What is queued is not looked at: even with every change saved, Mosquitto may lose the last one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulators.known_logins import device, logins_of, worker
from tests.simulators.mosquitto import Mosquitto, mosquitto
from tests.simulators.mqtt_crowd import Crowd, run_crowd

pytestmark = pytest.mark.broker

TILL, WORKER = device("s1-till"), worker()


def session_after(broker: Mosquitto, *, killed: bool) -> bool:
    """Whether a persistent session outlives the process."""

    async def subscribe(crowd: Crowd) -> None:
        till = await crowd.connect(TILL.name, TILL.secret, clean=False)
        await till.subscribe(TILL.down())
        await till.disconnect()
        cloud = await crowd.connect(WORKER.name, WORKER.secret)
        await cloud.publish(TILL.down(), b"a change after the one that matters")

    async def come_back(crowd: Crowd) -> bool:
        return (await crowd.connect(TILL.name, TILL.secret, clean=False)).session_present

    run_crowd(broker.address, subscribe)
    if killed:
        broker.restart()
    else:
        broker.stop()
        broker.start()
    return run_crowd(broker.address, come_back)


def test_session_outlives_an_orderly_stop_where_it_persists(tmp_path: Path) -> None:
    with mosquitto(tmp_path, logins_of(TILL, WORKER), persistent=True) as broker:
        assert session_after(broker, killed=False)


def test_session_outlives_a_kill_where_every_change_is_saved(tmp_path: Path) -> None:
    with mosquitto(tmp_path, logins_of(TILL, WORKER), persistent=True) as broker:
        assert session_after(broker, killed=True)


def test_nothing_outlives_a_kill_where_it_does_not_persist(tmp_path: Path) -> None:
    with mosquitto(tmp_path, logins_of(TILL, WORKER)) as broker:
        assert not session_after(broker, killed=True)
