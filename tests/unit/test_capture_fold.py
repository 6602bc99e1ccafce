"""What is kept of the shops' quarantine, and the receipts that do not add up, from the ledger."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from cloud.capture import find_record, odd_receipts, read_capture_day, records
from cloud.capture.fold import KEPT
from cloud.storage import read
from models.wire.events.capture import RecordQuarantined, RecordReleased
from models.wire.events.sale import Discount, Flag, Tax, Tender
from tests.simulators.capture_words import flagged, released, set_aside
from tests.simulators.databases import Databases
from tests.simulators.facts import SHOP, a_sale, revised
from tests.simulators.whole_cloud import WholeCloud

DAY = date(2026, 11, 22)


@pytest.fixture
def cloud(tmp_path: Path, databases: Databases) -> Iterator[WholeCloud]:
    with WholeCloud(tmp_path, databases=databases) as made:
        made.open_store()
        yield made


def names(cloud: WholeCloud, *, gone: bool = False) -> list[tuple[str, str]]:
    with read(cloud.engine) as connection:
        found = records(connection, SHOP.tenant, SHOP.store, released=gone)
    return [(each.name, each.reason) for each in found]


def test_records_are_listed_the_oldest_first_with_what_was_read_of_them(cloud: WholeCloud) -> None:
    cloud.set_aside(set_aside("b", hours=2), set_aside("a", hours=1))
    assert [name for name, _ in names(cloud)] == ["a", "b"]
    with read(cloud.engine) as connection:
        found = find_record(connection, SHOP.tenant, SHOP.device, "a", None)
    assert found is not None
    assert [piece.fault for piece in found.pieces] == ["", "no total"]
    assert not found.is_released


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_stay_ends_the_same_whatever_arrives_first(
    cloud: WholeCloud, order: tuple[int, ...]
) -> None:
    told: list[RecordQuarantined | RecordReleased] = [
        set_aside(),
        released(),
        set_aside(hours=5, reason="still no total"),
    ]
    for at in order:
        cloud.set_aside(told[at])
    assert names(cloud) == [("5f0c", "still no total")]
    assert names(cloud, gone=True) == [("5f0c", "no total")]


def test_a_stay_told_again_is_one_with_its_newest_words(cloud: WholeCloud) -> None:
    cloud.set_aside(set_aside())
    cloud.hand.move(10)
    cloud.set_aside(set_aside(reason="read with a newer profile: no total"))
    assert names(cloud) == [("5f0c", "read with a newer profile: no total")]


def test_made_again_from_the_ledger_it_is_the_same(cloud: WholeCloud) -> None:
    cloud.set_aside(set_aside("a"), set_aside("b"), released("a"), set_aside("c", hours=3))
    before = names(cloud), names(cloud, gone=True)
    cloud.views.rebuild()
    assert names(cloud) == []
    while cloud.views.step():
        pass
    assert (names(cloud), names(cloud, gone=True)) == before


def test_records_are_kept_as_long_as_the_shop_keeps_them(cloud: WholeCloud) -> None:
    cloud.set_aside(set_aside("old"), released("old"), set_aside("older"))
    cloud.hand.move(KEPT.total_seconds() + 1)
    cloud.set_aside(set_aside("new", hours=24 * 91))
    assert names(cloud) == [("new", "no total")]
    assert names(cloud, gone=True) == []


def test_another_tenants_records_are_not_found(cloud: WholeCloud) -> None:
    cloud.set_aside(set_aside())
    with read(cloud.engine) as connection:
        assert records(connection, type(SHOP.tenant)("other")) == []
        assert records(connection, SHOP.tenant, stores=()) == []


def test_sums_show_what_does_not_come_out(cloud: WholeCloud) -> None:
    wrong = a_sale(1, total_minor=1250, phone="+8613787655678")
    wrong = msgspec.structs.replace(
        wrong,
        total_minor=1300,
        discounts=[Discount(amount_minor=-100)],
        taxes=[Tax(amount_minor=70), Tax(amount_minor=9, included=True)],
        tenders=[Tender(type="cash", amount_minor=2000, change_minor=650)],
    )
    cloud.sell(flagged(wrong, Flag.LINES_DISAGREE, Flag.TENDERS_DISAGREE), a_sale(2))
    with read(cloud.engine) as connection:
        (odd,) = odd_receipts(connection, SHOP.tenant, SHOP.store, DAY)
    assert (odd.sums.lines_minor, odd.sums.discounts_minor, odd.sums.taxes_minor) == (
        1250,
        -100,
        70,
    )
    assert (odd.sums.goods_off_minor, odd.sums.paid_off_minor) == (-80, 50)
    assert "13787655678" not in repr(odd)


def test_a_store_day_is_read_from_its_sales(cloud: WholeCloud) -> None:
    for back in (2, 1):
        day = DAY - timedelta(days=back)
        begin = 1 if back == 2 else 11
        cloud.sell(*(a_sale(n, day=day) for n in range(begin, begin + 10)))
    cloud.sell(*(a_sale(n) for n in range(22, 30) if n != 25), a_sale(1, workstation="2"))
    with read(cloud.engine) as connection:
        found = read_capture_day(connection, SHOP.tenant, SHOP.store, DAY)
        nothing = read_capture_day(connection, SHOP.tenant, SHOP.store, date(2001, 1, 1))
    assert (found.transactions, found.missing, found.repeated) == (8, 2, 0)
    till = found.tills[0]
    assert [(gap.first, gap.last, gap.before_first) for _, gap in till.gaps] == [
        (21, 21, True),
        (25, 25, False),
    ]
    assert found.sources[0].source == ("poslog", "test", 1)
    assert (nothing.transactions, nothing.tills) == (0, ())


def test_numbers_that_no_database_holds_stop_nothing(cloud: WholeCloud) -> None:
    huge = 2**62
    told = msgspec.structs.replace(
        set_aside(), size_bytes=huge, record=huge, profile_version=-huge, pieces_left_out=huge
    )
    sale = a_sale(1)
    capture = msgspec.structs.replace(sale.capture, profile_version=huge)
    cloud.set_aside(told)
    cloud.sell(revised(sale, capture=capture))
    assert names(cloud) == [("5f0c", "no total")]


def test_one_day_of_one_store_is_read_by_its_index(cloud: WholeCloud) -> None:
    if cloud.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by what the table holds, and this one is empty")
    cloud.sell(a_sale(1))
    with read(cloud.engine) as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT * FROM sale"
            " WHERE tenant = 'demo' AND store = 'sh-0001' AND business_day = '2026-11-22'"
        ).fetchall()
    assert "sale_of_day" in str(plan)
