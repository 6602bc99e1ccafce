"""Printed receipts in files: from a print queue's folder or a tap, through the till's spool."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from agent.capture.pos import CapturedSale, Spool, SpoolSettings
from agent.capture.pos.escpos import (
    Ending,
    Occasion,
    PaperRoll,
    PrinterProfile,
    PrintFileReader,
    ReceiptPrint,
)
from agent.capture.pos.escpos.printed import Settings
from agent.capture.pos.escpos.reading import slip
from agent.capture.pos.keeping import Keeping
from agent.capture.pos.kinds import PRINTER_FILES, FileKind
from agent.capture.pos.malformed import BrokenOff, Malformed
from agent.capture.pos.records import Refused
from agent.capture.pos.tap.sheets import SUFFIX, Closing, Heading, SheetFolder
from agent.errors import UnreadableInput
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey
from tests.simulators.capturing import DEVICE, SHANGHAI, LedgerSink, captured
from tests.simulators.clocks import HandClock
from tests.simulators.poslog_writer import poslog, transaction
from tests.simulators.printing_till import CUT, INIT, receipt
from tests.simulators.tapped_shop import SEALER

PLAIN = PaperRoll(PrinterProfile()).began_with
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


class Cashier:
    """A ``ReceiptReader`` that knows the receipts of our till, and keeps all that it was shown."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, Occasion]] = []

    def sales(self, receipt: ReceiptPrint, occasion: Occasion) -> Iterator[CapturedSale]:
        self.shown.append((receipt.text, occasion))
        if "BAD" in receipt.text:
            raise Malformed("TOTAL is missing")
        if "WORSE" in receipt.text:
            raise ZeroDivisionError("68.00")
        if "RECEIPT" in receipt.text:
            number = receipt.text.split("RECEIPT ")[1][:8]
            yield from captured(poslog(transaction(number=number)))


def read(data: bytes, profile: PrinterProfile | None = None) -> list[CapturedSale | Refused]:
    reader = PrintFileReader("bar", profile or PrinterProfile(), Cashier())
    return list(reader.read(io.BytesIO(data), "a.prn", sha256(data).hexdigest()))


def numbers(records: list[CapturedSale | Refused]) -> list[str]:
    return [each.sale.sequence_number for each in records if isinstance(each, CapturedSale)]


def test_a_file_gives_the_sale_of_every_receipt() -> None:
    assert numbers(read(receipt(1) + receipt(2) + receipt(3, cut=False))) == [
        "00000001",
        "00000002",
        "00000003",
    ]


def test_a_bad_receipt_is_refused_alone_and_can_be_read_again() -> None:
    accented = "Québec BAD\n".encode("cp850")
    data = receipt(1) + b"\x1bt\x02\x1bM\x00" + b"x\n" + CUT + accented + CUT + receipt(2)
    records = read(data)
    assert numbers(records) == ["00000001", "00000002"]
    (refused,) = (each for each in records if isinstance(each, Refused))
    assert refused.number == 3
    assert data[refused.offset :].startswith(accented)
    assert refused.reason == "receipt 3: TOTAL is missing"
    cashier = Cashier()
    again = PrintFileReader("bar", PrinterProfile(), cashier)
    (still,) = again.read(io.BytesIO(refused.data), "again", "")
    assert isinstance(still, Refused)
    assert cashier.shown[0][0] == "Québec BAD"  # the page that was chosen before is known


def test_a_mistake_of_ours_costs_one_receipt_and_quotes_nothing() -> None:
    records = read(b"WORSE 68.00\n" + CUT + receipt(2))
    assert numbers(records) == ["00000002"]
    (refused,) = (each for each in records if isinstance(each, Refused))
    assert "ZeroDivisionError" in refused.reason
    assert "68" not in refused.reason


def test_what_is_known_of_a_receipt_travels_with_it() -> None:
    cashier = Cashier()
    known = Occasion("bar", NOON, False, Ending.CRASHED, Settings(0, 2, 0, double_byte=False))
    reader = PrintFileReader("other", PrinterProfile(), cashier)
    list(reader.read(io.BytesIO(slip("Québec".encode("cp850"), known)), "a.print", ""))
    assert cashier.shown == [("Québec", known)]


@pytest.mark.parametrize("line", [b"LKPRINT1 x.print\n\x00\x01", b"LKSLIP1 {not json\nabc"])
def test_a_file_that_cannot_be_opened_is_refused_whole(line: bytes) -> None:
    with pytest.raises(BrokenOff):
        read(line)


class Shop:
    """A folder, an agent's data folder and a spool between them, stepped by hand."""

    def __init__(self, root: Path, folder: Path, kind: FileKind) -> None:
        self.sink = LedgerSink()
        self.cashier = Cashier()
        self.clock = HandClock()
        self.data = root / "data"
        self.keeping = Keeping(self.data, BlobSealer(MasterKey(b"k" * 32), "files"), SHANGHAI)
        self.spool = Spool(
            folder,
            DEVICE.device,
            reader=PrintFileReader("bar", PrinterProfile(), self.cashier),
            sink=self.sink,
            keeping=self.keeping,
            clock=self.clock,
            settings=SpoolSettings(settle_s=2.0),
            kind=kind,
        )

    def settle(self) -> None:
        self.spool.step()
        self.clock.move(2.0)
        self.spool.step()

    def kept(self, shelf: str) -> list[bytes]:
        paths = sorted((self.data / shelf).rglob("*.sealed"))
        return [self.keeping.open(path) for path in paths]


