from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.capture.pos.database import DatabaseReader, StoredReceipt
from agent.capture.pos.database.figures import MoneyColumns, plain, settled, whole
from agent.capture.pos.database.stored import text_of
from agent.capture.pos.dialect import Taxes
from agent.capture.pos.mapping.transcript import Field
from agent.capture.pos.money import Currency
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CapturedSale
from models.wire.events.sale import Flag, Kind, SaleRecorded, Status
from tests.simulators.capturing import context
from tests.simulators.polled_till import unicenta_profile

_ID = "6f2c1c0e-57c8-4b0c-9d5e-111111111111"
_HEAD = {
    Field.TRANSACTION_ID: _ID,
    Field.END_AT: "2025-11-07 12:00:00",
    Field.KIND: "0",
    Field.DIRECTION: "0",
    Field.SEQUENCE_NUMBER: "17",
    Field.OPERATOR: "p-1",
    Field.WORKSTATION_ID: "TILL-01",
}


def _stored(**parts: object) -> StoredReceipt:
    receipt = {"receipt": dict(_HEAD)} | parts
    return StoredReceipt(id=_ID, **receipt)  # type: ignore[arg-type] # parts are rows


def _sale(stored: StoredReceipt, **changes: object) -> SaleRecorded:
    found = DatabaseReader(unicenta_profile(**changes), context()).read(stored)
    assert isinstance(found, CapturedSale), getattr(found, "reason", "")
    return found.sale


def _line(units: str, price: str, rate: str = "0") -> dict[str, str]:
    return {Field.QUANTITY: units, Field.ACTUAL_PRICE: price, Field.TAX_PERCENT: rate}


def _paid(total: str, handed: str = "", kind: str = "cash") -> dict[str, str]:
    row: dict[str, str] = {Field.TENDER_TYPE: kind, Field.TENDER_AMOUNT: total}
    return row | ({Field.AMOUNT: handed} if handed else {})


def test_a_tenth_and_two_tenths_are_thirty_cents() -> None:
    both = text_of(0.1 + 0.2)
    assert both == "0.30000000000000004"
    sale = _sale(_stored(lines=[_line("1.0", text_of(0.1 + 0.2))], payments=[_paid(both, both)]))
    assert sale.total_minor == 30
    assert sale.tenders[0].amount_minor == 30
    assert not {Flag.LINES_DISAGREE, Flag.TENDERS_DISAGREE} & {*sale.capture.flags}


def test_net_fractions_come_to_what_the_till_took_and_not_to_the_sum_of_rounded_lines() -> None:
    net = text_of(1.00 / 1.21)
    base, tax = text_of(3 * (1.00 / 1.21)), text_of(3 * (1.00 / 1.21) * 0.21)
    taxes = [{Field.TAX_ID: "full", Field.TAXABLE: base, Field.TAX_AMOUNT: tax}]
    sums = replace(unicenta_profile().sums, taxes=Taxes.ADDED)
    added = _sale(
        _stored(lines=[_line("1", net, "0.21")] * 3, taxes=taxes, payments=[_paid("3.0")]),
        sums=sums,
    )
    assert added.total_minor == 300
    assert sum(line.extended_amount_minor for line in added.lines) == 248
    assert added.taxes[0].amount_minor == 52
    assert Flag.LINES_DISAGREE not in added.capture.flags
    shown = _sale(_stored(lines=[_line("1", net, "0.21")] * 3, taxes=taxes, payments=[_paid("3")]))
    assert [line.extended_amount_minor for line in shown.lines] == [100, 100, 100]


@pytest.mark.parametrize(
    ("total", "handed", "amount", "change"),
    [
        ("4.06", "5.0", 500, 94),
        ("4.06", "", 406, 0),
        ("4.06", "0.0", 406, 0),
        ("-4.06", "0.0", -406, 0),
        ("-4.06", "-4.06", -406, 0),
        ("4.059999999999999", "4.06", 406, 0),
    ],
)
def test_change_is_what_was_handed_over_beyond_what_was_to_be_paid(
    total: str, handed: str, amount: int, change: int
) -> None:
    lines = [_line("-1" if total.startswith("-") else "1", "4.06")]
    sale = _sale(_stored(lines=lines, payments=[_paid(total, handed)]))
    assert (sale.tenders[0].amount_minor, sale.tenders[0].change_minor) == (amount, change)
    assert Flag.TENDERS_DISAGREE not in sale.capture.flags


def test_change_of_its_own_is_given_for_what_came_before_it_whatever_the_ids_say() -> None:
    payments = [_paid("-0.94", kind="change"), _paid("5.0")]
    sale = _sale(_stored(lines=[_line("1", "4.06")], payments=payments))
    assert [(each.amount_minor, each.change_minor) for each in sale.tenders] == [(500, 94)]


def test_sums_that_do_not_agree_are_flagged_and_captured() -> None:
    sale = _sale(_stored(lines=[_line("1", "4.06")], payments=[_paid("4.00")]))
    assert Flag.LINES_DISAGREE in sale.capture.flags


