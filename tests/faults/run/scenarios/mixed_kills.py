"""kill -9 of agent, ingest worker and broker in one day, in a random order."""

from __future__ import annotations

from tests.faults.run.premises import Premises
from tests.faults.run.scenario import Result, Setting

LONGEST_WORK_S = 0.4
SALES_PER_KILL = 5


def play(setting: Setting) -> Result:
    """One after the other, so closely that a part dies while another one still comes back."""
    with Premises(setting, sales=SALES_PER_KILL * setting.faults) as here:
        victims = (_kill_agent, _kill_ingest, _kill_broker)
        with here.selling(setting.faults) as faults:
            for number in faults:
                here.moment(LONGEST_WORK_S)
                victims[(number + setting.random.randrange(2)) % len(victims)](here)
        return Result(setting.faults, here.census())


def _kill_agent(here: Premises) -> None:
    here.shop.program.kill()
    here.shop.start()


def _kill_ingest(here: Premises) -> None:
    assert here.cloud.ingest is not None
    here.cloud.ingest.kill()
    here.cloud.start_ingest()


def _kill_broker(here: Premises) -> None:
    here.cloud.broker.restart()
