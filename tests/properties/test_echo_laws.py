"""Laws of one till seen by several sources: order, batches, repetition, rebuild, and no say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cloud.sales.likeness import Crowd, seen_of
from cloud.sales.tables import SALE
from cloud.storage import read
from models.wire.events.sale import Link, LinkReason, Loyalty, SaleRecorded, Scheme, Status
from tests.simulators.databases import Databases
from tests.simulators.facts import NOON, a_sale, with_revision
from tests.simulators.little_ledger import STORE, TENANT, LittleLedger
from tests.simulators.second_sources import polled, printed

EXAMPLES = {"sqlite": 25, "postgresql": 6}
"""A law is one of the fold, not of a database: SQLite, twice as fast, is where it is searched.
On PostgreSQL a few examples show that the statements mean the same there."""
PHONES = [f"+8613976215{n}37" for n in range(3)]
DAY = a_sale().business_day_date
SETTLED = (Status.COMPLETED, Status.OFFLINE)
Ledgers = tuple[LittleLedger, ...]
Law = Callable[[Ledgers], None]


@dataclass(frozen=True)
class Act:
    """A transaction, and who sees it.

    Attributes:
        who: whose phone; 3 is nobody's.
        till_printed: whether the receipt says which till it was.
        prints_phone, file_has_phone: which source says who it was.
        print_late_min: how much later the receipt says it was.
        corrected_phone: the till's file comes again with the next person's phone.
        corrected_total: the till's file comes again with a total that the receipt never learns.
        voided: a post-void takes it back.
    """

    who: int
    total_minor: int
    status: Status
    filed: bool
    tapped: bool
    polled: bool
    till_printed: bool
    prints_phone: bool
    file_has_phone: bool
    print_late_min: int
    corrected_phone: bool
    corrected_total: bool
    voided: bool


def acts(**otherwise: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Act]]:
    knobs: dict[str, st.SearchStrategy[Any]] = {
        "who": st.integers(0, 3),
        "total_minor": st.sampled_from([350, 350, 350, 1200, -350, 0]),
        "status": st.sampled_from([*SETTLED, *SETTLED, Status.VOIDED, Status.TRAINING]),
        "print_late_min": st.integers(-6, 6),
    }
    switches = set(Act.__dataclass_fields__) - set(knobs)
    drawn = knobs | dict.fromkeys(sorted(switches), st.booleans()) | otherwise
    return st.lists(st.fixed_dictionaries(drawn).map(lambda each: Act(**each)), max_size=8)


ANYTHING = acts()
FILED = acts(
    filed=st.just(value=True),
    file_has_phone=st.just(value=True),
    corrected_total=st.just(value=False),
    print_late_min=st.integers(0, 3),
    prints_phone=st.just(value=False),
)
"""The till's own file has everything, and the receipts agree with it."""


@pytest.fixture(scope="module")
def ledgers(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledgers]:
    """Two ledgers for all examples: making a database takes longer than folding one."""
    both = tuple(LittleLedger(tmp_path_factory.mktemp(f"echoes-{n}"), databases) for n in range(2))
    yield both
    for ledger in both:
        ledger.close()


def played(ledger: LittleLedger, acts: Sequence[Act], *, alone: bool = False) -> LittleLedger:
    """The ledger with nothing in it but these acts, not folded yet; ``alone``: the files' part."""
    ledger.wipe()
    for n, act in enumerate(acts):
        for late_s, sale, is_of_file in captures(n, act):
            if is_of_file or not alone:
                ledger.sale(sale, at=NOON + timedelta(minutes=n, seconds=late_s))
    return ledger


def captures(n: int, act: Act) -> Iterator[tuple[int, SaleRecorded, bool]]:
    """What is captured of an act, how late, and whether the till's file is where it is from.

    Two tills take turns, and both count their receipts by themselves.
    """
    till = str(n % 2 + 1)
    plain = a_sale(
        n // 2 + 1,
        workstation=till,
        total_minor=act.total_minor + n // 2 % 2,
        status=act.status,
        end_at=NOON + timedelta(minutes=n),
    )
    void = with_revision(
        msgspec.structs.replace(
            a_sale(100 + n, workstation=till, total_minor=-plain.total_minor),
            end_at=plain.end_at,
            links=[Link(reason=LinkReason.VOID, sequence_number=plain.sequence_number)],
        )
    )
    for sale in (plain, void) if act.voided else (plain,):
        yield from captures_of(sale, act)


def captures_of(sale: SaleRecorded, act: Act) -> Iterator[tuple[int, SaleRecorded, bool]]:
    if act.filed:
        filed = of_person(sale, act.who if act.file_has_phone else 3)
        yield 0, filed, True
        if act.corrected_phone:
            yield 1, of_person(sale, (act.who + 1) % 4), True
        if act.corrected_total:
            yield 2, with_revision(msgspec.structs.replace(filed, total_minor=7)), True
    if act.tapped:
        late = timedelta(minutes=act.print_late_min)
        receipt = printed(of_person(sale, 3), after=late)
        if not act.till_printed:
            receipt = msgspec.structs.replace(receipt, workstation_id="sh-0001-pos1")
        yield 3, of_person(receipt, act.who if act.prints_phone else 3), False
    if act.polled:
        yield 4, polled(of_person(sale, 3), natural_key=f"polled/{sale.natural_key}"), False


def of_person(sale: SaleRecorded, who: int) -> SaleRecorded:
    shown = [Loyalty(scheme=Scheme.PHONE, value=PHONES[who])] if who < len(PHONES) else []
    return with_revision(msgspec.structs.replace(sale, loyalty=shown))


