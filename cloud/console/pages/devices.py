"""Devices: which are there, which are silent, and what they still owe."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from cloud.console.choice import all_stores
from cloud.console.parts import ConsoleParts, Parts
from cloud.console.places import DEVICES
from cloud.console.visitor import Inside
from cloud.devices import DeviceState

router = APIRouter()


@router.get("/devices")
def devices(parts: Parts, visitor: Inside) -> Response:
    """The whole page."""
    return parts.painter.paint(visitor, "devices.html", **_facts(parts))


@router.get("/devices/live")
def devices_live(parts: Parts, visitor: Inside) -> Response:
    """The part that changes."""
    return parts.painter.paint(visitor, "parts/devices.html", **_facts(parts))


def _facts(parts: ConsoleParts) -> dict[str, Any]:
    views = parts.fleet.devices()
    counted = Counter(view.state for view in views)
    stores = {(store.tenant, store.store): store for store in all_stores(parts)}
    return {
        "devices": views,
        "counts": [(state, counted[state]) for state in DeviceState if counted[state]],
        "stores": stores,
        "live_url": f"{DEVICES}/live",
        "stream_url": f"{DEVICES}/stream",
    }
