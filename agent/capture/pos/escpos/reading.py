"""Printers' bytes in files to sales, receipt by receipt; what one means is another part's business.

A file is what a print queue drops into a folder: plain bytes of a printer, with any number of
receipts. Or it is a *slip*: a line of JSON that says what is known besides, then such bytes. A
receipt that is refused leaves as a slip, so that the same reader can read it again by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, Final, Protocol

import msgspec
from msgspec import Struct

from agent.capture.pos.escpos.printed import Ending, ReceiptPrint, Settings
from agent.capture.pos.escpos.profile import PrinterProfile
from agent.capture.pos.escpos.roll import PaperRoll
from agent.capture.pos.malformed import BrokenOff
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CapturedSale
from agent.errors import InvalidInput

_MAGIC: Final = b"LKSLIP1 "
_SEALED: Final = b"LKPRINT"
_LONGEST_LINE: Final = 4096
_CHUNK_BYTES: Final = 64 * 1024
_FAULTS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class Occasion(Struct, frozen=True):
    """What is known of a receipt besides what is printed on it.

    Attributes:
        printer: the tap's or folder's name for it.
        at: when it was printed, by this box's clock; None where only the file knows.
        whole: False where bytes of it are known to be missing.
        ended: why the last receipt of the file ends, where it is not cut.
        settings: what the printer had been told before.
    """

    printer: str
    at: datetime | None = None
    whole: bool = True
    ended: Ending = Ending.CLOSED
    settings: Settings | None = None


class ReceiptReader(Protocol):
    """What turns receipts into sales."""

    def sales(self, receipt: ReceiptPrint, occasion: Occasion) -> Iterator[CapturedSale]:
        """The sales of one receipt: usually one; none of a copy, a report or a voucher.

        Raises:
            InvalidInput: it should hold a sale and none can be read from it; without its text.
        """
        ...


class PrintFileReader:
    """A ``FileReader`` of printers' bytes. Keeps nothing between files."""

    def __init__(self, printer: str, profile: PrinterProfile, receipts: ReceiptReader) -> None:
        """``printer``: what to call it where the file does not say."""
        self._printer = printer
        self._profile = profile
        self._receipts = receipts

    def read(
        self, source: BinaryIO, file_name: str, raw_sha256: str
    ) -> Iterator[CapturedSale | Refused]:
        """The sales of a file, in the order of printing; memory does not grow with the file.

        Each sale's ``raw_sha256`` is its receipt's, by which a second print of it is known.

        Raises:
            BrokenOff: it is a tap's file that another box has sealed, or a crash has emptied.
        """
        del raw_sha256
        begin, occasion = self._occasion(source, file_name)
        source.seek(begin)
        receipts = _receipts(source, self._profile, occasion)
        for number, receipt in enumerate(receipts, 1):
            at = source.tell()
            try:
                yield from self._receipts.sales(receipt, occasion)
            except (InvalidInput, *_FAULTS) as error:
                source.seek(begin + receipt.begin)
                raw = source.read(receipt.end - receipt.begin)
                reason = f"receipt {number}: {_reason(error)}"
                place = begin + receipt.begin
                yield Refused(_alone(raw, receipt, occasion), reason, number, place)
            source.seek(at)

    def _occasion(self, source: BinaryIO, file_name: str) -> tuple[int, Occasion]:
        """Where the printer's bytes begin, and what is known of them."""
        line = source.readline(_LONGEST_LINE)
        if line.startswith(_SEALED):
            raise BrokenOff(
                f"{file_name}: sealed by another box, changed, or emptied by a crash; it cannot "
                "be opened here"
            )
        if not line.startswith(_MAGIC):
            return 0, Occasion(self._printer)
        try:
            return len(line), msgspec.json.decode(line.removeprefix(_MAGIC), type=Occasion)
        except msgspec.DecodeError as error:
            raise BrokenOff(f"{file_name}: its first line does not say what it is") from error


def printer_named(source: BinaryIO) -> str:
    """Whose receipts a slip holds; empty where the file is none. It is left at its beginning."""
    line = source.readline(_LONGEST_LINE)
    source.seek(0)
    if not line.startswith(_MAGIC):
        return ""
    try:
        return msgspec.json.decode(line.removeprefix(_MAGIC), type=Occasion).printer
    except msgspec.DecodeError:
        return ""


def slip(raw: bytes, occasion: Occasion) -> bytes:
    """Printer's bytes with what is known of them, as a file that ``PrintFileReader`` reads."""
    return _MAGIC + msgspec.json.encode(occasion) + b"\n" + raw


def _receipts(
    source: BinaryIO, profile: PrinterProfile, occasion: Occasion
) -> Iterator[ReceiptPrint]:
    roll = PaperRoll(profile, occasion.settings)
    while chunk := source.read(_CHUNK_BYTES):
        yield from roll.feed(chunk)
    last = roll.tear(occasion.ended)
    if last is not None:
        yield last


def _alone(raw: bytes, receipt: ReceiptPrint, occasion: Occasion) -> bytes:
    known = msgspec.structs.replace(occasion, ended=receipt.ended, settings=receipt.began_with)
    return slip(raw, known)


def _reason(error: Exception) -> str:
    """A mistake of ours costs this receipt only; its own words may quote the receipt."""
    if isinstance(error, InvalidInput):
        return str(error)
    return f"our reader failed on it ({type(error).__name__}); report it with the receipt"
