"""``lianke-cloud serve`` with its own broker, killed with -9 as a whole and broker by broker."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import psutil
import pytest

from tests.faults.test_kill_nine import PLAN, owes_nothing
from tests.simulators.demo.boxes import Shop
from tests.simulators.demo.stage import Cloud, Ports
from tests.simulators.processes import eventually, free_port, runs
from tests.simulators.required_server import required_nats_server
from tests.simulators.till import Player, ShopDay, SystemPlayerClock

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(400)]

SEED = 4711
BROKER_KILLS = 20
SERVE_KILLS = 5


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    required_nats_server()
    one = Cloud(tmp_path / "cloud", Ports.free(), "a long password")
    yield one
    one.stop()


def broker_pid(cloud: Cloud) -> int | None:
    """The embedded broker's process, found as the child it is."""
    children = psutil.Process(cloud.program.pid).children()
    return next((child.pid for child in children if "nats-server" in child.name()), None)


def test_the_day_survives_kills_of_the_embedded_broker_and_of_the_whole_service(
    tmp_path: Path, cloud: Cloud
) -> None:
    random = Random(SEED)
    secret = cloud.enrol(PLAN)
    cloud.start()
    shop = Shop(tmp_path / "shop", PLAN, cloud.ports, secret, free_port(), resend_after_s=1.0)
    shop.start()
    day = ShopDay(seed=SEED, sales=250)
    plan = ["broker"] * BROKER_KILLS + ["serve"] * SERVE_KILLS
    random.shuffle(plan)
    brokers: set[int] = set()
    try:
        for number, _ in enumerate(Player(shop.till, SystemPlayerClock()).play(day.deliveries())):
            if plan and number % 9 == 0:
                time.sleep(random.uniform(0.0, 0.5))
                assert eventually(lambda: broker_pid(cloud) is not None, 30)
                pid = broker_pid(cloud)
                assert pid is not None
                brokers.add(pid)
                if plan.pop() == "broker":
                    os.kill(pid, signal.SIGKILL)
                else:
                    cloud.program.kill()
                    assert eventually(lambda pid=pid: not runs(pid), 10), "an orphan"  # type: ignore[misc]
                    cloud.start()
        assert not plan
        assert eventually(lambda: owes_nothing(shop), 120, every_s=0.5)
        assert eventually(lambda: cloud.status()["lag"] == 0, 30, every_s=0.5)
        status = cloud.status()
    finally:
        shop.stop()
        cloud.stop()
    assert status["ledger"]["sales"] == day.truth.retail
    assert status["ledger"]["controls"] == day.truth.controls
    assert status["ledger"]["duplicates"] == 0
    assert status["ledger"]["conflicts"] == 0
    assert status["members"] == len(day.truth.members)
    assert not [pid for pid in brokers if runs(pid)], "no orphan is left"
