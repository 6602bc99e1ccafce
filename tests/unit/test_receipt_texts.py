"""Receipts as they were printed become the sales that they show."""

from __future__ import annotations

import io
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import msgspec
import pytest

from agent.capture.pos.escpos import Occasion, PaperRoll, PrinterProfile, PrintFileReader
from agent.capture.pos.escpos.printed import ReceiptPrint
from agent.capture.pos.journal import Chain, CursorFile, JournalTail, Layout
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.receipts import TextJournalReader, TillReceipts, text_sha256
from agent.capture.pos.receipts.profile import Copies
from agent.capture.pos.records import Refused
from models.wire.events.sale import Flag, LineKind, Scheme, Status
from tests.simulators.capturing import LedgerSink, context
from tests.simulators.clocks import HandClock
from tests.simulators.journal_shop import AsideBox
from tests.simulators.journal_writer import Article, Basket
from tests.simulators.printers import printer
from tests.simulators.real_data import real_file
from tests.simulators.receipt_printer import (
    WESTERN,
    chinese_receipt,
    receipt_profile,
    sale_on,
    western_profile,
    western_receipt,
)

AT = datetime(2026, 11, 20, 19, 58, 7)  # noqa: DTZ001 - the till's own wall clock
BASKET = Basket(
    17,
    AT,
    (Article("x milk", 2000, 129, 258), Article("apples", 1234, 1000, 1234)),
    saved=92,
    cash=2000,
)


def real_receipt(name: str, printer: PrinterProfile) -> ReceiptPrint:
    roll = PaperRoll(printer, None)
    (receipt,) = roll.feed(real_file("escpos", name).read_bytes())
    return receipt


def test_the_western_sample_comes_to_14_25() -> None:
    receipt = real_receipt("examplemart_logo_en.bin", PrinterProfile())
    till = TillReceipts(receipt_profile("receipt-examplemart"), context())
    (captured,) = till.sales(receipt, Occasion("front"))
    sale = captured.sale
    assert sale.total_minor == 1425
    assert [each.extended_amount_minor for each in sale.lines] == [400, 350, 100, 445]
    assert [each.amount_minor for each in sale.taxes] == [130]
    assert sale.end_at.isoformat() == "2015-04-06T14:56:25+08:00"
    assert sale.natural_key == "sh-0001/derived/42/2015-04-06T14:56:25+08:00/1425"
    assert sale.capture.raw_sha256 == receipt.sha256
    assert sale.capture.flags == [
        Flag.TIMEZONE_ASSUMED,
        Flag.CURRENCY_ASSUMED,
        Flag.DERIVED_KEY,
    ]


def test_the_chinese_sample_comes_to_68_00() -> None:
    printer = PrinterProfile(double_byte="gb18030", double_byte_on=True)
    receipt = real_receipt("restaurant_gbk_zh.bin", printer)
    till = TillReceipts(receipt_profile("receipt-restaurant-zh"), context())
    (captured,) = till.sales(receipt, Occasion("kitchen"))
    sale = captured.sale
    assert (sale.total_minor, sale.receipt_number) == (6800, "0012")
    assert [(each.description, each.quantity, each.uom) for each in sale.lines] == [
        ("健怡雪碧", "4", "瓶"),
        ("鲟龙鱼", "1.5", "斤"),
    ]
    assert sale.discounts == []
    assert sale.business_day_date.isoformat() == "2016-05-06"
    assert sale.operator_ref
    assert Flag.LINES_DISAGREE not in sale.capture.flags
    assert Flag.TENDERS_DISAGREE not in sale.capture.flags


def test_half_a_receipt_never_stands_for_the_whole() -> None:
    receipt = real_receipt("examplemart_logo_en.bin", PrinterProfile())
    lost = msgspec.structs.replace(
        receipt, lines=tuple(line for line in receipt.lines if "Another" not in line.text)
    )
    till = TillReceipts(receipt_profile("receipt-examplemart"), context())
    with pytest.raises(Malformed, match="bytes of it are missing"):
        list(till.sales(lost, Occasion("front", whole=False)))
    (captured,) = till.sales(receipt, Occasion("front", whole=False))
    assert captured.sale.total_minor == 1425
    assert Flag.OTHER in captured.sale.capture.flags, "its sums prove it, and it is marked"


