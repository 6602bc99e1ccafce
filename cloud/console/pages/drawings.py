"""Lines and zones that devices propose for their cameras: look at them, accept or refuse."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form
from starlette.responses import RedirectResponse, Response

from cloud.access.audit import Actor
from cloud.console.choice import all_stores
from cloud.console.parts import ConsoleParts, Parts
from cloud.console.places import DRAWINGS
from cloud.console.visitor import Inside, check_form
from cloud.devices import Proposed, Which
from models.wire.ids import DeviceId

router = APIRouter()
forms = APIRouter(dependencies=[Depends(check_form)])

_SEE_OTHER: Final = 303
_CONSOLE: Final = Actor("console")

Name = Annotated[str, Form(max_length=64)]


def _which(device: Name, camera: Name, proposal: Name) -> Which:
    return Which(DeviceId(device), camera, proposal)


Chosen = Annotated[Which, Depends(_which)]


@router.get("/drawings")
def drawings(parts: Parts, visitor: Inside) -> Response:
    """All proposals that wait."""
    return parts.painter.paint(visitor, "drawings.html", **_facts(parts))


@forms.post("/drawings/accept")
def accept(
    parts: Parts,
    visitor: Inside,  # noqa: ARG001 - asked for its session
    which: Chosen,
) -> Response:
    """The camera shall count with it; audited."""
    parts.drawings.accept(which, _CONSOLE)
    return RedirectResponse(DRAWINGS, _SEE_OTHER)


@forms.post("/drawings/refuse")
def refuse(
    parts: Parts,
    visitor: Inside,  # noqa: ARG001 - asked for its session
    which: Chosen,
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """The camera goes on as before; audited. The reason is shown to who drew it."""
    parts.drawings.refuse(which, _CONSOLE, reason.strip())
    return RedirectResponse(DRAWINGS, _SEE_OTHER)


def _facts(parts: ConsoleParts) -> dict[str, Any]:
    stores = {(store.tenant, store.store): store for store in all_stores(parts)}

    def zone_of(proposed: Proposed) -> ZoneInfo:
        return stores[proposed.device.tenant, proposed.device.store].zone

    return {
        "waiting": parts.drawings.waiting(),
        "stores": stores,
        "zone_of": zone_of,
        "moment": datetime.fromisoformat,
    }
