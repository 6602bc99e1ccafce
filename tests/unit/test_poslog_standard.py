"""What stands in a transaction, one thing at a time, with the standard's names and signs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from agent.capture.pos import CapturedSale, TillProfile
from agent.capture.pos.dialect import Arithmetic, Tenders, Voids, Written
from agent.capture.pos.profile import NamePlaces, Operators
from models.wire.events.sale import Flag, Kind, LineKind, LinkReason, Scheme, Status
from tests.simulators.capturing import captured, only_sale, records
from tests.simulators.poslog_writer import (
    card,
    control,
    customer,
    goods,
    poslog,
    retail,
    tax,
    tender,
    transaction,
)

PLAIN = TillProfile(name="plain", version=3)


def dialect(**arithmetic: object) -> TillProfile:
    return replace(PLAIN, arithmetic=replace(Arithmetic(), **arithmetic))  # type: ignore[arg-type]  # each test names a field of its own type


def test_a_plain_sale_is_whole() -> None:
    sale = only_sale(poslog(transaction()), PLAIN)
    assert (sale.kind, sale.status, sale.total_minor, sale.currency) == (
        Kind.RETAIL,
        Status.COMPLETED,
        1000,
        "CNY",
    )
    assert sale.natural_key == "sh-0001/1001/01/2025-11-07/1"
    assert sale.capture.flags == []
    assert (sale.capture.profile, sale.capture.profile_version) == ("plain", 3)


@pytest.mark.parametrize(
    ("root", "namespace"),
    [
        ("POSLog", ""),
        ("POSLog", 'xmlns="http://www.nrf-arts.org/IXRetail/namespace/" MajorVersion="2"'),
        ("POSLog", 'xmlns="http://www.omg.org/retail/poslog/6.0"'),
    ],
)
def test_any_version_and_namespace_reads_the_same(root: str, namespace: str) -> None:
    sale = only_sale(poslog(transaction(), root=root, namespace=namespace))
    assert sale.revision == only_sale(poslog(transaction())).revision


def test_a_prefixed_namespace_reads_the_same() -> None:
    plain = poslog(transaction(), namespace="").decode()
    prefixed = plain.replace("</", "</a:").replace("<", "<a:").replace("<a:/a:", "</a:")
    prefixed = prefixed.replace("<a:?", "<?").replace("<a:POSLog ", '<a:POSLog xmlns:a="urn:x" ')
    assert only_sale(prefixed.encode()).revision == only_sale(plain.encode()).revision


@pytest.mark.parametrize(
    ("status", "flags", "expected"),
    [
        ("", "", Status.COMPLETED),
        ("Tendered", "", Status.COMPLETED),
        ("Totaled", 'OfflineFlag="true"', Status.OFFLINE),
        ("Suspended", "", Status.SUSPENDED),
        ("Suspended", 'OfflineFlag="1"', Status.SUSPENDED),
        ("Voided", "", Status.VOIDED),
        ("", 'CancelFlag="true"', Status.VOIDED),
        ("PostVoided", "", Status.COMPLETED),
        ("Tendered", 'TrainingModeFlag="true"', Status.TRAINING),
        ("Voided", 'TrainingModeFlag="TRUE" CancelFlag="true"', Status.TRAINING),
    ],
)
def test_status(status: str, flags: str, expected: Status) -> None:
    assert only_sale(poslog(transaction(retail(status=status), flags=flags))).status is expected


def test_a_profile_may_know_more_statuses() -> None:
    profile = replace(PLAIN, statuses={"Parked": Status.SUSPENDED})
    assert only_sale(poslog(transaction(retail(status="Parked"))), profile).status is (
        Status.SUSPENDED
    )


@pytest.mark.parametrize(
    ("body", "kind", "control_text"),
    [
        (control("OperatorSignOn", "Valid SignOn"), Kind.CONTROL, "OperatorSignOn: Valid SignOn"),
        (control("NoSale", "NoSale"), Kind.CONTROL, "NoSale"),
        (
            "<TenderControlTransaction><TillSettle/></TenderControlTransaction>",
            Kind.TENDER_CONTROL,
            "TillSettle",
        ),
        ("<InventoryControlTransaction/>", Kind.CONTROL, "InventoryControlTransaction"),
        ("<Surprise/>", Kind.CONTROL, "UnknownTransaction"),
    ],
)
def test_controls_take_a_number_and_carry_no_money(
    body: str, kind: Kind, control_text: str
) -> None:
    sale = only_sale(poslog(transaction(body)))
    assert (sale.kind, sale.control, sale.total_minor, sale.lines) == (kind, control_text, 0, [])


def test_a_uuid_of_the_till_is_the_key() -> None:
    given = "<TransactionID>64A4E432-F300-4acf-b286-d50c9a1a5425</TransactionID>"
    sale = only_sale(poslog(transaction(header=given)))
    assert sale.natural_key == "sh-0001/uuid/64a4e432-f300-4acf-b286-d50c9a1a5425"


def test_a_transaction_id_that_is_no_uuid_is_only_noted() -> None:
    sale = only_sale(poslog(transaction(header="<TransactionID>0042</TransactionID>")))
    assert (sale.natural_key, sale.transaction_id) == ("sh-0001/1001/01/2025-11-07/1", "0042")


def test_a_missing_currency_is_the_profiles_and_flagged() -> None:
    data = poslog(
        transaction(retail(goods("10"), tender("10"), total="10"), leave_out="CurrencyCode")
    )
    sale = only_sale(data, replace(PLAIN, currency="JPY"))
    assert (sale.currency, sale.total_minor, sale.capture.flags) == (
        "JPY",
        10,
        [Flag.CURRENCY_ASSUMED],
    )


def test_a_control_needs_no_currency() -> None:
    sale = only_sale(poslog(transaction(control(), leave_out="CurrencyCode")), PLAIN)
    assert (sale.currency, sale.capture.flags) == ("XXX", [])


@pytest.mark.parametrize(
    ("written", "read", "flags"),
    [
        ("2025-11-08T00:41:07+08:00", "2025-11-08T00:41:07+08:00", []),
        ("2025-11-07T16:41:07Z", "2025-11-07T16:41:07+00:00", []),
        ("2025-11-08T00:41:07.1234567", "2025-11-08T00:41:07.123456+08:00", ["timezone_assumed"]),
    ],
)
def test_times_keep_their_offset(written: str, read: str, flags: list[str]) -> None:
    sale = only_sale(poslog(transaction(end_at=written)))
    assert (sale.end_at.isoformat(), sale.capture.flags) == (read, flags)


def test_the_profiles_time_zone_comes_before_the_devices() -> None:
    profile = replace(PLAIN, timezone="America/New_York")
    sale = only_sale(poslog(transaction(end_at="2025-11-07T10:00:00")), profile)
    assert sale.end_at.isoformat() == "2025-11-07T10:00:00-05:00"


def test_a_business_day_with_a_time_behind_it_is_its_date() -> None:
    sale = only_sale(poslog(transaction(day="2025-11-07T00:00:00+08:00")))
    assert sale.business_day_date == date(2025, 11, 7)


# --- goods


def test_a_return_is_written_positive_and_subtracts() -> None:
    link = (
        '<TransactionLink ReasonCode="Return"><RetailStoreID>1001</RetailStoreID>'
        "<WorkstationID>02</WorkstationID><BusinessDayDate>2025-11-06</BusinessDayDate>"
        "<SequenceNumber>77</SequenceNumber><LineItemSequenceNumber>3</LineItemSequenceNumber>"
        "</TransactionLink>"
    )
    items = (goods(kind="Return", quantity="2.50", inside=link), tender(code="Refund"))
    sale = only_sale(poslog(transaction(retail(*items, total="-10.00"))))
    (line,) = sale.lines
    (found,) = sale.links
    assert (line.kind, line.extended_amount_minor, line.quantity) == (
        LineKind.RETURN,
        -1000,
        "-2.50",
    )
    assert (found.reason, found.workstation_id, found.sequence_number, found.line) == (
        LinkReason.RETURN,
        "02",
        "77",
        3,
    )
    assert [tender.amount_minor for tender in sale.tenders] == [-1000]
    assert sale.capture.flags == []


def test_a_till_that_signs_its_returns_is_believed() -> None:
    profile = dialect(returns=Written.SIGNED, refunds=Written.SIGNED)
    items = (goods("-10.00", kind="Return", quantity="-1"), tender("-10.00", code="Refund"))
    sale = only_sale(poslog(transaction(retail(*items, total="-10.00"))), profile)
    assert (sale.lines[0].extended_amount_minor, sale.lines[0].quantity) == (-1000, "-1")
    assert sale.capture.flags == []


LINKED = "<ItemLink>1</ItemLink>"


@pytest.mark.parametrize(
    ("rule", "written", "inside", "counted", "quantity"),
    [
        (Voids.STRUCK, "4.00", "", 0, "2"),
        (Voids.AS_WRITTEN, "-4.00", "", -400, "2"),
        (Voids.LINKED, "4.00", "", 0, "2"),
        (Voids.LINKED, "4.00", LINKED, -400, "-2"),
        (Voids.LINKED, "-4.00", LINKED, -400, "2"),
    ],
)
def test_a_void_line_counts_as_the_dialect_says(
    rule: Voids, written: str, inside: str, counted: int, quantity: str
) -> None:
    void = goods(written, sequence="2", quantity="2", attributes='VoidFlag="true"', inside=inside)
    total = f"{10 + counted / 100:.2f}"
    body = retail(goods(), void, tender(total), total=total)
    sale = only_sale(poslog(transaction(body)), dialect(voids=rule))
    line = sale.lines[1]
    assert (line.void, line.extended_amount_minor, line.quantity) == (True, counted, quantity)
    assert sale.capture.flags == []


def test_codes_prices_and_modifiers_of_a_line() -> None:
    inside = (
        '<POSIdentity POSIDType="PLU"><POSItemID>00421</POSItemID></POSIdentity>'
        '<POSIdentity POSIDType="EAN"><POSItemID>6901170301345</POSItemID></POSIdentity>'
        "<RegularSalesUnitPrice>12.00</RegularSalesUnitPrice>"
        "<ActualSalesUnitPrice>9.999</ActualSalesUnitPrice>"
        '<RetailPriceModifier MethodCode="PriceRule"><Amount Action="Subtract">2.00</Amount>'
        "<ReasonCode>第二件半价</ReasonCode></RetailPriceModifier>"
        '<RetailPriceModifier MethodCode="Markup"><Amount Action="Add">0.10</Amount>'
        "</RetailPriceModifier><RetailPriceModifier><NewPrice>9.00</NewPrice></RetailPriceModifier>"
    )
    (line,) = only_sale(poslog(transaction(retail(goods(inside=inside), tender())))).lines
    assert (line.item_id, line.gtin, line.description) == ("100020", "6901170301345", "豆浆")
    assert (line.regular_price_minor, line.actual_price_minor) == (1200, None)
    assert [(d.amount_minor, d.reason) for d in line.discounts] == [
        (-200, "第二件半价"),
        (10, "Markup"),
    ]


def test_a_discount_of_the_whole_receipt_is_part_of_the_sum() -> None:
    reduction = (
        "<LineItem><SequenceNumber>2</SequenceNumber><Discount><Amount>1.00</Amount>"
        "<ReasonCode>抹零</ReasonCode></Discount></LineItem>"
    )
    body = retail(goods("11.00"), reduction, tender(), total="10.00")
    sale = only_sale(poslog(transaction(body)))
    assert [(d.amount_minor, d.reason) for d in sale.discounts] == [(-100, "抹零")]
    assert sale.capture.flags == []


# --- taxes


def test_added_taxes_are_part_of_the_sum_and_included_ones_are_not() -> None:
    added = retail(goods("10.00"), tax("1.30"), tender("11.30"), total="11.30")
    vat = (
        "<TaxIncludedInPriceFlag>true</TaxIncludedInPriceFlag>"
        '<Tax TaxType="VAT"><TaxableAmount>10.00</TaxableAmount><Amount>1.15</Amount>'
        "<Percent>13</Percent></Tax>"
    )
    included = retail(goods(inside=vat), goods("0.00", sequence="2", inside=vat), tender())
    for body, expected in ((added, (130, False, None)), (included, (230, True, 2000))):
        sale = only_sale(poslog(transaction(body)))
        (found,) = sale.taxes
        assert (found.amount_minor, found.included, found.taxable_minor) == expected
        assert sale.capture.flags == []


def test_a_tax_that_does_not_match_its_total_is_flagged_where_the_dialect_has_one() -> None:
    total = '<Total TotalType="TransactionTaxAmount">1.31</Total>'
    body = retail(goods("10.00"), tax("1.30"), tender("11.30"), total="11.30", below=total)
    strict = dialect(tax_total="TransactionTaxAmount")
    assert only_sale(poslog(transaction(body)), strict).capture.flags == [Flag.LINES_DISAGREE]
    assert only_sale(poslog(transaction(body)), PLAIN).capture.flags == []


@pytest.mark.parametrize(
    ("rule", "amount", "total"),
    [(Voids.STRUCK, "1.30", "10.00"), (Voids.AS_WRITTEN, "-1.30", "8.70")],
)
def test_a_void_tax_counts_as_the_dialect_says(rule: Voids, amount: str, total: str) -> None:
    void = tax(amount, attributes='VoidFlag="true"')
    sale = only_sale(
        poslog(transaction(retail(goods(), void, tender(total), total=total))), dialect(voids=rule)
    )
    assert sale.capture.flags == []


# --- tenders


def test_change_stands_in_its_tender() -> None:
    change = "<TenderChange><Amount>5.00</Amount></TenderChange>"
    sale = only_sale(poslog(transaction(retail(goods(), tender("15.00", inside=change)))))
    assert [(t.amount_minor, t.change_minor) for t in sale.tenders] == [(1500, 500)]
    assert sale.capture.flags == []


def test_cashback_is_change_where_nothing_else_says_so() -> None:
    body = retail(goods(), tender("30.00", inside="<Cashback>20.00</Cashback>"))
    sale = only_sale(poslog(transaction(body)))
    assert [(t.amount_minor, t.change_minor) for t in sale.tenders] == [(3000, 2000)]


def test_change_apart_goes_to_the_tender_before_it() -> None:
    change = tender("-5.00", inside="<TenderChange><Amount>-5.00</Amount></TenderChange>")
    body = retail(goods(), tender("15.00"), change)
    sale = only_sale(poslog(transaction(body)), dialect(tenders=Tenders.CHANGE_APART))
    assert [(t.amount_minor, t.change_minor) for t in sale.tenders] == [(1500, 500)]
    assert sale.capture.flags == []


def test_a_struck_tender_was_never_paid() -> None:
    struck = tender("10.00", kind="CreditDebit", attributes='VoidFlag="true"')
    sale = only_sale(poslog(transaction(retail(goods(), struck, tender()))))
    assert [t.type for t in sale.tenders] == ["Cash"]
    assert sale.capture.flags == []


@pytest.mark.parametrize(
    ("identity", "wallet"), [("ALIPAY", "alipay"), ("微信支付", "wechat"), ("COUPON", "")]
)
def test_wallets_have_our_names(identity: str, wallet: str) -> None:
    body = retail(goods(), tender(kind="StoredValue", identity=identity))
    assert only_sale(poslog(transaction(body))).tenders[0].wallet == wallet


def test_codes_and_numbers_of_a_payment_are_not_read() -> None:
    secrets = (
        "<Authorization><AuthorizationCode>281234567890123456</AuthorizationCode>"
        "<ReferenceNumber>4200001234567890</ReferenceNumber></Authorization>"
        "<CreditDebit><PrimaryAccountNumber>621700******1234</PrimaryAccountNumber>"
        "<CardHolderName>WANG WU</CardHolderName></CreditDebit>"
    )
    (found,) = captured(poslog(transaction(retail(goods(), tender(inside=secrets)))))
    assert found.sale.tenders[0].card_last4 == "1234"
    for secret in (b"281234", b"420000", b"621700", b"WANG"):
        assert secret not in found.body


# --- sums


@pytest.mark.parametrize(
    ("body", "flags"),
    [
        (retail(total="10.01"), [Flag.LINES_DISAGREE, Flag.TENDERS_DISAGREE]),
        (retail(goods("9.99"), tender()), [Flag.LINES_DISAGREE]),
        (retail(goods(), tender("9.99")), [Flag.TENDERS_DISAGREE]),
        (retail(goods()), [Flag.TENDERS_DISAGREE]),
        (retail(total=""), [Flag.LINES_DISAGREE]),
        (retail(goods(), status="Suspended"), []),
        (retail(goods(), status="Voided"), []),
        ("<RetailTransaction/>", []),
    ],
)
def test_a_receipt_that_does_not_add_up_is_flagged_and_kept(body: str, flags: list[Flag]) -> None:
    assert only_sale(poslog(transaction(body))).capture.flags == flags


def test_a_receipt_without_a_total_has_that_of_its_lines() -> None:
    assert only_sale(poslog(transaction(retail(total="")))).total_minor == 1000


# --- links


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("Void", LinkReason.VOID),
        ("Retrieve", LinkReason.RESUME),
        ("Exchange", LinkReason.EXCHANGE),
        ("Layaway", LinkReason.OTHER),
        ("", LinkReason.VOID),
    ],
)
def test_links_name_their_reason(reason: str, expected: LinkReason) -> None:
    stated = f' ReasonCode="{reason}"' if reason else ""
    link = f"<TransactionLink{stated}><SequenceNumber>5</SequenceNumber></TransactionLink>"
    sale = only_sale(poslog(transaction(retail(below=link, status="PostVoided"))))
    assert [found.reason for found in sale.links] == [expected]


# --- people


def test_phone_and_card_are_read_and_phones_have_one_spelling() -> None:
    below = customer("139 1234 5678") + card("1234567890", "HUIYUAN")
    sale = only_sale(poslog(transaction(retail(below=below))))
    assert [(each.scheme, each.value, each.programme) for each in sale.loyalty] == [
        (Scheme.PHONE, "+8613912345678", ""),
        (Scheme.CARD, "1234567890", "HUIYUAN"),
    ]
    with_country = customer("+86 13912345678") + card("1234567890", "HUIYUAN")
    same = only_sale(poslog(transaction(retail(below=with_country))))
    assert same.revision == sale.revision


def test_what_is_no_phone_number_stays_as_it_was_read() -> None:
    sale = only_sale(poslog(transaction(retail(below=customer("member")))))
    assert [each.value for each in sale.loyalty] == ["member"]


def test_nothing_but_zeros_is_nobody() -> None:
    below = customer("00000000000") + card("0000000000")
    assert only_sale(poslog(transaction(retail(below=below)))).loyalty == []


def test_names_are_dropped_unless_the_profile_keeps_them() -> None:
    below = customer("13912345678", "欧阳", "雪梅") + card("1234567890")
    data = poslog(transaction(retail(below=below)))
    (found,) = captured(data, PLAIN)
    assert "欧阳".encode() not in found.body
    kept = only_sale(data, replace(PLAIN, names=NamePlaces(keep=True)))
    assert [(each.family_name, each.given_name) for each in kept.loyalty] == [
        ("欧阳", "雪梅"),
        ("", ""),
    ]


def test_a_name_without_an_identifier_is_not_kept() -> None:
    data = poslog(transaction(retail(below=customer("", "欧阳", "雪梅"))))
    assert only_sale(data, replace(PLAIN, names=NamePlaces(keep=True))).loyalty == []


def test_a_card_on_a_void_line_was_taken_off() -> None:
    line = (
        "<LineItem{}><SequenceNumber>3</SequenceNumber><LoyaltyMembership>"
        "<MembershipID>{}</MembershipID></LoyaltyMembership></LineItem>"
    )
    body = retail(goods(), line.format(' VoidFlag="true"', "111"), line.format("", "222"), tender())
    assert [each.value for each in only_sale(poslog(transaction(body)), "ncr-acs-2.1").loyalty] == [
        "222"
    ]


def test_personal_spans_cover_every_identifier() -> None:
    below = customer("13912345678") + card("1234567890", "HUIYUAN")
    (found,) = captured(poslog(transaction(retail(below=below))))
    assert [(span.namespace, span.identifier) for span in found.spans] == [
        ("phone", "+8613912345678"),
        ("card:HUIYUAN", "1234567890"),
    ]
    assert all(span.container in found.body for span in found.spans)


def test_the_cashier_is_a_pseudonym_and_their_name_is_not_read() -> None:
    operator = '<OperatorID OperatorName="陈晓琳">2001</OperatorID>'
    data = poslog(transaction(header=operator))
    (found,) = captured(data)
    assert found.sale.operator_ref
    assert "陈晓琳".encode() not in found.body
    assert b"2001" not in found.body
    (other,) = records(data, operator_key=b"another shop")
    (nobody,) = records(data, operator_key=b"")
    assert isinstance(other, CapturedSale)
    assert isinstance(nobody, CapturedSale)
    assert len({found.sale.operator_ref, other.sale.operator_ref, nobody.sale.operator_ref}) == 3
    assert only_sale(data, replace(PLAIN, operators=Operators.OMIT)).operator_ref == ""
    assert found.event_id == other.event_id == nobody.event_id


def test_a_card_number_typed_into_a_description_is_taken_out() -> None:
    typed = goods().replace("豆浆", "paid 4111 1111 1111 1111 豆浆")
    (found,) = captured(poslog(transaction(retail(typed, tender()))))
    assert found.sale.lines[0].description == "paid **** **** **** 1111 豆浆"


def test_printing_a_captured_sale_shows_nobody() -> None:
    (found,) = captured(poslog(transaction(retail(below=customer("13912345678")))))
    assert "139" not in repr(found)
