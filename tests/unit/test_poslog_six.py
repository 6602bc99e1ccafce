"""Files of tills that nobody wrote a profile for, read by the standard one, against the truth."""

from __future__ import annotations

from typing import Protocol

import pytest

from models.wire.events.sale import SaleRecorded
from tests.simulators.capturing import captured
from tests.simulators.foreign_tills import FashionTill, SportsTill, Truth


class Till(Protocol):
    """Writes a file and knows what is in it."""

    truths: list[Truth]

    def day(self, sales: int, /) -> bytes:
        """A file."""
        ...


def pairs(till: Till, size: int) -> list[tuple[SaleRecorded, Truth]]:
    sales = [each.sale for each in captured(till.day(size))]
    return list(zip(sales, till.truths, strict=True))


@pytest.fixture(params=range(4))
def sports(request: pytest.FixtureRequest) -> list[tuple[SaleRecorded, Truth]]:
    return pairs(SportsTill(request.param), 30)


@pytest.fixture(params=range(4))
def fashion(request: pytest.FixtureRequest) -> list[tuple[SaleRecorded, Truth]]:
    return pairs(FashionTill(request.param), 5)


def hold(found: list[tuple[SaleRecorded, Truth]]) -> None:
    """What must be so for whatever till."""
    for sale, truth in found:
        assert sale.sequence_number == truth.number
        assert (sale.kind, sale.status) == (truth.kind, truth.status)
        assert sale.total_minor == truth.total
        assert [line.extended_amount_minor for line in sale.lines] == truth.lines
        assert [line.gtin for line in sale.lines] == truth.gtins
        assert sum(each.amount_minor - each.change_minor for each in sale.tenders) == truth.paid
        assert sale.currency == "EUR"
        assert sale.capture.flags == []
        links = {(link.reason.value, link.sequence_number) for link in sale.links}
        assert links == ({truth.link} if truth.link else set())


def test_a_sports_chains_day_is_right_to_the_cent(
    sports: list[tuple[SaleRecorded, Truth]],
) -> None:
    hold(sports)


def test_every_piece_with_a_tag_is_known_by_it(sports: list[tuple[SaleRecorded, Truth]]) -> None:
    for sale, truth in sports:
        assert [line.serials for line in sale.lines] == truth.serials


def test_members_and_foreign_money_are_read(sports: list[tuple[SaleRecorded, Truth]]) -> None:
    for sale, truth in sports:
        assert [each.value for each in sale.loyalty] == ([truth.loyalty] if truth.loyalty else [])
        foreign = [(t.currency, t.foreign_amount_minor) for t in sale.tenders if t.currency]
        assert foreign == ([truth.foreign] if truth.foreign else [])


def test_of_a_card_the_last_four_digits_are_known(
    sports: list[tuple[SaleRecorded, Truth]],
) -> None:
    cards = {t.card_last4 for sale, _ in sports for t in sale.tenders if t.type == "CreditDebit"}
    assert cards == {"4242"}


def test_a_fashion_houses_day_is_right_to_the_cent(
    fashion: list[tuple[SaleRecorded, Truth]],
) -> None:
    hold(fashion)


def test_what_moved_no_money_is_told_apart(fashion: list[tuple[SaleRecorded, Truth]]) -> None:
    statuses = {sale.status.value for sale, _ in fashion}
    assert statuses == {"completed", "suspended", "training", "voided"}


def test_a_settlements_sums_are_captured(fashion: list[tuple[SaleRecorded, Truth]]) -> None:
    (settled,) = [(sale, truth) for sale, truth in fashion if truth.sums]
    sale, truth = settled
    assert {total.type: total.amount_minor for total in sale.totals} == truth.sums
    assert [total.count for total in sale.totals] == [37, None]


def test_taxes_that_do_not_say_so_are_included_where_the_prices_hold_them(
    fashion: list[tuple[SaleRecorded, Truth]],
) -> None:
    assert all(tax.included for sale, _ in fashion for tax in sale.taxes)
    for sale, truth in fashion:
        if sale.taxes and truth.total:
            assert (sale.taxes[0].amount_minor < 0) == (truth.total < 0)
