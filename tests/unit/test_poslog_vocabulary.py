"""What versions 2.1 to 6 and their vendors call things, one word at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.capture.pos import TillProfile
from agent.capture.pos.dialect import Arithmetic, Modifiers
from agent.capture.pos.profile import IdentifierPlace
from models.wire.events.sale import Flag, Kind, LinkReason, SaleRecorded, Scheme, Status
from tests.simulators.capturing import only_sale
from tests.simulators.poslog_writer import goods, poslog, retail, tax, tender, transaction

PLAIN = TillProfile(name="plain", version=1)


def sale_of(*items: str, total: str = "10.00", below: str = "", status: str = "") -> SaleRecorded:
    return only_sale(poslog(transaction(retail(*items, total=total, below=below, status=status))))


def test_flags_may_be_elements() -> None:
    flagged = transaction(header="<TrainingModeFlag>true</TrainingModeFlag>")
    assert only_sale(poslog(flagged)).status is Status.TRAINING
    line = goods(inside="<VoidFlag>1</VoidFlag>", sequence="2")
    assert sale_of(goods(), line, tender()).lines[1].void


@pytest.mark.parametrize(
    "word", ["Suspended", "SUSPENDED", "suspend", "pos:Suspended", "Parked", "OnHold"]
)
def test_statuses_are_known_in_any_spelling(word: str) -> None:
    assert sale_of(goods(), status=word).status is Status.SUSPENDED


def test_a_status_may_be_an_element() -> None:
    below = "<TransactionStatus>Voided</TransactionStatus>"
    assert sale_of(goods(), below=below).status is Status.VOIDED


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("Storno", LinkReason.VOID),
        ("SES:RetrievedSuspend", LinkReason.RESUME),
        ("REFUND", LinkReason.RETURN),
        ("Replace", LinkReason.EXCHANGE),
    ],
)
def test_links_reasons_are_known_in_any_spelling(reason: str, expected: LinkReason) -> None:
    link = f"<TransactionLink><ReasonCode>{reason}</ReasonCode></TransactionLink>"
    assert [each.reason for each in sale_of(goods(), tender(), below=link).links] == [expected]


def test_an_exchange_is_one_receipt_of_both_directions() -> None:
    back = goods("30.00", kind="Return", sequence="2")
    sale = sale_of(goods("40.00"), back, tender())
    assert [line.extended_amount_minor for line in sale.lines] == [4000, -3000]
    assert sale.capture.flags == []


@pytest.mark.parametrize("written", ["12.00", "-12.00"])
def test_a_return_subtracts_whichever_sign_it_is_written_with(written: str) -> None:
    items = (goods(written, kind="Return"), tender(written, code="Refund"))
    sale = sale_of(*items, total="-12.00")
    assert sale.lines[0].extended_amount_minor == -1200
    assert sale.tenders[0].amount_minor == -1200
    assert sale.capture.flags == []


@pytest.mark.parametrize("total", ["10.00", "-10.00"])
def test_a_post_void_that_repeats_the_sale_takes_it_back(total: str) -> None:
    link = '<TransactionLink ReasonCode="Void"><SequenceNumber>4</SequenceNumber></TransactionLink>'
    sale = sale_of(goods(), tender(), total=total, below=link)
    assert (sale.total_minor, sale.lines[0].extended_amount_minor) == (-1000, -1000)
    assert (sale.tenders[0].amount_minor, sale.lines[0].quantity) == (-1000, "-1")
    assert sale.capture.flags == []


def test_a_post_void_that_has_its_minus_keeps_it() -> None:
    link = '<TransactionLink ReasonCode="Void"><SequenceNumber>4</SequenceNumber></TransactionLink>'
    items = (goods("-10.00", quantity="-1"), tender(code="Refund"))
    sale = sale_of(*items, total="-10.00", below=link)
    assert (sale.total_minor, sale.lines[0].quantity) == (-1000, "-1")
    assert sale.capture.flags == []


def test_goods_of_a_kind_that_nobody_knew_are_goods() -> None:
    sale = sale_of(goods(kind="SaleOfSubscription"), tender())
    assert [line.extended_amount_minor for line in sale.lines] == [1000]


def test_lines_without_numbers_are_counted() -> None:
    line = goods(sequence="").replace("<SequenceNumber></SequenceNumber>", "")
    assert [each.sequence for each in sale_of(line, line, tender("20"), total="20").lines] == [1, 2]


@pytest.mark.parametrize(
    ("quantity", "price", "amount", "read"),
    [
        ('Units="0.420" UnitOfMeasureCode="KGM">1<', "10.00", "4.20", "0.420"),
        ('Units="2.000" UnitOfMeasureCode="EA">2<', "2.10", "4.20", "2"),
        ('Units="6" UnitOfMeasureCode="PK">1<', "4.20", "4.20", "1"),
        ('UnitOfMeasureCode="KGM">0.42<', "10.00", "4.20", "0.42"),
    ],
)
def test_weighed_goods_have_the_weight_that_was_paid(
    quantity: str, price: str, amount: str, read: str
) -> None:
    line = goods(amount, inside=f"<ActualSalesUnitPrice>{price}</ActualSalesUnitPrice>")
    line = line.replace("<Quantity>1<", f"<Quantity {quantity}")
    assert sale_of(line, tender(amount), total=amount).lines[0].quantity == read


def test_single_pieces_are_known_by_their_numbers() -> None:
    inside = (
        "<SerialNumber>SN-1</SerialNumber><EPC>30361FA8</EPC><SerializedUnit><SerialNumber>SN-2"
        "</SerialNumber></SerializedUnit><EPC>30361FA8</EPC><SerialNumber/>"
    )
    assert sale_of(goods(inside=inside), tender()).lines[0].serials == ["SN-1", "30361FA8", "SN-2"]


def test_an_age_check_is_noted_and_no_birthday() -> None:
    inside = '<AgeRestriction Birthdate="1999-01-01"/>'
    sale = sale_of(goods(inside=inside), tender())
    assert sale.lines[0].age_restricted
    assert "1999" not in repr(sale)


@pytest.mark.parametrize(
    ("amount", "read"),
    [
        ('<Amount Action="Subtract">2.00</Amount>', -200),
        ('<Amount Action="Substract">2.00</Amount>', -200),  # codespell:ignore - a vendor's word
        ("<Amount>-2.00</Amount>", -200),
        ('<Amount Action="Add">2.00</Amount>', 200),
    ],
)
def test_price_modifiers_have_a_direction(amount: str, read: int) -> None:
    inside = f"<RetailPriceModifier>{amount}<Reason>R</Reason></RetailPriceModifier>"
    (discount,) = sale_of(goods(inside=inside), tender()).lines[0].discounts
    assert (discount.amount_minor, discount.reason) == (read, "R")


def test_a_dialect_may_keep_modifiers_out_of_its_amounts() -> None:
    profile = replace(PLAIN, arithmetic=Arithmetic(modifiers=Modifiers.APART))
    inside = "<RetailPriceModifier><Amount>2.00</Amount></RetailPriceModifier>"
    data = poslog(transaction(retail(goods("12.00", inside=inside), tender())))
    sale = only_sale(data, profile)
    assert (sale.lines[0].extended_amount_minor, sale.capture.flags) == (1000, [])
    assert only_sale(data, PLAIN).capture.flags == [Flag.LINES_DISAGREE]


def test_rounding_to_the_smallest_coin_is_part_of_the_sum() -> None:
    up = "<LineItem><SequenceNumber>3</SequenceNumber><Rounding>0.02</Rounding></LineItem>"
    down = up.replace("<LineItem>", '<LineItem NegativeAmountFlag="true">')
    for rounding, total in ((up, "10.00"), (down, "9.96")):
        sale = sale_of(goods("9.98"), rounding, tender(total), total=total)
        assert sale.capture.flags == []


@pytest.mark.parametrize(
    ("line", "total", "included"), [("10.00", "10.00", True), ("8.70", "10.00", False)]
)
def test_a_tax_that_says_nothing_is_told_by_the_sum(
    *, line: str, total: str, included: bool
) -> None:
    sale = sale_of(goods(line), tax("1.30"), tender(), total=total)
    assert (sale.taxes[0].included, sale.capture.flags) == (included, [])


def test_foreign_money_keeps_its_own_amount() -> None:
    inside = (
        "<ForeignCurrency><CurrencyCode>JPY</CurrencyCode><OriginalFaceAmount>210"
        "</OriginalFaceAmount></ForeignCurrency>"
    )
    (paid,) = sale_of(goods(), tender(inside=inside)).tenders
    assert (paid.amount_minor, paid.currency, paid.foreign_amount_minor) == (1000, "JPY", 210)


def test_several_tenders_with_change_in_a_line_of_its_own() -> None:
    items = (
        goods(),
        tender("4.00", kind="Voucher"),
        tender("10.00"),
        tender("4.00", code="Change"),
    )
    sale = sale_of(*items)
    assert [(t.type, t.amount_minor, t.change_minor) for t in sale.tenders] == [
        ("Voucher", 400, 0),
        ("Cash", 1000, 400),
    ]
    assert sale.capture.flags == []


def test_a_total_of_pieces_is_no_money() -> None:
    below = '<Total TotalType="TransactionPurchaseQuantity">1.375</Total>'
    assert [each.type for each in sale_of(goods(), tender(), below=below).totals] == [
        "TransactionGrandAmount"
    ]


def test_a_members_number_in_a_cards_element_is_read_where_the_profile_says_so() -> None:
    place = IdentifierPlace(Scheme.CARD, "LoyaltyAccount", "PrimaryAccountNumber", "club")
    profile = replace(PLAIN, identifiers=(place,))
    below = (
        "<LoyaltyAccount><PrimaryAccountNumber>6221234567890128</PrimaryAccountNumber>"
        "</LoyaltyAccount>"
    )
    data = poslog(transaction(retail(goods(), tender(), below=below)))
    assert [each.value for each in only_sale(data, profile).loyalty] == ["6221234567890128"]
    assert profile.whitelist == {("LoyaltyAccount", "PrimaryAccountNumber")}
    assert b"6221234567890128" not in repr(only_sale(data, PLAIN)).encode()


def test_a_shop_may_be_a_business_unit_and_a_day_have_one_time() -> None:
    unit = "<BusinessUnit><UnitID>77</UnitID></BusinessUnit>"
    moment = '<POSLogDateTime TypeCode="Transaction">2025-11-07T10:00:00Z</POSLogDateTime>'
    text = transaction(header=unit + moment, leave_out="RetailStoreID")
    text = text.replace("<EndDateTime>2025-11-07T10:00:00+08:00</EndDateTime>", "")
    sale = only_sale(poslog(text))
    assert (sale.business_unit, sale.end_at.isoformat()) == ("77", "2025-11-07T10:00:00+00:00")


def test_a_pickup_of_cash_is_captured_with_its_sums() -> None:
    body = (
        '<TenderControlTransaction><TenderPickup TenderType="Cash"><Amount>250.00</Amount>'
        "<Count>4</Count></TenderPickup></TenderControlTransaction>"
    )
    sale = only_sale(poslog(transaction(body)))
    (total,) = sale.totals
    assert sale.kind is Kind.TENDER_CONTROL
    assert (total.type, total.amount_minor, total.count) == ("TenderPickup/Cash", 25000, 4)


VOID = 'VoidFlag="true"'


@pytest.mark.parametrize(
    "lines",
    [
        (goods("4.00", sequence="2", attributes=VOID),),  # struck
        (goods("4.00", sequence="2"), goods("-4.00", sequence="3", attributes=VOID)),
        (  # both are marked
            goods("4.00", sequence="2", attributes=VOID),
            goods("-4.00", sequence="3", attributes=VOID),
        ),
        (
            goods("4.00", sequence="2"),
            goods("4.00", sequence="3", attributes=VOID, inside="<ItemLink>2</ItemLink>"),
        ),
        (  # struck, and says which line it repeats
            goods("4.00", sequence="2", attributes=VOID, inside="<ItemLink>1</ItemLink>"),
        ),
    ],
)
def test_an_unknown_tills_void_lines_are_read_as_its_sum_says(lines: tuple[str, ...]) -> None:
    sale = sale_of(goods(), *lines, tender())
    assert sum(line.extended_amount_minor for line in sale.lines) == 1000
    assert sale.capture.flags == []


def test_a_receipt_that_adds_up_in_no_reading_is_flagged() -> None:
    struck = goods("4.00", sequence="2", attributes=VOID)
    sale = sale_of(goods(), struck, tender("11.00"), total="11.00")
    assert sale.capture.flags == [Flag.LINES_DISAGREE]


def test_an_unknown_tills_modifiers_are_read_as_its_sum_says() -> None:
    inside = "<RetailPriceModifier><Amount>2.00</Amount></RetailPriceModifier>"
    for amount in ("12.00", "10.00"):
        sale = sale_of(goods(amount, inside=inside), tender())
        assert (sale.lines[0].extended_amount_minor, sale.capture.flags) == (1000, [])


def test_an_amount_that_is_left_out_is_price_times_quantity() -> None:
    line = goods(quantity="2.5", inside="<ActualSalesUnitPrice>4.00</ActualSalesUnitPrice>")
    line = line.replace("<ExtendedAmount>10.00</ExtendedAmount>", "")
    assert sale_of(line, tender()).lines[0].extended_amount_minor == 1000


def test_a_currency_may_stand_at_the_amounts_alone() -> None:
    text = transaction(leave_out="CurrencyCode").replace("<Amount>", '<Amount Currency="EUR">')
    assert only_sale(poslog(text)).currency == "EUR"