def law(*drawn: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Law]:
    """A law of ledgers and of what is drawn; how often it is tried depends on the database."""

    def made(body: Callable[..., None]) -> Law:
        def test(ledgers: Ledgers) -> None:
            def holds(values: tuple[Any, ...]) -> None:
                body(ledgers, *values)

            holds.__name__ = body.__name__  # by which examples that failed are kept
            often(ledgers)(given(st.tuples(*drawn))(holds))()

        return test

    return made


def often(ledgers: Ledgers) -> settings:
    return settings(
        max_examples=EXAMPLES[ledgers[0].engine.dialect.name],
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def everything(shop: LittleLedger) -> list[list[tuple[object, ...]]]:
    """What the folds keep, but nonces, numbers of deltas, and marks of what changed when."""
    kept = ("sale_id", "position", "standing", "echo_of", "total_minor", "one_id")
    cards = [row for row in shop.rows("card", "one_id", "digest") if row[1] != b""]
    claims = shop.rows("claim", "fingerprint", "position", "one_id", "valid_from_ms")
    return [shop.rows("sale", *kept), shop.rows("member", "one_id"), claims, cards]


def shuffle(ledger: LittleLedger, chance: Random) -> None:
    order = list(range(len(ledger.entries)))
    chance.shuffle(order)
    ledger.reordered(order)


@law(ANYTHING, st.integers(1, 5))
def test_batches_of_any_size_give_the_same_state(
    ledgers: Ledgers, acts: list[Act], batch: int
) -> None:
    whole, pieces = (played(ledger, acts) for ledger in ledgers)
    whole.fold()
    pieces.fold(batch)
    assert everything(pieces) == everything(whole)


@law(ANYTHING, st.randoms(use_true_random=False), st.integers(1, 4))
def test_the_order_of_arrival_does_not_matter(
    ledgers: Ledgers, acts: list[Act], chance: Random, batch: int
) -> None:
    straight, shuffled = (played(ledger, acts) for ledger in ledgers)
    shuffle(shuffled, chance)
    straight.fold()
    shuffled.fold(batch)
    kept = ("sale_id", "standing", "echo_of", "total_minor")
    assert shuffled.rows("sale", *kept) == straight.rows("sale", *kept)
    assert shuffled.members() == straight.members()


@law(ANYTHING, st.integers(0, 20))
def test_folding_again_from_anywhere_changes_nothing(
    ledgers: Ledgers, acts: list[Act], start: int
) -> None:
    shop = played(ledgers[0], acts)
    shop.fold(batch=3)
    once = everything(shop)
    shop.fold(batch=5, entries=shop.entries[start:])
    assert everything(shop) == once


@law(ANYTHING)
def test_a_rebuild_equals_the_incremental_state(ledgers: Ledgers, acts: list[Act]) -> None:
    shop = played(ledgers[0], acts)
    shop.fold(batch=2)
    incremental, feeds = everything(shop), shop.rows("card_feed")
    shop.clear()
    shop.fold(batch=5)
    assert everything(shop) == incremental
    assert shop.rows("card_feed") == feeds


@law(ANYTHING, st.randoms(use_true_random=False), st.integers(1, 3))
def test_an_echo_is_what_a_look_at_all_sales_says(
    ledgers: Ledgers, acts: list[Act], chance: Random, batch: int
) -> None:
    shop = played(ledgers[0], acts)
    shuffle(shop, chance)
    shop.fold(batch)
    with read(shop.engine) as connection:
        rows = list(connection.execute(select(SALE)).mappings())
    seen = [seen_of(dict(row)) for row in rows]
    crowd = Crowd(seen)
    assert {row["sale_id"]: row["echo_of"] for row in rows} == {
        one.sale_id: crowd.echo_of(one) for one in seen
    }
    assert all((row["standing"] == "echo") == bool(row["echo_of"]) for row in rows)


@law(FILED, st.randoms(use_true_random=False), st.integers(1, 5))
def test_other_sources_have_no_say_where_the_tills_own_file_has_everything(
    ledgers: Ledgers, acts: list[Act], chance: Random, batch: int
) -> None:
    alone, seen_by_all = played(ledgers[0], acts, alone=True), played(ledgers[1], acts)
    shuffle(seen_by_all, chance)
    alone.fold()
    seen_by_all.fold(batch)
    figures = [(each.figures.of_day(TENANT, STORE, DAY)) for each in ledgers]
    hours = [each.figures.by_hour(TENANT, STORE, DAY) for each in ledgers]
    assert figures[0] == figures[1]
    assert hours[0] == hours[1]
    assert spending(alone) == spending(seen_by_all)


def spending(shop: LittleLedger) -> set[tuple[object, ...]]:
    """What the members' cards say, without the ids of sales."""
    return {(one.known_by, one.visits, one.spend) for one in shop.members()}


@law(ANYTHING)
def test_cards_hold_exactly_the_money_of_the_sales_that_stand(
    ledgers: Ledgers, acts: list[Act]
) -> None:
    shop = played(ledgers[0], acts)
    shop.fold(batch=4)
    sales = shop.rows("sale", "one_id", "standing", "total_minor")
    bought = [row for row in sales if row[0] and row[1] in ("sale", "return")]
    cards = [card for one in shop.one_ids() if (card := shop.feed.card(TENANT, one))]
    spent = sum(each.amount_minor for card in cards for each in card.spend)
    assert sum(card.visits for card in cards) == sum(row[1] == "sale" for row in bought)
    assert spent == sum(int(str(row[2])) for row in bought)
