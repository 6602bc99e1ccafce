"""What the till wrote beside what was read of it, for every adapter, by the readers themselves."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from agent.capture.aside.narrating import Narration, Piece
from agent.capture.aside.showing import beside_in_json, write_beside
from agent.capture.quarantine import Kept
from tests.simulators.capturing import real_poslog
from tests.simulators.poslog_writer import goods, poslog, retail, tender, transaction
from tests.simulators.quarantine_ward import (
    CSV,
    DATABASE,
    FLOW,
    NDJSON,
    ODOO,
    POSLOG,
    POSTED,
    PRINT,
    SAMPLES,
    SHOPIFY,
    SQUARE,
    TEXT,
    Sample,
    Ward,
    real_print,
)

CARD = "4111111111111111"


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    return Ward(tmp_path)


def narration(ward: Ward, sample: Sample, data: bytes) -> Narration:
    return ward.teller.narration(ward.keep(sample, data))[0]


def fault_of(told: Narration) -> Piece:
    (fault,) = [each for each in told.pieces if each.fault]
    return fault


@pytest.mark.parametrize(
    ("sample", "written", "read"),
    [
        (POSLOG, "<SequenceNumber>7</SequenceNumber>", ("sequence_number", "7")),
        (POSLOG, "<ExtendedAmount>10.00</ExtendedAmount>", ("extended_amount", "10.00")),
        (CSV, "Bon = 17", ("sequence_number", "17")),
        (CSV, "Artikel = apples", ("lines.2.description", "apples")),
        (CSV, "Betrag = 12,34", ("lines.2.amount", "12,34")),
        (FLOW, "17-22 = 000019", ("sequence_number", "000019")),
        (FLOW, "15-38 = apples", ("lines.2.description", "apples")),
        (FLOW, "12-31 = 满减", ("discounts.1.discount_reason", "满减")),
        (FLOW, "4-13 = 0000002000", ("tenders.1.tender_amount", "0000002000")),
        (TEXT, "apples", ("lines.2.description", "apples")),
        (TEXT, "整单优惠：0.92", ("discounts.1.discount", "0.92")),
        (PRINT, "合计：¥１４．００", ("total", "¥14.00")),
        (PRINT, "apples", ("lines.2.description", "apples")),
        (DATABASE, "receipt.sequence_number = 17", ("sequence_number", "17")),
        (DATABASE, "lines.1.actual_price = 1.50", ("lines.1.actual_price", "1.5")),
        (POSTED, "lines.2.discount.reason = day", ("lines.2.discount_reason", "day")),
        (SHOPIFY, "total_tax = 2.50", ("tax_total", "2.50")),
        (SHOPIFY, "tax_lines.1.price = 2.50", ("taxes.1.tax_amount", "2.50")),
        (SQUARE, "data.object.payment.total_money.amount = 1434", ("total", "1434")),
        (SQUARE, "data.object.payment.amount_money.amount = 1234", ("lines.1.amount", "1234")),
        (ODOO, "order.amount_total = 12.4", ("total", "12.40")),
        (ODOO, "order.config_id.1 = 1", ("workstation_id", "1")),
        (ODOO, "lines.2.product_id.1 = 2", ("lines.2.item_id", "2")),
        (ODOO, "lines.1.price_subtotal_incl = 2.4000000000000004", ("lines.1.amount", "2.40")),
        (POSTED, "number = 1", ("sequence_number", "1")),
        (POSTED, "phone = 13800138000", ("phone", "13800138000")),
    ],
    ids=lambda each: str(each)[:24],
)
def test_what_was_read_stands_beside_what_was_written(
    ward: Ward, sample: Sample, written: str, read: tuple[str, str]
) -> None:
    told = narration(ward, sample, sample.data)
    (piece, *_) = [each for each in told.pieces if each.raw.text == written]
    name, text = read
    shown = dict(piece.read)
    assert shown[name] == text
    assert told.fault == ""


@pytest.mark.parametrize(
    ("sample", "at"),
    [
        (POSLOG, "<Amount>1O.00</Amount>"),
        (CSV, "Betrag = 12,3x"),
        (NDJSON, "12.3x"),
        (FLOW, "56-65 = 00000O1234"),
        (
            replace(TEXT, amount=(b"2.000", b"2.0.0")),
            "4006381333931 2.0.0 x 1.29  2.58",
        ),
        (DATABASE, "lines.1.actual_price = 1.5O"),
        (POSTED, "business_day = 2025-13-07"),
        (SHOPIFY, "1O.00"),
        (ODOO, "amount_total = 1O"),
    ],
    ids=lambda each: str(each)[:24],
)
def test_the_fault_stands_at_the_piece_where_reading_stopped(
    ward: Ward, sample: Sample, at: str
) -> None:
    fault = fault_of(narration(ward, sample, sample.damaged))
    assert at in fault.raw.text, (fault.raw.text, fault.fault)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda each: each.file)
def test_nothing_of_a_record_is_left_out_of_its_pieces(ward: Ward, sample: Sample) -> None:
    for data in (sample.data, sample.damaged, sample.data[: len(sample.data) * 2 // 3]):
        told = narration(ward, sample, data)
        assert told.pieces
        shown = " ".join(each.raw.text for each in told.pieces)
        assert len(shown) > len(data) / 5 or sample is SQUARE, "most of it is structure at most"
        if told.fault:
            assert fault_of(told).fault == told.fault


def test_what_was_not_looked_at_is_not_shown_as_read(ward: Ward) -> None:
    parked = poslog(transaction(retail(goods(), tender(), status="Geparkt"), number="2"))
    told = narration(ward, POSLOG, parked)
    at = told.fault_at
    assert "Geparkt" in told.pieces[at].raw.text
    assert "TransactionStatus is not known" in told.fault
    assert not any(each.read for each in told.pieces[at + 1 :])


def test_what_is_missing_has_a_piece_of_its_own(ward: Ward) -> None:
    without = POSLOG.data.replace(b"<SequenceNumber>7</SequenceNumber>", b"")
    fault = fault_of(narration(ward, POSLOG, without))
    assert (fault.raw.text, fault.fault) == ("", "SequenceNumber is missing")


def test_damaged_xml_is_told_up_to_where_it_ends(ward: Ward) -> None:
    data = POSLOG.data
    cut = data.index(b"<EndDateTime>")
    torn = data[:cut] + b"<EndDateTime 2025" + data[cut + 40 :]
    told = narration(ward, POSLOG, torn)
    assert "not well-formed XML" in told.fault
    assert "EndDateTime 2025" in fault_of(told).raw.text


def shown(ward: Ward, kept: Kept) -> str:
    out = StringIO()
    write_beside(kept, ward.teller.narration(kept)[0], out)
    return out.getvalue()


def test_the_table_shows_both_sides_and_no_card(ward: Ward) -> None:
    paid = POSLOG.damaged.replace("豆浆".encode(), f"豆浆 {CARD}".encode())
    kept = ward.keep(POSLOG, paid, "Amount is not a plain decimal number")
    text = shown(ward, kept)
    assert CARD not in text
    assert "豆浆 ************1111" in text
    assert "sequence_number = 7" in text
    assert "  ^ " in text
    assert CARD not in beside_in_json(kept, ward.teller.narration(kept)[0])


def test_what_can_be_read_today_says_so(ward: Ward) -> None:
    assert "today's profile can read it" in shown(ward, ward.keep(POSLOG))


def test_a_file_too_long_for_a_record_is_shown_by_its_first_lines(ward: Ward) -> None:
    told = narration(ward, POSLOG, b"line\n" * 400_000)
    assert len(told.pieces) < 20_000
    assert told.pieces[0].fault


def test_a_damaged_transaction_of_a_real_till_is_told_and_names_nobody(ward: Ward) -> None:
    data = real_poslog("ncr_acs_selected.xml")
    name, amount = b"<ExtendedAmount", data.index(b"</ExtendedAmount>")
    assert name in data
    damaged = data[: amount - 1] + b"x" + data[amount:]
    ward.config = replace(ward.config, till=replace(ward.config.till, profile="ncr-acs-2.1"))
    ward.restart()
    told = narration(ward, POSLOG, damaged)
    fault = fault_of(told)
    assert "ExtendedAmount" in fault.fault
    assert fault.raw.name == "ExtendedAmount"
    event = ward.teller.event(ward.quarantine.kept()[0])
    known = {each.raw.value for each in told.pieces if each.raw.name == "Description"}
    said = " ".join(each.raw for each in event.pieces)
    assert known
    assert not any(value in said for value in known if len(value) > 8)


def test_what_a_reader_made_up_stands_beside_no_equal_text(ward: Ward) -> None:
    told = narration(ward, SQUARE, SQUARE.data)
    (kind,) = [each for each in told.pieces if each.raw.text == "data.type = payment"]
    assert kind.read == (), "the article that Square does not name is none of the notice's words"


def test_a_line_of_fixed_width_is_cut_by_its_own_kind_only(ward: Ward) -> None:
    shown = [each.raw.text for each in narration(ward, FLOW, FLOW.data).pieces]
    assert shown[-5:] == [
        "2-3 = 01", "4-13 = 0000002000", "14-23 = 0000000600", "1 = E", "2-11 = 0000001400",
    ]  # fmt: skip
    assert len(shown) == 10 + 2 * 7 + 3 + 4 + 2


def test_a_line_of_no_known_kind_is_shown_whole_and_is_the_fault(ward: Ward) -> None:
    lines = FLOW.data.replace(b"P01", b"Q01")
    told = narration(ward, FLOW, lines)
    assert fault_of(told).raw.text == "Q0100000020000000000600"


def test_a_text_journal_that_lost_its_total_is_told_to_the_end(ward: Ward) -> None:
    told = narration(ward, TEXT, TEXT.damaged)
    (total,) = [each for each in told.pieces if "合计" in each.raw.text]
    assert total.read == ()
    assert "does not add up" in fault_of(told).fault


MART, KITCHEN = "examplemart_logo_en.bin", "restaurant_gbk_zh.bin"


@pytest.mark.parametrize(
    ("file", "printer", "amount", "at"),
    [
        (MART, "mart", ("14.25", "1425000000000000000000.00"), "Total            $ 142500"),
        (MART, "mart", ("4.45", "4.45.5"), "A final item"),
        (MART, "mart", ("6th of", "46th of"), "Monday 46th of April 2015 02:56:25 PM"),
        (MART, "mart", ("2015", "2O15"), ""),
        (KITCHEN, "kitchen", ("68.00", "6800000000000000000000000.00"), "应收金额"),
        (KITCHEN, "kitchen", ("1.5  ", "1.5.5"), "鲟龙鱼"),
        (KITCHEN, "kitchen", ("2016-5-6  ", "2016-15-6  "), "打印时间：2016-15-6"),
        (KITCHEN, "kitchen", ("0012", "OO12"), ""),
    ],
)
def test_the_fault_of_a_real_receipt_stands_at_its_line_and_it_stays(
    ward: Ward, file: str, printer: str, amount: tuple[str, str], at: str
) -> None:
    sample = real_print(file, printer, amount)
    fault = fault_of(narration(ward, sample, sample.damaged))
    assert at in fault.raw.text
    assert bool(at) == bool(fault.raw.text), "what is missing stands at no line"
    ward.retry(ward.quarantine.kept()[0])
    assert ward.sink.stored == {}
    assert [each.source for each in ward.quarantine.kept()] == [printer]


@pytest.mark.parametrize(
    ("file", "printer", "total", "minor"),
    [
        (MART, "mart", ("Total            $ 14.25", "total = $ 14.25"), 1425),
        (KITCHEN, "kitchen", ("应收金额：68.00", "total = 68.00"), 6800),
    ],
)
def test_a_real_receipt_is_told_and_read_again(
    ward: Ward, file: str, printer: str, total: tuple[str, str], minor: int
) -> None:
    sample = real_print(file, printer, ("", ""))
    told = narration(ward, sample, sample.data)
    written, read = total
    (piece,) = [each for each in told.pieces if each.raw.text.strip() == written]
    assert piece.read == (tuple(read.split(" = ")),), "and the subtotal's line is another"
    ward.retry(ward.quarantine.kept()[0])
    assert [each.sale.total_minor for each in ward.sink.stored.values()] == [minor]
    assert ward.quarantine.kept() == []
