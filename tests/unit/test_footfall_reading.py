"""A store's day at its doors as the database tells it: sales and reports of one moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from cloud.footfall.tables import LINE, PART
from cloud.insight import FootfallDay, read_footfall
from cloud.insight.reading import _MINUTE
from cloud.organisation import Store
from models.wire.events.sale import Link, LinkReason, Status
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, SHANGHAI, a_minute, a_sale, an_unwatched_minute, revised
from tests.simulators.little_ledger import STORE, TENANT, LittleLedger, at_store

DAY = date(2026, 11, 22)
SHOP = Store(TENANT, STORE, "人民广场店", "Asia/Shanghai", "CNY", "CN")
LATER = NOON + timedelta(days=3)


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


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


def the_day(shop: LittleLedger, day: date = DAY) -> FootfallDay | None:
    shop.fold()
    return read_footfall(shop.engine, SHOP, day, LATER)


def test_store_without_cameras_has_no_such_day(shop: LittleLedger) -> None:
    shop.sale(a_sale(1))
    shop.count(a_minute(ingress=1), device=at_store("sh-0002"))
    assert the_day(shop) is None


def test_silent_cameras_are_missed_for_a_week(shop: LittleLedger) -> None:
    shop.count(a_minute(at(9).astimezone(UTC), ingress=1))
    silent = the_day(shop, DAY + timedelta(days=6))
    assert silent is not None
    assert (silent.ingress, silent.hours, silent.cameras) == (None, (), ())
    assert the_day(shop, DAY + timedelta(days=9)) is None
    assert the_day(shop, DAY - timedelta(days=1)) is None
    assert the_day(shop, date(1, 1, 1)) is None
    assert the_day(shop, date(9999, 12, 31)) is None


def test_only_sales_that_count_are_conversions(shop: LittleLedger) -> None:
    nine = at(9)
    shop.count(a_minute(nine, ingress=10))
    for number in (1, 2):
        shop.sale(a_sale(number, end_at=nine))
    void = Link(reason=LinkReason.VOID, sequence_number="2")
    shop.sale(revised(a_sale(3, total_minor=-1250, end_at=nine), links=[void]))
    shop.sale(a_sale(4, status=Status.TRAINING, end_at=nine))
    shop.sale(revised(a_sale(5, total_minor=-100, end_at=nine), lines=[]))
    found = the_day(shop)
    assert found is not None
    assert (found.conversion.sales, found.conversion.visitors) == (1, 10)


def test_visitor_after_midnight_is_counted_on_one_day_only(shop: LittleLedger) -> None:
    tomorrow = DAY + timedelta(days=1)
    shop.sale(a_sale(1, end_at=at(23, 30)))
    shop.sale(a_sale(2, end_at=at(1, 15, tomorrow)))
    shop.sale(a_sale(3, day=tomorrow, end_at=at(9, 0, tomorrow)))
    for moment in (at(23, 10), at(0, 40, tomorrow), at(1, 59, tomorrow), at(2, 0, tomorrow)):
        shop.count(a_minute(moment, ingress=1))
    friday, saturday = the_day(shop), the_day(shop, tomorrow)
    assert friday is not None
    assert saturday is not None
    assert [(each.hour, each.ingress) for each in friday.hours] == [(23, 1), (24, 1), (25, 1)]
    assert (friday.ingress, saturday.ingress) == (3, 1)
    assert friday.trading_day.end_at == saturday.trading_day.begin_at == at(2, 0, tomorrow)
    assert saturday.hours[0].hour == 2


def test_cameras_tell_their_lines_and_why_they_did_not_watch(shop: LittleLedger) -> None:
    shop.count(
        a_minute(at(9), ingress=2, line="left"),
        a_minute(at(9), egress=3, line="right"),
        an_unwatched_minute(at(10), camera="yard"),
    )
    found = the_day(shop)
    assert found is not None
    door, yard = found.cameras
    assert door.lines == {"left": (2, 0), "right": (0, 3)}
    assert (door.ingress, yard.ingress, yard.lines) == (2, None, {})
    assert sum(yard.gaps_ms.values()) == 60_000


def test_both_databases_understand_the_tables_and_the_minutes() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's gap
    for table in (PART, LINE):
        assert "BIGINT NOT NULL" in str(CreateTable(table).compile(dialect=dialect))
    by_minute = str(select(_MINUTE, func.count()).group_by(_MINUTE).compile(dialect=dialect))
    assert by_minute.count("sale.end_at_ms / 60000") == 2
