"""Journals of real dialects become the sales that were made."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from agent.capture.pos.journal import JournalProfile, SetAside
from agent.capture.pos.sink import CapturedSale
from models.runtime.settings import parse
from models.wire.events.sale import Flag, Kind, LineKind, LinkReason, Scheme, Status
from tests.simulators.journal_shop import journal_profile, read_all, sales_in
from tests.simulators.journal_writer import (
    Article,
    Basket,
    flow_file,
    german_csv,
    order_stream,
)

AT = datetime(2026, 11, 20, 19, 58, 7)  # noqa: DTZ001 - the till's own wall clock
MILK = Article("Milch 3,5%", 2000, 129, 258)
PLAIN = Basket(17, AT, (MILK, Article("Käse", 1000, 1_234_50, 1_234_50)), cash=123_708)


def test_a_german_export_reads_to_the_cent() -> None:
    (sale,) = sales_in(journal_profile("journal-csv"), german_csv([PLAIN]))
    assert (sale.total_minor, sale.currency) == (123_708, "EUR")
    assert sale.natural_key == "sh-0001/0815/1/2026-11-20/17"
    assert [line.extended_amount_minor for line in sale.lines] == [258, 123_450]
    assert sale.lines[0].quantity == "2.000"
    assert sale.lines[0].gtin == "4006381333931"
    assert sale.lines[1].description == "Käse"
    assert [(each.type, each.amount_minor) for each in sale.tenders] == [("Cash", 123_708)]
    assert sale.end_at.isoformat() == "2026-11-20T19:58:07+08:00"
    assert sale.capture.flags == [Flag.TIMEZONE_ASSUMED, Flag.CURRENCY_ASSUMED]
    assert sale.operator_ref
    assert sale.operator_ref != "7"


def test_a_chinese_flow_file_reads_names_wallets_and_change() -> None:
    basket = Basket(
        3,
        AT,
        (Article("鲜牛奶", 1000, 1500, 1500), Article("称重苹果", 1234, 1000, 1234, struck=True)),
        saved=100,
        cash=2000,
        card=400,
        member="13912345670",
    )
    (sale,) = sales_in(journal_profile("journal-fixed"), flow_file([basket]))
    assert sale.total_minor == 1400
    assert [line.description for line in sale.lines] == ["鲜牛奶", "称重苹果"]
    assert [line.extended_amount_minor for line in sale.lines] == [1500, 0]
    assert (sale.lines[1].void, sale.lines[1].quantity) == (True, "1.234")
    assert [each.amount_minor for each in sale.discounts] == [-100]
    cash, wallet = sale.tenders
    assert (cash.type, cash.amount_minor, cash.change_minor) == ("现金", 2000, 1000)
    assert (wallet.type, wallet.wallet, wallet.amount_minor) == ("支付宝", "alipay", 400)
    assert [(each.scheme, each.value) for each in sale.loyalty] == [
        (Scheme.PHONE, "+8613912345670")
    ]
    assert sale.capture.flags == [Flag.TIMEZONE_ASSUMED, Flag.CURRENCY_ASSUMED]


def test_json_orders_keep_their_uuid_and_digits() -> None:
    (sale,) = sales_in(journal_profile("journal-ndjson"), order_stream([PLAIN]))
    assert sale.natural_key == "sh-0001/uuid/00000000-0000-0000-0000-000100000011"
    assert sale.total_minor == 123_708
    assert sale.kind is Kind.RETAIL
    assert sale.capture.flags == []


def test_a_refund_is_negative_in_every_dialect() -> None:
    refund = Basket(4, AT, (MILK,), cash=258, refund=True)
    for name, data in (
        ("journal-csv", german_csv([refund])),
        ("journal-fixed", flow_file([refund])),
        ("journal-ndjson", order_stream([refund])),
    ):
        (sale,) = sales_in(journal_profile(name), data)
        assert sale.total_minor == -258, name
        assert sale.lines[0].kind is LineKind.RETURN, name
        assert sum(each.amount_minor - each.change_minor for each in sale.tenders) == -258, name
        assert Flag.LINES_DISAGREE not in sale.capture.flags, name
        assert Flag.TENDERS_DISAGREE not in sale.capture.flags, name


def test_training_never_looks_like_a_sale() -> None:
    training = Basket(5, AT, (MILK,), cash=258, training=True)
    (sale,) = sales_in(journal_profile("journal-csv"), german_csv([training]))
    assert sale.status is Status.TRAINING


def test_a_bad_row_is_set_aside_alone_and_its_neighbours_go_on() -> None:
    first, second, third = (Basket(each, AT, (MILK,), cash=258) for each in (1, 2, 3))
    rows = german_csv([first, second, third]).split(b"\r\n")
    rows[2] = rows[2].replace(b"2,58", b"2;58")
    found = read_all(journal_profile("journal-csv"), b"\r\n".join(rows))
    sales = [each for each in found if isinstance(each, CapturedSale)]
    (aside,) = [each for each in found if isinstance(each, SetAside)]
    assert [each.sale.sequence_number for each in sales] == ["1", "3"]
    assert aside.begin.line == 3
    assert aside.data == b"\n".join((rows[0], rows[2]))
    assert "258" not in aside.reason


def test_a_bad_record_spoils_its_own_transaction_and_no_other() -> None:
    baskets = [Basket(each, AT, (MILK, MILK), cash=516) for each in (1, 2, 3)]
    lines = flow_file(baskets).split(b"\r\n")
    lines[7] = lines[7].replace(b"D", b"?", 1)
    found = read_all(journal_profile("journal-fixed"), b"\r\n".join(lines))
    sales = [each.sale.sequence_number for each in found if isinstance(each, CapturedSale)]
    (aside,) = [each for each in found if isinstance(each, SetAside)]
    assert sales == ["000001", "000003"]
    assert "record 3 of it" in aside.reason
    assert aside.data == b"\r\n".join(lines[5:10]).replace(b"\r\n", b"\n")


def test_a_sum_that_does_not_add_up_is_flagged_and_kept() -> None:
    data = german_csv([PLAIN]).replace(b"1.237,08", b"1.237,09")
    (sale,) = sales_in(journal_profile("journal-csv"), data)
    assert Flag.LINES_DISAGREE in sale.capture.flags


def test_marks_of_thousands_are_never_taken_for_decimals() -> None:
    data = german_csv([Basket(1, AT, (MILK,), cash=258)]).replace(b";2,58;", b";2.58;")
    (aside,) = read_all(journal_profile("journal-csv"), data)
    assert isinstance(aside, SetAside)
    assert "amount" in aside.reason


def test_the_same_journal_read_twice_gives_the_same_events() -> None:
    profile, data = journal_profile("journal-fixed"), flow_file([PLAIN])
    first, second = read_all(profile, data), read_all(profile, data)
    assert isinstance(first[0], CapturedSale)
    assert isinstance(second[0], CapturedSale)
    assert first[0].event_id == second[0].event_id


def test_two_tills_that_write_into_one_journal_do_not_mix() -> None:
    one = german_csv([Basket(1, AT, (MILK, MILK), cash=516, till=1)]).split(b"\r\n")
    other = german_csv([Basket(9, AT, (MILK, MILK), cash=516, till=2)]).split(b"\r\n")
    data = b"\r\n".join([one[0], one[1], other[1], one[2], other[2], b""])
    sales = sales_in(journal_profile("journal-csv"), data)
    assert sorted((each.workstation_id, each.total_minor, len(each.lines)) for each in sales) == [
        ("1", 516, 2),
        ("2", 516, 2),
    ]


def test_drawer_openings_and_refunds_of_known_receipts_come_through() -> None:
    drawer = (
        '{"id": "x", "store": "9", "register": {"id": "R1"}, "business_date": "2026-11-20",'
        ' "number": 8, "closed_at": "2026-11-20T20:00:00Z", "type": "drawer", "action": "no sale"}'
    )
    refund = (
        '{"store": "9", "register": {"id": "R1"}, "business_date": "2026-11-20", "number": 9,'
        ' "closed_at": "2026-11-20T20:01:00Z", "type": "order", "currency": "CNY",'
        ' "totals": {"total": -5}, "lines": [{"direction": "return", "amount": -5.00}],'
        ' "payments": [{"method": "cash", "amount": -5}], "refers_to": {"reason": "refund",'
        ' "business_date": "2026-11-19", "number": 3}}'
    )
    first, second = sales_in(journal_profile("journal-ndjson"), f"{drawer}\n{refund}\n".encode())
    assert (first.kind, first.control, first.sequence_number) == (
        Kind.TENDER_CONTROL,
        "no sale",
        "8",
    )
    (link,) = second.links
    assert (link.reason, link.sequence_number) == (LinkReason.RETURN, "3")
    assert link.business_day_date == date(2026, 11, 19)
    assert second.natural_key == "sh-0001/9/R1/2026-11-20/9"
    assert (second.lines[0].kind, second.total_minor) == (LineKind.RETURN, -500)
    assert second.capture.flags == []


def test_an_unknown_word_for_a_status_is_never_taken_for_a_sale() -> None:
    data = order_stream([PLAIN]).replace(b'"state": "paid"', b'"state": "quoted"')
    (aside,) = read_all(journal_profile("journal-ndjson"), data)
    assert isinstance(aside, SetAside)
    assert "add it to [statuses]" in aside.reason
    assert "quoted" not in aside.reason


def test_masked_members_and_card_numbers_name_nobody() -> None:
    basket = Basket(1, AT, (MILK,), cash=258, member="139****5670")
    (sale,) = sales_in(journal_profile("journal-ndjson"), order_stream([basket]))
    assert sale.loyalty == []
    paid = order_stream([basket]).replace(
        b'"method": "cash"', b'"method": "card", "card": "****1111"'
    )
    (sale,) = sales_in(journal_profile("journal-ndjson"), paid)
    assert sale.tenders[0].card_last4 == "1111"


MINIMAL = {
    "name": "x",
    "version": 1,
    "adapter": "journal",
    "format": "csv",
    "currency": "CNY",
    "csv": {"delimiter": "\t"},
    "grouping": {"by": "number", "number": ["#1"]},
    "moments": {"moments": ["%Y-%m-%d %H:%M"]},
    "key": {"parts": ["receipt_number", "end_at", "total"]},
    "records": [
        {
            "part": "line",
            "columns": {
                "receipt_number": "#1",
                "end_at": "#2",
                "description": "#3",
                "amount": "#4",
            },
        }
    ],
}


def minimal(**changes: object) -> JournalProfile:
    return parse(MINIMAL | changes, JournalProfile, "test")


def test_a_journal_without_header_or_key_gets_a_derived_key_and_says_so() -> None:
    data = "A/1\t2026-11-20 09:00\t苹果\t3.50\nA/1\t2026-11-20 09:00\t梨\t2.00\n".encode()
    (sale,) = sales_in(minimal(), data)
    assert sale.natural_key == "sh-0001/derived/A%2F1/2026-11-20T09:00:00+08:00/550"
    assert Flag.DERIVED_KEY in sale.capture.flags
    assert Flag.TENDERS_DISAGREE not in sale.capture.flags  # this journal tells of no tenders
    assert (sale.business_day_date, sale.workstation_id) == (date(2026, 11, 20), "pos-1")


def test_pieces_of_one_number_with_others_in_between_never_replace_each_other() -> None:
    rows = [
        "1\t2026-11-20 09:00\ta\t1.00",
        "2\t2026-11-20 09:01\tb\t1.00",
        "1\t2026-11-20 09:00\tc\t1.00",
    ]
    profile = minimal(
        records=[
            {
                "part": "line",
                "columns": MINIMAL["records"][0]["columns"] | {"total": "#5"},  # type: ignore[index]
            }
        ]
    )
    data = "".join(
        f"{row}\t{total}\n" for row, total in zip(rows, ("2.00", "1.00", "2.00"), strict=True)
    )
    found = read_all(profile, data.encode())
    assert [isinstance(each, SetAside) for each in found] == [False, False, True]


def test_quoted_cells_may_hold_delimiters_quotes_and_line_ends() -> None:
    profile = minimal(csv={"delimiter": ";", "multiline": True})
    data = b'7;2026-11-20 09:00;"a;""b""\nc";3.50\n8;2026-11-20 09:01;d;1.00\n'
    first, second = sales_in(profile, data)
    assert first.lines[0].description == 'a;"b"\nc'
    assert second.receipt_number == "8"


def test_a_quote_that_is_never_closed_costs_one_record() -> None:
    profile = minimal(csv={"delimiter": ";", "multiline": True})
    rows = [f"{each};2026-11-20 09:00;x;1.00" for each in range(100)]
    rows[3] = rows[3].replace(";x", ';"x')
    found = read_all(profile, "\n".join(rows).encode())
    (aside,) = [each for each in found if isinstance(each, SetAside)]
    assert aside.begin.line == 4
    assert len(found) == 100


def test_byte_order_marks_and_wide_encodings_read() -> None:
    row = "1\t2026-11-20 09:00\t苹果\t3.50\r\n"
    for encoding, mark in (
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("gb18030", b""),
    ):
        (sale,) = sales_in(minimal(encoding=encoding), mark + row.encode(encoding))
        assert (sale.receipt_number, sale.lines[0].description) == ("1", "苹果"), encoding


def test_a_wide_character_that_holds_a_line_feed_is_no_line_end() -> None:
    text = "1\t2026-11-20 09:00\tx\u0a0ay\t3.50\n"
    (sale,) = sales_in(minimal(encoding="utf-16-le"), text.encode("utf-16-le"))
    assert sale.lines[0].description == "x\u0a0ay"


def test_bytes_that_the_encoding_does_not_know_cost_a_letter_not_the_sale() -> None:
    data = b"1\t2026-11-20 09:00\t\xffab\t3.50\n"
    (sale,) = sales_in(minimal(encoding="gb18030"), data)
    assert "ab" in sale.lines[0].description
    (aside,) = read_all(minimal(encoding="gb18030", undecodable="refuse"), data)
    assert isinstance(aside, SetAside)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"adapter": "poslog"}, "adapter must be"),
        ({"encoding": "utf-16"}, "name utf-16-le"),
        ({"encoding": "klingon"}, "is not known"),
        ({"csv": {"delimiter": "ab"}}, "one character"),
        ({"records": []}, "at least one"),
        ({"records": [{"part": "line", "columns": {"price": "#1"}}]}, "no field of ours"),
        ({"amounts": {"decimal_mark": ",", "thousands_mark": ","}}, "must differ"),
        ({"moments": {"dates": ["%Q"]}}, "is no format"),
        ({"grouping": {"by": "number"}}, "needs the columns"),
        ({"timezone": "Mars"}, "is no IANA name"),
        ({"format": "fixed"}, "must be like '11-20'"),
        ({"sums": {"voids": "linked"}}, "as_written"),
        ({"key": {"day_begins_h": 24}}, "0 to 23"),
    ],
)
def test_a_mistake_in_a_profile_is_named_at_start(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        minimal(**changes)
