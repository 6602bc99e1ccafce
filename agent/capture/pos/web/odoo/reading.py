"""One order of an Odoo to a sale; keeps nothing between them."""

from __future__ import annotations

from datetime import tzinfo
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from agent.capture.pos.composing import compose_sale
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.sale import SaleMapper
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CaptureContext, CapturedSale
from agent.capture.pos.web.faults import blamed_on_us
from agent.capture.pos.web.odoo.orders import WholeOrder
from agent.capture.pos.web.odoo.transcripts import transcript_of
from agent.capture.pos.web.profile import WebProfile
from agent.capture.pos.web.reading import Reading
from agent.errors import EventTooLarge

_ORDER: Final = msgspec.json.Decoder(WholeOrder, float_hook=str)
"""Fractions are texts, as from Odoo itself: a binary one would be taken for no number, as 0."""


class OdooReader:
    """Reads orders for one device; a ``BodyReader`` of what was set aside of them."""

    def __init__(self, profile: WebProfile, context: CaptureContext) -> None:
        self._profile = profile
        self._context = context
        self._mapper = SaleMapper(profile, context, tenders_known=True)
        self._zone: tzinfo = ZoneInfo(profile.timezone) if profile.timezone else context.timezone

    def captured(self, whole: WholeOrder, raw: bytes) -> CapturedSale:
        """The sale of an order that ``raw`` holds as JSON; raises Malformed, EventTooLarge."""
        with blamed_on_us():
            transcript = transcript_of(whole, self._profile.currency, self._zone)
            sale = self._mapper.sale(transcript, sha256(raw).hexdigest())
            return compose_sale(sale, self._context.device, self._context.moment())

    def read(self, body: bytes) -> Reading:
        """The sale of an order as it was set aside."""
        try:
            return Reading([self.captured(_order(body), body)])
        except (Malformed, EventTooLarge) as error:
            return Reading(refused=[Refused(body, str(error), number=1, offset=0)])


def _order(body: bytes) -> WholeOrder:
    try:
        return _ORDER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed("it is not an order as this adapter keeps them") from error
