"""One transaction by several sources: counted once, by the best of them, whoever came first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import permutations

import pytest

from cloud.sales import DayFigure, Standing
from cloud.sales.row import WITHOUT_NUMBER
from models.wire.events.sale import Kind, Link, LinkReason, Loyalty, SaleRecorded, Scheme, Status
from models.wire.ids import SaleId
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, a_sale, revised
from tests.simulators.little_ledger import STORE, TENANT, LittleLedger
from tests.simulators.second_sources import polled, printed

DAY = date(2026, 11, 22)
PHONE = "+8613976215437"
OTHER = "+8613976215438"


@pytest.fixture(scope="module")
def ledger(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LittleLedger]:
    ledger = LittleLedger(tmp_path_factory.mktemp("echoes"), databases)
    yield ledger
    ledger.close()


@pytest.fixture
def shop(ledger: LittleLedger) -> LittleLedger:
    ledger.wipe()
    return ledger


def days(shop: LittleLedger) -> list[DayFigure]:
    return shop.figures.of_day(TENANT, STORE, DAY)


def standing(shop: LittleLedger, sale: SaleId) -> Standing:
    figure = shop.figures.sale(sale)
    assert figure is not None
    return figure.standing


def has_card(shop: LittleLedger, phone: str) -> bool:
    (holder,) = shop.directory.find_by_phone(TENANT, phone)
    return shop.feed.card(TENANT, holder.one_id) is not None


def shown(phone: str) -> list[Loyalty]:
    return [Loyalty(scheme=Scheme.PHONE, value=phone)]


def recorded(shop: LittleLedger, sales: Sequence[SaleRecorded]) -> list[SaleId]:
    """One after the other, each folded before the next arrives."""
    ids = []
    for sale in sales:
        ids.append(shop.sale(sale))
        shop.fold()
    return ids


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("batch", [1, 3])
def test_three_sources_of_one_sale_count_once_in_whatever_order(
    shop: LittleLedger, order: tuple[int, ...], batch: int
) -> None:
    sale = a_sale(1)
    ids = [shop.sale(each) for each in (sale, polled(sale), printed(sale))]
    shop.reordered(order)
    shop.fold(batch)
    assert days(shop) == [DayFigure("CNY", 1, 0, 0, 0, 1250)]
    assert [standing(shop, each) for each in ids] == ["sale", "echo", "echo"]
    echoes = shop.rows("sale", "sale_id", "echo_of")
    assert set(echoes) == {(ids[0], None), (ids[1], ids[0]), (ids[2], ids[0])}


def test_figures_move_over_without_a_dip_or_a_double(shop: LittleLedger) -> None:
    sales = [a_sale(n, end_at=NOON + timedelta(minutes=n)) for n in range(1, 6)]
    for sale in sales:
        shop.sale(printed(sale))
    shop.fold()
    before = days(shop)
    for sale in sales:
        shop.sale(sale)
        shop.fold()
        assert days(shop) == before


def test_a_winner_that_turns_out_to_be_another_sale_gives_its_echo_back(
    shop: LittleLedger,
) -> None:
    sale = a_sale(1)
    winner, echo = recorded(shop, [sale, printed(sale)])
    recorded(shop, [revised(sale, total_minor=900)])
    assert [standing(shop, each) for each in (winner, echo)] == ["sale", "sale"]
    recorded(shop, [revised(sale, total_minor=1250, receipt_number="1")])
    assert [standing(shop, each) for each in (winner, echo)] == ["sale", "echo"]


def test_a_receipt_of_a_sale_that_was_given_up_does_not_count(shop: LittleLedger) -> None:
    sale = a_sale(1)
    recorded(shop, [printed(sale), sale, revised(sale, status=Status.VOIDED)])
    assert days(shop) == []


def test_the_receipts_of_a_sale_and_its_post_void_have_no_say(shop: LittleLedger) -> None:
    sale = a_sale(1)
    link = Link(reason=LinkReason.VOID, sequence_number="1")
    void = revised(a_sale(2, total_minor=-1250), links=[link])
    alone = [DayFigure("CNY", 0, 0, 0, 1, 0)]
    for order in permutations([sale, void, printed(sale), printed(void)]):
        shop.wipe()
        recorded(shop, order)
        assert days(shop) == alone


def test_a_post_void_by_the_receipts_alone_ends_when_the_till_knows_better(
    shop: LittleLedger,
) -> None:
    sale = a_sale(1)
    link = Link(reason=LinkReason.VOID, workstation_id="1", sequence_number="1")
    receipt = printed(a_sale(2, total_minor=-1250))
    void = revised(receipt, links=[link])
    recorded(shop, [sale, void])
    assert days(shop) == [DayFigure("CNY", 0, 0, 0, 1, 0)]
    recorded(shop, [revised(a_sale(2, total_minor=-1250), lines=[])])  # a return, says the till
    assert days(shop) == [DayFigure("CNY", 1, 0, 1, 0, 0)]


def test_a_capture_of_the_same_key_by_a_better_source_is_current(shop: LittleLedger) -> None:
    sale = a_sale(1)
    lesser = revised(printed(sale), natural_key=sale.natural_key, total_minor=1200)
    for order in permutations([sale, lesser]):
        shop.wipe()
        (first, _) = recorded(shop, order)
        figure = shop.figures.sale(first)
        assert figure is not None
        assert figure.total_minor == 1250


def test_control_transactions_of_both_sources_stay(shop: LittleLedger) -> None:
    control = a_sale(1, kind=Kind.CONTROL)
    recorded(shop, [control, printed(control)])
    assert shop.figures.by_standing(TENANT, STORE, DAY) == {Standing.CONTROL: 2}


@pytest.mark.parametrize("order", list(permutations(range(2))))
@pytest.mark.parametrize("batch", [1, 2])
def test_whom_only_the_receipt_names_has_the_sale_all_the_same(
    shop: LittleLedger, order: tuple[int, ...], batch: int
) -> None:
    sale = a_sale(1)
    ids = [shop.sale(sale), shop.sale(printed(sale, loyalty=shown(PHONE)))]
    shop.reordered(order)
    shop.fold(batch)
    card = shop.card_of(PHONE)
    assert (card.visits, [each.amount_minor for each in card.spend]) == (1, [1250])
    assert [each.sale_id for each in card.purchases] == ids[:1]
    assert set(card.includes) == set(ids)
    assert days(shop) == [DayFigure("CNY", 1, 1, 0, 0, 1250)]
    assert shop.directory.counts(TENANT).linked_sales == 1


def test_whom_the_better_source_names_has_the_sale(shop: LittleLedger) -> None:
    sale = a_sale(1, phone=PHONE)
    recorded(shop, [printed(sale, loyalty=shown(OTHER)), sale])
    assert shop.card_of(PHONE).visits == 1
    assert not has_card(shop, OTHER)


def test_a_member_goes_back_with_the_receipt_that_named_them(shop: LittleLedger) -> None:
    sale = a_sale(1)
    winner, echo = recorded(shop, [sale, printed(sale, loyalty=shown(PHONE))])
    assert [each.sale_id for each in shop.card_of(PHONE).purchases] == [winner]
    recorded(shop, [revised(sale, total_minor=900)])
    assert [each.sale_id for each in shop.card_of(PHONE).purchases] == [echo]
    assert shop.card_of(PHONE).includes == [echo]


def test_training_names_nobody_whatever_the_receipt_says(shop: LittleLedger) -> None:
    sale = a_sale(1, status=Status.TRAINING)
    receipt = printed(sale, status=Status.COMPLETED, loyalty=shown(PHONE))
    recorded(shop, [receipt, sale])
    assert not has_card(shop, PHONE)
    assert days(shop) == []


def test_a_card_never_shows_two_while_the_figures_move_over(shop: LittleLedger) -> None:
    sale = a_sale(1, phone=PHONE)
    recorded(shop, [printed(sale, loyalty=shown(PHONE))])
    assert shop.card_of(PHONE).visits == 1
    recorded(shop, [sale])
    card = shop.card_of(PHONE)
    assert (card.visits, len(card.purchases), len(card.includes)) == (1, 1, 2)
    steps = shop.rows("identity_event", "kind")
    assert sorted(steps) == [("attached",), ("created",)]


def test_without_a_number_nobody_is_swallowed_and_the_sale_says_so(shop: LittleLedger) -> None:
    """Two customers buy the same: one takes no receipt, of the other the file's record is broken.

    What is captured then is to the letter what one customer leaves whom both sources saw. So both
    count, in either order; the flag tells whoever wonders why.
    """
    filed = a_sale(1, total_minor=350)
    unnumbered = printed(a_sale(2, total_minor=350), sequence_number="", receipt_number="")
    for order in permutations([filed, unnumbered]):
        shop.wipe()
        ids = recorded(shop, order)
        assert {standing(shop, each) for each in ids} == {Standing.SALE}
        (day,) = days(shop)
        assert (day.sales, day.net_minor) == (2, 700)
        figures = [shop.figures.sale(each) for each in ids]
        says_so = [figure is not None and WITHOUT_NUMBER in figure.flags for figure in figures]
        assert says_so == [sale is unnumbered for sale in order]


def test_the_second_source_makes_one_sale_of_it_as_soon_as_a_number_is_printed(
    shop: LittleLedger,
) -> None:
    filed = a_sale(1, total_minor=350)
    recorded(shop, [filed, printed(filed, sequence_number="")])
    (day,) = days(shop)
    assert (day.sales, day.net_minor) == (1, 350)
