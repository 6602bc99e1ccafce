"""A body to sales: the port of all kinds of bodies, and the two kinds that tills post."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from typing import Final, Protocol

import msgspec

from agent.capture.pos.composing import compose_sale
from agent.capture.pos.malformed import BrokenOff, Malformed
from agent.capture.pos.mapping.sale import SaleMapper
from agent.capture.pos.mapping.transcript import Transcript
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CaptureContext, CapturedSale
from agent.capture.pos.web.answers import Problem, Trouble
from agent.capture.pos.web.bodies import decode_as
from agent.capture.pos.web.faults import blamed_on_us
from agent.capture.pos.web.posted import PostedSale
from agent.capture.pos.web.profile import WebProfile
from agent.capture.pos.web.transcripts import transcript_of
from agent.errors import EventTooLarge, UnreadableInput

_MOST_TRANSACTIONS: Final = 500
_KEPT_ALONE: Final = 20
"""So many refused records of one document are set aside by themselves; beyond that, the document
as a whole: a wrong profile refuses every one."""

_POSTED: Final = msgspec.json.Decoder(PostedSale)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one body gave, in its order.

    Attributes:
        refused: what is well-formed and cannot be captured.
    """

    sales: list[CapturedSale] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


class BodyReader(Protocol):
    """What turns a body into sales. Keeps nothing between bodies."""

    def read(self, body: bytes) -> Reading:
        """The transactions of a body, each by itself good or refused.

        Raises:
            Problem: nothing of it can be taken, and nothing is worth keeping.
        """
        ...


class Mapping:
    """Transcripts to composed sales, as one profile says."""

    def __init__(self, profile: WebProfile, context: CaptureContext) -> None:
        self._context = context
        self._mapper = SaleMapper(profile, context, tenders_known=True)

    def captured(self, transcript: Transcript, body: bytes) -> CapturedSale:
        """One sale, ready for the outbox; raises Malformed, EventTooLarge."""
        sale = self._mapper.sale(transcript, sha256(body).hexdigest())
        with blamed_on_us():
            return compose_sale(sale, self._context.device, self._context.moment())

    def reading(self, transcripts: Iterable[Transcript], body: bytes) -> Reading:
        """The sales of one body; one that cannot be mapped refuses the whole of it.

        The bytes are one document, so it is set aside as one, and what was good in it comes again
        with it: nothing is counted twice.
        """
        reading = Reading()
        try:
            reading.sales.extend(self.captured(each, body) for each in transcripts)
        except (Malformed, EventTooLarge) as error:
            reading.refused.append(Refused(body, str(error), number=1, offset=0))
        return reading


class PostedSaleReader:
    """A ``BodyReader`` of our own JSON."""

    def __init__(self, profile: WebProfile, context: CaptureContext) -> None:
        self._mapping = Mapping(profile, context)

    def read(self, body: bytes) -> Reading:
        """The one transaction of a body; see ``BodyReader.read``."""
        posted = decode_as(body, _POSTED)
        return self._mapping.reading([transcript_of(posted)], body)


class FileReader(Protocol):
    """What reads POSLog; see ``agent.capture.pos.processing.FileReader``."""

    def read(
        self, source: BytesIO, file_name: str, raw_sha256: str
    ) -> Iterable[CapturedSale | Refused]:
        """The records in order; raises InvalidInput."""
        ...


class PostedPoslogReader:
    """A ``BodyReader`` of POSLog XML: as from a folder, but whole or not at all."""

    def __init__(self, reader: FileReader) -> None:
        self._reader = reader

    def read(self, body: bytes) -> Reading:
        """The transactions of a document.

        Raises:
            Problem: it is no POSLog, or ends early. The sender has the rest, so nothing is taken.
        """
        reading = Reading()
        try:
            for record in self._reader.read(BytesIO(body), "body", sha256(body).hexdigest()):
                _add(reading, record)
        except (BrokenOff, UnreadableInput) as error:
            raise Problem(Trouble.UNREADABLE, str(error)) from error
        if not reading.sales and not reading.refused:
            raise Problem(Trouble.INVALID, "the document holds no transaction")
        if len(reading.refused) > _KEPT_ALONE:
            first = reading.refused[0]
            whole = Refused(body, f"{first.reason}; and others", first.number, offset=0)
            return Reading(reading.sales, [whole])
        return reading


def _add(reading: Reading, record: CapturedSale | Refused) -> None:
    if isinstance(record, Refused):
        reading.refused.append(record)
    else:
        reading.sales.append(record)
    if len(reading.sales) + len(reading.refused) > _MOST_TRANSACTIONS:
        raise Problem(
            Trouble.TOO_LARGE, f"a document may hold {_MOST_TRANSACTIONS} transactions; post parts"
        )
