"""A simulated shop day, read and held against its own truth."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from agent.capture.pos import CapturedSale
from models.wire.events.sale import Kind, LinkReason, SaleRecorded, Scheme, Status
from tests.simulators.capturing import captured
from tests.simulators.till import RetailTransaction, ShopDay

PROFILES = ("lianke-till", "arts-poslog")
BLOCKED = "+8613800138000"
BOOKED = (Status.COMPLETED, Status.OFFLINE)


@cache
def day() -> ShopDay:
    return ShopDay(seed=7, sales=150)


@cache
def read(profile: str) -> dict[str, CapturedSale]:
    """Every event once, by id: the ledger's view of the day's files, reprints included."""
    found = [sale for delivery in day().deliveries() for sale in captured(delivery.xml(), profile)]
    return {sale.event_id: sale for sale in found}


def sales(profile: str) -> list[SaleRecorded]:
    return [each.sale for each in read(profile).values()]


def retail(profile: str) -> list[SaleRecorded]:
    return [sale for sale in sales(profile) if sale.kind is Kind.RETAIL]


def is_post_void(sale: SaleRecorded) -> bool:
    return any(link.reason is LinkReason.VOID for link in sale.links)


def is_return(sale: SaleRecorded) -> bool:
    return any(link.reason is LinkReason.RETURN for link in sale.links)


@pytest.mark.parametrize("profile", PROFILES)
def test_reprints_and_late_files_add_nothing(profile: str) -> None:
    truth = day().truth
    assert truth.reprints
    assert len(read(profile)) == truth.retail + truth.controls
    assert len({sale.natural_key for sale in sales(profile)}) == len(read(profile))


@pytest.mark.parametrize("profile", PROFILES)
def test_every_total_is_that_of_the_till(profile: str) -> None:
    ours = {(s.workstation_id, s.sequence_number): s for s in retail(profile)}
    for theirs in day().transactions:
        if isinstance(theirs, RetailTransaction):
            sale = ours[theirs.head.workstation, str(theirs.head.sequence)]
            assert sale.total_minor == theirs.grand_fen
            assert sum(tax.amount_minor for tax in sale.taxes) == theirs.tax_fen
            assert sum(line.extended_amount_minor for line in sale.lines) == theirs.grand_fen
            assert [line.void for line in sale.lines] == [line.void for line in theirs.lines]
            assert sum(t.amount_minor - t.change_minor for t in sale.tenders) == sum(
                tender.settled_fen for tender in theirs.tenders
            )


@pytest.mark.parametrize("profile", PROFILES)
def test_everything_adds_up_without_a_flag(profile: str) -> None:
    assert [sale.capture.flags for sale in sales(profile) if sale.capture.flags] == []


@pytest.mark.parametrize("profile", PROFILES)
def test_statuses_are_the_days(profile: str) -> None:
    names = {Status.COMPLETED: "completed", Status.OFFLINE: "completed"}
    found = Counter(
        "post_void" if is_post_void(sale) else names.get(sale.status, sale.status.value)
        for sale in retail(profile)
    )
    truth = day().truth
    assert found == Counter(truth.by_status)
    assert sum(sale.status is Status.OFFLINE for sale in retail(profile)) == truth.offline
    assert sum(is_return(s) and s.status in BOOKED for s in retail(profile)) == truth.returns
    resumed = [s for s in retail(profile) if s.links and s.links[0].reason is LinkReason.RESUME]
    assert len(resumed) == truth.resumed


@pytest.mark.parametrize("profile", PROFILES)
def test_the_days_money_is_the_days(profile: str) -> None:
    booked = [sale.total_minor for sale in retail(profile) if sale.status in BOOKED]
    assert sum(booked) == day().truth.net_sales_fen


@pytest.mark.parametrize("profile", PROFILES)
def test_members_are_those_of_the_day(profile: str) -> None:
    found = set()
    for sale in retail(profile):
        if sale.status is Status.TRAINING:
            continue
        values = {each.scheme: each.value for each in sale.loyalty}
        phone, card = values.get(Scheme.PHONE), values.get(Scheme.CARD)
        if phone is not None and phone != BLOCKED:
            found.add(f"phone:{phone}")
        elif card is not None:
            found.add(f"card:{card}")
    assert found == set(day().truth.members)


def test_names_are_kept_where_the_profile_says_so_only() -> None:
    printed = {member.name for member in day().truth.members.values() if member.name}
    kept = {f"{m.family_name}{m.given_name}" for s in retail("lianke-till") for m in s.loyalty}
    assert printed < kept | {""}
    assert {m.family_name for s in retail("arts-poslog") for m in s.loyalty} == {""}


def test_the_two_profiles_agree_on_all_but_names() -> None:
    """The standard's defaults read our own tills, so a new till of that kind needs no profile."""
    ours, standard = sales("lianke-till"), sales("arts-poslog")
    assert [(s.natural_key, s.total_minor, s.lines, s.tenders, s.taxes) for s in ours] == [
        (s.natural_key, s.total_minor, s.lines, s.tenders, s.taxes) for s in standard
    ]


def test_sequences_run_without_a_gap_controls_included() -> None:
    numbers: dict[str, set[int]] = {}
    for sale in sales("lianke-till"):
        numbers.setdefault(sale.workstation_id, set()).add(int(sale.sequence_number))
    assert {
        ws: set(range(1, last + 1)) for ws, last in day().truth.last_sequence.items()
    } == numbers


def test_batch_files_hold_the_same_events() -> None:
    batched = [
        sale
        for delivery in day().deliveries(batch_size=40)
        for sale in captured(delivery.xml(), "lianke-till")
    ]
    assert {sale.event_id for sale in batched} == set(read("lianke-till"))


def test_no_operator_name_card_or_payment_code_is_in_any_event() -> None:
    bodies = b"\n".join(sale.body for sale in read("lianke-till").values()).decode()
    for transaction in day().transactions:
        assert transaction.head.operator_name not in bodies
        if isinstance(transaction, RetailTransaction):
            for tender in transaction.tenders:
                for secret in (tender.payment_code, tender.reference, tender.masked_pan):
                    assert secret is None or len(secret) < 10 or secret not in bodies, "leaked"
