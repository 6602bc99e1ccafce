"""A day of one till as POSLog files and as receipts through a tap, up to figures and cards.

Real parts all the way: the readers of the agent, a tap before a printer with ESC/POS bytes, the
ledger's journal and the folds behind it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent.capture.pos import CapturedSale
from agent.capture.pos.escpos.reading import Occasion
from agent.capture.pos.receipts import ReceiptProfile, TillReceipts
from cloud.sales import DayFigure, Standing
from models.runtime.settings import parse
from models.wire.codec import Codec
from models.wire.envelope import stamp
from models.wire.topics import Stream
from tests.simulators.capturing import DEVICE, captured, context
from tests.simulators.databases import Databases
from tests.simulators.facts import EPOCH
from tests.simulators.printed_day import PROFILE, printed
from tests.simulators.printing_till import print_jobs
from tests.simulators.tapped_shop import TappedShop
from tests.simulators.till import ShopDay
from tests.simulators.whole_cloud import WholeCloud

DAY = ShopDay(seed=7, sales=50)
TENANT, STORE = DEVICE.tenant, DEVICE.store


@dataclass(frozen=True)
class Captures:
    """The same day twice: by the till's files, and by its printer."""

    filed: Sequence[CapturedSale]
    tapped: Sequence[CapturedSale]


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Captures:
    filed = [
        sale for delivery in DAY.deliveries() for sale in captured(delivery.xml(), "lianke-till")
    ]
    reader = TillReceipts(parse(PROFILE, ReceiptProfile, "test"), context())
    with TappedShop(tmp_path_factory.mktemp("tap")) as shop:
        jobs = list(printed(DAY))
        print_jobs(shop.port, jobs)
        assert shop.soon(lambda: shop.status.prints == len(jobs))
        receipts = shop.receipts()
    occasion = Occasion(printer="front")
    tapped = [sale for receipt in receipts for sale in reader.sales(receipt, occasion)]
    assert len(tapped) == len(jobs)
    return Captures(filed, tapped)


@pytest.fixture
def cloud(tmp_path: Path, databases: Databases) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path, databases=databases) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def by_files_alone(captures: Captures, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    with WholeCloud(tmp_path_factory.mktemp("alone")) as cloud:
        Line(cloud).send(captures.filed)
        return the_day(cloud)


class Line:
    """One device's events on their way, numbered."""

    def __init__(self, cloud: WholeCloud) -> None:
        self._cloud = cloud
        self._next = 1

    def send(self, sales: Sequence[CapturedSale]) -> None:
        events = [stamp(each.body, EPOCH, self._next + n) for n, each in enumerate(sales)]
        payload = Codec().encode(EPOCH, "sale", self._next, events)
        self._cloud.arrive(payload, Stream.SALE, DEVICE)
        self._next += len(sales)


def the_day(cloud: WholeCloud) -> tuple[Any, ...]:
    """Every figure of the day, and every member's card without the ids that it includes."""
    day = DAY.truth.business_day
    cards = (delta.card for delta in cloud.cards.page(TENANT, STORE, 0, 1000).deltas)
    return (
        cloud.figures.of_day(TENANT, STORE, day),
        cloud.figures.by_hour(TENANT, STORE, day),
        sorted(
            (each.phones, each.cards, each.visits, each.spend, each.purchases)
            for each in cards
            if each is not None
        ),
    )


def figure_of_truth() -> tuple[int, int]:
    return DAY.truth.sales, DAY.truth.net_sales_fen


def figure(cloud: WholeCloud) -> DayFigure:
    (figure,) = cloud.figures.of_day(TENANT, STORE, DAY.truth.business_day)
    return figure


@pytest.mark.parametrize("order", ["files first", "receipts first", "interleaved"])
def test_the_day_is_what_the_files_alone_say(
    cloud: WholeCloud, captures: Captures, by_files_alone: tuple[Any, ...], order: str
) -> None:
    both = {
        "files first": [*captures.filed, *captures.tapped],
        "receipts first": [*captures.tapped, *captures.filed],
        "interleaved": random.Random(3).sample(
            [*captures.filed, *captures.tapped], len(captures.filed) + len(captures.tapped)
        ),
    }[order]
    line = Line(cloud)
    for start in range(0, len(both), 25):
        line.send(both[start : start + 25])
    assert the_day(cloud) == by_files_alone
    assert (figure(cloud).sales, figure(cloud).net_minor) == figure_of_truth()
    receipts = {sale.sale_id for sale in captures.tapped}
    standings = {each: cloud.figures.sale(each) for each in receipts}
    assert {each and each.standing for each in standings.values()} == {Standing.ECHO}


def test_figures_move_over_from_receipts_to_files_without_a_dip_or_a_double(
    cloud: WholeCloud, captures: Captures
) -> None:
    line = Line(cloud)
    line.send(captures.tapped)
    assert (figure(cloud).sales, figure(cloud).net_minor) == figure_of_truth()
    for start in range(0, len(captures.filed), 10):
        line.send(captures.filed[start : start + 10])
        assert (figure(cloud).sales, figure(cloud).net_minor) == figure_of_truth()
