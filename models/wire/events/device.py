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


class CameraState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one camera of the device does.

    Attributes:
        name: unique within the device.
        state: ``watching``, ``starting``, ``lost``, ``stalled``, ``refused`` or ``ended``.
        since_s: seconds that it has been in this state.
        sampled_fps: pictures looked at per second, lately.
        wanted_fps: as many were aimed at; 0 where every picture is looked at, or nothing is known.
        troubles: why its pictures are not to be trusted now: ``blocked``, ``moved``, ``dark`` or
            ``frozen``.
        troubled_s: seconds since the first of them began; 0 without any, or by an older agent.
    """

    name: str
    state: str
    since_s: float
    sampled_fps: float
    wanted_fps: float = 0.0
    troubles: list[str] = []
    troubled_s: float = 0.0


class SourceState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one source of sales of the device does. Counts are since the agent started.

    Attributes:
        name: as configured, unique within the device; empty for the till's folder.
        kind: ``folder`` (the till's), ``journal``, ``tap``, ``prints``, ``database``, ``web`` or
            ``odoo``.
        state: ``ready``, ``starting``, ``blocked``, ``missing`` (its folder or file is not there)
            or ``unreachable`` (a tap's printer does not answer).
        profiles: by which its sales were read so far.
        captured: sales that were new to the device, control transactions included.
        quarantined: records and files that could not be read.
        breaks: how often something of it may be missing, as far as it noticed by itself.
        late: sales whose business day was closed before they came.
        judged: the last sales whose arithmetic was looked at, a few hundred at most.
        unbalanced: so many of them do not add up.
        gaps: numbers that are missing on the workstations whose numbers it tells.
        repeats: numbers that these workstations gave twice.
        last_at: RFC 3339 in UTC of the last capture; empty before the first.
    """

    name: str
    kind: str
    state: str
    profiles: list[str] = []
    captured: int = 0
    quarantined: int = 0
    breaks: int = 0
    late: int = 0
    judged: int = 0
    unbalanced: int = 0
    gaps: int = 0
    repeats: int = 0
    last_at: str = ""


class WorkstationState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the device's books find wrong with one workstation, in the days that they keep.

    Attributes:
        gaps: sequence numbers that were not captured and are not under way.
        repeats: numbers that two transactions of one business day bear.
        late: transactions whose business day was closed before they came.
        since: the first business day that has one of these, ``YYYY-MM-DD``.
    """

    business_unit: str
    workstation_id: str
    gaps: int = 0
    repeats: int = 0
    late: int = 0
    since: str = ""


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A regular sign of life.

    Attributes:
        sources: of sales, the till's folder first.
        workstations: those with something to say, the worst first, a few dozen at most.
    """

    uptime_s: float
    streams: list[StreamDepth]
    quarantined: int = 0
    rejected: int = 0
    cards: int = 0
    rss_bytes: int = 0
    disk_free_bytes: int = 0
    cameras: list[CameraState] = []
    sources: list[SourceState] = []
    workstations: list[WorkstationState] = []


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
