"""Laws of reading till files: sums, identities, and that no bytes whatever break the reader."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agent.capture.pos import TillProfile
from agent.capture.pos.dialect import Arithmetic, Voids, Written
from agent.capture.pos.malformed import BrokenOff
from agent.capture.pos.money import Currency
from agent.capture.pos.records import Refused
from agent.errors import UnreadableInput
from tests.simulators.capturing import captured, only_sale, records
from tests.simulators.poslog_writer import (
    customer,
    goods,
    poslog,
    retail,
    tax,
    tender,
    transaction,
)

PHONE = "13912345678"
CENTS = st.integers(0, 99_999)
CURRENCIES = st.sampled_from(["CNY", "USD", "JPY", "KWD", "CLF"])


def yuan(cents: int) -> str:
    return f"{Decimal(cents) / 100:.2f}"


@dataclass(frozen=True)
class Goods:
    """A line as a till means it, before any dialect writes it down."""

    cents: int
    returned: bool
    struck: bool

    @property
    def counted(self) -> int:
        return 0 if self.struck else -self.cents if self.returned else self.cents


LINES = st.lists(st.builds(Goods, CENTS, st.booleans(), st.booleans()), max_size=8)


def write(lines: list[Goods], returns: Written, added_tax: int) -> bytes:
    """The same receipt in either way of signing returns, exactly paid."""
    items = [
        goods(
            yuan(-line.cents if line.returned and returns is Written.SIGNED else line.cents),
            kind="Return" if line.returned else "Sale",
            sequence=str(number),
            attributes='VoidFlag="true"' if line.struck else "",
        )
        for number, line in enumerate(lines, 1)
    ]
    total = sum(line.counted for line in lines) + added_tax
    refund = total < 0
    items += [tax(yuan(added_tax))] if added_tax else []
    items += [tender(yuan(abs(total)), code="Refund" if refund else "Sale")] if total else []
    return poslog(transaction(retail(*items, total=yuan(total)))) if items else poslog()


@given(LINES, st.sampled_from(Written), CENTS)
def test_a_balanced_receipt_is_never_flagged_and_all_dialects_mean_the_same(
    lines: list[Goods], returns: Written, added_tax: int
) -> None:
    assume(lines)
    profile = TillProfile("x", 1, arithmetic=Arithmetic(returns=returns, voids=Voids.STRUCK))
    sale = only_sale(write(lines, returns, added_tax), profile)
    assert sale.capture.flags == []
    assert [line.extended_amount_minor for line in sale.lines] == [line.counted for line in lines]
    assert sale.total_minor == sum(line.counted for line in lines) + added_tax
    assert sum(t.amount_minor - t.change_minor for t in sale.tenders) == sale.total_minor


@given(LINES, CENTS, st.integers(1, 500))
def test_a_receipt_that_is_off_by_anything_is_flagged(
    lines: list[Goods], added_tax: int, off: int
) -> None:
    assume(lines)
    profile = TillProfile("x", 1, arithmetic=Arithmetic(voids=Voids.STRUCK))
    right = sum(line.counted for line in lines) + added_tax
    data = write(lines, Written.POSITIVE, added_tax).decode()
    wrong = data.replace(f'GrandAmount">{yuan(right)}<', f'GrandAmount">{yuan(right + off)}<')
    sale = only_sale(wrong.encode(), profile)
    assert [flag.value for flag in sale.capture.flags] == ["lines_disagree", "tenders_disagree"]
    assert sale.total_minor == right + off


@given(CENTS, CENTS)
def test_one_amount_changed_is_another_revision_of_the_same_sale(first: int, second: int) -> None:
    assume(first != second)
    one, other, again = (
        captured(poslog(transaction(retail(goods(yuan(cents)), tender(), total="10.00"))))[0]
        for cents in (first, second, first)
    )
    assert one.sale_id == other.sale_id
    assert one.sale.natural_key == other.sale.natural_key
    assert one.sale.revision != other.sale.revision
    assert one.event_id != other.event_id
    assert (one.event_id, one.sale, one.body) == (again.event_id, again.sale, again.body)


@given(st.permutations(range(6)), st.integers(1, 6))
def test_how_transactions_are_packed_into_files_changes_no_event(
    order: list[int], size: int
) -> None:
    receipts = [transaction(number=str(n)) for n in order]
    packed = [poslog(*receipts[at : at + size]) for at in range(0, len(receipts), size)]
    together = {sale.event_id for sale in captured(poslog(*receipts))}
    assert {sale.event_id for data in packed for sale in captured(data)} == together


WHOLE = poslog(
    transaction(retail(goods(), tax("1.30"), tender("11.30"), below=customer(PHONE, "欧", "雪"))),
    transaction(number="2"),
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good file with a piece replaced by whatever."""
    start = draw(st.integers(0, len(WHOLE)))
    end = draw(st.integers(start, min(len(WHOLE), start + 40)))
    piece = draw(st.one_of(st.binary(max_size=12), st.text(max_size=8).map(str.encode)))
    return WHOLE[:start] + piece + WHOLE[end:]


