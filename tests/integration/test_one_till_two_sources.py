"""A day of one till as POSLog files and by another source, up to figures and cards.

The other one is a tap before a printer with ESC/POS bytes, or the poller of a till's database,
whose keys are UUIDs. Real parts all the way: the readers of the agent, the ledger's journal and the
folds behind it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agent.capture.pos import CapturedSale
from agent.capture.pos.escpos.reading import Occasion
from agent.capture.pos.receipts import ReceiptProfile, TillReceipts
from cloud.sales import Standing
from models.runtime.settings import parse
from tests.simulators.capturing import DEVICE, captured, context
from tests.simulators.databases import Databases
from tests.simulators.filed_tickets import files_of, ring_a_day
from tests.simulators.polled_till import sqlite_till
from tests.simulators.printed_day import PROFILE, printed
from tests.simulators.printing_till import print_jobs
from tests.simulators.tapped_shop import TappedShop
from tests.simulators.till import ShopDay
from tests.simulators.whole_cloud import WholeCloud

TENANT, STORE = DEVICE.tenant, DEVICE.store


@dataclass(frozen=True)
class Captures:
    """The same day twice: by the till's files, and by another source."""

    day: date
    filed: Sequence[CapturedSale]
    other: Sequence[CapturedSale]
    sales: int
    net_minor: int


@pytest.fixture(scope="module", params=["printer", "database"])
def captures(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Captures:
    folder = tmp_path_factory.mktemp(request.param)
    return printed_too(folder) if request.param == "printer" else polled_too(folder)


def printed_too(folder: Path) -> Captures:
    day = ShopDay(seed=7, sales=50)
    filed = [
        sale for delivery in day.deliveries() for sale in captured(delivery.xml(), "lianke-till")
    ]
    reader = TillReceipts(parse(PROFILE, ReceiptProfile, "test"), context())
    with TappedShop(folder) as shop:
        jobs = list(printed(day))
        print_jobs(shop.port, jobs)
        assert shop.soon(lambda: shop.status.prints == len(jobs))
        receipts = shop.receipts()
    occasion = Occasion(printer="front")
    tapped = [sale for receipt in receipts for sale in reader.sales(receipt, occasion)]
    assert len(tapped) == len(jobs)
    truth = day.truth
    return Captures(truth.business_day, filed, tapped, truth.sales, truth.net_sales_fen)


def polled_too(folder: Path) -> Captures:
    shop = sqlite_till(folder)
    tickets = ring_a_day(shop.till)
    shop.wait()
    shop.close()
    assert not shop.aside.kept
    polled = list(shop.sink.stored.values())
    assert len(polled) == len(tickets)
    files = [sale for file in files_of(tickets) for sale in captured(file, "lianke-till")]
    sales = sum(not each.is_refund for each in tickets)
    net_minor = sum(each.rung.total_minor for each in tickets)
    return Captures(tickets[0].at.date(), files, polled, sales, net_minor)


@pytest.fixture
def cloud(tmp_path: Path, databases: Databases) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path, databases=databases) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def by_files_alone(captures: Captures, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    with WholeCloud(tmp_path_factory.mktemp("alone")) as cloud:
        cloud.hand_over(captures.filed, DEVICE)
        day = the_day(cloud, captures.day)
    assert all(day), "sales, hours and members, or nothing is compared"
    return day


def the_day(cloud: WholeCloud, day: date) -> tuple[Any, ...]:
    """Every figure of the day, and every member's card without the ids that it includes."""
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


def counted(cloud: WholeCloud, day: date) -> tuple[int, int]:
    """Sales of the day, and what they came to."""
    (figure,) = cloud.figures.of_day(TENANT, STORE, day)
    return figure.sales, figure.net_minor


@pytest.mark.parametrize("order", ["files first", "the other first", "interleaved"])
def test_the_day_is_what_the_files_alone_say(
    cloud: WholeCloud, captures: Captures, by_files_alone: tuple[Any, ...], order: str
) -> None:
    filed, other = captures.filed, captures.other
    both = {
        "files first": [*filed, *other],
        "the other first": [*other, *filed],
        "interleaved": random.Random(3).sample([*filed, *other], len(filed) + len(other)),
    }[order]
    for start in range(0, len(both), 25):
        cloud.hand_over(both[start : start + 25], DEVICE)
    assert the_day(cloud, captures.day) == by_files_alone
    assert counted(cloud, captures.day) == (captures.sales, captures.net_minor)
    standings = [cloud.figures.sale(each.sale_id) for each in other]
    assert {each and each.standing for each in standings} == {Standing.ECHO}


def test_figures_move_over_to_the_files_without_a_dip_or_a_double(
    cloud: WholeCloud, captures: Captures
) -> None:
    cloud.hand_over(captures.other, DEVICE)
    assert counted(cloud, captures.day) == (captures.sales, captures.net_minor)
    for start in range(0, len(captures.filed), 10):
        cloud.hand_over(captures.filed[start : start + 10], DEVICE)
        assert counted(cloud, captures.day) == (captures.sales, captures.net_minor)
