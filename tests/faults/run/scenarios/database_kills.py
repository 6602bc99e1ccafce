"""kill -9 of PostgreSQL under a working ingest worker."""

from __future__ import annotations

from tests.faults.run.premises import Premises
from tests.faults.run.scenario import Result, Setting
from tests.simulators.postgres import DURABLE, postgres_cluster

LONGEST_WORK_S = 1.0
SALES_PER_KILL = 5


def play(setting: Setting) -> Result:
    """The server is down for a moment each time and recovers from its own log.

    A worker that finds no database when it starts ends and says so; it is started again.
    """
    with postgres_cluster(DURABLE) as cluster:
        url = cluster.create_database()
        sales = SALES_PER_KILL * setting.faults
        with Premises(setting, sales=sales, database_url=url) as here:
            with here.selling(setting.faults) as faults:
                for _ in faults:
                    here.moment(LONGEST_WORK_S)
                    cluster.kill()
                    here.moment(LONGEST_WORK_S / 4)
                    cluster.start()
                    here.revive()
            return Result(setting.faults, here.census())
