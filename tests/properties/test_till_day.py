"""Laws that every simulated day keeps, whatever its seed."""

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulators.till import ShopDay
from tests.unit.till_reading import (
    NS,
    fen_of,
    hour_figures,
    member_figures,
    read_day,
    retail_of,
    sales_that_count,
    status_counts,
    text_of,
)

DAYS = st.builds(ShopDay, seed=st.integers(0, 10**6), sales=st.integers(50, 70))
# A day takes some 40 ms to invent and to read, which is what the health check objects to.
over_days = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@over_days
@given(DAYS)
def test_truth_equals_what_a_stranger_reads_from_the_files(day: ShopDay) -> None:
    receipts = read_day(day)
    retail = retail_of(receipts)
    truth = day.truth

    assert truth.retail == len(retail)
    assert truth.controls == len(receipts) - len(retail)
    assert dict(truth.by_status) == status_counts(retail)
    assert sum(truth.by_status.values()) == truth.retail
    assert truth.sales == len(sales_that_count(retail))
    assert truth.identified_sales == sum(r.member() is not None for r in sales_that_count(retail))
    assert truth.returns == sum(r.link("Return") is not None for r in retail)
    assert truth.resumed == sum(r.link("Resume") is not None for r in retail)
    assert truth.offline == sum(r.offline for r in retail)
    assert truth.net_sales_fen == sum(r.total_fen for r in retail if r.booked)
    assert {
        key: (m.visits, m.returns, m.net_spend_fen) for key, m in truth.members.items()
    } == member_figures(retail)
    assert {h: (t.sales, t.net_fen) for h, t in truth.by_hour.items()} == hour_figures(retail)


@over_days
@given(DAYS)
def test_lines_taxes_and_tenders_add_up_to_the_fen(day: ShopDay) -> None:
    for receipt in retail_of(read_day(day)):
        total = receipt.total_fen
        assert total == sum(
            sign * fen_of(line, "p:ExtendedAmount") for sign, line in receipt.lines()
        )
        tax = fen_of(receipt.goods, "p:Total[@TotalType='TransactionTaxAmount']")
        assert tax == sum(sign * fen_of(line, "p:Tax/p:Amount") for sign, line in receipt.lines())
        assert total == tax + fen_of(receipt.goods, "p:Total[@TotalType='TransactionNetAmount']")
        settled = receipt.status in {"Tendered", "PostVoided"}
        assert receipt.paid_fen() == (total if settled else 0)


@over_days
@given(DAYS)
def test_a_line_costs_its_shelf_price_less_its_modifiers(day: ShopDay) -> None:
    for receipt in retail_of(read_day(day)):
        for _, line in receipt.lines():
            shelf = fen_of(line, "p:RegularSalesUnitPrice") * Decimal(text_of(line, "p:Quantity"))
            amounts = line.iterfind("p:RetailPriceModifier", NS)
            off = sum(fen_of(modifier, "p:Amount") for modifier in amounts)
            assert abs(shelf - off - fen_of(line, "p:ExtendedAmount")) <= Decimal("0.5")


@over_days
@given(DAYS)
def test_sequence_numbers_run_from_one_without_a_gap(day: ShopDay) -> None:
    tills: dict[str, list[int]] = defaultdict(list)
    for workstation, sequence in read_day(day):
        tills[workstation].append(sequence)
    assert {till: sorted(numbers) for till, numbers in tills.items()} == {
        till: list(range(1, last + 1)) for till, last in day.truth.last_sequence.items()
    }


@over_days
@given(DAYS)
def test_a_till_serves_one_customer_at_a_time_in_the_order_of_its_numbers(day: ShopDay) -> None:
    free_at: dict[str, datetime] = {}
    for (till, _), receipt in sorted(read_day(day).items()):
        assert receipt.begin_at < receipt.end_at
        assert till not in free_at or free_at[till] < receipt.begin_at
        free_at[till] = receipt.end_at


