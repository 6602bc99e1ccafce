"""ARTS POSLog files (versions 2.1 to 6, any vendor) to sale events.

    reader = PoslogReader(profile, context)
    sales = list(reader.read(data, "0001.xml"))

A file is good as a whole or not at all: take every sale before believing any. Reading the same
bytes again gives the same event ids, whatever the file is called, since an event's id is made from
what was sold and not from who read it when.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Final
from xml.etree.ElementTree import Element

import msgspec

from agent.capture.pos.document import transactions
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.profile import TillProfile
from agent.capture.pos.sink import CaptureContext, CapturedSale
from agent.capture.pos.transaction import TransactionReader
from agent.errors import EventTooLarge, UnreadableInput
from models.wire.digest import content_digest
from models.wire.envelope import MAX_EVENT_BYTES, Moment, compose
from models.wire.events.sale import SaleRecorded
from models.wire.ids import keyed_event_id, sale_id
from models.wire.personal import personal_spans
from models.wire.registry import SALE_RECORDED

_ROOM_TO_STAMP_BYTES: Final = 256  # epoch, sequence and historical, which the outbox adds
_FAULTS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class PoslogReader:
    """Reads files of one make of till for one device. Keeps nothing between files."""

    def __init__(self, profile: TillProfile, context: CaptureContext) -> None:
        self._context = context
        self._transactions = TransactionReader(profile, context)

    def read(self, data: bytes, file_name: str) -> Iterator[CapturedSale]:
        """The file's transactions, in document order.

        Args:
            data: the whole file.
            file_name: what to call it in errors.

        Raises:
            UnreadableInput: the file is not a POSLog, not whole, or a transaction lacks what
                identifies it. Names file, transaction and element, never content.
            EventTooLarge: a transaction exceeds what the wire allows.
        """
        raw_sha256 = sha256(data).hexdigest()
        at = self._context.moment()
        try:
            for number, element in enumerate(transactions(data), 1):
                yield self._captured(element, raw_sha256, number, at)
        except Malformed as error:
            raise UnreadableInput(f"{file_name}: {error}") from error
        except EventTooLarge as error:
            raise EventTooLarge(f"{file_name}: {error}") from error

    def _captured(self, element: Element, raw_sha256: str, number: int, at: Moment) -> CapturedSale:
        try:
            return self._compose(self._transactions.read(element, raw_sha256), at)
        except Malformed as error:
            raise Malformed(f"transaction {number}: {error}") from error
        except _FAULTS as error:
            # A mistake of ours must cost this file only, not all that come after it.
            raise Malformed(
                f"transaction {number}: our reader failed on it ({type(error).__name__}); "
                "report it with the quarantined file"
            ) from error

    def _compose(self, unrevised: SaleRecorded, at: Moment) -> CapturedSale:
        device = self._context.device
        digest = content_digest(msgspec.json.encode(unrevised))
        sale = msgspec.structs.replace(unrevised, revision=digest.hex())
        event_id = keyed_event_id(device.tenant, sale.natural_key, sale.revision)
        about = sale_id(device.tenant, sale.natural_key)
        body = compose(
            device=device,
            event_id=event_id,
            kind=SALE_RECORDED,
            data=sale,
            at=at,
            subject=about,
        )
        if len(body) + _ROOM_TO_STAMP_BYTES > MAX_EVENT_BYTES:
            raise EventTooLarge(
                f"transaction {sale.natural_key} has {len(sale.lines)} lines and makes "
                f"{len(body)} bytes; an event may hold {MAX_EVENT_BYTES}"
            )
        spans = personal_spans(SALE_RECORDED, msgspec.json.encode(sale)) if sale.loyalty else []
        return CapturedSale(event_id, about, sale, body, spans)
