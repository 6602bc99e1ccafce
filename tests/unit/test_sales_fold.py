"""The sale table behind the ledger, and the figures read from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import msgspec
import pytest

from cloud.sales import DayFigure, HourFigure, Standing
from cloud.sales.row import IMPLAUSIBLE
from models.wire.events.sale import (
    Kind,
    LineKind,
    Link,
    LinkReason,
    SaleRecorded,
    Status,
    Tender,
)
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, SHANGHAI, a_sale, revised
from tests.simulators.little_ledger import STORE, TENANT, LittleLedger, at_store

DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def ledger(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LittleLedger]:
    ledger = LittleLedger(tmp_path_factory.mktemp("shop"), databases)
    yield ledger
    ledger.close()


@pytest.fixture
def shop(ledger: LittleLedger) -> LittleLedger:
    ledger.wipe()
    return ledger


def post_void_of(sale: SaleRecorded, sequence: int) -> SaleRecorded:
    link = Link(reason=LinkReason.VOID, sequence_number=sale.sequence_number)
    return revised(a_sale(sequence, total_minor=-sale.total_minor), links=[link])


def a_return(sequence: int, total_minor: int) -> SaleRecorded:
    sale = a_sale(sequence, total_minor=total_minor)
    lines = [msgspec.structs.replace(line, kind=LineKind.RETURN) for line in sale.lines]
    return revised(sale, lines=lines)


def the_day(shop: LittleLedger) -> DayFigure:
    (figure,) = shop.figures.of_day(TENANT, STORE, DAY)
    return figure


def test_a_day_is_its_sales_less_returns(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, total_minor=1000))
    shop.sale(a_sale(2, total_minor=500))
    shop.sale(a_return(3, total_minor=-200))
    shop.fold()
    assert the_day(shop) == DayFigure("CNY", 2, 0, 1, 0, 1300)


@pytest.mark.parametrize("status", [Status.VOIDED, Status.SUSPENDED, Status.TRAINING])
def test_what_was_given_up_parked_or_practised_never_counts(
    shop: LittleLedger, status: Status
) -> None:
    shop.sale(a_sale(1, status=status))
    shop.sale(a_sale(2, kind=Kind.CONTROL))
    shop.fold()
    assert shop.figures.of_day(TENANT, STORE, DAY) == []
    assert shop.figures.by_hour(TENANT, STORE, DAY) == []


def test_a_resumed_sale_counts_once(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, status=Status.SUSPENDED))
    link = Link(reason=LinkReason.RESUME, sequence_number="1")
    shop.sale(revised(a_sale(2), links=[link]))
    shop.fold()
    assert the_day(shop).sales == 1
    assert the_day(shop).net_minor == 1250


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("batch", [1, 3])
def test_a_post_void_takes_its_sale_out_in_whatever_order_they_arrive(
    shop: LittleLedger, order: tuple[int, ...], batch: int
) -> None:
    kept, taken_back = a_sale(1, total_minor=900), a_sale(2)
    for sale in (kept, taken_back, post_void_of(taken_back, 3)):
        shop.sale(sale)
    shop.reordered(order)
    shop.fold(batch)
    assert the_day(shop) == DayFigure("CNY", 1, 0, 0, 1, 900)


def test_a_post_void_of_a_return_gives_the_money_back(shop: LittleLedger) -> None:
    returned = a_return(2, total_minor=-300)
    shop.sale(a_sale(1, total_minor=1000))
    shop.sale(returned)
    shop.sale(post_void_of(returned, 3))
    shop.fold()
    assert the_day(shop) == DayFigure("CNY", 1, 0, 0, 1, 1000)


def test_a_sale_counts_again_when_its_post_void_turns_out_to_be_something_else(
    shop: LittleLedger,
) -> None:
    sale = a_sale(1, total_minor=700)
    mistaken = post_void_of(sale, 2)
    shop.sale(sale)
    shop.sale(mistaken)
    shop.fold()
    assert the_day(shop).sales == 0
    shop.sale(revised(mistaken, links=[], total_minor=50))
    shop.fold()
    assert the_day(shop) == DayFigure("CNY", 2, 0, 0, 0, 750)


def test_a_later_revision_replaces_the_earlier_one(shop: LittleLedger) -> None:
    sale = a_sale(1, total_minor=1000)
    shop.sale(sale)
    shop.fold()
    sale_id = shop.sale(revised(sale, total_minor=800))
    shop.fold()
    assert the_day(shop) == DayFigure("CNY", 1, 0, 0, 0, 800)
    figure = shop.figures.sale(sale_id)
    assert figure is not None
    assert figure.total_minor == 800


@pytest.mark.parametrize("batch", [1, 2])
def test_the_later_captured_revision_stands_even_when_it_arrives_first(
    shop: LittleLedger, batch: int
) -> None:
    sale = a_sale(1, total_minor=1000)
    shop.sale(revised(sale, total_minor=800), at=NOON + timedelta(minutes=5))
    shop.sale(sale, at=NOON)
    shop.fold(batch)
    assert the_day(shop).net_minor == 800


def test_of_two_revisions_captured_in_one_moment_the_later_arrival_stands(
    shop: LittleLedger,
) -> None:
    sale = a_sale(1, total_minor=1000)
    shop.sale(sale, at=NOON)
    shop.sale(revised(sale, total_minor=800), at=NOON)
    shop.fold()
    assert the_day(shop).net_minor == 800


def test_folding_the_same_entries_twice_equals_once(shop: LittleLedger) -> None:
    sale = a_sale(1)
    shop.sale(sale)
    shop.sale(revised(sale, total_minor=90))
    shop.sale(post_void_of(sale, 2))
    shop.fold()
    before = shop.rows("sale")
    shop.fold(entries=shop.entries)
    assert shop.rows("sale") == before


def test_hours_are_the_shops_own_and_go_on_past_midnight(shop: LittleLedger) -> None:
    late = datetime(2026, 11, 23, 0, 41, tzinfo=SHANGHAI)
    shop.sale(a_sale(1, total_minor=100, end_at=datetime(2026, 11, 22, 9, 59, tzinfo=SHANGHAI)))
    shop.sale(a_sale(2, total_minor=200, end_at=late))
    shop.fold()
    assert shop.figures.by_hour(TENANT, STORE, DAY) == [
        HourFigure(9, "CNY", 1, 0, 100),
        HourFigure(24, "CNY", 1, 0, 200),
    ]
    (newest, _) = shop.figures.latest(TENANT, STORE)
    assert newest.end_at == late.astimezone(UTC)
    assert newest.utc_offset_min == 480


def test_currencies_are_never_added(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, total_minor=100))
    shop.sale(revised(a_sale(2, total_minor=100), currency="HKD"))
    shop.fold()
    figures = shop.figures.of_day(TENANT, STORE, DAY)
    assert [(each.currency, each.net_minor) for each in figures] == [("CNY", 100), ("HKD", 100)]


def test_an_amount_beyond_all_reason_is_flagged_and_not_booked(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, total_minor=2**53))
    shop.fold()
    (sale,) = shop.figures.latest(TENANT)
    assert sale.total_minor == 0
    assert sale.flags == (IMPLAUSIBLE,)


def test_the_latest_sales_say_what_was_bought_and_how_it_was_paid(shop: LittleLedger) -> None:
    tenders = [
        Tender(type="cash", amount_minor=2000, change_minor=750),
        Tender(type="stored_value", amount_minor=300, wallet="alipay"),
    ]
    shop.sale(revised(a_sale(1), tenders=tenders))
    shop.sale(a_sale(2, kind=Kind.CONTROL))
    shop.sale(a_sale(3, store="sh-0002"), device=at_store("sh-0002"))
    shop.fold()
    (sale,) = shop.figures.latest(TENANT, STORE)
    assert sale.items == ("康师傅红烧牛肉面", "康师傅红烧牛肉面")
    assert sale.tenders == {"alipay": 300, "cash": 1250}
    assert sale.standing is Standing.SALE
    assert len(shop.figures.latest(TENANT)) == 2
    assert len(shop.figures.latest(TENANT, limit=1)) == 1


def test_text_that_a_database_refuses_is_made_acceptable(shop: LittleLedger) -> None:
    shop.sale(a_sale(1, workstation="1\x00"))
    shop.fold()
    (sale,) = shop.figures.latest(TENANT)
    assert sale.workstation == "1"


def test_stores_and_business_days_are_those_that_recorded_something(shop: LittleLedger) -> None:
    shop.sale(a_sale(1))
    shop.sale(a_sale(1, day=date(2026, 11, 21)))
    shop.sale(a_sale(1, store="bj-0007"), device=at_store("bj-0007"))
    shop.fold()
    assert shop.figures.stores(TENANT) == ["bj-0007", STORE]
    assert shop.figures.business_days(TENANT, STORE) == [DAY, date(2026, 11, 21)]
    assert shop.figures.by_standing(TENANT, STORE, DAY) == {Standing.SALE: 1}
    assert shop.figures.of_day(TENANT, STORE, date(2020, 1, 1)) == []


def test_clearing_forgets_and_folding_again_restores(shop: LittleLedger) -> None:
    shop.sale(a_sale(1))
    shop.fold()
    before = shop.rows("sale")
    shop.clear()
    assert shop.rows("sale") == []
    shop.fold()
    assert shop.rows("sale") == before
