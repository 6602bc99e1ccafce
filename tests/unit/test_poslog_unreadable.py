"""Files and transactions that must be refused, in words that quote nothing of them."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from io import BytesIO

import pytest

from agent.capture.pos import CapturedSale, TillProfile
from agent.capture.pos.document import Document
from agent.capture.pos.malformed import BrokenOff
from agent.capture.pos.records import Refused
from agent.errors import UnreadableInput
from models.wire.events.sale import Status
from tests.simulators.capturing import captured, only_sale, real_poslog, records
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
    began_s = time.thread_time()
    assert "document type or entities" in refused(attack.encode())
    assert time.thread_time() - began_s < 1.0


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
        (b"<a>" * 20 + b"<POSLog>" + b"</a>" * 20, "root element is not POSLog"),
        (b"<list>" + b"<entry/>" * 2000 + b"<POSLog/></list>", "root element is not POSLog"),
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
def test_a_transaction_without_its_key_is_refused_by_name(missing: str) -> None:
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


def test_a_file_cut_off_anywhere_gives_what_was_whole_and_says_how_far_that_was() -> None:
    """At every fiftieth of the real file."""
    data = real_poslog("ncr_acs_selected.xml")
    whole = [sale.event_id for sale in captured(data, "ncr-acs-2.1")]
    for part in range(2, 50):
        cut = data[: len(data) * part // 50]
        good, until = until_broken(cut, "ncr-acs-2.1")
        assert good == whole[: len(good)]
        assert cut[:until].count(b"</Transaction>") == len(good)
        assert not good or cut[:until].rstrip().endswith(b"</Transaction>")


def until_broken(data: bytes, profile: str = "arts-poslog") -> tuple[list[str], int]:
    """The events of what was whole, and how many bytes that were."""
    good: list[str] = []
    reading = records(data, profile)
    try:
        for record in reading:
            assert isinstance(record, CapturedSale)
            good.append(record.event_id)
    except BrokenOff as error:
        return good, error.whole_until
    pytest.fail("the file was taken for whole")


def test_a_cut_inside_the_last_tag_is_seen() -> None:
    data = poslog(transaction())
    for missing in range(1, 10):
        assert len(until_broken(data[:-missing])[0]) == 1


# --- one bad record holds nobody up

DAMAGES = {
    "a bare ampersand": lambda text: text.replace("<Description>", "<Description>Tom & Jerry "),
    "an unknown entity": lambda text: text.replace("<Description>", "<Description>&nbsp;"),
    "an end tag that is missing": lambda text: text.replace("</Sale>", ""),
    "its own end tag missing": lambda text: text.removesuffix("</Transaction>"),
    "both last end tags missing": lambda text: text.removesuffix(
        "</RetailTransaction></Transaction>"
    ),
    "a tag cut in two": lambda text: text.replace("<ExtendedAmount>", "<Extended"),
    "a zero byte": lambda text: text.replace("豆浆", "豆\x00浆"),
    "an attribute twice": lambda text: text.replace("<Tender ", '<Tender TypeCode="Sale" '),
    "half of it": lambda text: text[: len(text) // 2],
    "no amount": lambda text: text.replace(">10.00<", "><"),
    "no time": lambda text: text.replace("EndDateTime", "OtherTime"),
    "a name that is no name": lambda text: text.replace("<ItemID>", "<1temID>"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
@pytest.mark.parametrize("declared", ["UTF-8", "GBK"])
def test_a_damaged_transaction_is_refused_alone(
    damage: Callable[[str], str], declared: str
) -> None:
    receipts = [transaction(number=str(number)) for number in range(1, 8)]
    for at in (0, 3, 6):
        spoilt = [*receipts[:at], damage(receipts[at]), *receipts[at + 1 :]]
        declaration = f'<?xml version="1.0" encoding="{declared}"?>'
        found = list(records(poslog(*spoilt, declaration=declaration, encoding=declared)))
        good = [each.sale.sequence_number for each in found if isinstance(each, CapturedSale)]
        (bad,) = [each for each in found if isinstance(each, Refused)]
        assert good == [str(number) for number in range(1, 8) if number != at + 1]
        assert bad.number == at + 1
        assert bad.key in (f"1001/01/2025-11-07/{at + 1}", "")
        assert f"<SequenceNumber>{at + 1}</SequenceNumber>".encode() in bad.data


def test_a_refused_record_can_be_read_again_by_itself_once_its_profile_is_mended() -> None:
    parked = transaction(retail(status="Geparkt"), number="2")
    data = poslog(transaction(), parked, root="a:POSLog", namespace='xmlns:a="urn:x"')
    (_, bad) = records(data)
    assert isinstance(bad, Refused)
    mended = TillProfile("mended", 2, statuses={"Geparkt": Status.SUSPENDED})
    again = only_sale(bad.data, mended)
    assert (again.sequence_number, again.status) == ("2", Status.SUSPENDED)


def test_files_that_were_written_behind_one_another_are_one() -> None:
    data = poslog(transaction(number="1")) + b"\n" + poslog(transaction(number="2"))
    assert [each.sale.sequence_number for each in captured(data)] == ["1", "2"]


def test_two_damages_in_a_row_are_two_or_one_and_nothing_behind_them_is_lost() -> None:
    receipts = [transaction(number=str(number)) for number in range(1, 6)]
    receipts[1] = receipts[1].replace("</Sale>", "")
    receipts[2] = receipts[2].replace("<ItemID>", "<ItemID")
    found = list(records(poslog(*receipts)))
    assert [type(each) for each in found] == [
        CapturedSale,
        Refused,
        Refused,
        CapturedSale,
        CapturedSale,
    ]


def test_a_transaction_that_never_ends_is_given_up_and_does_not_eat_the_rest() -> None:
    endless = transaction(number="1").replace("豆浆", "豆浆" * 800_000)
    found = list(records(poslog(endless, transaction(number="2"))))
    assert [type(each) for each in found] == [Refused, CapturedSale]


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


def test_a_receipt_beyond_what_the_wire_allows_is_refused_alone() -> None:
    lines = [goods("1.00", sequence=str(n)) for n in range(1, 3000)]
    large = transaction(retail(*lines, total="2999.00"))
    (bad, good) = records(poslog(large, transaction(number="2")))
    assert isinstance(bad, Refused)
    assert isinstance(good, CapturedSale)
    assert bad.reason.startswith("test.xml: transaction 1: ")
    assert "has 2999 lines" in bad.reason


def test_deeply_nested_elements_are_only_ignored() -> None:
    nest = "<x>" * 20_000 + "</x>" * 20_000
    assert len(captured(poslog(transaction(header=nest)))) == 1


def test_a_large_file_is_flat_in_memory() -> None:
    """Two thousand receipts as elements would be some 8 MB; a piece of the file is far less."""
    data = poslog(*(transaction(number=str(n)) for n in range(2000)))
    source = BytesIO(data)
    tracemalloc.start()
    read = sum(1 for _ in Document(source).records())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read == 2000
    assert peak < 1_500_000


@pytest.mark.parametrize("opening", ["<![CDATA[", "<!--", "<?x ", "<a>", "<Sale><b>"])
def test_a_thousand_sections_without_an_end_are_told_apart_in_no_time(opening: str) -> None:
    receipts = [
        transaction(number=str(n)).replace("<ItemID>", f"{opening}<ItemID>") for n in range(1000)
    ]
    began_s = time.thread_time()
    found = list(records(poslog(*receipts, transaction(number="last"))))
    assert time.thread_time() - began_s < 20  # a second on an idle machine
    assert [type(each) for each in found] == [*[Refused] * 1000, CapturedSale]


@pytest.mark.parametrize("lost", [b"<RetailStoreID>", b"<SequenceNumber>1", b"</EndDateTime>"])
def test_a_first_transaction_without_its_beginning_costs_itself_alone(lost: bytes) -> None:
    first = transaction(retail(goods(), tender()), number="1").encode()
    second = transaction(retail(goods(), tender()), number="2").encode()
    begin, end = poslog("\n").split(b"\n")
    rest = first[first.index(lost) :]
    outcomes = list(records(begin + rest + second + end))
    assert [type(each) for each in outcomes] == [Refused, CapturedSale]


def test_a_time_that_no_event_can_carry_is_named() -> None:
    content = poslog(transaction(end_at="4050-11-07T10:00:00+08:00"))
    (refused,) = records(content)
    assert isinstance(refused, Refused)
    assert "EndDateTime is not in the years 1970 to 2200" in refused.reason


def test_a_broken_tag_costs_one_record_and_is_looked_at_once() -> None:
    broken = "<Transaction a=></Transaction>" * 3
    found = records(poslog(transaction(number="1"), broken, transaction(number="2")))
    assert [isinstance(each, Refused) for each in found] == [False, True, True, True, False]


def test_a_zero_byte_behind_a_transaction_costs_no_other() -> None:
    numbers = [f"<Transaction><SequenceNumber>{at}</SequenceNumber></Transaction>" for at in "123"]
    log = f"<POSLog>{numbers[0]}\0{numbers[1]}{numbers[2]}</POSLog>".encode()
    found = list(Document(BytesIO(log)).records())
    assert [each.element is not None for each in found] == [True, False, True, True]
    assert log[found[1].start : found[1].end] == b"\0"
