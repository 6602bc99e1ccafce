"""kill -9 of the broker: Mosquitto that keeps nothing, Mosquitto that keeps all, and our own."""

from __future__ import annotations

import os
import signal

import psutil

from tests.faults.run.premises import OneMachine, Premises
from tests.faults.run.scenario import NotShown, Result, Setting
from tests.simulators.demo.stage import Cloud
from tests.simulators.processes import eventually, runs
from tests.simulators.required_server import required_nats_server

LONGEST_WORK_S = 1.0
SALES_PER_KILL = 4
SERVICE_EVERY = 5
BACK_S = 30.0


def play_forgetful(setting: Setting) -> Result:
    """A broker that forgets everything with each kill costs repeats and nothing else."""
    return _play_mosquitto(setting, persistent=False)


def play_persistent(setting: Setting) -> Result:
    """A broker that comes back with an old state, and repeats what was settled long ago."""
    return _play_mosquitto(setting, persistent=True)


def _play_mosquitto(setting: Setting, *, persistent: bool) -> Result:
    sales = SALES_PER_KILL * setting.faults
    with Premises(setting, sales=sales, persistent_broker=persistent) as here:
        with here.selling(setting.faults) as faults:
            for _ in faults:
                here.moment(LONGEST_WORK_S)
                here.cloud.broker.kill()
                here.moment(LONGEST_WORK_S / 4)
                here.cloud.broker.start()
        return Result(setting.faults, here.census())


def play_embedded(setting: Setting) -> Result:
    """Our own broker comes back by itself; every fifth kill hits the whole service instead."""
    required_nats_server()
    with OneMachine(setting, sales=SALES_PER_KILL * setting.faults) as here:
        with here.selling(setting.faults) as faults:
            for number in faults:
                here.moment(LONGEST_WORK_S)
                broker = _broker(here.cloud)
                if number % SERVICE_EVERY == SERVICE_EVERY // 2:
                    here.cloud.program.kill()
                    if not eventually(lambda broker=broker: not runs(broker), BACK_S):  # type: ignore[misc]
                        raise NotShown(f"the broker {broker} outlived its service")
                    here.cloud.start()
                else:
                    os.kill(broker, signal.SIGKILL)
        return Result(setting.faults, here.census())


def _broker(cloud: Cloud) -> int:
    """The process id of the embedded broker, as soon as there is one."""
    if not eventually(lambda: bool(_children(cloud)), BACK_S):
        raise NotShown("the embedded broker did not come back")
    return _children(cloud)[0]


def _children(cloud: Cloud) -> list[int]:
    children = psutil.Process(cloud.program.pid).children()
    return [child.pid for child in children if "nats-server" in child.name()]
