"""What a shop's own devices ask for: the cards they missed while they were away."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from cloud.api.callers import OfDevice
from cloud.api.parts import Parts

router = APIRouter(tags=["shop"])


@router.get(
    "/shop/cards",
    summary="The cards of the device's own shop behind a sequence",
    response_class=Response,
    responses={
        200: {
            "description": "a page of card deltas: message.card-page.1.json of the wire contract",
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    },
)
def shop_cards(
    parts: Parts,
    device: OfDevice,
    after: Annotated[
        int, Query(ge=0, le=2**63 - 1, description="the last sequence that was applied")
    ] = 0,
) -> Response:
    """Whole and unmasked, for this shop's own tablets. Ask again while through < head."""
    page = parts.cards.page(device.tenant, device.store, after)
    return Response(msgspec.json.encode(page), media_type="application/json")
