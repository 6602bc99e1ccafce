"""A sale of this shop lies over the card at once, and comes off when the cloud has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agent.replica import CardView, Change, MemberRef, Query, Replica
from models.vault.master import MasterKey
from models.wire.events.sale import Kind, Line, LineKind, Link, LinkReason, SaleRecorded, Status
from tests.simulators.clocks import HandClock
from tests.simulators.facts import NOON, a_sale, with_revision
from tests.simulators.shop_cards import (
    LI,
    OTHER_PHONE,
    PHONE,
    WANG,
    a_card,
    a_delta,
    a_tombstone,
    a_void_of,
    id_of,
)

REF = MemberRef(WANG)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def replica(tmp_path: Path, clock: HandClock) -> Iterator[Replica]:
    replica = Replica.open(tmp_path / "replica.sqlite3", MasterKey(b"k" * 32), clock=clock)
    replica.apply(a_delta(1, a_card()))
    yield replica
    replica.close()


def lay(replica: Replica, sale: SaleRecorded) -> MemberRef | None:
    return replica.lay_over(sale, id_of(sale), NOON)


def seen(replica: Replica, ref: MemberRef | None = REF) -> CardView:
    assert ref is not None
    view = replica.view(ref)
    assert view is not None
    return view


def figures(view: CardView) -> tuple[int, int]:
    return view.visits, sum(spend.amount_minor for spend in view.spend)


def test_a_sale_is_on_the_card_at_once(replica: Replica) -> None:
    sale = a_sale(1, phone=PHONE, total_minor=3_580)
    assert lay(replica, sale) == REF
    view = seen(replica)
    assert figures(view) == (13, 127_030)
    assert view.last_visit_at == NOON
    newest = view.purchases[0]
    assert (newest.purchase.sale_id, newest.confirmed) == (id_of(sale), False)
    assert newest.purchase.items == ["康师傅红烧牛肉面", "康师傅红烧牛肉面"]
    assert newest.purchase.store == "sh-0001"


@pytest.mark.parametrize("typed", ["13916825678", "+86 139 1682 5678", "0086 13916825678"])
def test_the_till_may_write_the_phone_as_it_likes(replica: Replica, typed: str) -> None:
    assert lay(replica, a_sale(1, phone=typed)) == REF


def test_the_same_sale_again_changes_nothing(replica: Replica) -> None:
    heard: list[Change] = []
    replica.changes.subscribe(heard.append)
    sale = a_sale(1, phone=PHONE)
    assert lay(replica, sale) == lay(replica, sale) == REF
    assert seen(replica).visits == 13
    assert [(change.ref, change.sale_id) for change in heard] == [(REF, id_of(sale))]


def test_a_new_revision_replaces_the_old(replica: Replica) -> None:
    lay(replica, a_sale(1, phone=PHONE, total_minor=1_000))
    lay(replica, a_sale(1, phone=PHONE, total_minor=1_500))
    assert figures(seen(replica)) == (13, 124_950)


def test_a_revision_for_another_member_moves_the_sale(replica: Replica) -> None:
    replica.apply(a_delta(2, a_card(LI, phone=OTHER_PHONE, cards=[], visits=1)))
    heard: list[Change] = []
    lay(replica, a_sale(1, phone=PHONE))
    replica.changes.subscribe(heard.append)
    assert lay(replica, a_sale(1, phone=OTHER_PHONE)) == MemberRef(LI)
    assert (seen(replica).visits, seen(replica, MemberRef(LI)).visits) == (12, 2)
    assert {change.ref.value for change in heard} == {WANG, LI}


@pytest.mark.parametrize("status", [Status.TRAINING, Status.VOIDED, Status.SUSPENDED])
def test_what_moved_no_money_never_lies_over(replica: Replica, status: Status) -> None:
    assert lay(replica, a_sale(1, phone=PHONE, status=status)) is None
    assert seen(replica).visits == 12


@pytest.mark.parametrize("kind", [Kind.CONTROL, Kind.TENDER_CONTROL])
def test_controls_never_lie_over(replica: Replica, kind: Kind) -> None:
    assert lay(replica, a_sale(1, phone=PHONE, kind=kind)) is None


def test_a_sale_made_while_the_till_was_offline_counts(replica: Replica) -> None:
    assert lay(replica, a_sale(1, phone=PHONE, status=Status.OFFLINE)) == REF


def test_a_sale_whose_status_changed_is_taken_off(replica: Replica) -> None:
    lay(replica, a_sale(1, phone=PHONE))
    heard: list[Change] = []
    replica.changes.subscribe(heard.append)
    assert lay(replica, a_sale(1, phone=PHONE, status=Status.VOIDED)) is None
    assert seen(replica).visits == 12
    assert [change.ref for change in heard] == [REF]


def test_a_return_takes_money_back_and_is_no_visit(replica: Replica) -> None:
    line = Line(sequence=1, kind=LineKind.RETURN, extended_amount_minor=-3_000, description="伞")
    sale = msgspec.structs.replace(a_sale(1, phone=PHONE, total_minor=-3_000), lines=[line])
    lay(replica, with_revision(sale))
    assert figures(seen(replica)) == (12, 120_450)


def test_an_anonymous_sale_is_nobodys(replica: Replica) -> None:
    assert lay(replica, a_sale(1)) is None
    assert lay(replica, a_sale(2, phone="12")) is None


def test_a_number_that_thousands_use_gathers_no_card(replica: Replica) -> None:
    assert lay(replica, a_sale(1, phone="13800138000")) is None
    assert replica.find(Query.typed("13800138000")) == []
    assert lay(replica, a_sale(2, phone="13800138000", card="8800001234")) == REF


@pytest.mark.parametrize("phone", ["13888888888", "13912345678", "021-62345678", "+1 212 555 01"])
def test_what_is_nobodys_mobile_number_gets_no_card(replica: Replica, phone: str) -> None:
    assert lay(replica, a_sale(1, phone=phone)) is None


def test_a_cashiers_invented_card_number_gets_no_card(replica: Replica) -> None:
    assert lay(replica, a_sale(1, card="000000")) is None


def test_a_foreign_mobile_number_is_somebodys(replica: Replica) -> None:
    ref = lay(replica, a_sale(1, phone="+44 7400 123456"))
    assert seen(replica, ref).phones == ("+447400123456",)


def test_a_card_is_worth_more_than_a_typed_phone(replica: Replica) -> None:
    replica.apply(a_delta(2, a_card(LI, phone=OTHER_PHONE, cards=[])))
    assert lay(replica, a_sale(1, phone=OTHER_PHONE, card="8800001234")) == REF


def test_the_card_takes_the_sale_over(replica: Replica) -> None:
    sale = a_sale(1, phone=PHONE, total_minor=1_000)
    lay(replica, sale)
    replica.apply(
        a_delta(2, a_card(version=2, visits=13, spend_minor=124_450, includes=[id_of(sale)]))
    )
    assert figures(seen(replica)) == (13, 124_450)
    lay(replica, sale)
    assert figures(seen(replica)) == (13, 124_450)


def test_a_correction_of_what_the_card_has_is_the_clouds_to_make(replica: Replica) -> None:
    sale = a_sale(1, phone=PHONE, total_minor=1_000)
    lay(replica, sale)
    replica.apply(a_delta(2, a_card(version=2, visits=13, includes=[id_of(sale)])))
    replica.apply(a_delta(3, a_card(version=3, visits=13)))
    lay(replica, a_sale(1, phone=PHONE, total_minor=1_500))
    assert figures(seen(replica)) == (13, 123_450)


def test_a_sale_that_the_card_lists_is_not_counted_again(replica: Replica) -> None:
    sale = a_sale(1, phone=PHONE)
    replica.apply(a_delta(2, a_card(version=2, visits=13, includes=[id_of(sale)])))
    lay(replica, sale)
    assert seen(replica).visits == 13


def test_a_card_that_does_not_know_the_sale_yet_keeps_it_on_top(replica: Replica) -> None:
    lay(replica, a_sale(1, phone=PHONE, total_minor=1_000))
    replica.apply(a_delta(2, a_card(version=2)))
    assert figures(seen(replica)) == (13, 124_450)


def test_a_post_void_takes_the_sale_off_again(replica: Replica) -> None:
    sale = a_sale(1, phone=PHONE, total_minor=1_000)
    lay(replica, sale)
    assert lay(replica, a_void_of(sale, 2)) == REF
    view = seen(replica)
    assert figures(view) == (12, 123_450)
    assert view.purchases == ()


def test_a_post_void_finds_its_member_by_the_receipt_it_names(replica: Replica) -> None:
    sale = a_sale(1, phone=PHONE)
    lay(replica, sale)
    assert lay(replica, a_void_of(sale, 2, loyal=False)) == REF
    assert seen(replica).visits == 12


def test_a_post_void_that_is_read_first_still_takes_its_sale_back(replica: Replica) -> None:
    sale = a_sale(1, phone=PHONE)
    assert lay(replica, a_void_of(sale, 2, loyal=False)) is None
    lay(replica, sale)
    assert seen(replica).visits == 12


def test_a_void_of_a_sale_that_the_card_has_counts_against_it(replica: Replica) -> None:
    sale = a_sale(1, phone=PHONE, total_minor=1_000)
    voiding = a_void_of(sale, 2)
    lay(replica, sale)
    card = a_card(version=2, visits=13, spend_minor=124_450, includes=[id_of(sale)])
    replica.apply(a_delta(2, card))
    lay(replica, voiding)
    assert figures(seen(replica)) == (12, 123_450)
    settled = a_card(version=3, includes=[id_of(sale), id_of(voiding)])
    replica.apply(a_delta(3, settled))
    assert figures(seen(replica)) == (12, 123_450)


def test_a_voided_status_with_a_void_link_is_a_post_void(replica: Replica) -> None:
    sale = a_sale(1, phone=PHONE)
    lay(replica, sale)
    lay(replica, msgspec.structs.replace(a_void_of(sale, 2), status=Status.VOIDED))
    assert seen(replica).visits == 12


def test_a_void_that_names_no_receipt_only_moves_money(replica: Replica) -> None:
    voiding = msgspec.structs.replace(
        a_sale(1, phone=PHONE, total_minor=-500), links=[Link(reason=LinkReason.VOID)]
    )
    lay(replica, voiding)
    assert figures(seen(replica)) == (12, 122_950)


def test_a_tombstone_removes_the_local_sales_too(replica: Replica) -> None:
    lay(replica, a_sale(1, phone=PHONE))
    replica.apply(a_tombstone(2))
    assert replica.view(REF) is None
    replica.apply(a_delta(3, a_card(version=100)))
    assert seen(replica).visits == 12


def test_somebody_new_gets_a_provisional_card(replica: Replica) -> None:
    ref = lay(replica, a_sale(1, phone=OTHER_PHONE, card="8800009999", family_name="李"))
    view = seen(replica, ref)
    assert view.ref.provisional
    assert (view.version, figures(view), view.family_name) == (0, (1, 1_250), "李")
    for typed in (
        Query.typed(OTHER_PHONE),
        Query.typed("8800009999"),
        Query.typed("5678", "李"),
    ):
        assert [found.ref for found in replica.find(typed)] == [ref]
    assert lay(replica, a_sale(2, card="8800009999")) == ref


def test_the_real_card_takes_a_provisional_one_over(replica: Replica) -> None:
    sale = a_sale(1, phone=OTHER_PHONE, total_minor=1_000)
    provisional = lay(replica, sale)
    assert provisional is not None
    heard: list[Change] = []
    replica.changes.subscribe(heard.append)
    replica.apply(a_delta(2, a_card(LI, phone=OTHER_PHONE, visits=4, spend_minor=500, cards=[])))
    assert figures(seen(replica, MemberRef(LI))) == (5, 1_500)
    assert [view.ref.value for view in replica.find(Query.typed(OTHER_PHONE))] == [LI]
    assert (MemberRef(LI), provisional) in [(change.ref, change.formerly) for change in heard]
    assert seen(replica, provisional).ref == MemberRef(LI)


def test_the_cloud_may_find_another_member_for_the_sale(replica: Replica) -> None:
    sale = a_sale(1, phone=OTHER_PHONE)
    provisional = lay(replica, sale)
    assert provisional is not None
    replica.apply(a_delta(2, a_card(version=2, visits=13, includes=[id_of(sale)])))
    assert seen(replica).visits == 13
    assert replica.view(provisional) is None


def test_a_sale_moves_off_a_member_whose_it_was_not(replica: Replica) -> None:
    sale = a_sale(1, phone=PHONE)
    lay(replica, sale)
    replica.apply(a_delta(2, a_card(LI, phone="", cards=[], visits=3, includes=[id_of(sale)])))
    assert (seen(replica).visits, seen(replica, MemberRef(LI)).visits) == (12, 3)


def test_shared_last_digits_and_surname_take_nothing_over(replica: Replica) -> None:
    provisional = lay(replica, a_sale(1, phone=OTHER_PHONE, family_name="王"))
    replica.apply(a_delta(2, a_card(version=2)))
    assert seen(replica, provisional).ref.provisional


def test_an_identifier_that_two_cards_share_decides_nothing(replica: Replica) -> None:
    replica.apply(a_delta(2, a_card(LI, phone=OTHER_PHONE)))
    assert lay(replica, a_sale(1, card="8800001234")) is None
    assert lay(replica, a_sale(2, card="8800001234", phone=OTHER_PHONE)) == MemberRef(LI)


def test_local_sales_end_by_their_age(replica: Replica, clock: HandClock) -> None:
    lay(replica, a_sale(1, phone=PHONE))
    provisional = lay(replica, a_sale(2, phone=OTHER_PHONE))
    assert provisional is not None
    replica.housekeep()
    assert seen(replica).visits == 13
    clock.move(31 * 86_400)
    replica.housekeep()
    assert seen(replica).visits == 12
    assert replica.view(provisional) is None


def test_a_sale_in_another_currency_has_its_own_total(replica: Replica) -> None:
    sale = msgspec.structs.replace(a_sale(1, phone=PHONE, total_minor=700), currency="HKD")
    lay(replica, sale)
    assert {s.currency: s.amount_minor for s in seen(replica).spend} == {
        "CNY": 123_450,
        "HKD": 700,
    }
