"""Names and ids, parsed once at the edge and never passed on as bare strings.

Tenant, store and device names are ``[a-z0-9][a-z0-9-]*``, at most 48 characters: they become topic
segments, MQTT client ids and file names. An underscore never occurs in them, so that reserved
segments such as ``_store`` cannot collide with a device.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NewType

from models.wire.errors import BadIdentifier

TenantId = NewType("TenantId", str)
StoreId = NewType("StoreId", str)
DeviceId = NewType("DeviceId", str)
EventId = NewType("EventId", str)
SaleId = NewType("SaleId", str)
OneId = NewType("OneId", str)
Epoch = NewType("Epoch", str)

PARTS: Final = 64
"""Number of parts by which ingest workers share the stores (WIRE: 00-63)."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
_EPOCH = re.compile(r"[0-9a-f]{32}")
_NAMESPACE = uuid.UUID("6f0f6a3c-6f5e-5d0c-9c53-2f1f0a6f7c11")
_NAMESPACE_BYTES = _NAMESPACE.bytes
_VARIANT = {f"{digit:x}": f"{digit & 0b11 | 0b1000:x}" for digit in range(16)}
"""A UUID's variant takes the two upper bits of this hex digit."""


def _name(kind: str, text: str) -> str:
    if not _NAME.fullmatch(text):
        raise BadIdentifier(
            f"{kind} {text!r} is not a valid name: use 1-48 of a-z, 0-9 and '-', "
            "beginning with a letter or digit"
        )
    return text


def tenant_id(text: str) -> TenantId:
    """Parse a tenant (retailer) name; raises BadIdentifier."""
    return TenantId(_name("tenant", text))


def store_id(text: str) -> StoreId:
    """Parse a store name; raises BadIdentifier."""
    return StoreId(_name("store", text))


def device_id(text: str) -> DeviceId:
    """Parse a device name; raises BadIdentifier."""
    return DeviceId(_name("device", text))


def epoch(text: str) -> Epoch:
    """Parse an outbox epoch, 128 random bits in hex; raises BadIdentifier."""
    if not _EPOCH.fullmatch(text):
        raise BadIdentifier(f"epoch {text!r} is not 32 lower-case hex digits")
    return Epoch(text)


def is_epoch(text: str) -> bool:
    """Whether ``epoch`` would parse it."""
    return _EPOCH.fullmatch(text) is not None


def new_epoch(random: bytes) -> Epoch:
    """An epoch from 16 random bytes. Never from a clock: two copies of a disk share their clock."""
    if len(random) != 16:  # noqa: PLR2004 - the length of a UUID
        raise BadIdentifier(f"an epoch needs 16 random bytes, not {len(random)}")
    return Epoch(random.hex())


@lru_cache(maxsize=4096)  # asked five times for every batch, about few shops
def part_of(store: StoreId) -> int:
    """The store's part, 0-63: the first byte of its SHA-256, modulo 64. Stable for ever."""
    return hashlib.sha256(store.encode()).digest()[0] % PARTS


@dataclass(frozen=True, slots=True)
class DevicePath:
    """Where a device stands: its tenant, its store and its own name, unique on its broker."""

    tenant: TenantId
    store: StoreId
    device: DeviceId

    @property
    def prefix(self) -> str:
        """The topic prefix, which is also the ``source`` of every event the device sends."""
        return f"lk1/{self.tenant}/{part_of(self.store):02d}/{self.store}/{self.device}"


def uuid7(now_ms: int, random: bytes) -> EventId:
    """A UUIDv7 (RFC 9562 section 5.7) from a Unix time in milliseconds and 10 random bytes.

    The time only makes ids sort well; no key is derived from it.
    """
    if len(random) != 10:  # noqa: PLR2004 - 74 random bits are taken from 80
        raise BadIdentifier(f"a UUIDv7 needs 10 random bytes, not {len(random)}")
    tail = int.from_bytes(random, "big")
    value = (now_ms & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | (tail >> 62 & 0xFFF) << 64
    value |= 0b10 << 62 | tail & (1 << 62) - 1
    return EventId(str(uuid.UUID(int=value)))


def sale_id(tenant: TenantId, natural_key: str) -> SaleId:
    """The id of a sale through all its revisions: UUIDv5 of tenant and natural key."""
    return SaleId(_uuid5(f"{tenant}\x1fsale\x1f{natural_key}"))


def keyed_event_id(tenant: TenantId, natural_key: str, revision: str) -> EventId:
    """The id of a fact that has a key of its own: UUIDv5 of tenant, key and revision.

    The revision is part of it because CloudEvents promises readers that ``source`` and ``id``
    together name one content; a corrected sale is another event about the same sale.
    """
    return EventId(_uuid5(f"{tenant}\x1f{natural_key}\x1f{revision}"))


def _uuid5(name: str) -> str:
    """``str(uuid.uuid5(_NAMESPACE, name))`` at half its price: ingest asks for every event."""
    text = hashlib.sha1(_NAMESPACE_BYTES + name.encode(), usedforsecurity=False).hexdigest()
    variant = _VARIANT[text[16]]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"
