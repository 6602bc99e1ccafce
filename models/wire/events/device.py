"""What a device says of itself and of its outbox."""

from __future__ import annotations

import msgspec

from models.wire.ranges import Range


class StreamDepth(msgspec.Struct, frozen=True, kw_only=True):
    """How much of one stream is not settled yet.

    Attributes:
        oldest_age_s: seconds since the oldest unsettled event was stored, 0 when none is owed.
    """

    stream: str
    pending: int
    oldest_age_s: float


class CameraState(msgspec.Struct, frozen=True, kw_only=True):
    """How one camera of the device does.

    Attributes:
        name: unique within the device.
        state: ``watching``, ``starting``, ``lost``, ``stalled``, ``refused`` or ``ended``.
        since_s: seconds that it has been in this state.
        sampled_fps: pictures looked at per second, lately.
    """

    name: str
    state: str
    since_s: float
    sampled_fps: float


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A regular sign of life."""

    uptime_s: float
    streams: list[StreamDepth]
    quarantined: int = 0
    rejected: int = 0
    cards: int = 0
    rss_bytes: int = 0
    disk_free_bytes: int = 0
    cameras: list[CameraState] = []


class RangeVoid(msgspec.Struct, frozen=True, kw_only=True):
    """Sequences that will never come: thinned or lost, said openly.

    Attributes:
        ranges: of this event's own device, in the named epoch and stream.
        count: how many events they held, as far as the device knows.
    """

    epoch: str
    stream: str
    ranges: list[Range]
    count: int
    reason: str


class StreamClosed(msgspec.Struct, frozen=True):
    """The last sequence that a closed epoch assigned in one stream."""

    stream: str
    last: int


class EpochClosed(msgspec.Struct, frozen=True, kw_only=True):
    """An outbox ended; what it still held continues in the successor under new sequences.

    What the ledger has not settled up to each ``last`` is void in the closed epoch.
    """

    epoch: str
    successor: str
    reason: str
    streams: list[StreamClosed]
