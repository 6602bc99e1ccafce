"""Receipt text to sales: one receipt from a printer, or a file with one below the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

from msgspec.structs import replace

from agent.capture.pos.composing import compose_sale
from agent.capture.pos.escpos.printed import ReceiptPrint
from agent.capture.pos.escpos.reading import Occasion
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.sale import SaleMapper
from agent.capture.pos.mapping.transcript import Field
from agent.capture.pos.receipts.finding import Finder, Finding
from agent.capture.pos.receipts.profile import Copies, ReceiptProfile
from agent.capture.pos.sink import CaptureContext, CapturedSale
from models.wire.events.sale import Flag, SaleRecorded

_MISSING: Final = "bytes of it are missing"
_DOUBTFUL: Final = "figures of it stand behind a printer's command that nobody knows"
_HALF: Final = (
    "somebody paid on it, and no line of sale_when says that it is a sale: it may have lost its "
    "beginning; if it is a report, name its words in report_when of the till profile"
)
_STRAY: Final = 3
_ONE_IN: Final = 20
"""Of a print by the right profile no character is undefined and few commands are unknown; of noise
every third or fifth is."""
_DISAGREE: Final = frozenset({Flag.LINES_DISAGREE, Flag.TENDERS_DISAGREE})


class TillReceipts:
    """Reads receipts of one make of till for one device. Keeps nothing between them.

    A printed receipt has no key of its own, so its profile names what the key is made of and the
    sale is flagged. A second print has the same key and the same content, and adds nothing.
    """

    def __init__(self, profile: ReceiptProfile, context: CaptureContext) -> None:
        self._profile = profile
        self._context = context
        self._finder = Finder(profile)
        self._mapper = SaleMapper(profile, context, tenders_known=profile.tenders_known)

    def sales(self, receipt: ReceiptPrint, occasion: Occasion) -> Iterator[CapturedSale]:
        """The sale on a print, if it is a receipt of one; the port of the printers' side.

        A print of which bytes are missing, or whose figures stand behind a command that nobody
        knows, is believed only where its own sums prove it, and flagged then.

        Raises:
            InvalidInput: it is one, and cannot be read or is not proven; or so much is missing
                that nobody can tell. Names fields, never what stands in them.
        """
        lines = [line.text for line in receipt.lines]
        finding = self.find(lines)
        broken = not occasion.whole or receipt.torn or receipt.clipped
        doubt = _MISSING if broken else self._doubt(receipt, finding)
        sale = self.sale(finding, receipt.sha256)
        if sale is None:
            if not self._skips(finding):
                _refuse_unreadable(receipt, lines, broken=broken)
            return
        if doubt:
            sale = _proven(sale, finding, doubt)
        yield compose_sale(sale, self._context.device, self._context.moment())

    def _doubt(self, receipt: ReceiptPrint, finding: Finding) -> str:
        """Why what was found cannot simply be believed; empty where it can.

        Doubtful lines that tell nothing (a logo, a greeting) leave everything as it is.
        """
        if not any(line.doubtful for line in receipt.lines):
            return ""
        sure = self.find(["" if line.doubtful else line.text for line in receipt.lines])
        same = (sure.transcript, sure.is_sale) == (finding.transcript, finding.is_sale)
        return "" if same else _DOUBTFUL

    def read(self, lines: Sequence[str], raw_sha256: str) -> CapturedSale | None:
        """The sale on a receipt; None where it is a report, an order or a copy to be skipped.

        Args:
            lines: its text.
            raw_sha256: of the bytes that it was printed from.

        Raises:
            Malformed: it is one, and cannot be read.
            EventTooLarge: it exceeds what the wire allows.
        """
        sale = self.sale(self.find(lines), raw_sha256)
        if sale is None:
            return None
        return compose_sale(sale, self._context.device, self._context.moment())

    def find(self, lines: Sequence[str]) -> Finding:
        """What stands in the lines; raises Malformed where they are too many."""
        return self._finder.find(lines)

    def sale(self, finding: Finding, raw_sha256: str) -> SaleRecorded | None:
        """The sale of what was found, without its revision; as ``read``."""
        if self._skips(finding):
            return None
        if finding.is_half_a_sale:
            raise Malformed(_HALF)
        if not finding.is_sale:
            return None
        return self._mapper.sale(finding.transcript, raw_sha256)

    def _skips(self, finding: Finding) -> bool:
        return finding.is_copy and self._profile.copies is Copies.SKIP


def _refuse_unreadable(receipt: ReceiptPrint, lines: Sequence[str], *, broken: bool) -> None:
    """A print without a sale in it is a report or a greeting, unless nobody can tell.

    Raises:
        Malformed: bytes of it are missing, or much of it is neither text nor a command.
    """
    text = "".join("".join(lines).split())
    if broken and text:
        raise Malformed("bytes of it are missing, and it may have been a sale")
    unknown = sum(each.count for each in receipt.oddities if not each.vendor)
    odd = receipt.undefined + unknown
    if odd > _STRAY and odd * _ONE_IN >= len(text):
        raise Malformed(
            "so much in it is no character and no command of the printer's that it may have been a "
            "sale; where all prints are like it, correct the printer's profile"
        )


def _proven(sale: SaleRecorded, finding: Finding, doubt: str) -> SaleRecorded:
    """The sale, flagged, if goods and payments come to its printed total; else Malformed.

    The next print of it is whole, and must not be taken for a correction of a wrong reading.
    """
    adds_up = bool(sale.lines) and not _DISAGREE.intersection(sale.capture.flags)
    if not (adds_up and finding.transcript.header.get(Field.TOTAL)):
        raise Malformed(f"{doubt}, and what came does not add up")
    flagged = replace(sale.capture, flags=[*sale.capture.flags, Flag.OTHER])
    return replace(sale, capture=flagged)


def text_sha256(lines: Sequence[str]) -> str:
    """What stands for the raw bytes of a receipt that only its text is left of."""
    return sha256("\n".join(lines).encode()).hexdigest()
