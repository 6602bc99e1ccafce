"""The last step of every adapter: a sale as read becomes an event that is ready for the outbox.

Adapters differ in how they read; what makes two readings of one sale the same event is decided
here and nowhere else. An event's id is made from what was sold and not from who read it when, so
reading the same bytes again, or the same sale through another adapter, gives the same ids.
"""

from __future__ import annotations

from typing import Final

import msgspec

from agent.capture.pos.sensitive.sale import sale_without_cards
from agent.capture.pos.sink import CapturedSale
from agent.errors import EventTooLarge
from models.wire.digest import content_digest
from models.wire.envelope import MAX_EVENT_BYTES, Moment, compose
from models.wire.events.sale import Flag, SaleRecorded
from models.wire.ids import DevicePath, keyed_event_id, sale_id
from models.wire.personal import personal_spans
from models.wire.registry import SALE_RECORDED

_ROOM_TO_STAMP_BYTES: Final = 256  # epoch, sequence and historical, which the outbox adds


def compose_sale(unrevised: SaleRecorded, device: DevicePath, at: Moment) -> CapturedSale:
    """Take card data out of a sale, give it its revision and its ids, and make an event of it.

    Args:
        unrevised: the sale; what stands in its ``revision`` is replaced.
        device: who captured it.
        at: the device's clocks when it was read.

    Raises:
        EventTooLarge: it exceeds what the wire allows; names the natural key, nothing personal.
    """
    clean = sale_without_cards(unrevised)
    digest = content_digest(msgspec.json.encode(clean))
    sale = msgspec.structs.replace(clean, revision=digest.hex())
    event_id = keyed_event_id(device.tenant, sale.natural_key, sale.revision)
    about = sale_id(device.tenant, sale.natural_key)
    body = compose(
        device=device, event_id=event_id, kind=SALE_RECORDED, data=sale, at=at, subject=about
    )
    if len(body) + _ROOM_TO_STAMP_BYTES > MAX_EVENT_BYTES:
        raise EventTooLarge(
            f"transaction {sale.natural_key} has {len(sale.lines)} lines and makes "
            f"{len(body)} bytes; an event may hold {MAX_EVENT_BYTES}"
        )
    spans = personal_spans(SALE_RECORDED, msgspec.json.encode(sale)) if sale.loyalty else []
    return CapturedSale(event_id, about, sale, body, spans)


def marked(captured: CapturedSale, flag: Flag) -> CapturedSale:
    """The same event, saying one thing more of how it was captured.

    Its ids and its revision stay: what is said of the capture is not part of the content.
    """
    capture = captured.sale.capture
    said = msgspec.structs.replace(capture, flags=[*capture.flags, flag])
    sale = msgspec.structs.replace(captured.sale, capture=said)
    data = msgspec.json.encode(sale)
    outside = msgspec.json.decode(captured.body, type=dict[str, msgspec.Raw])
    body = msgspec.json.encode(outside | {"data": msgspec.Raw(data)})
    spans = personal_spans(SALE_RECORDED, data) if sale.loyalty else []
    return CapturedSale(captured.event_id, captured.sale_id, sale, body, spans)
