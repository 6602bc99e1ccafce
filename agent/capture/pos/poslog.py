"""ARTS POSLog files (versions 2.1 to 6, any vendor) to sale events.

    reader = PoslogReader(profile, context)
    for record in reader.read(source, "0001.xml", raw_sha256): ...

Each transaction is good or bad by itself: one that cannot be read comes as ``Refused`` with its own
bytes, and the others are captured. Reading the same bytes again gives the same event ids, whatever
the file is called, since an event's id is made from what was sold and not from who read it when.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from agent.capture.pos.composing import compose_sale
from agent.capture.pos.document import Document, Record
from agent.capture.pos.malformed import BrokenOff, Malformed
from agent.capture.pos.profile import TillProfile
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CaptureContext, CapturedSale
from agent.capture.pos.transaction import TransactionReader
from agent.errors import EventTooLarge, UnreadableInput
from models.wire.envelope import Moment

_FAULTS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_KEY_FIELDS: Final = ("RetailStoreID|UnitID", "WorkstationID", "BusinessDayDate", "SequenceNumber")
_LONGEST_KEY_FIELD: Final = 10  # a date; a phone number has more


class PoslogReader:
    """Reads files of one make of till for one device. Keeps nothing between files."""

    def __init__(self, profile: TillProfile, context: CaptureContext) -> None:
        self._context = context
        self._transactions = TransactionReader(profile, context)

    def read(
        self, source: BinaryIO, file_name: str, raw_sha256: str
    ) -> Iterator[CapturedSale | Refused]:
        """The file's transactions, in document order.

        Args:
            source: the file from its beginning.
            file_name: what to call it in errors.
            raw_sha256: of the whole original file, in hex.

        Raises:
            BrokenOff: from here on nothing can be read; what came before is good.
            UnreadableInput: the file is no POSLog at all.
        """
        at = self._context.moment()
        document = Document(source)
        try:
            for record in document.records():
                try:
                    yield self._captured(record, raw_sha256, at)
                except (Malformed, EventTooLarge) as error:
                    reason = f"{file_name}: transaction {record.number}: {error}"
                    yield _refused(document.alone(record), record, reason)
        except BrokenOff as error:
            raise BrokenOff(f"{file_name}: {error}", error.whole_until) from error
        except Malformed as error:
            raise UnreadableInput(f"{file_name}: {error}") from error

    def _captured(self, record: Record, raw_sha256: str, at: Moment) -> CapturedSale:
        if record.element is None:
            raise Malformed(record.fault)
        try:
            sale = self._transactions.read(record.element, raw_sha256)
            return compose_sale(sale, self._context.device, at)
        except _FAULTS as error:
            # A mistake of ours must cost this record only, not all that come after it.
            raise Malformed(
                f"our reader failed on it ({type(error).__name__}); "
                "report it with the quarantined record"
            ) from error


def _refused(data: bytes, record: Record, reason: str) -> Refused:
    return Refused(data, reason, record.number, record.start, _readable_key(data))


def _readable_key(data: bytes) -> str:
    """What names the transaction, as far as its bytes say so; nothing that could name a person."""
    text = data.decode("latin-1")
    found = []
    for name in _KEY_FIELDS:
        field = re.search(rf"<(?:[\w.-]+:)?(?:{name})(?:\s[^<>]*)?>\s*([\w-]+)\s*<", text)
        found.append(field[1] if field and len(field[1]) <= _LONGEST_KEY_FIELD else "?")
    return "/".join(found) if set(found) != {"?"} else ""