@pytest.mark.parametrize("missing", ["Total", "SALES INVOICE"])
def test_a_fragment_without_its_total_or_its_mark_is_never_silent(missing: str) -> None:
    receipt = real_receipt("examplemart_logo_en.bin", PrinterProfile())
    kept = [line for line in receipt.lines if not line.text.strip().startswith(missing)]
    torn = msgspec.structs.replace(receipt, lines=tuple(kept), torn=True)
    till = TillReceipts(receipt_profile("receipt-examplemart"), context())
    with pytest.raises(Malformed, match="bytes of it are missing"):
        list(till.sales(torn, Occasion("front")))


def doubted(receipt: ReceiptPrint, *words: str) -> ReceiptPrint:
    """The same, with an unknown command in front of the lines that hold these words."""
    lines = (
        msgspec.structs.replace(line, doubtful=any(word in line.text for word in words))
        for line in receipt.lines
    )
    return msgspec.structs.replace(receipt, lines=tuple(lines))


def test_a_total_behind_an_unknown_command_is_believed_only_with_its_sums() -> None:
    till = TillReceipts(receipt_profile("receipt-examplemart"), context())
    receipt = doubted(real_receipt("examplemart_logo_en.bin", PrinterProfile()), "Total")
    (captured,) = till.sales(receipt, Occasion("front"))
    assert Flag.OTHER in captured.sale.capture.flags
    other = tuple(
        msgspec.structs.replace(line, text=line.text.replace("14.25", "914.25"))
        for line in receipt.lines
    )
    with pytest.raises(Malformed, match="command that nobody knows"):
        list(till.sales(msgspec.structs.replace(receipt, lines=other), Occasion("front")))


def test_a_greeting_behind_an_unknown_command_costs_nothing() -> None:
    till = TillReceipts(receipt_profile("receipt-examplemart"), context())
    receipt = doubted(real_receipt("examplemart_logo_en.bin", PrinterProfile()), "Thank you")
    (captured,) = till.sales(receipt, Occasion("front"))
    assert Flag.OTHER not in captured.sale.capture.flags


def test_western_lines_coupons_tenders_and_change() -> None:
    sale = sale_on(western_profile(), western_receipt(BASKET))
    assert sale.total_minor == 1400
    assert [each.description for each in sale.lines] == ["x milk", "apples"]
    assert [each.amount_minor for each in sale.discounts] == [-92]
    assert [(each.type, each.amount_minor, each.change_minor) for each in sale.tenders] == [
        ("Cash", 2000, 600)
    ]
    assert (sale.workstation_id, sale.receipt_number) == ("1", "000017")
    assert Flag.DERIVED_KEY in sale.capture.flags


def test_full_width_digits_and_lines_in_two_rows() -> None:
    basket = replace(BASKET, member="13912345670")
    sale = sale_on(receipt_profile("receipt-supermarket-zh"), chinese_receipt(basket))
    assert (sale.total_minor, sale.receipt_number) == (1400, "00000017")
    assert [(each.quantity, each.extended_amount_minor) for each in sale.lines] == [
        ("2.000", 258),
        ("1.234", 1234),
    ]
    assert sale.lines[0].gtin == "4006381333931"
    assert [(each.scheme, each.value) for each in sale.loyalty] == [
        (Scheme.PHONE, "+8613912345670")
    ]
    assert sale.tenders[0].change_minor == 600


def test_a_saving_below_its_article_belongs_to_it() -> None:
    lines = chinese_receipt(replace(BASKET, saved=0, cash=1400))
    at = next(place for place, line in enumerate(lines) if line.startswith("4006381333931"))
    lines.insert(at + 1, "　　优惠 -0.92")
    sale = sale_on(receipt_profile("receipt-supermarket-zh"), lines)
    first = sale.lines[0]
    assert (first.extended_amount_minor, first.discounts[0].amount_minor) == (166, -92)
    assert Flag.LINES_DISAGREE in sale.capture.flags  # the printed total does not know of it


def test_a_receipt_that_lost_its_beginning_is_not_passed_over() -> None:
    profile = receipt_profile("receipt-supermarket-zh")
    whole = chinese_receipt(BASKET)
    end = whole[next(place for place, line in enumerate(whole) if line.startswith("合计")) :]
    with pytest.raises(Malformed, match="may have lost its beginning"):
        TillReceipts(profile, context()).read(end, "a")
    assert TillReceipts(profile, context()).read(["日结报表", end[0]], "a") is None, "nobody paid"
    named = replace(profile, report_when=("日结报表",))
    assert TillReceipts(named, context()).read(["日结报表", *end], "a") is None


