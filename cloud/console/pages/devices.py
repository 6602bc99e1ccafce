"""Devices: which are there, which are silent, and what they still owe."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from cloud.console.choice import all_stores
from cloud.console.parts import ConsoleParts, Parts
from cloud.console.places import DEVICES
from cloud.console.visitor import Inside, Visitor
from cloud.devices import DeviceState
from cloud.ingest.alarms import read_vocabulary
from models.shown.words import Language

router = APIRouter()


@router.get("/devices")
def devices(parts: Parts, visitor: Inside) -> Response:
    """The whole page."""
    return parts.painter.paint(visitor, "devices.html", **_facts(parts, visitor))


@router.get("/devices/live")
def devices_live(parts: Parts, visitor: Inside) -> Response:
    """The part that changes."""
    return parts.painter.paint(visitor, "parts/devices.html", **_facts(parts, visitor))


def _facts(parts: ConsoleParts, visitor: Visitor) -> dict[str, Any]:
    views = parts.fleet.devices()
    counted = Counter(view.state for view in views)
    stores = {(store.tenant, store.store): store for store in all_stores(parts)}
    alarms: defaultdict[str, list[str]] = defaultdict(list)
    for alarm in parts.alarms.listed():
        if alarm.device is not None:
            words = read_vocabulary()[alarm.kind]
            said = words.zh if visitor.language is Language.ZH else words.en
            alarms[alarm.device].append(said.what)
    return {
        "alarms": dict(alarms),
        "devices": views,
        "proposed": parts.drawings.counted(),
        "doubtful": sum(bool(camera.troubles) for view in views for camera in view.cameras),
        "counts": [(state, counted[state]) for state in DeviceState if counted[state]],
        "stores": stores,
        "live_url": f"{DEVICES}/live",
        "stream_url": f"{DEVICES}/stream",
    }
