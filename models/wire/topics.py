"""The MQTT topic grammar, both ways, and nowhere else.

    lk1/<tenant>/<part>/<store>/<device>/up/<stream>      batches
    lk1/<tenant>/<part>/<store>/<device>/up/birth|state|twin|result
    lk1/<tenant>/<part>/<store>/<device>/down/ack|twin|cmd
    lk1/<tenant>/<part>/<store>/_store/down/cards|alerts

At most seven slashes, because managed IoT brokers allow no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from models.wire.errors import BadIdentifier, BadTopic
from models.wire.ids import (
    PARTS,
    DevicePath,
    StoreId,
    TenantId,
    device_id,
    part_of,
    store_id,
    tenant_id,
)


class Stream(StrEnum):
    """An ordered lane of events; its class decides what may be thinned or dropped."""

    SALE = "sale"
    MEMBER = "member"
    GUIDE = "guide"
    FOOTFALL = "footfall"
    TELEMETRY = "telemetry"


class Up(StrEnum):
    """What a device says beside its streams."""

    BIRTH = "birth"
    STATE = "state"
    TWIN = "twin"
    RESULT = "result"


class Down(StrEnum):
    """What the cloud says to one device."""

    ACK = "ack"
    TWIN = "twin"
    COMMAND = "cmd"


class ShopDown(StrEnum):
    """What the cloud says to all tablets of one shop."""

    CARDS = "cards"
    ALERTS = "alerts"


_VERSION: Final = "lk1"
_SEGMENTS: Final = 7
_SHOP: Final = "_store"


@dataclass(frozen=True, slots=True)
class UpTopic:
    """A parsed topic on which a device spoke."""

    device: DevicePath
    branch: Stream | Up


def up(device: DevicePath, branch: Stream | Up) -> str:
    """The topic on which a device sends a stream's batches or a document."""
    return f"{device.prefix}/up/{branch}"


def down(device: DevicePath, branch: Down) -> str:
    """The topic on which one device listens."""
    return f"{device.prefix}/down/{branch}"


def shop_down(tenant: TenantId, store: StoreId, branch: ShopDown) -> str:
    """The topic on which every tablet of a shop listens."""
    return f"{_VERSION}/{tenant}/{part_of(store):02d}/{store}/{_SHOP}/down/{branch}"


def device_filters(device: DevicePath) -> tuple[str, str]:
    """The two subscriptions of a device: its own ``down/`` and its shop's."""
    shop = f"{_VERSION}/{device.tenant}/{part_of(device.store):02d}/{device.store}/{_SHOP}/down/#"
    return f"{device.prefix}/down/#", shop


def worker_filters(parts: Iterable[int] = range(PARTS)) -> list[str]:
    """The subscriptions of an ingest worker that serves these parts, of all tenants."""
    wanted = sorted(set(parts))
    if wanted == list(range(PARTS)):
        return [f"{_VERSION}/+/+/+/+/up/+"]
    return [f"{_VERSION}/+/{part:02d}/+/+/up/+" for part in wanted]


def parse_up(topic: str) -> UpTopic:
    """Read a topic on which a device spoke.

    Raises:
        BadTopic: not of our grammar, or its part is not the store's.
    """
    segments = topic.split("/")
    if len(segments) != _SEGMENTS or segments[0] != _VERSION or segments[5] != "up":
        raise BadTopic(f"topic {topic!r} is not lk1/<tenant>/<part>/<store>/<device>/up/<branch>")
    _, tenant, part, store, device, _, branch = segments
    try:
        path = DevicePath(tenant_id(tenant), store_id(store), device_id(device))
    except BadIdentifier as error:
        raise BadTopic(f"topic {topic!r}: {error}") from error
    if part != f"{part_of(path.store):02d}":
        raise BadTopic(f"topic {topic!r}: store {store} belongs to part {part_of(path.store):02d}")
    return UpTopic(path, _branch(topic, branch))


def _branch(topic: str, text: str) -> Stream | Up:
    for kind in (Stream, Up):
        try:
            return kind(text)
        except ValueError:
            continue
    raise BadTopic(f"topic {topic!r}: {text!r} is neither a stream nor a document")
