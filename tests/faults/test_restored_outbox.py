"""Yesterday's copy of an outbox is put back, and the till goes on selling."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.faults.test_kill_nine import PLAN, owes_nothing
from tests.simulators.demo.boxes import Shop
from tests.simulators.demo.stage import Ports
from tests.simulators.processes import eventually, free_port
from tests.simulators.split_cloud import SplitCloud
from tests.simulators.till import Delivery, Player, ShopDay, SystemPlayerClock

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180)]


def sell(shop: Shop, files: list[Delivery]) -> None:
    """Play files and wait until the ledger has settled them."""
    for _ in Player(shop.till, SystemPlayerClock()).play(files):
        pass
    assert eventually(lambda: not list(shop.till.glob("*.xml")), 30)
    assert eventually(lambda: owes_nothing(shop), 60, every_s=0.2)


def test_a_restored_copy_begins_a_new_epoch_and_loses_nothing(tmp_path: Path) -> None:
    cloud = SplitCloud(tmp_path / "cloud", [PLAN])
    cloud.start()
    ports = Ports(http=free_port(), broker=cloud.broker_port)
    shop = Shop(tmp_path / "shop", PLAN, ports, cloud.secrets[PLAN.store], free_port())
    data, yesterday = shop.folder / "data", shop.folder / "yesterday"
    day = ShopDay(seed=31, sales=90)
    files = list(day.deliveries())
    third = len(files) // 3
    try:
        shop.start()
        sell(shop, files[:third])
        before = shop.status()["epoch"]
        shop.stop()
        shutil.copytree(data, yesterday)

        shop.start()
        sell(shop, files[third : 2 * third])
        shop.stop()
        shutil.rmtree(data)
        yesterday.rename(data)

        assert shop.status()["epoch"] == before, "the copy remembers yesterday's epoch"
        shop.start()
        sell(shop, files[2 * third :])
        assert shop.status()["epoch"] != before, "the ledger was ahead of it"
        assert eventually(lambda: cloud.administration.status()["lag"] == 0, 30, every_s=0.2)
        status = cloud.administration.status()
    finally:
        shop.stop()
        cloud.stop()
    assert status["ledger"]["sales"] == day.truth.retail
    assert status["ledger"]["controls"] == day.truth.controls
    assert status["ledger"]["duplicates"] == 0
    assert status["ledger"]["conflicts"] == 0
    assert status["members"] == len(day.truth.members)
