"""Receipt text to sales: one receipt from a printer, or a file with one below the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

from agent.capture.pos.composing import compose_sale
from agent.capture.pos.escpos.printed import ReceiptPrint
from agent.capture.pos.escpos.reading import Occasion
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.sale import SaleMapper
from agent.capture.pos.receipts.finding import Finder, Finding
from agent.capture.pos.receipts.profile import Copies, ReceiptProfile
from agent.capture.pos.sink import CaptureContext, CapturedSale
from models.wire.events.sale import Flag, SaleRecorded

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

        Raises:
            InvalidInput: it is one, and cannot be read. Names fields, never what stands in them.
        """
        captured = self.read([line.text for line in receipt.lines], receipt.sha256)
        if captured is None:
            return
        broken = not occasion.whole or receipt.torn or receipt.clipped
        if broken and _DISAGREE.intersection(captured.sale.capture.flags):
            # The next print of it is whole, and must not be taken for a correction of this one.
            raise Malformed("bytes of it are missing, and what came does not add up")
        yield captured

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
        skipped = finding.is_copy and self._profile.copies is Copies.SKIP
        if skipped or not finding.is_sale:
            return None
        return self._mapper.sale(finding.transcript, raw_sha256)


def text_sha256(lines: Sequence[str]) -> str:
    """What stands for the raw bytes of a receipt that only its text is left of."""
    return sha256("\n".join(lines).encode()).hexdigest()
