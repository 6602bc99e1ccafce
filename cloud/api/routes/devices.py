"""Devices: how they are, letting one in, locking one out."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, status
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.callers import Keeper, StoreReader
from cloud.api.parts import Parts
from cloud.devices import (
    CameraHealth,
    CameraTrouble,
    DeviceKind,
    DeviceState,
    DeviceView,
    SourceHealth,
    SourceView,
)
from cloud.errors import InvalidInput, NotFound
from models.wire.envelope import ClockQuality
from models.wire.errors import BadIdentifier
from models.wire.ids import DeviceId, StoreId, device_id, store_id

router = APIRouter(tags=["devices"])


class OwedByStream(BaseModel):
    """What one stream has not handed over yet."""

    model_config = ConfigDict(from_attributes=True)

    stream: str
    pending: int
    oldest_s: float = Field(description="age of the oldest such event as of now, 0 for none")


class CameraStatus(BaseModel):
    """How one camera of a device does."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    state: CameraHealth
    since_s: float = Field(description="how long it has been so, as of now")
    sampled_fps: float = Field(description="pictures it looked at per second, lately")
    troubles: list[CameraTrouble] = Field(
        description="why its pictures are not to be trusted now; its counts are marked meanwhile"
    )
    troubled_s: float = Field(
        description="how long the first of them has lasted, as of now; 0 when that is not known"
    )


class SourceStatus(BaseModel):
    """How one source of sales of a device does; counts since its agent started."""

    name: str = Field(description="as configured; empty for the till's folder")
    kind: str
    state: SourceHealth
    profiles: list[str] = Field(description="by which its sales were read so far")
    captured: int = Field(description="sales that were new to the device, controls included")
    quarantined: int = Field(description="records and files that could not be read")
    breaks: int = Field(description="how often something may be missing, as far as it noticed")
    late: int = Field(description="sales whose business day was closed before they came")
    judged: int = Field(description="the last sales whose arithmetic was looked at")
    unbalanced: int = Field(description="so many of them do not add up")
    gaps: int = Field(description="numbers missing on the workstations that it tells of")
    repeats: int = Field(description="numbers that these workstations gave twice")
    last_at: datetime | None = Field(description="of the last capture")


class DeviceStatus(BaseModel):
    """A device as of now."""

    device: str
    store: str
    kind: DeviceKind
    state: DeviceState
    since: datetime | None = Field(description="when it went online or offline")
    agent_version: str
    enrolled_at: datetime
    revoked_at: datetime | None
    last_heartbeat_at: datetime | None
    pending: int = Field(description="events that the ledger has not settled")
    oldest_unsettled_s: float = Field(description="age of the oldest of them, 0 for none")
    clock_skew_s: float | None = Field(
        description="by how much its clock was ahead of ours at its last heartbeat, negative when "
        "behind; null when that is not known"
    )
    clock_quality: ClockQuality | None = Field(description="what the device thinks of its clock")
    clock_wrong: bool = Field(
        description="somebody should set it: off by two minutes, or known to be wrong"
    )
    streams: list[OwedByStream]
    cameras: list[CameraStatus]
    sources: list[SourceStatus] = Field(description="of sales, as its last heartbeat said")


class DeviceList(BaseModel):
    """All devices of the token's tenant."""

    items: list[DeviceStatus]


class Enrolment(BaseModel):
    """A device to let in."""

    model_config = ConfigDict(extra="forbid")

    device: str = Field(description="unique on the broker", max_length=48)
    store: str = Field(description="where it stands", max_length=48)
    kind: DeviceKind


class Login(BaseModel):
    """A device's login; the secret is shown this once."""

    device: str
    store: str
    secret: str


@router.get("/devices", summary="The tenant's devices and how they are")
def list_devices(
    parts: Parts, caller: StoreReader, store: str | None = None, *, revoked: bool = False
) -> DeviceList:
    """By store and name. ``revoked`` adds those that may not log in any more."""
    views = parts.fleet.devices(
        caller.tenant, StoreId(store) if store is not None else None, revoked=revoked
    )
    seen = [view for view in views if caller.may_see(caller.tenant, view.device.path.store)]
    return DeviceList(items=[_status(view) for view in seen])


@router.post("/devices", status_code=status.HTTP_201_CREATED, summary="Let a device in")
def enrol(wanted: Enrolment, parts: Parts, caller: Keeper) -> Login:
    """Returns its secret, this once. The broker knows the login when this returns."""
    try:
        device, store = device_id(wanted.device), store_id(wanted.store)
    except BadIdentifier as error:
        raise InvalidInput(str(error)) from error
    enrolled = parts.registry.enrol(caller.tenant, store, device, wanted.kind, caller.actor)
    return Login(device=device, store=store, secret=enrolled.secret)


@router.delete(
    "/devices/{device}", status_code=status.HTTP_204_NO_CONTENT, summary="Lock a device out"
)
def revoke(device: str, parts: Parts, caller: Keeper) -> None:
    """Its connection ends at once; what it recorded stays."""
    known = parts.registry.find(DeviceId(device))
    if known is None or known.path.tenant != caller.tenant:
        raise NotFound("no such device is enrolled; list the devices first")
    parts.registry.revoke(known.path.device, caller.actor)


def _status(view: DeviceView) -> DeviceStatus:
    return DeviceStatus(
        device=view.device.path.device,
        store=view.device.path.store,
        kind=view.device.kind,
        state=view.state,
        since=view.since,
        agent_version=view.agent_version,
        enrolled_at=view.device.enrolled_at,
        revoked_at=view.device.revoked_at,
        last_heartbeat_at=view.last_heartbeat_at,
        pending=view.pending,
        oldest_unsettled_s=round(view.oldest_unsettled_s, 1),
        clock_skew_s=view.clock.skew_s,
        clock_quality=view.clock.quality,
        clock_wrong=view.clock.wrong,
        streams=[OwedByStream.model_validate(owed) for owed in view.owed],
        cameras=[CameraStatus.model_validate(camera) for camera in view.cameras],
        sources=[_source(source) for source in view.sources],
    )


def _source(source: SourceView) -> SourceStatus:
    said = source.said
    return SourceStatus(
        name=source.name,
        kind=source.kind,
        state=source.health,
        profiles=said.profiles,
        captured=said.captured,
        quarantined=said.quarantined,
        breaks=said.breaks,
        late=said.late,
        judged=said.judged,
        unbalanced=said.unbalanced,
        gaps=said.gaps,
        repeats=said.repeats,
        last_at=source.last_at,
    )
