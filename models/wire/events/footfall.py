"""What a camera counted: one minute of one camera, or a part of that minute.

Absent is never zero. A minute in which nobody watched is told with ``observed_ms`` 0, no lines and
the gaps that explain it; a minute of which nothing is told was not accounted for at all.

A minute may come in several parts (the agent was restarted, the clock was set back); readers add
them. Each part is an event with an id of its own, so a repeat on the wire adds nothing.

A device whose disk budget is spent merges pending events of one camera into coarser ones. The
merged event names those that it ``replaces``: one of them may have reached the cloud all the same
(it was on its way, or an older image of the disk sent it), and its people must not count twice.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from models.wire.calendar import YEARS


class GapReason(StrEnum):
    """Why nobody watched."""

    STARTING = "starting"
    LOST = "lost"
    STALLED = "stalled"
    REFUSED = "refused"
    ENDED = "ended"
    SLOW = "slow"


class LineTally(msgspec.Struct, frozen=True, kw_only=True):
    """Who crossed one line, by direction; the line's name is unique within its camera."""

    line: str
    ingress: int
    egress: int


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Time within the interval in which nobody watched, and why."""

    reason: GapReason
    ms: int


class FootfallCounted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One interval of one camera.

    Attributes:
        camera: unique within its device.
        begin_at: aware UTC, on a full minute.
        duration_s: the interval's length; 60 unless a spent disk budget made it coarser: 900, or
            3600 on the full hour of the shop's clock.
        observed_ms: how much of it was watched closely enough to count.
        samples: pictures that were looked at.
        lines: every line of the camera when ``observed_ms`` is more than 0, else none.
        gaps: what explains the rest, at most one per reason.
        network: name and the first eight hex digits of the SHA-256 of the network that looked.
        rule: name and version of the rule that turned tracks into crossings.
        replaces: ids of the events whose sum this one is, and of those that they had replaced. Who
            has one of them as well counts this one alone.
    """

    camera: str
    begin_at: datetime
    observed_ms: int
    samples: int
    lines: list[LineTally]
    duration_s: int = 60
    gaps: list[Gap] = []
    network: str = ""
    rule: str = ""
    replaces: list[str] = []

    def __post_init__(self) -> None:
        """A time that no calendar of ours holds would stop everything that follows from it."""
        if self.begin_at.tzinfo is None or self.begin_at.year not in YEARS:
            raise ValueError(f"begin_at must be aware and lie in {YEARS.start} to {YEARS.stop - 1}")
