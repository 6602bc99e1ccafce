"""What a camera counted: one minute of one camera, or a part of that minute.

Absent is never zero. A minute in which nobody watched is told with ``observed_ms`` 0, no lines and
the gaps that explain it; a minute of which nothing is told was not accounted for at all.

A minute may come in several parts (the agent was restarted, the clock was set back); readers add
them. Each part is an event with an id of its own, so a repeat on the wire adds nothing.

A device whose disk budget is spent merges pending events of one camera into coarser ones. The
merged event names those that it ``replaces``: one of them may have reached the cloud all the same
(it was on its way, or an older image of the disk sent it), and its people must not count twice.

Every figure adds up over intervals but ``most``, of which the greatest holds: ``footfall_sum``.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

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


class LineKind(StrEnum):
    """What a line is drawn across."""

    ENTRANCE = "entrance"  # a way in: whoever crosses it comes or goes
    PASSING = "passing"  # the way past the shop: whoever crosses it is a passer-by


class ZoneKind(StrEnum):
    """What an area of the picture is for. Only the first two are told."""

    DWELL = "dwell"  # where people stay: how many, and for how long
    QUEUE = "queue"  # where they wait: the same, and a stay is a waiting time
    EXCLUDED = "excluded"  # whose foot is in it is not looked at
    STAFF = "staff"  # whoever is first seen in it is staff

    @property
    def is_told(self) -> bool:
        """Whether events tell of it."""
        return self in (ZoneKind.DWELL, ZoneKind.QUEUE)


class MarkKind(StrEnum):
    """Why a camera that gives pictures is not to be trusted."""

    BLOCKED = "blocked"
    MOVED = "moved"
    DARK = "dark"
    FROZEN = "frozen"
    GARBLED = "garbled"  # pictures were damaged on their way


STAY_BOUNDS_S: Final = tuple(float(f"{10 ** (step / 20):.3g}") for step in range(84))
"""The bounds between the buckets of ``ZoneTally.stays``, in seconds: 1, 1.12, 1.26, 1.41 … 14100
(3 h 55 min), twenty to a factor of ten, to three digits. Neighbours differ by at most 12.7 %, so
that the middle of a bucket is within 6.2 % of whatever lies in it. They never change."""

HEAT_COLUMNS: Final = 32
HEAT_ROWS: Final = 18


class LineTally(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who crossed one line, by direction.

    Visitors that came are ``ingress - staff_ingress - again``: nobody is in two of the sub-counts.

    Attributes:
        line: its name, unique within its camera.
        ingress, egress: heads, whoever they are.
        kind: of a passing line both directions are people who pass by.
        staff_ingress, staff_egress: how many of them were staff.
        groups_in, groups_out: groups of visitors that crossed; somebody alone is one.
        again: how many of ``ingress`` had gone out shortly before; approximate.
    """

    line: str
    ingress: int
    egress: int
    kind: LineKind = LineKind.ENTRANCE
    staff_ingress: int = 0
    staff_egress: int = 0
    groups_in: int = 0
    groups_out: int = 0
    again: int = 0


class ZoneTally(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who was in one zone, and how long those stayed who left it.

    Attributes:
        zone: its name, unique within its camera.
        kind: ``dwell`` or ``queue``.
        person_ms: time spent in it by all together, without staff: over the interval's
            ``observed_ms`` it is the mean number of people in it.
        staff_ms: the staff's time in it.
        most: as many were in it at once, without staff.
        stays: stays that ended in the interval, without staff, by their length: one count per
            bucket, the first for less than ``STAY_BOUNDS_S[0]``, the next for less than
            ``STAY_BOUNDS_S[1]`` …, the last for what is longer than all; empty buckets at the end
            are left out.
        cut: stays of which nobody saw the beginning or the end, and which are in no bucket.
    """

    zone: str
    kind: ZoneKind
    person_ms: int = 0
    staff_ms: int = 0
    most: int = 0
    stays: list[int] = []
    cut: int = 0


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """For so long of the interval the camera watched and was not to be trusted."""

    kind: MarkKind
    ms: int


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
        zones: every dwell and queue zone of the camera when ``observed_ms`` is more than 0.
        heat: where visitors stood and walked: pairs of a cell and milliseconds, by cell. A cell is
            ``row * 32 + column`` of a grid of 18 rows and 32 columns over the picture.
        marks: at most one per kind.
        analyses: name and version of what made staff, groups, returns, zones and heat of tracks.
            Empty where nobody did, as by an agent that is too old: those figures are then unknown,
            which is not zero.
        audit: id of the last audit that holds for camera, lines, rule and network; empty for none.
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
    zones: list[ZoneTally] = []
    heat: list[tuple[int, int]] = []
    marks: list[Mark] = []
    analyses: str = ""
    audit: str = ""

    def __post_init__(self) -> None:
        """A time that no calendar of ours holds would stop everything that follows from it."""
        if self.begin_at.tzinfo is None or self.begin_at.year not in YEARS:
            raise ValueError(f"begin_at must be aware and lie in {YEARS.start} to {YEARS.stop - 1}")
