"""kill -9 of ingest: at random points, between commit and acknowledgement, one worker of two.

And one of two that is not killed: it stands still at a random point, and goes on later.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from cloud.errors import TransientError
from cloud.ingest.roster import on_duty
from cloud.storage import open_engine
from tests.faults.run.premises import Premises
from tests.faults.run.scenario import NotShown, Result, Setting
from tests.simulators.postgres import DURABLE, postgres_cluster
from tests.simulators.processes import NotReady, Program, eventually
from tests.simulators.split_cloud import INGEST, SECOND_INGEST, SplitCloud

LONGEST_WORK_S = 1.5
SALES_PER_KILL = 4
MOST_ANSWERS = 3
TRIGGER_S = 30.0
LEASE_S = 1.5
STRUCK_S = 1.5 * LEASE_S
"""A worker that is away for so long has surely lost its parts."""
START_S = 60.0
LOOK_S = 0.1

Hurt = Callable[[Premises, bool], None]
"""Does something to the first worker, or to the second one."""


def play_sqlite(setting: Setting) -> Result:
    """Every other worker kills itself after a commit, before the shop hears of it."""
    return _play_one(setting, "")


def play_postgresql(setting: Setting) -> Result:
    """The same over PostgreSQL."""
    with postgres_cluster(DURABLE) as cluster:
        return _play_one(setting, cluster.create_database())


def play_two_sqlite(setting: Setting) -> Result:
    """Two workers share the parts; now the one, now the other is killed and comes back late."""
    return _play_two(setting, "", _kill_one_of_two)


def play_two_postgresql(setting: Setting) -> Result:
    """The same over PostgreSQL."""
    with postgres_cluster(DURABLE) as cluster:
        return _play_two(setting, cluster.create_database(), _kill_one_of_two)


def play_frozen_postgresql(setting: Setting) -> Result:
    """One of two stands still within whatever it is at, its transaction too, and goes on late."""
    with postgres_cluster(DURABLE) as cluster:
        return _play_two(setting, cluster.create_database(), _freeze_one_of_two)


def _play_two(setting: Setting, database_url: str, hurt: Hurt) -> Result:
    sales = SALES_PER_KILL * setting.faults
    with Premises(setting, sales=sales, database_url=database_url, lease_s=LEASE_S) as here:
        here.cloud.start_second_ingest()
        with here.selling(setting.faults) as faults:
            for number in faults:
                if not eventually(lambda: _both_work(here), START_S, LOOK_S):
                    raise NotReady(f"two workers did not share the parts in {START_S:g} s")
                here.moment(LONGEST_WORK_S)
                hurt(here, number % 2 == 0)
        found = here.census()
        taken_over = _taken_over(here)
        setting.tell(f"a worker took the parts of the other one {taken_over} times")
        if not taken_over:
            raise NotShown("no worker took over the parts of the other one")
        return Result(setting.faults, found)


def _both_work(here: Premises) -> bool:
    """Whether either has a share of the parts; one that is dead and not yet missed has, too."""
    engine = open_engine(here.database_url)
    try:
        return len([one for one in on_duty(engine) if one.holds]) > 1
    except TransientError:
        return False
    finally:
        engine.dispose()


def _kill_one_of_two(here: Premises, first: bool) -> None:
    _one_of_two(here, first).kill()
    _be_away(here)
    if first:
        here.cloud.start_ingest()
    else:
        here.cloud.start_second_ingest()


def _freeze_one_of_two(here: Premises, first: bool) -> None:
    worker = _one_of_two(here, first)
    os.kill(worker.pid, signal.SIGSTOP)
    _be_away(here)
    os.kill(worker.pid, signal.SIGCONT)


def _one_of_two(here: Premises, first: bool) -> Program:
    worker = here.cloud.ingest if first else here.cloud.second_ingest
    assert worker is not None
    return worker


def _be_away(here: Premises) -> None:
    """Half of the time for so long that the other one takes the parts."""
    here.moment(2 * LEASE_S, STRUCK_S if here.setting.quick else 0.0)


def _taken_over(here: Premises) -> int:
    """How often a worker struck the other one off, by their own words."""
    logs = (here.cloud.folder / f"{name}.log" for name in (INGEST, SECOND_INGEST))
    return sum(log.read_text(encoding="utf-8").count('"struck": ["') for log in logs)


def _play_one(setting: Setting, database_url: str) -> Result:
    died = 0
    sales = SALES_PER_KILL * setting.faults
    with Premises(setting, sales=sales, database_url=database_url) as here:
        with here.selling(setting.faults) as faults:
            for number in faults:
                _kill(here.cloud)
                if number % 2:
                    answers = setting.random.randint(1, 1 if setting.quick else MOST_ANSWERS)
                    here.cloud.start_ingest_that_dies(answers)
                    died += _died(here.cloud)
                else:
                    here.cloud.start_ingest()
                    here.moment(LONGEST_WORK_S)
        _kill(here.cloud)
        here.cloud.start_ingest()
        setting.tell(f"{died} workers died between a commit and its acknowledgement")
        if setting.faults > 1 and not died:
            raise NotShown("no worker died between a commit and its acknowledgement")
        return Result(setting.faults, here.census())


def _died(cloud: SplitCloud) -> bool:
    worker = cloud.ingest
    assert worker is not None
    return eventually(lambda: not worker.running, TRIGGER_S)


def _kill(cloud: SplitCloud) -> None:
    assert cloud.ingest is not None
    cloud.ingest.kill()