@over_days
@given(DAYS)
def test_every_barcode_is_a_valid_chinese_gtin(day: ShopDay) -> None:
    lines = [line for r in retail_of(read_day(day)) for _, line in r.lines()]
    for line in lines:
        identity = line.find("p:POSIdentity", NS)
        assert identity is not None
        code = text_of(identity, "p:POSItemID")
        if identity.get("POSIDType") == "PLU":
            assert len(code) == 5
        else:
            digits = [int(digit) for digit in code]
            assert (len(digits), code[:2]) == (13, "69")
            assert (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


@over_days
@given(DAYS)
def test_links_lead_back_to_an_earlier_transaction_with_the_same_goods(day: ShopDay) -> None:
    receipts = read_day(day)
    for receipt in retail_of(receipts):
        for reason, status in (
            ("Return", "Tendered"),
            ("Void", "Tendered"),
            ("Resume", "Suspended"),
        ):
            link = receipt.link(reason)
            if link is None:
                continue
            origin = receipts[link[1]]
            assert origin.end_at < receipt.begin_at
            assert origin.status == status
            assert origin.member() == receipt.member()
            named = link[0].findtext("p:TransactionID", namespaces=NS)
            assert named == origin.element.findtext("p:TransactionID", namespaces=NS)
            if reason != "Return":
                assert abs(receipt.total_fen) == origin.total_fen
            if reason == "Void":
                assert receipt.hour == origin.hour


@over_days
@given(DAYS)
def test_a_return_names_the_very_line_that_was_sold(day: ShopDay) -> None:
    receipts = read_day(day)
    for receipt in retail_of(receipts):
        for back in receipt.goods.iterfind("p:LineItem/p:Return", NS):
            link = receipt.link("Return")
            assert link is not None
            number = text_of(back, "p:TransactionLink/p:LineItemSequenceNumber")
            (sold,) = receipts[link[1]].goods.iterfind(
                f"p:LineItem[p:SequenceNumber='{number}']", NS
            )
            assert sold.get("VoidFlag") is None
            for field_name in ("p:POSIdentity/p:POSItemID", "p:Quantity", "p:ExtendedAmount"):
                assert text_of(sold, f"p:Sale/{field_name}") == text_of(back, field_name)


@over_days
@given(DAYS)
def test_training_members_come_at_no_other_time_and_others_always_buy_something(
    day: ShopDay,
) -> None:
    retail = retail_of(read_day(day))
    trainees = {r.member() for r in retail if r.training}
    assert trainees
    assert not trainees & set(day.truth.members)
    assert all(member.visits for member in day.truth.members.values())


@over_days
@given(DAYS)
def test_a_member_shows_the_same_identifiers_all_day(day: ShopDay) -> None:
    shown: dict[str, set[tuple[str | None, str | None]]] = defaultdict(set)
    for receipt in retail_of(read_day(day)):
        for identifier in (receipt.phone(), receipt.card()):
            if identifier is not None:
                shown[identifier].add((receipt.phone(), receipt.card()))
    assert all(len(pairs) == 1 for pairs in shown.values())


@over_days
@given(DAYS)
def test_even_a_small_day_has_everything_that_goes_wrong_in_a_shop(day: ShopDay) -> None:
    truth = day.truth
    assert min(truth.by_status.values()) > 0
    assert min(truth.returns, truth.resumed, truth.offline, truth.reprints, truth.late) > 0
    retail = retail_of(read_day(day))
    assert any(r.phone() == "+8613800138000" for r in retail)
    assert any(r.goods.find("p:LineItem[@VoidFlag='true']", NS) is not None for r in retail)
    assert "phone:+8613800138000" not in truth.members


@over_days
@given(DAYS)
def test_the_business_day_runs_past_midnight_and_keeps_its_date(day: ShopDay) -> None:
    receipts = read_day(day).values()
    assert {r.business_day for r in receipts} == {day.business_day}
    night = [r.end_at for r in receipts if r.retail is not None and r.hour >= 24]
    assert night
    assert max(night).strftime("%H:%M") <= "01:30"
    assert {r.end_at.utcoffset() for r in receipts} == {timedelta(hours=8)}
