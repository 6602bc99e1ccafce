"""Cards come down the shop's feed and are found again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.replica import Applied, Change, MemberRef, Query, Replica
from models.vault.master import MasterKey
from models.wire.cards import CardPage
from tests.simulators.clocks import HandClock
from tests.simulators.shop_cards import (
    LI,
    OTHER_PHONE,
    PHONE,
    WANG,
    a_card,
    a_delta,
    a_purchase,
    a_tombstone,
)


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    replica = Replica.open(tmp_path / "replica.sqlite3", MasterKey(b"k" * 32), clock=HandClock())
    yield replica
    replica.close()


def test_a_card_is_found_by_phone_card_code_and_last_four_with_surname(replica: Replica) -> None:
    replica.apply(a_delta(1, a_card(member_codes=["VIP-77"])))
    for typed in (
        Query.typed("13916825678"),
        Query.typed("139 1682 5678"),
        Query.typed("+86 139-1682-5678"),
        Query.typed("１３９１６８２５６７８"),
        Query.typed("8800001234"),
        Query.typed("vip77"),
        Query.typed("5678", "王"),
    ):
        assert [view.ref for view in replica.find(typed)] == [MemberRef(WANG)]


@pytest.mark.parametrize(
    ("number", "surname"),
    [("13916825679", ""), ("5678", "李"), ("5678", ""), ("", ""), ("  ", "王"), ("x" * 500, "")],
)
def test_nobody_is_found_by_what_is_not_theirs(replica: Replica, number: str, surname: str) -> None:
    replica.apply(a_delta(1, a_card()))
    assert replica.find(Query.typed(number, surname)) == []


def test_several_fit_the_last_four_and_the_latest_visitor_comes_first(replica: Replica) -> None:
    later = a_purchase().at
    replica.apply(a_delta(1, a_card()))
    replica.apply(a_delta(2, a_card(LI, phone=OTHER_PHONE, purchases=[a_purchase()])))
    assert {view.ref.value for view in replica.find(Query.typed("5678", "王"))} == {WANG, LI}
    assert later


def test_the_view_carries_the_cards_figures(replica: Replica) -> None:
    replica.apply(a_delta(1, a_card(purchases=[a_purchase()])))
    view = replica.view(MemberRef(WANG))
    assert view is not None
    assert (view.visits, view.spend[0].amount_minor, view.version) == (12, 123_450, 1)
    assert view.purchases[0].confirmed
    assert "王" not in repr(view)


def test_a_newer_version_replaces_the_card_and_its_look_ups(replica: Replica) -> None:
    replica.apply(a_delta(1, a_card()))
    assert replica.apply(a_delta(2, a_card(version=2, phone=OTHER_PHONE))) is Applied.APPLIED
    assert replica.find(Query.typed(PHONE)) == []
    assert len(replica.find(Query.typed(OTHER_PHONE))) == 1


def test_an_older_version_is_ignored_but_moves_the_position(replica: Replica) -> None:
    replica.apply(a_delta(1, a_card(version=5, visits=5)))
    assert replica.apply(a_delta(2, a_card(version=4, visits=4))) is Applied.STALE
    view = replica.view(MemberRef(WANG))
    assert view is not None
    assert (view.visits, replica.through) == (5, 2)


def test_a_repeated_delta_is_stale(replica: Replica) -> None:
    assert replica.apply(a_delta(1, a_card())) is Applied.APPLIED
    assert replica.apply(a_delta(1, a_card())) is Applied.STALE


def test_a_delta_ahead_of_its_turn_is_shown_but_asks_for_the_missing_ones(
    replica: Replica,
) -> None:
    assert replica.apply(a_delta(3, a_card(version=2))) is Applied.GAP
    assert replica.through == 0
    assert replica.view(MemberRef(WANG)) is not None


def test_a_page_fills_the_gap_and_never_turns_a_card_back(replica: Replica) -> None:
    replica.apply(a_delta(4, a_card(version=3, visits=3)))
    page = CardPage(
        deltas=[a_delta(2, a_card(version=2, visits=2)), a_delta(3, a_card(LI, phone=""))],
        through=4,
        head=4,
    )
    replica.apply_page(page)
    replica.apply_page(page)
    view = replica.view(MemberRef(WANG))
    assert view is not None
    assert (view.visits, replica.through) == (3, 4)
    assert replica.apply(a_delta(5, a_card(version=4))) is Applied.APPLIED


def test_a_page_of_many_cards_is_applied_whole(replica: Replica) -> None:
    cards = [a_card(f"member-{n}", phone=f"+86139{n + 20_000_000:08d}") for n in range(1, 61)]
    replica.apply_page(
        CardPage(deltas=[a_delta(n, c) for n, c in enumerate(cards, 1)], through=80, head=80)
    )
    assert replica.through == 80
    assert len(replica.find(Query.typed("+8613920000060"))) == 1


def test_a_tombstone_forgets_card_and_look_ups(replica: Replica) -> None:
    replica.apply(a_delta(1, a_card()))
    assert replica.apply(a_tombstone(2)) is Applied.APPLIED
    assert replica.view(MemberRef(WANG)) is None
    assert replica.find(Query.typed(PHONE)) == []


def test_a_tombstone_ahead_of_its_turn_is_not_undone_by_an_older_card(replica: Replica) -> None:
    assert replica.apply(a_tombstone(3, version=9)) is Applied.GAP
    replica.apply_page(CardPage(deltas=[a_delta(1, a_card(version=8))], through=2, head=3))
    assert replica.view(MemberRef(WANG)) is None
    replica.apply(a_tombstone(3, version=9))
    assert replica.apply(a_delta(4, a_card(version=10))) is Applied.APPLIED
    assert replica.view(MemberRef(WANG)) is not None


def test_a_restored_cloud_begins_the_feed_anew(replica: Replica) -> None:
    replica.apply(a_delta(1, a_card(version=50)))
    replica.forget()
    assert replica.through == 0
    assert replica.apply(a_delta(1, a_card(version=3))) is Applied.APPLIED


def test_cards_and_position_survive_a_restart(tmp_path: Path) -> None:
    path, key = tmp_path / "r.sqlite3", MasterKey(b"k" * 32)
    first = Replica.open(path, key, clock=HandClock())
    first.apply(a_delta(1, a_card()))
    first.close()
    again = Replica.open(path, key, clock=HandClock())
    assert again.through == 1
    assert len(again.find(Query.typed(PHONE))) == 1
    again.close()


def test_changes_name_the_member_and_no_more(replica: Replica) -> None:
    heard: list[Change] = []
    stop = replica.changes.subscribe(heard.append)
    replica.apply(a_delta(1, a_card()))
    replica.apply(a_delta(1, a_card()))
    stop()
    replica.apply(a_tombstone(2))
    assert [(change.ref.value, change.sale_id) for change in heard] == [(WANG, None)]


def test_a_failing_listener_harms_nobody_else(replica: Replica) -> None:
    heard: list[Change] = []

    def fails(_change: Change) -> None:
        raise RuntimeError("screen broken")

    replica.changes.subscribe(fails)
    replica.changes.subscribe(heard.append)
    assert replica.apply(a_delta(1, a_card())) is Applied.APPLIED
    assert len(heard) == 1
