"""However a till writes a receipt in POSLog, it comes to the same cents."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import fields
from io import BytesIO
from random import Random
from typing import BinaryIO, cast

import pytest

from agent.capture.pos.document import declared_namespaces
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CapturedSale
from models.wire.events.sale import Flag, SaleRecorded
from tests.simulators.capturing import captured, reader, records
from tests.simulators.liberal_tills import ROOTS, LiberalTill, Sold, Style, one_by_one, styles
from tests.simulators.poslog_writer import poslog, transaction

SOAP = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
END = "</s:Body></s:Envelope>"


def hold(sale: SaleRecorded, truth: Sold, style: Style) -> None:
    """What must be so for whatever style."""
    assert sale.sequence_number == truth.number
    assert sale.total_minor == truth.total
    assert sum(each.amount_minor - each.change_minor for each in sale.tenders) == truth.total
    assert sum(each.change_minor for each in sale.tenders) == truth.change
    goods = sale.lines[:3]
    assert [line.gtin for line in goods] == truth.gtins
    assert [line.serials for line in goods] == truth.tags
    assert [int(float(line.quantity)) for line in goods] == truth.pieces
    if style.discount != "own line":
        assert [line.extended_amount_minor for line in goods] == truth.lines
    assert sale.currency == "EUR"
    # Without a printed total nothing can agree with it, and the sale says so.
    assert sale.capture.flags == ([Flag.LINES_DISAGREE] if style.total == "absent" else [])


def described(style: Style) -> str:
    plain = Style()
    names = (each.name for each in fields(Style))
    names = (name for name in names if getattr(style, name) != getattr(plain, name))
    return ",".join(f"{name}={getattr(style, name)}" for name in names) or "plain"


@pytest.mark.parametrize("style", one_by_one(), ids=described)
def test_each_way_of_writing_is_right_to_the_cent(style: Style) -> None:
    till = LiberalTill(style)
    for found, truth in zip(captured(till.day(8)), till.sold, strict=True):
        hold(found.sale, truth, style)


@pytest.mark.parametrize("seed", range(4))
def test_any_mixture_of_them_is_right_to_the_cent(seed: int) -> None:
    for style in styles(Random(seed), 30):
        till = LiberalTill(style, seed)
        for found, truth in zip(captured(till.day(8)), till.sold, strict=True):
            hold(found.sale, truth, style)


def test_a_mixture_that_does_not_add_up_is_flagged_however_it_is_written() -> None:
    """Liberal in names, strict in arithmetic: a cent too much is seen in every style."""
    for style in styles(Random(9), 40):
        for found in captured(LiberalTill(style, wrong_by=1).day(2)):
            assert Flag.LINES_DISAGREE in found.sale.capture.flags, style


@pytest.mark.parametrize("root", ROOTS)
def test_the_file_says_by_its_root_whose_it_is(root: str) -> None:
    data = LiberalTill(Style(root=root)).day(1)
    assert "http://www.nrf-arts.org/IXRetail/namespace/" in declared_namespaces(BytesIO(data))


def test_damage_in_an_envelope_costs_its_record_alone_and_that_can_be_read_again() -> None:
    parts = [transaction(number=str(number)) for number in (1, 2, 3)]
    parts[1] = parts[1].replace("</Transaction>", "<</Transaction>")
    data = f"{SOAP}{poslog(*parts, declaration='').decode()}{END}".encode()
    first, bad, third = records(data)
    assert isinstance(first, CapturedSale)
    assert isinstance(third, CapturedSale)
    assert isinstance(bad, Refused)
    assert bad.data.endswith(b"</POSLog></s:Body></s:Envelope>")
    (mended,) = captured(bad.data.replace(b"<</", b"</"))
    assert mended.sale.sequence_number == "2"


def test_damage_at_the_end_of_an_envelope_is_its_last_record() -> None:
    parts = [transaction(number="1"), transaction(number="2").replace("</WorkstationID>", "")]
    data = f"{SOAP}{poslog(*parts, declaration='').decode()}{END}".encode()
    first, bad = records(data)
    assert isinstance(first, CapturedSale)
    assert isinstance(bad, Refused)


def test_transactions_behind_one_another_without_a_root_are_read_one_by_one() -> None:
    parts = [transaction(number=str(number)) for number in range(1, 40)]
    parts[20] = parts[20].replace("</Transaction>", "<</Transaction>")
    text = '<?xml version="1.0"?>\n' + "\n<!-- next -->\n".join(parts)
    found = list(records(text.encode()))
    assert len(found) == 39
    assert [at for at, each in enumerate(found) if isinstance(each, Refused)] == [20]


def test_a_lone_transaction_that_is_damaged_is_refused_with_its_key() -> None:
    (bad,) = records(transaction(number="7").replace("10.00", "ten", 1).encode())
    assert isinstance(bad, Refused)
    assert "7" in bad.key


def test_two_logs_in_one_envelope_are_both_read() -> None:
    logs = [poslog(transaction(number=each), declaration="").decode() for each in ("1", "2")]
    found = captured(f"{SOAP}{''.join(logs)}{END}".encode())
    assert [each.sale.sequence_number for each in found] == ["1", "2"]


class Endless:
    """Many megabytes of POSLog in an envelope, made as they are read."""

    def __init__(self, count: int) -> None:
        self._pieces = self._written(count)
        self._held = b""

    def read(self, size: int) -> bytes:
        while len(self._held) < size and (piece := next(self._pieces, b"")):
            self._held += piece
        given, self._held = self._held[:size], self._held[size:]
        return given

    def _written(self, count: int) -> Iterator[bytes]:
        yield f"{SOAP}<POSLog>".encode()
        for number in range(count):
            yield transaction(number=str(number), header=f"<Paper>{'x' * 20_000}</Paper>").encode()
        yield f"</POSLog>{END}".encode()


def test_an_envelope_is_read_in_flat_memory() -> None:
    tracemalloc.start()
    count = sum(1 for _ in reader().read(cast("BinaryIO", Endless(500)), "big.xml", "0" * 64))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 500
    assert peak < 4 * 1024 * 1024, "of ten megabytes"