def test_a_refund_and_a_training_receipt_say_so() -> None:
    refund = sale_on(western_profile(), western_receipt(replace(BASKET, cash=1400, refund=True)))
    assert (refund.total_minor, refund.lines[0].kind) == (-1400, LineKind.RETURN)
    assert not {Flag.LINES_DISAGREE, Flag.TENDERS_DISAGREE} & {*refund.capture.flags}
    training = sale_on(western_profile(), western_receipt(replace(BASKET, training=True)))
    assert training.status is Status.TRAINING


def test_a_sale_printed_twice_is_counted_once() -> None:
    till = TillReceipts(western_profile(), context())
    lines = western_receipt(BASKET)
    copy = ["*** DUPLICATE ***", *lines]
    first, second = till.read(lines, "a"), till.read(copy, "b")
    assert first is not None
    assert second is not None
    assert first.event_id == second.event_id
    skipping = replace(western_profile(), copies=Copies.SKIP)
    assert TillReceipts(skipping, context()).read(copy, "b") is None


def test_what_is_no_receipt_of_a_sale_makes_no_sale() -> None:
    report = ["X REPORT", "Gross 1234,00", "Receipts 12"]
    assert TillReceipts(western_profile(), context()).read(report, "a") is None


def test_a_receipt_without_its_number_is_refused_without_its_text() -> None:
    lines = [line for line in western_receipt(BASKET) if "Receipt" not in line]
    with pytest.raises(Malformed, match="receipt_number is missing") as refused:
        sale_on(western_profile(), lines)
    assert "milk" not in str(refused.value)


def test_columns_read_where_no_space_parts_a_name_from_its_price() -> None:
    form: dict[str, object] = {
        "part": "line",
        "columns": {"description": "1-10", "quantity": "11-13", "amount": "14-20"},
    }
    profile = western_profile(lines=[*western_profile_lines()[:-1], form])
    receipt = western_receipt(BASKET)
    receipt[3:5] = ["鲜牛奶大盒" + "  2" + "   2,58", "apples 33l" + "  1" + "  12,34"]
    sale = sale_on(profile, receipt)
    assert [(each.description, each.quantity) for each in sale.lines] == [
        ("鲜牛奶大盒", "2"),
        ("apples 33l", "1"),
    ]
    assert sale.total_minor == 1400


def western_profile_lines() -> list[dict[str, object]]:
    lines = WESTERN["lines"]
    assert isinstance(lines, list)
    return lines


def test_a_journal_of_receipt_text_is_followed_like_any_other(tmp_path: Path) -> None:
    profile = western_profile(journal={"begin": ["CORNER SHOP"], "end": ["Thank you"]})
    sink, aside, clock = LedgerSink(), AsideBox(), HandClock()
    journal = tmp_path / "journal.txt"
    texts = ["\n".join(western_receipt(replace(BASKET, number=each))) for each in (1, 2, 3)]
    broken = "\n".join(line for line in western_receipt(BASKET) if "Till" not in line)
    journal.write_text("\n\n".join([texts[0], broken, *texts[1:]]), encoding="utf-8")
    tail = JournalTail(
        Chain(journal),
        TextJournalReader(profile, context()),
        Layout(profile.journal.encoding, profile.journal.longest_record_bytes),
        sink=sink,
        aside=aside,
        cursors=CursorFile(tmp_path / "cursor.json"),
        clock=clock,
    )
    with closing(tail):
        _read_to_the_end(tail, sink, aside, clock)


def _read_to_the_end(
    tail: JournalTail, sink: LedgerSink, aside: AsideBox, clock: HandClock
) -> None:
    tail.step()
    assert [each.sale.receipt_number for each in sink.stored.values()] == ["000001", "000002"]
    assert [each.begin.line for each in aside.kept.values()] == [13]
    clock.move(61)
    tail.step()
    assert len(sink.stored) == 2 + 1  # the last line has no line end, but the receipt has its time


def test_the_digest_of_a_text_is_that_of_its_lines() -> None:
    assert text_sha256(["a", "b"]) != text_sha256(["ab"])


def test_a_print_that_is_noise_is_not_taken_for_a_report() -> None:
    """A report holds no sale; of noise nobody can tell what it held."""
    till = TillReceipts(receipt_profile("receipt-supermarket-zh"), context())
    reader = PrintFileReader("x", printer("chinese"), till)
    report = "日结报表\n合计：1,204.50\n".encode("gb18030")
    assert list(reader.read(io.BytesIO(report), "a.prn", "0" * 64)) == []
    noise = Random(5).randbytes(600)
    found = list(reader.read(io.BytesIO(noise), "b.prn", "0" * 64))
    assert any(isinstance(each, Refused) for each in found)
