"""kill -9 of the agent at random points: while it starts, captures, stores, sends and settles."""

from __future__ import annotations

from tests.faults.run.premises import Premises
from tests.faults.run.scenario import Result, Setting

LONGEST_WORK_S = 0.4
LONGEST_START_S = 2.0
SALES_PER_KILL = 4


def play(setting: Setting) -> Result:
    """Two kills of three hit a working agent, the third one that may not even have begun."""
    with Premises(setting, sales=SALES_PER_KILL * setting.faults) as here:
        here.shop.stop()
        with here.selling(setting.faults) as faults:
            for number in faults:
                if number % 3:
                    here.shop.start()
                    here.moment(LONGEST_WORK_S)
                else:
                    here.shop.launch()
                    here.moment(LONGEST_START_S)
                here.shop.program.kill()
        here.shop.start()
        return Result(setting.faults, here.census())
