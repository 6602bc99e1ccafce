"""A count that comes out wrong says of every missing transaction where it was last seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.run.census import keys_of
from tests.faults.run.shop_floor import PLAN
from tests.faults.run.tracing import traces
from tests.simulators.demo.boxes import Shop
from tests.simulators.demo.stage import Ports
from tests.simulators.till import Delivery, ShopDay

pytestmark = [pytest.mark.slow]


@pytest.fixture
def box(tmp_path: Path) -> Shop:
    """A box that was never started."""
    return Shop(tmp_path / "box", PLAN, Ports.free(), "no secret", 1, till=tmp_path / "till")


@pytest.fixture(scope="module")
def files() -> list[Delivery]:
    return ShopDay(seed=3, sales=60).deliveries()[:2]


def test_nothing_is_told_where_nothing_is_missing(box: Shop, files: list[Delivery]) -> None:
    assert not list(traces([], files, [box], PLAN.store))


def test_a_file_that_is_claimed_and_not_stored_is_found_with_the_till(
    box: Shop, files: list[Delivery]
) -> None:
    claimed = box.till / ".lianke" / "claimed" / PLAN.device / files[0].file_name
    claimed.parent.mkdir(parents=True)
    claimed.write_bytes(files[0].xml())
    (there,), (nowhere,) = (list(keys_of([each], PLAN.store)) for each in files)
    told = list(traces([there, nowhere], files, [box], PLAN.store))
    assert sorted(told) == sorted(
        [
            f"missing: {there} of {files[0].file_name}, now in {claimed}",
            f"missing: {nowhere} of {files[1].file_name}, now in neither till nor outbox",
        ]
    )
