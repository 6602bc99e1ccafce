"""How right a camera's counts were found to be, by a person who counted beside it.

The audit travels once; the intervals that were counted in the same way bear its id in ``audit``
(``FootfallCounted``), so that whoever reads a count can tell how far it was ever checked.
"""

from __future__ import annotations

import math
from datetime import datetime
from enum import StrEnum

import msgspec

from models.wire.calendar import YEARS


class AuditedWay(StrEnum):
    """Which way somebody crossed a line."""

    IN = "in"
    OUT = "out"


class AuditFigure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A figure and its 95 % interval; without ``low`` and ``high`` too little was seen for one."""

    value: float
    low: float | None = None
    high: float | None = None


class AuditTally(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line in one direction, or all together.

    Attributes:
        seen: crossings that a person marked beyond argument.
        told: crossings that the counter told, without those of arguable marks.
        hits: of both, the same.
        recall: hits of those seen; None where nobody was seen.
        precision: hits of those told; None where nothing was told.
        line: its name; empty for all together.
        way: likewise None.
    """

    seen: int
    told: int
    hits: int
    recall: AuditFigure | None = None
    precision: AuditFigure | None = None
    line: str = ""
    way: AuditedWay | None = None


class FootfallAudited(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An audit of one camera, finished.

    Attributes:
        camera: unique within its device.
        audit: the id that the counts bear for which it holds.
        audited_at: when its figures were made; aware UTC.
        watched_s: how long was watched, in which time everybody who crossed was marked.
        tolerance_s: a mark and a crossing further apart than this are not the same.
        rule, network: what counted, as in ``FootfallCounted``.
        total: all lines and directions together.
        sides: each line in each direction.
        f1: the harmonic mean of recall and precision.
        bias: how many more were told than seen, as a share of those seen.
        wape_minute: of one-minute windows, per line and direction: the sum of what each is off,
            over the sum of those seen; windows in which nobody was seen count as well.
        wape_quarter: likewise of a quarter of an hour; None where less was watched.
        drift_per_hour: persons inside too many an hour, from these lines alone.
        staff: of crossings that were seen and told, how the staff among them were known.
        wape_groups: as ``wape_minute``, of groups of visitors.
        live: marked beside the running counter, not from a recording.
    """

    camera: str
    audit: str
    audited_at: datetime
    watched_s: float
    tolerance_s: float
    rule: str
    network: str
    total: AuditTally
    sides: list[AuditTally] = []
    f1: AuditFigure | None = None
    bias: AuditFigure | None = None
    wape_minute: AuditFigure | None = None
    wape_quarter: AuditFigure | None = None
    drift_per_hour: float = 0.0
    staff: AuditTally | None = None
    wape_groups: AuditFigure | None = None
    live: bool = False

    def __post_init__(self) -> None:
        """A time that no calendar of ours holds would stop everything that follows from it."""
        if self.audited_at.tzinfo is None or self.audited_at.year not in YEARS:
            raise ValueError(
                f"audited_at must be aware and lie in {YEARS.start} to {YEARS.stop - 1}"
            )
        if not (math.isfinite(self.watched_s) and self.watched_s > 0):
            raise ValueError("watched_s must be above 0")
