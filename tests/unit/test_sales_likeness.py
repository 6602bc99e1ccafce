"""When two captures are one transaction, and which of them stands."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from cloud.sales.likeness import (
    WITHIN,
    Crowd,
    Seen,
    likeness_of,
    likenesses_near,
    seen_of,
)
from cloud.sales.row import Row, recency, row_of
from models.wire.events.sale import Kind, SaleRecorded
from models.wire.source_rank import rank_of
from tests.simulators.facts import NOON, a_sale, revised
from tests.simulators.little_ledger import entry_of_sale
from tests.simulators.second_sources import polled, printed


def row(sale: SaleRecorded) -> Row:
    return row_of(entry_of_sale(sale), sale)


def seen(sale: SaleRecorded) -> Seen:
    return seen_of(row(sale))


SALE = a_sale(17)


@pytest.mark.parametrize(
    "other",
    [
        printed(SALE),
        printed(SALE, after=timedelta(minutes=4)),
        printed(SALE, after=timedelta(minutes=-5)),
        printed(SALE, workstation_id="x", till_id="01"),
        printed(SALE, workstation_id="sh-0001-pos1"),  # the device's own name: not printed
        printed(SALE, sequence_number="A-3", transaction_id=" 0017 "),
        polled(SALE),
    ],
)
def test_another_source_may_see_the_same_transaction(other: SaleRecorded) -> None:
    assert seen(SALE).is_like(seen(other))
    assert seen(other).is_like(seen(SALE))


@pytest.mark.parametrize(
    "other",
    [
        printed(SALE, total_minor=1251),
        printed(SALE, total_minor=-1250),
        printed(SALE, currency="HKD"),
        printed(SALE, workstation_id="2"),
        printed(SALE, sequence_number="18", receipt_number="18"),
        printed(SALE, sequence_number="", receipt_number=""),
        printed(SALE, after=timedelta(minutes=6)),
        revised(a_sale(17), natural_key="of/the/same/source"),
    ],
)
def test_what_differs_in_one_of_these_is_another_transaction(other: SaleRecorded) -> None:
    assert not seen(SALE).is_like(seen(other))


def test_numbers_and_tills_are_compared_without_case_and_zeros() -> None:
    ours = revised(SALE, receipt_number="b-7", workstation_id="Kasse A")
    theirs = printed(SALE, sequence_number="", receipt_number="00B-7", workstation_id="KASSE A")
    assert seen(ours).is_like(seen(theirs))


def test_a_true_key_stands_before_a_derived_one_and_then_the_rank_decides() -> None:
    tap, database = printed(SALE, rank=100), polled(SALE, rank=90)
    crowd = Crowd([seen(each) for each in (SALE, tap, database)])
    assert crowd.echo_of(seen(tap)) == seen(database).sale_id
    assert crowd.echo_of(seen(SALE)) == seen(database).sale_id
    assert crowd.echo_of(seen(database)) is None


def test_of_two_that_stand_equally_the_nearer_one_is_echoed() -> None:
    first = a_sale(17, workstation="1", end_at=NOON)
    second = a_sale(17, workstation="2", end_at=NOON + timedelta(minutes=3))
    tap = printed(second, workstation_id="sh-0001-pos1")
    for order in permutations([first, second, tap]):
        crowd = Crowd(map(seen, order))
        assert crowd.echo_of(seen(tap)) == seen(second).sale_id


def test_controls_and_what_has_no_number_are_nobodys_echo() -> None:
    assert likeness_of(row(SALE)) is not None
    assert likeness_of(row(a_sale(17, kind=Kind.CONTROL))) is None
    assert likeness_of(row(printed(SALE, sequence_number="", receipt_number=""))) is None
    assert likeness_of(row(printed(SALE, sequence_number=" ", receipt_number=""))) is None


@pytest.mark.parametrize("second", range(0, 1200, 37))
def test_whatever_is_alike_to_something_alike_is_looked_up(second: int) -> None:
    middle = row(a_sale(1, end_at=NOON + timedelta(seconds=second)))
    far = [
        row(a_sale(1, end_at=NOON + timedelta(seconds=second) + way * 2 * WITHIN))
        for way in (1, -1)
    ]
    near = set(likenesses_near(middle))
    assert {likeness_of(each) for each in far} <= near


@pytest.mark.parametrize(
    ("adapter", "stated", "rank"),
    [("poslog", 0, 80), ("receipts", 0, 20), ("receipts", 90, 90), ("of the future", 0, 1)],
)
def test_a_rank_that_is_not_stated_is_the_adapters(adapter: str, stated: int, rank: int) -> None:
    assert rank_of(adapter, stated) == rank


def test_of_two_revisions_the_better_source_stands_then_the_later() -> None:
    ways: list[dict[str, Any]] = [
        {"source_rank": 20, "captured_at_ms": 9, "position": 9},
        {"source_rank": 80, "captured_at_ms": 1, "position": 8},
        {"source_rank": 80, "captured_at_ms": 2, "position": 3},
        {"source_rank": 80, "captured_at_ms": 2, "position": 4},
    ]
    assert sorted(ways, key=recency) == ways
