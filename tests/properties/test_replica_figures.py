"""Laws of the replica: the screen shows the truth, and the feed's order does not matter."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.replica import Applied, CardView, MemberRef, Query, Replica
from models.vault.master import MasterKey
from models.wire.cards import Card, CardDelta, CardPage
from models.wire.events.sale import LineKind, SaleRecorded
from tests.simulators.clocks import HandClock
from tests.simulators.facts import NOON, a_sale, with_revision
from tests.simulators.shop_cards import (
    PHONE,
    WANG,
    a_card,
    a_delta,
    a_tombstone,
    a_void_of,
    id_of,
)

KEY = MasterKey(b"k" * 32)


@contextmanager
def a_replica() -> Iterator[Replica]:
    with tempfile.TemporaryDirectory() as folder:
        replica = Replica.open(Path(folder) / "r.sqlite3", KEY, clock=HandClock())
        yield replica
        replica.close()


@dataclass(frozen=True)
class Day:
    """A member's transactions in the till's order; ``voided`` maps a void to its original."""

    sales: tuple[SaleRecorded, ...]
    voided: dict[int, int]

    def truth(self, known: set[int]) -> tuple[int, int]:
        """Visits and net spend when exactly these transactions have happened."""
        reversed_ones = {self.voided[n] for n in known if n in self.voided}
        visits = sum(
            1
            for n in known
            if n not in self.voided and n not in reversed_ones and self.sales[n].total_minor > 0
        )
        return visits, sum(self.sales[n].total_minor for n in known)

    def card(self, version: int, known: set[int]) -> Card:
        """What the cloud's card says when it has processed these transactions."""
        visits, spend_minor = self.truth(known)
        includes = [id_of(self.sales[n]) for n in sorted(known)]
        return a_card(WANG, version, visits=visits, spend_minor=spend_minor, includes=includes)


@st.composite
def days(draw: st.DrawFn) -> Day:
    """Sales, returns and post-voids of one member."""
    sales: list[SaleRecorded] = []
    voided: dict[int, int] = {}
    for n in range(draw(st.integers(1, 7))):
        open_sales = [
            k for k, sale in enumerate(sales) if sale.total_minor > 0 and k not in voided.values()
        ]
        if open_sales and draw(st.integers(0, 3)) == 0:
            voided[n] = draw(st.sampled_from(open_sales))
            sales.append(a_void_of(sales[voided[n]], n + 1, loyal=draw(st.booleans())))
        else:
            sales.append(_trade(n + 1, draw(st.integers(-900, 900).filter(bool))))
    return Day(tuple(sales), voided)


def _trade(number: int, total_minor: int) -> SaleRecorded:
    sale = a_sale(number, phone=PHONE, total_minor=total_minor, lines=1)
    if total_minor > 0:
        return sale
    returned = [msgspec.structs.replace(line, kind=LineKind.RETURN) for line in sale.lines]
    return with_revision(msgspec.structs.replace(sale, lines=returned))


def figures(view: CardView) -> tuple[int, int]:
    return view.visits, sum(spend.amount_minor for spend in view.spend)


@settings(max_examples=40, deadline=None)
@given(day=days(), data=st.data())
def test_the_screen_shows_every_sale_once_whenever_the_cloud_catches_up(
    day: Day, data: st.DataObject
) -> None:
    laid = included = 0
    with a_replica() as replica:
        replica.apply(a_delta(1, day.card(1, set())))
        for step in range(2, 14):
            if data.draw(st.booleans()):
                laid = max(laid, _lay_some(replica, day, laid, data))
            else:
                included = data.draw(st.integers(included, laid))
                replica.apply(a_delta(step, day.card(step, set(range(included)))))
            view = replica.view(MemberRef(WANG))
            assert view is not None
            assert figures(view) == day.truth(set(range(laid)))


def _lay_some(replica: Replica, day: Day, laid: int, data: st.DataObject) -> int:
    """Lay the next transactions, perhaps beginning with some that were laid before."""
    first = data.draw(st.integers(0, laid))
    last = data.draw(st.integers(first, len(day.sales)))
    for sale in day.sales[first:last]:
        replica.lay_over(sale, id_of(sale), NOON)
    return last


@settings(max_examples=30, deadline=None)
@given(day=days(), data=st.data())
def test_the_order_in_which_files_are_read_does_not_matter(day: Day, data: st.DataObject) -> None:
    everything = set(range(len(day.sales)))
    with a_replica() as replica:
        replica.apply(a_delta(1, day.card(1, set())))
        for sale in data.draw(st.permutations(day.sales)):
            replica.lay_over(sale, id_of(sale), NOON)
        view = replica.view(MemberRef(WANG))
        assert view is not None
        assert figures(view) == day.truth(everything)
        assert all(not seen.confirmed for seen in view.purchases)


FEED = st.lists(st.tuples(st.sampled_from(("a", "b", "c")), st.booleans()), min_size=1, max_size=12)


def _feed(steps: Sequence[tuple[str, bool]]) -> list[CardDelta]:
    """A shop's feed: versions grow with every change of a member; False forgets them."""
    return [
        a_delta(n, a_card(one_id, n, phone=f"+86139000000{ord(one_id)}", visits=n, cards=[]))
        if kept
        else a_tombstone(n, one_id, n)
        for n, (one_id, kept) in enumerate(steps, start=1)
    ]


def _shown(replica: Replica) -> dict[str, int | None]:
    views = {one_id: replica.view(MemberRef(one_id)) for one_id in ("a", "b", "c")}
    return {one_id: view.version if view else None for one_id, view in views.items()}


def _newest(feed: Sequence[CardDelta]) -> dict[str, int | None]:
    last: dict[str, int | None] = dict.fromkeys(("a", "b", "c"))
    for delta in feed:
        last[delta.one_id] = delta.version if delta.card else None
    return last


@settings(max_examples=40, deadline=None)
@given(steps=FEED, data=st.data())
def test_whatever_is_lost_repeated_or_swapped_a_page_makes_it_right(
    steps: list[tuple[str, bool]], data: st.DataObject
) -> None:
    feed = _feed(steps)
    arrivals = data.draw(st.lists(st.sampled_from(feed), max_size=20))
    with a_replica() as replica:
        for delta in arrivals:
            through = replica.through
            applied = replica.apply(delta)
            assert (applied is Applied.GAP) == (delta.sequence > through + 1)
        missed = [delta for delta in feed if delta.sequence > replica.through]
        newest = {delta.one_id: delta for delta in missed}
        page = sorted(newest.values(), key=lambda delta: delta.sequence)
        replica.apply_page(CardPage(deltas=page, through=len(feed), head=len(feed)))
        assert replica.through == len(feed)
        assert _shown(replica) == _newest(feed)


@settings(max_examples=40, deadline=None)
@given(number=st.text(max_size=80), surname=st.text(max_size=20))
def test_no_text_a_guide_may_type_breaks_the_search(number: str, surname: str) -> None:
    with a_replica() as replica:
        assert replica.find(Query.typed(number, surname)) == []
