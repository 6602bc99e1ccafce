"""What is true of a device."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from models.wire.ids import DevicePath


class DeviceKind(StrEnum):
    """What a box is there for."""

    POS = "pos"
    TABLET = "tablet"
    CAMERA = "camera"
    HUB = "hub"


@dataclass(frozen=True, slots=True)
class Device:
    """An enrolled device. Times are aware UTC; ``revoked_at`` is None while it may log in."""

    path: DevicePath
    kind: DeviceKind
    enrolled_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A login that was just made. The secret is shown once and then exists nowhere here."""

    path: DevicePath
    secret: str = field(repr=False)
