"""What devices propose to draw over their cameras, and the answers they get.

A proposal is part of what a device reports; an answer is part of what is desired of it, so neither
can be without the other, and a device that is away finds its answer when it comes back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, select

from cloud.access.audit import Action, Actor, AuditLog
from cloud.devices.tables import DEVICE, DEVICE_TWIN
from cloud.devices.twins import desire
from cloud.errors import Conflict
from cloud.storage import in_turn, read, write
from models.wire.drawing import (
    ENTRY,
    CameraReport,
    CameraWish,
    Drawing,
    Proposal,
    read_reports,
    read_wishes,
)
from models.wire.ids import DeviceId, DevicePath, StoreId, TenantId


@dataclass(frozen=True, slots=True)
class Which:
    """Names a proposal: of which device and camera, and its own id."""

    device: DeviceId
    camera: str
    proposal: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal that waits for an answer.

    Attributes:
        drawing: what the camera counts with now.
    """

    device: DevicePath
    camera: str
    drawing: Drawing
    proposal: Proposal


class CameraDrawings:
    """Proposals of all devices that may log in. Safe for several threads and processes."""

    def __init__(self, engine: Engine, audit: AuditLog) -> None:
        self._engine = engine
        self._audit = audit

    def waiting(self) -> list[Proposed]:
        """All that nobody has answered, by tenant, store, device and camera."""
        with read(self._engine) as connection:
            rows = connection.execute(_query()).all()
        return [each for row in rows for each in _proposed(row)]

    def counted(self) -> Mapping[DeviceId, int]:
        """How many wait, by device."""
        return Counter(each.device.device for each in self.waiting())

    def accept(self, which: Which, actor: Actor) -> None:
        """Want of a device what it proposed; raises Conflict where it proposes that no more."""
        self._answer(which, Action.DRAWING_ACCEPTED, actor)

    def refuse(self, which: Which, actor: Actor, reason: str = "") -> None:
        """Leave everything as it is, and say why; raises Conflict as ``accept`` does."""
        self._answer(which, Action.DRAWING_REFUSED, actor, reason)

    def _answer(self, which: Which, action: Action, actor: Actor, reason: str = "") -> None:
        accepted = action is Action.DRAWING_ACCEPTED
        with write(self._engine) as connection:
            in_turn(connection, "twins")
            row = connection.execute(_query(which.device)).one_or_none()
            found = _find(row, which)
            before = _wishes(row).get(which.camera, CameraWish())
            wish = CameraWish(
                drawing=found.proposal.drawing if accepted else before.drawing,
                answered=which.proposal,
                accepted=accepted,
                reason=reason,
            )
            _want(connection, row, which, wish)
            self._audit.note(connection, actor, action, f"camera:{which.device}/{which.camera}")


def _query(device: DeviceId | None = None) -> Any:
    query = (
        select(DEVICE.c.tenant, DEVICE.c.store, DEVICE_TWIN)
        .join_from(DEVICE_TWIN, DEVICE, DEVICE.c.device == DEVICE_TWIN.c.device)
        .where(DEVICE.c.revoked_ms.is_(None))
    )
    if device is not None:
        return query.where(DEVICE.c.device == device)
    mentions = DEVICE_TWIN.c.reported.contains('"proposal":{')
    return query.where(mentions).order_by(DEVICE.c.tenant, DEVICE.c.store, DEVICE.c.device)


def _proposed(row: Row[Any]) -> Iterator[Proposed]:
    """The proposals of one device that were not answered; pure."""
    path = DevicePath(TenantId(row.tenant), StoreId(row.store), DeviceId(row.device))
    wishes = _wishes(row)
    for camera, report in sorted(_reports(row).items()):
        proposal = report.proposal
        if proposal and wishes.get(camera, CameraWish()).answered != proposal.id:
            yield Proposed(path, camera, report.drawing, proposal)


def _find(row: Row[Any] | None, which: Which) -> Proposed:
    waiting = _proposed(row) if row is not None else ()
    for each in waiting:
        if each.camera == which.camera and each.proposal.id == which.proposal:
            return each
    raise Conflict(
        f"camera {which.camera[:32]!r} does not propose this any more; look at the present "
        "proposals"
    )


def _want(connection: Connection, row: Any, which: Which, wish: CameraWish) -> None:
    desired = msgspec.json.decode(row.desired, type=dict[str, msgspec.Raw])
    desired[f"{ENTRY}{which.camera}"] = msgspec.Raw(msgspec.json.encode(wish))
    desire(connection, which.device, desired)


def _reports(row: Any) -> dict[str, CameraReport]:
    return read_reports(msgspec.json.decode(row.reported, type=dict[str, msgspec.Raw]))


def _wishes(row: Any) -> dict[str, CameraWish]:
    return read_wishes(msgspec.json.decode(row.desired, type=dict[str, msgspec.Raw]))
