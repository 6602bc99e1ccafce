"""The real NCR files, held against a second reading of them with ElementTree alone."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from xml.etree import ElementTree as ET

import pytest

from agent.capture.pos import CapturedSale
from models.wire.events.sale import Flag, Kind, LinkReason, SaleRecorded, Scheme, Status
from tests.simulators.capturing import captured, real_poslog

PROFILE = "ncr-acs-2.1"
FULL = "ncr_acs_full_nosig.xml.gz"
FILES = ("ncr_acs_small.xml", "ncr_acs_selected.xml", FULL)
NS = {
    "p": "http://www.nrf-arts.org/IXRetail/namespace/",
    "acs": "http://www.ncr.com/rsd/acs/tlog/markup/poslog/2.1",
}
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Independent:
    """One transaction as ElementTree sees it."""

    element: ET.Element

    @property
    def key(self) -> Key:
        names = ("WorkstationID", "BusinessDayDate", "SequenceNumber")
        workstation, day, number = (self.element.findtext(f"p:{n}", "", NS) for n in names)
        return workstation, day, number

    @property
    def retail(self) -> ET.Element | None:
        return self.element.find("p:RetailTransaction", NS)

    def all(self, path: str) -> list[ET.Element]:
        return self.element.findall(f"p:RetailTransaction/p:LineItem/{path}", NS)

    def cents(self, path: str) -> int:
        return sum(cents(found.text) for found in self.all(path))

    def total(self, kind: str) -> int:
        path = f"p:RetailTransaction/p:Total[@TotalType='{kind}']"
        return cents(self.element.findtext(path, "0", NS))


def cents(text: str | None) -> int:
    return int(Decimal(text or "0") * 100)


def sales(found: list[CapturedSale]) -> list[SaleRecorded]:
    return [each.sale for each in found]


@cache
def both(name: str) -> tuple[list[Independent], list[CapturedSale]]:
    data = real_poslog(name)
    return [Independent(each) for each in ET.fromstring(data)], captured(data, PROFILE)


@pytest.mark.parametrize("name", FILES)
def test_every_transaction_is_captured_once_and_in_order(name: str) -> None:
    theirs, ours = both(name)
    keys = [
        (s.workstation_id, s.business_day_date.isoformat(), s.sequence_number) for s in sales(ours)
    ]
    assert keys == [each.key for each in theirs]
    assert len({sale.sale.natural_key for sale in ours}) == len(theirs)
    kinds = [Kind.CONTROL if each.retail is None else Kind.RETAIL for each in theirs]
    assert [sale.kind for sale in sales(ours)] == kinds


@pytest.mark.parametrize("name", FILES)
def test_totals_are_the_files_own(name: str) -> None:
    for theirs, ours in zip(*both(name), strict=True):
        assert ours.sale.total_minor == theirs.total("TransactionGrandAmount")
        assert ours.sale.total_minor == theirs.total("acs:GrossPositive") + theirs.total(
            "acs:GrossNegative"
        )
        assert sum(tax.amount_minor for tax in ours.sale.taxes) == theirs.cents("p:Tax/p:Amount")


@pytest.mark.parametrize("name", FILES)
def test_goods_rewards_and_taxes_add_up_to_what_was_paid_for_every_receipt(name: str) -> None:
    theirs, ours = both(name)
    flags = Counter(flag for sale in sales(ours) for flag in sale.capture.flags)
    assert flags == {Flag.TIMEZONE_ASSUMED: len(theirs)}
    for sale in sales(ours):
        lines = sum(line.extended_amount_minor for line in sale.lines)
        rewards = sum(discount.amount_minor for discount in sale.discounts)
        taxes = sum(tax.amount_minor for tax in sale.taxes)
        assert lines + rewards + taxes == sale.total_minor
        assert sum(t.amount_minor - t.change_minor for t in sale.tenders) == sale.total_minor


def test_without_the_rewards_eleven_receipts_would_not_add_up() -> None:
    """Proof that the check bites: the rule is the dialect's, not a tolerance."""
    rewarded = [sale for sale in sales(both(FULL)[1]) if sale.discounts]
    assert len(rewarded) == 11
    assert {d.reason for sale in rewarded for d in sale.discounts} == {"PercentOff", "FreeItem"}


@pytest.mark.parametrize("name", FILES)
def test_only_goods_become_lines(name: str) -> None:
    for theirs, ours in zip(*both(name), strict=True):
        expected = [
            (cents(sale.findtext("p:ExtendedAmount", "", NS)), sale.findtext("p:Quantity", "", NS))
            for sale in theirs.all("p:Sale")
        ]
        assert [(line.extended_amount_minor, line.quantity) for line in ours.sale.lines] == expected


