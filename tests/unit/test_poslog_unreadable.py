"""Files that must be refused whole, in words that quote nothing of them."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from agent.capture.pos.document import transactions
from agent.errors import EventTooLarge, UnreadableInput
from tests.simulators.capturing import captured, only_sale, reader, real_poslog
from tests.simulators.poslog_writer import (
    customer,
    goods,
    poslog,
    retail,
    tender,
    transaction,
)

LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)).replace("&a0;", "&a;")
    + "]>"
)
DOCTYPES = {
    "billion laughs": LAUGHS + "<POSLog>&a9;</POSLog>",
    "external entity": '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><POSLog>&x;</POSLog>',
    "parameter entity": '<!DOCTYPE l [<!ENTITY % x SYSTEM "http://h/x"> %x;]><POSLog/>',
    "external subset": '<!DOCTYPE POSLog SYSTEM "http://h/x.dtd"><POSLog/>',
    "plain document type": "<!DOCTYPE POSLog><POSLog/>",
}


def refused(data: bytes) -> str:
    with pytest.raises(UnreadableInput) as error:
        captured(data)
    return str(error.value)


@pytest.mark.parametrize("attack", DOCTYPES.values(), ids=DOCTYPES.keys())
def test_document_types_and_entities_are_refused_at_once(attack: str) -> None:
    began_s = time.perf_counter()
    assert "document type or entities" in refused(attack.encode())
    assert time.perf_counter() - began_s < 1.0


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no element found"),
        (b"   ", "no element found"),
        (b"\x00\x01\x02", "not well-formed"),
        (b"not xml", "syntax error"),
        (b"<POSLog><Transaction>", "no element found"),
        (b"<POSLog></POSLogs>", "mismatched tag"),
        (b"<POSLog>&nbsp;</POSLog>", "undefined entity"),
        (b"<POSLog/><POSLog/>", "junk after document element"),
        (b"<Inventory/>", "root element is not POSLog"),
        (b"<Transaction><RetailStoreID/></Transaction>", "root element is not POSLog"),
        (b'<?xml version="1.0" encoding="klingon"?><POSLog/>', "encoding"),
        (b'<?xml version="1.0" encoding="utf-7"?><POSLog/>', "encoding"),
    ],
)
def test_what_is_no_poslog_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    message = refused(data)
    assert reason in message
    assert message.startswith("test.xml: ")


def test_an_empty_poslog_holds_nothing_and_is_fine() -> None:
    assert captured(poslog()) == []


@pytest.mark.parametrize(
    "missing",
    ["RetailStoreID", "WorkstationID", "SequenceNumber", "BusinessDayDate", "EndDateTime"],
)
def test_a_transaction_without_its_key_makes_the_whole_file_unreadable(missing: str) -> None:
    message = refused(poslog(transaction(), transaction(number="2", leave_out=missing)))
    assert message == f"test.xml: transaction 2: {missing} is missing"


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (transaction(day="yesterday"), "BusinessDayDate is not a date"),
        (transaction(end_at="10 o'clock"), "EndDateTime is not a date and time"),
        (transaction(currency="RMB¥"), "three-letter"),
        (transaction(leave_out="CurrencyCode"), "name the shop's currency in the till profile"),
        (transaction(retail(status="Exploded")), "TransactionStatus is not known"),
        (transaction(retail(goods("ten"))), "Sale/ExtendedAmount is not a plain decimal"),
        (transaction(retail(goods("1.005"))), "more decimals than CNY"),
        (transaction(retail(goods(""))), "ExtendedAmount is not"),
        (transaction(retail(goods(quantity="2 pcs"))), "Quantity is not"),
        (transaction(retail(goods(sequence="one"))), "SequenceNumber is not a whole number"),
        (transaction(retail(tender("1,00"))), "Tender/Amount is not"),
        (transaction(retail(total="?")), "Total is not"),
    ],
)
def test_a_value_that_counts_is_never_guessed(spoilt: str, reason: str) -> None:
    message = refused(poslog(spoilt))
    assert reason in message
    assert message.startswith("test.xml: transaction 1: ")


def test_the_message_never_quotes_the_file() -> None:
    phone = "13912345678"
    for spoilt in (goods(phone + "x"), goods(quantity=phone + "x"), goods(sequence=phone * 2)):
        assert phone not in refused(poslog(transaction(retail(spoilt))))
    assert phone not in refused(poslog(transaction(end_at=phone + "x")))
    assert phone not in refused(f"<POSLog>&{'a' + phone};</POSLog>".encode())


def test_a_file_cut_off_anywhere_yields_nothing() -> None:
    """At every fiftieth of the real file; whole transactions before the cut prove nothing."""
    data = real_poslog("ncr_acs_selected.xml")
    for part in range(50):
        cut = data[: len(data) * part // 50]
        with pytest.raises(UnreadableInput):
            list(reader("ncr-acs-2.1").read(cut, "cut.xml"))


def test_a_cut_inside_the_last_tag_is_seen() -> None:
    data = poslog(transaction())
    for missing in range(1, 12):
        assert refused(data[:-missing])


ENCODED = transaction(retail(below=customer("13912345678")))


@pytest.mark.parametrize(
    ("declared", "used"),
    [("UTF-8", "utf-8-sig"), ("UTF-16", "utf-16"), ("GBK", "gbk"), ("gb2312", "gb18030")],
)
def test_encodings_of_chinese_tills_are_read(declared: str, used: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>'
    sale = only_sale(poslog(ENCODED, declaration=declaration, encoding=used))
    assert sale.lines[0].description == "豆浆"
    assert sale.revision == only_sale(poslog(ENCODED)).revision


@pytest.mark.parametrize(
    ("declared", "used"), [("UTF-8", "gbk"), ("GB18030", "utf-16"), ("US-ASCII", "utf-8")]
)
def test_text_in_another_encoding_than_declared_is_refused(declared: str, used: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>'
    refused(poslog(ENCODED, declaration=declaration, encoding=used))


def test_a_receipt_beyond_what_the_wire_allows_is_refused_by_name() -> None:
    lines = [goods("1.00", sequence=str(n)) for n in range(1, 3000)]
    with pytest.raises(EventTooLarge, match=r"test\.xml: transaction sh-0001/.* has 2999 lines"):
        captured(poslog(transaction(retail(*lines, total="2999.00"))))


def test_deeply_nested_elements_are_only_ignored() -> None:
    nest = "<x>" * 20_000 + "</x>" * 20_000
    assert len(captured(poslog(transaction(header=nest)))) == 1


def test_a_large_file_is_flat_in_memory() -> None:
    """Two thousand receipts as elements would be some 8 MB; a piece of the file is far less."""
    data = poslog(*(transaction(number=str(n)) for n in range(2000)))
    tracemalloc.start()
    read = sum(1 for _ in transactions(data))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read == 2000
    assert peak < 1_500_000