def test_a_print_queues_folder_is_spooled(tmp_path: Path) -> None:
    folder = tmp_path / "queue"
    folder.mkdir()
    shop = Shop(tmp_path, folder, PRINTER_FILES)
    (folder / "job-1.prn").write_bytes(receipt(1) + receipt(2))
    (folder / "job-2.BIN").write_bytes(receipt(3))
    (folder / "notes.txt").write_bytes(b"not ours")
    shop.spool.step()
    assert shop.sink.numbers == []  # it might still grow
    shop.settle()
    assert sorted(shop.sink.numbers) == ["00000001", "00000002", "00000003"]
    assert [path.name for path in folder.iterdir() if path.is_file()] == ["notes.txt"]
    assert sorted(shop.kept("archive")) == sorted([receipt(1) + receipt(2), receipt(3)])


def sheet(folder: SheetFolder, number: int, *pieces: bytes, closing: Closing | None) -> str:
    name = f"20261122T04000000000{number}-00000000{SUFFIX}"
    opened = folder.begin(name)
    opened.write(pieces[0], Heading("bar", NOON, number, PLAIN))
    for piece in pieces[1:]:
        opened.write(piece)
    if closing is None:
        opened.abandon()
        return name
    opened.write(b"", closing=closing)
    opened.hand_over(folder.waiting)
    return name


def test_what_a_tap_has_written_down_is_spooled(tmp_path: Path) -> None:
    folder = SheetFolder(tmp_path / "prints", SEALER)
    folder.prepare()
    sheet(folder, 1, receipt(1)[:50], receipt(1)[50:], closing=Closing(Ending.CUT, NOON))
    sheet(folder, 2, receipt(2), closing=Closing(Ending.LOST, NOON, lost_bytes=70))
    sheet(folder, 3, receipt(3), closing=None)
    assert folder.prepare() == 1
    shop = Shop(tmp_path, folder.waiting, folder.kind)
    shop.spool.step()
    assert sorted(shop.sink.numbers) == ["00000001", "00000002", "00000003"]
    occasions = [occasion for _, occasion in shop.cashier.shown]
    assert [each.whole for each in occasions] == [True, False, False]
    assert [each.ended for each in occasions] == [Ending.CUT, Ending.LOST, Ending.CRASHED]
    assert [each.at for each in occasions] == [NOON] * 3
    assert any(each.endswith(receipt(1)) for each in shop.kept("archive"))
    assert shop.kept("quarantine") == []


def test_a_torn_record_is_left_out_and_what_came_before_is_kept(tmp_path: Path) -> None:
    folder = SheetFolder(tmp_path / "prints", SEALER)
    folder.prepare()
    name = sheet(folder, 1, INIT, receipt(1), closing=None)
    path = tmp_path / "prints" / "open" / name
    whole = path.read_bytes()
    seen = {len(whole): 2}
    for length in range(len(whole)):
        try:
            seen[length] = len(folder.read(whole[:length], name).raw) > len(INIT)
        except UnreadableInput:
            seen[length] = -1
    assert sorted(set(seen.values())) == [-1, 0, 2]
    assert folder.read(whole, name).raw == INIT + receipt(1)


@pytest.mark.parametrize("damage", [b"", b"LKPRINT1 other.print\n", b"nothing of ours"])
def test_a_sheet_of_another_box_is_quarantined_and_stops_nobody(
    tmp_path: Path, damage: bytes
) -> None:
    folder = SheetFolder(tmp_path / "prints", SEALER)
    folder.prepare()
    name = sheet(folder, 1, receipt(1), closing=Closing(Ending.CUT, NOON))
    stranger = SheetFolder(tmp_path / "strange", BlobSealer(MasterKey(b"x" * 32), "prints"))
    stranger.prepare()
    strange = sheet(stranger, 2, receipt(2), closing=Closing(Ending.CUT, NOON))
    content = (stranger.waiting / strange).read_bytes()
    body = content.partition(b"\n")[2] if damage else b""
    (folder.waiting / strange).write_bytes(damage + body if damage else content)
    shop = Shop(tmp_path, folder.waiting, folder.kind)
    shop.settle()
    assert shop.sink.numbers == ["00000001"]
    assert name not in [path.name for path in folder.waiting.iterdir()]
    if not damage.startswith(b"nothing"):
        assert len(shop.kept("quarantine")) == 1


def test_a_step_that_failed_can_be_repeated(tmp_path: Path) -> None:
    folder = SheetFolder(tmp_path / "prints", SEALER)
    folder.prepare()
    name = f"20261122T040000000001-00000000{SUFFIX}"
    opened = folder.begin(name)
    opened.write(b"TOTAL ", Heading("bar", NOON, 1, PLAIN))
    path = tmp_path / "prints" / "open" / name
    with path.open("ab") as file:
        file.write(b"what a full disk took of the next piece")
    opened.write(b"14.25\n", closing=Closing(Ending.CUT, NOON))
    waits = opened.hand_over(folder.waiting)
    opened.hand_over(folder.waiting)
    assert folder.read(waits.read_bytes(), name).raw == b"TOTAL 14.25\n"
    assert "14.25" not in repr(folder.read(waits.read_bytes(), name))