def test_a_void_line_takes_back_an_earlier_one() -> None:
    voids = [line for sale in sales(both(FULL)[1]) for line in sale.lines if line.void]
    assert [line.extended_amount_minor for line in voids] == [-279, -440, -1250, -9366]
    assert [line.quantity for line in voids] == ["-1", "-1.47", "-1", "-7.21"]


def test_weighed_goods_keep_their_decimals_and_get_a_unit() -> None:
    sale = next(s for s in sales(both("ncr_acs_small.xml")[1]) if s.lines)
    (line,) = sale.lines
    assert (line.quantity, line.uom, line.gtin) == ("0.42", "lb", "00000000067591")
    assert (line.regular_price_minor, line.extended_amount_minor) == (299, 126)


def test_change_goes_to_the_tender_it_was_given_for_and_cashback_is_not_counted_twice() -> None:
    given = [t for sale in sales(both(FULL)[1]) for t in sale.tenders if t.change_minor]
    assert len(given) == 9
    cashback = [(t.amount_minor, t.change_minor) for t in given if t.type == "CreditDebit"]
    assert cashback == [(8934, 2000), (3478, 1000), (5558, 5000)]
    assert all(t.amount_minor > 0 for sale in sales(both(FULL)[1]) for t in sale.tenders)


def test_the_membership_is_the_card() -> None:
    theirs, ours = both(FULL)
    expected = [
        found.text
        for each in theirs
        for found in each.all("acs:LoyaltyMembership/acs:MembershipID")
    ]
    found = [loyalty for sale in sales(ours) for loyalty in sale.loyalty]
    assert [loyalty.value for loyalty in found] == expected
    assert len(expected) == 4
    assert {(loyalty.scheme, loyalty.programme) for loyalty in found} == {(Scheme.CARD, "acs")}


def test_a_resumed_transaction_names_the_suspended_one() -> None:
    (sale,) = [sale for sale in sales(both(FULL)[1]) if sale.links]
    (link,) = sale.links
    assert (link.reason, link.workstation_id, link.sequence_number) == (
        LinkReason.RESUME,
        "32",
        "111",
    )
    assert sale.status is Status.COMPLETED


def test_times_without_offset_are_the_shops_and_the_business_day_stays() -> None:
    sale = sales(both("ncr_acs_small.xml")[1])[0]
    assert sale.business_day_date.isoformat() == "2017-09-30"
    assert sale.end_at.isoformat() == "2017-10-01T02:01:31+08:00"


def test_the_same_receipts_in_two_files_are_the_same_events() -> None:
    """The selected file holds receipts of the full one: other bytes, equal content."""
    _, full = both(FULL)
    _, selected = both("ncr_acs_selected.xml")
    assert {sale.event_id for sale in selected} < {sale.event_id for sale in full}


@pytest.mark.parametrize("name", FILES)
def test_nothing_personal_or_secret_leaves(name: str) -> None:
    theirs, ours = both(name)
    bodies = "\n".join(sale.body.decode() for sale in ours)
    secrets = {
        text
        for each in theirs
        for path in ("AuthorizationCode", "ReferenceNumber")
        for found in each.all(f"p:Tender/p:Authorization/p:{path}")
        if (text := found.text)
    }
    operators = [found for each in theirs for found in each.element.iterfind("p:OperatorID", NS)]
    names = {operator.get("OperatorName") for operator in operators}
    birthdays = {
        found.get("Birthdate") for each in theirs for found in each.all("acs:AgeRestriction")
    }
    for secret in secrets | names | birthdays:
        assert secret
        assert not re.search(rf"(?<![\w.]){re.escape(secret)}(?![\w.])", bodies), "leaked"


def test_operators_are_pseudonyms_that_depend_on_the_key() -> None:
    theirs, ours = both(FULL)
    pairs = {
        (each.element.findtext("p:OperatorID", "", NS), sale.operator_ref)
        for each, sale in zip(theirs, sales(ours), strict=True)
    }
    numbers, references = {a for a, _ in pairs}, {b for _, b in pairs}
    assert len(pairs) == len(numbers) == len(references)
    assert all(re.fullmatch("[0-9a-f]{10}", each) for each in references)
    assert not numbers & references


def test_every_event_is_within_the_contract() -> None:
    for sale in both(FULL)[1]:
        event = json.loads(sale.body)
        assert event["id"] == sale.event_id
        assert event["subject"] == sale.sale_id
        assert event["data"]["revision"] == sale.sale.revision
