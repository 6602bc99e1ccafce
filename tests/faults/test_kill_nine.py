"""kill -9 of agent, ingest and broker, at seeded points of a shop's day: the figures stay the same.

Real processes: a till that writes files, ``lianke-agent run``, Mosquitto without persistence,
``lianke-cloud ingest`` and ``lianke-cloud project``. While the till plays, one of the three is
killed every moment and started again.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import psutil
import pytest

from tests.simulators.demo.boxes import Shop
from tests.simulators.demo.stage import Ports, ShopPlan
from tests.simulators.processes import eventually, free_port
from tests.simulators.split_cloud import INGEST, SplitCloud
from tests.simulators.till import Player, ShopDay, SystemPlayerClock

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(600)]

PLAN = ShopPlan("sh-0001", "连客便利", "Asia/Shanghai", "CNY", "lianke-till")
VICTIMS = ("agent", "ingest", "broker")
KILLS_EACH = 20
SEED = 20261122
RESEND_AFTER_S = 0.5


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[SplitCloud]:
    split = SplitCloud(tmp_path / "cloud", [PLAN])
    split.start()
    yield split
    split.stop()


@pytest.fixture
def shop(tmp_path: Path, cloud: SplitCloud) -> Iterator[Shop]:
    ports = Ports(http=free_port(), broker=cloud.broker_port)
    secret = cloud.secrets[PLAN.store]
    one = Shop(tmp_path / "shop", PLAN, ports, secret, free_port(), resend_after_s=RESEND_AFTER_S)
    one.start()
    yield one
    one.stop()


class Executioner:
    """Kills and restarts, in a seeded order at seeded moments."""

    def __init__(self, cloud: SplitCloud, shop: Shop, seed: int) -> None:
        self._cloud = cloud
        self._shop = shop
        self._random = Random(seed)
        self.killed: Counter[str] = Counter()

    def work(self, kills_each: int) -> None:
        """Kill every victim that many times."""
        plan = [victim for victim in VICTIMS for _ in range(kills_each)]
        self._random.shuffle(plan)
        for victim in plan:
            time.sleep(self._random.uniform(0.0, 0.4))
            getattr(self, f"_kill_{victim}")()
            self.killed[victim] += 1

    def _kill_agent(self) -> None:
        self._shop.program.kill()
        self._shop.start()

    def _kill_ingest(self) -> None:
        assert self._cloud.ingest is not None
        self._cloud.ingest.kill()
        self._cloud.start_ingest()

    def _kill_broker(self) -> None:
        self._cloud.broker.restart()


def duplicates_settled(cloud: SplitCloud) -> int:
    """How many events arrived again and were settled as duplicates, by the workers' last words."""
    lines = (cloud.folder / f"{INGEST}.log").read_text().splitlines()
    ended = [json.loads(line) for line in lines if '"ingest_ended"' in line]
    return sum(line["duplicates"] for line in ended)


def owes_nothing(shop: Shop) -> bool:
    return all(s["pending"] == 0 for s in shop.status()["streams"] if s["stream"] == "sale")


def children_of_this_test() -> list[int]:
    return [child.pid for child in psutil.Process().children(recursive=True)]


def test_sixty_kills_in_a_shop_day_lose_nothing_and_double_nothing(
    cloud: SplitCloud, shop: Shop
) -> None:
    day = ShopDay(seed=SEED, sales=400)
    executioner = Executioner(cloud, shop, SEED)
    killing = threading.Thread(target=executioner.work, args=(KILLS_EACH,))
    player = Player(shop.till, SystemPlayerClock())
    deliveries = list(day.deliveries())
    killing.start()
    for number, _ in enumerate(player.play(deliveries)):
        if killing.is_alive():
            time.sleep(0.12 if number % 3 else 0.0)
    killing.join()
    assert executioner.killed == dict.fromkeys(VICTIMS, KILLS_EACH)

    assert eventually(lambda: owes_nothing(shop), 120, every_s=0.5)
    administration = cloud.administration
    assert eventually(lambda: administration.status()["lag"] == 0, 60, every_s=0.5)
    status, truth = administration.status(), day.truth
    assert status["ledger"]["sales"] == truth.retail
    assert status["ledger"]["controls"] == truth.controls
    assert status["ledger"]["duplicates"] == 0
    assert status["ledger"]["conflicts"] == 0
    assert status["ledger"]["dead_letters"] == 0
    assert status["members"] == len(truth.members)
    assert shop.status()["captured"]["retail"] == truth.retail
    assert not list(shop.till.glob("*.xml")), "every file was taken"


def test_a_worker_killed_between_commit_and_acknowledgement_is_sent_the_batch_again(
    cloud: SplitCloud, shop: Shop
) -> None:
    deaths = 6
    day = ShopDay(seed=SEED + 1, sales=120)
    files = Player(shop.till, SystemPlayerClock()).play(list(day.deliveries()))
    for death in range(deaths):
        assert cloud.ingest is not None
        cloud.ingest.stop()
        cloud.start_ingest_that_dies(acknowledgements=1 + death % 3)
        doomed = cloud.ingest
        for _ in range(12):
            next(files, None)
            time.sleep(0.02)
        assert eventually(lambda doomed=doomed: not doomed.running, 30)  # type: ignore[misc]
        time.sleep(4 * RESEND_AFTER_S)  # the shop sends again, and the broker keeps it
        cloud.start_ingest()
        assert eventually(lambda: owes_nothing(shop), 30, every_s=0.2)
    for _ in files:
        pass
    assert eventually(lambda: owes_nothing(shop), 60, every_s=0.5)
    status = cloud.administration.status()
    assert status["ledger"]["sales"] == day.truth.retail
    assert status["ledger"]["controls"] == day.truth.controls
    assert status["ledger"]["duplicates"] == 0
    assert cloud.ingest is not None
    cloud.ingest.stop()
    assert duplicates_settled(cloud) >= deaths, "what was committed and not answered came again"


def test_nothing_is_left_running_afterwards(tmp_path: Path) -> None:
    before = set(children_of_this_test())
    split = SplitCloud(tmp_path / "cloud", [PLAN])
    split.start()
    split.stop()
    assert set(children_of_this_test()) <= before