def refusal(data: bytes, profile: str) -> str:
    """Why something of a file was refused, or nothing; any other error is the law broken."""
    try:
        found = list(records(data, profile, name="file.xml"))
    except UnreadableInput as error:
        return str(error)
    return next((each.reason for each in found if isinstance(each, Refused)), "")


@given(damaged())
@settings(max_examples=400)
def test_no_damage_breaks_the_reader_and_no_refusal_quotes_the_file(data: bytes) -> None:
    reason = refusal(data, "lianke-till")
    assert not reason or reason.startswith("file.xml: ")
    assert PHONE not in reason
    assert "our reader failed" not in reason


@given(st.sampled_from(range(0, len(WHOLE), 7)), st.sampled_from(["", "0", "-1", "x", "９", "1e9"]))
def test_no_value_whatever_in_any_element_breaks_the_reader(at: int, value: str) -> None:
    """Replaces the text of the element after ``at``, so that the file stays well-formed."""
    text = WHOLE.decode()
    start = text.find(">", at) + 1
    end = text.find("<", start)
    changed = (text[:start] + value + text[end:]).encode()
    assert "our reader failed" not in refusal(changed, "arts-poslog")


@given(CURRENCIES, st.integers(-(10**14), 10**14))
def test_amounts_survive_being_shown_and_read(code: str, minor: int) -> None:
    currency = Currency.of(code)
    assert currency.minor(currency.text(minor), "Amount") == minor


@given(CURRENCIES, st.integers(0, 10**9), st.integers(1, 9))
def test_one_digit_too_many_is_refused(code: str, minor: int, digit: int) -> None:
    currency = Currency.of(code)
    text = currency.text(minor)
    finer = f"{text}{digit}" if "." in text else f"{text}.{digit}"
    assert currency.minor_or_none(finer) is None


MANY = [
    transaction(
        retail(goods(), tax("1.30"), tender("11.30"), total="11.30", below=customer(PHONE)),
        number=str(number),
    )
    for number in range(1, 11)
]
SPLICES = st.one_of(
    st.sampled_from(
        (
            *("<", ">", "&", "</Sale>", "<!--", "-->", "<![CDATA[", "]]>", "<?x", "\x00", "\ud7ff"),
            *("</Transaction>", "</RetailTransaction></Transaction>", "<a:b>", '"', "&#0;", "</x>"),
        )
    ),
    st.text(max_size=8),
)


@st.composite
def spoilt(draw: st.DrawFn, receipt: str) -> str:
    """A receipt with a piece of it replaced, behind its first tag and its number."""
    first = receipt.index("</SequenceNumber>") + len("</SequenceNumber>")
    start = draw(st.integers(first, len(receipt)))
    end = draw(st.integers(start, min(len(receipt), start + draw(st.sampled_from((0, 5, 400))))))
    return receipt[:start] + draw(SPLICES) + receipt[end:]


@given(st.sets(st.integers(0, 9), min_size=1, max_size=3), st.data())
@settings(max_examples=300)
def test_whatever_is_damaged_all_others_are_captured_and_nothing_is_missing(
    places: set[int], data: st.DataObject
) -> None:
    receipts = [
        data.draw(spoilt(receipt)) if place in places else receipt
        for place, receipt in enumerate(MANY)
    ]
    whole = poslog(*receipts)
    captured_numbers: set[str] = set()
    refused_bytes = b""
    try:
        for record in records(whole, "arts-poslog"):
            if isinstance(record, Refused):
                refused_bytes += record.data
                assert PHONE not in record.reason
                assert "our reader failed" not in record.reason
            else:
                captured_numbers.add(record.sale.sequence_number)
    except BrokenOff as broken:
        refused_bytes += whole[broken.whole_until :]
    for place in range(10):
        number = str(place + 1)
        kept = f"<SequenceNumber>{number}</SequenceNumber>".encode() in refused_bytes
        assert number in captured_numbers or (place in places and kept)