def test_a_voided_receipt_and_a_struck_line_are_what_the_till_says() -> None:
    lines = [_line("1", "4.06"), _line("1", "0.333") | {Field.VOID: "1"}]
    head = _HEAD | {Field.STATUS: "V"}
    stored = _stored(receipt=head, lines=lines, payments=[_paid("4.06")])
    sale = _sale(stored, statuses={"V": Status.VOIDED})
    assert sale.status is Status.VOIDED
    assert [line.void for line in sale.lines] == [False, True]
    assert [line.extended_amount_minor for line in sale.lines] == [406, 0]
    assert Flag.LINES_DISAGREE not in sale.capture.flags


def test_taxes_and_change_in_columns_of_lines_and_payments_are_rounded_too() -> None:
    sums = replace(unicenta_profile().sums, taxes=Taxes.ADDED)
    line = _line("3", text_of(1 / 1.21), "0.21") | {Field.TAX_AMOUNT: text_of(3 * 0.21 / 1.21)}
    paid = _paid("5.0") | {Field.TENDER_CHANGE: text_of(5 - 0.1 - 2.9)}
    head = _HEAD | {Field.TOTAL: text_of(0.1 + 2.9)}
    sale = _sale(_stored(receipt=head, lines=[line], payments=[paid]), sums=sums)
    assert (sale.total_minor, sale.taxes[0].amount_minor, sale.taxes[0].percent) == (300, 52, "21")
    assert sale.tenders[0].change_minor == 200
    assert not [flag for flag in sale.capture.flags if flag.endswith("disagree")]


def test_a_receipt_without_a_ticket_is_a_movement_of_cash() -> None:
    head: dict[str, str] = {Field.TRANSACTION_ID: _ID, Field.END_AT: "2025-11-07 12:00:00"}
    stored = StoredReceipt(id=_ID, receipt=head, payments=[_paid("100", kind="cashin")])
    sale = _sale(stored)
    assert sale.kind is Kind.TENDER_CONTROL
    assert (sale.total_minor, sale.tenders) == (0, [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"lines": [_line("dozens", "1.0")]},
        {"lines": [_line("1", "nan")]},
        {"lines": [_line("1", "Infinity")]},
        {"lines": [_line("1", "9" * 18 + ".5", "9" * 18)]},
        {"payments": [_paid("")]},
        {"receipt": _HEAD | {Field.KIND: "9"}},
        {"receipt": _HEAD | {Field.END_AT: "yesterday"}},
    ],
)
def test_what_cannot_be_mapped_is_refused_with_its_rows_and_without_quoting_them(
    wrong: dict[str, object],
) -> None:
    stored = _stored(**({"lines": [_line("1", "1.0")], "payments": [_paid("1.0")]} | wrong))
    found = DatabaseReader(unicenta_profile(), context()).read(stored)
    assert isinstance(found, Refused)
    assert found.key == _ID
    assert StoredReceipt.of_data(found.data).data == stored.data
    for secret in ("dozens", "yesterday", "Infinity"):
        assert secret not in found.reason


def test_names_are_kept_only_where_the_profile_says_so() -> None:
    head = _HEAD | {Field.PHONE: "13800138000", Field.FAMILY_NAME: "Wang"}
    stored = _stored(receipt=head, lines=[_line("1", "1")], payments=[_paid("1")])
    assert _sale(stored).loyalty[0].family_name == ""
    assert _sale(stored, keep_names=True).loyalty[0].family_name == "Wang"


def test_a_cashier_goes_by_a_pseudonym() -> None:
    sale = _sale(_stored(lines=[_line("1", "1")], payments=[_paid("1")]))
    assert sale.operator_ref
    assert "p-1" not in sale.operator_ref


@given(st.lists(st.decimals(-10_000, 10_000, places=6), max_size=30), st.decimals(-1, 1, places=6))
def test_settled_amounts_come_to_the_exact_sum_rounded_once(
    exact: list[Decimal], residue: Decimal
) -> None:
    amounts = settled(exact, residue)
    assert sum(amounts) == (whole(sum(exact, residue)) if exact else 0)
    first = abs(residue)
    for each, amount in zip(exact, amounts, strict=True):
        assert abs(amount - each) <= 1 + first
        first = Decimal(0)


@given(st.lists(st.integers(-(10**7), 10**7), max_size=30))
def test_amounts_that_are_whole_stay_as_they_are(whole_ones: list[int]) -> None:
    assert settled(map(Decimal, whole_ones)) == whole_ones


@given(st.integers(-(10**11), 10**11), st.integers(1, 3))
def test_cents_survive_a_double_and_its_noise(minor: int, thirds: int) -> None:
    columns = MoneyColumns(Currency.of("EUR"))
    stored = text_of(minor / 100 / thirds * thirds)
    assert whole(columns.exact(stored, "total")) == minor


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000"),
        (Decimal("1.50"), "1.50"),
        (b"\x01", "1"),
        (" Bread ", "Bread"),
    ],
)
def test_every_value_has_one_exact_text(value: object, text: str) -> None:
    assert text_of(value) == text


def test_quantities_lose_their_noise_and_nothing_else() -> None:
    assert plain(Decimal("0.35500000000000004"), 6) == "0.355"
    assert plain(Decimal("-2.0"), 6) == "-2"
    assert plain(Decimal(100), 6) == "100"
