"""How long people stay in a zone, and how long they wait in a queue. Pure.

Histograms of stays add, so the percentiles of an hour or a day come from their sum; percentiles
themselves are never averaged.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cloud.footfall import CameraKey, ZoneCount
from models.wire.events.footfall import ZoneKind
from models.wire.events.footfall_sum import stay_percentile_s


@dataclass(frozen=True, slots=True)
class ZoneFigures:
    """One zone over some time.

    Attributes:
        observed_ms: how long it was watched.
        person_ms, staff_ms: time that visitors, and staff, spent in it, added up.
        most: as many visitors were in it at once.
        stays: stays that ended, by bucket; a queue's are its waiting times.
        cut: stays of which nobody saw the beginning or the end; in no percentile.
    """

    key: CameraKey
    zone: str
    kind: ZoneKind
    observed_ms: int
    person_ms: int
    staff_ms: int
    most: int
    stays: tuple[int, ...]
    cut: int

    @property
    def mean(self) -> float | None:
        """How many visitors were in it on average, weighted by time; None when not watched."""
        return self.person_ms / self.observed_ms if self.observed_ms else None

    @property
    def ended(self) -> int:
        """How many stays the percentiles are of."""
        return sum(self.stays)

    @property
    def p50_s(self) -> float | None:
        """Half of the stays were no longer; None without any."""
        return stay_percentile_s(self.stays, 0.5)

    @property
    def p90_s(self) -> float | None:
        """Nine of ten stays were no longer; None without any."""
        return stay_percentile_s(self.stays, 0.9)


def zone_figures(counts: Iterable[ZoneCount]) -> list[ZoneFigures]:
    """One per zone, queues last, by camera and name."""
    zones: defaultdict[tuple[ZoneKind, CameraKey, str], list[ZoneCount]] = defaultdict(list)
    for count in counts:
        zones[count.kind, count.key, count.zone].append(count)
    return [_sum(parts) for _, parts in sorted(zones.items())]


def _sum(parts: Sequence[ZoneCount]) -> ZoneFigures:
    stays: Counter[int] = Counter()
    for part in parts:
        stays.update(part.stays)
    first = parts[0]
    return ZoneFigures(
        key=first.key,
        zone=first.zone,
        kind=first.kind,
        observed_ms=sum(part.observed_ms for part in parts),
        person_ms=sum(part.person_ms for part in parts),
        staff_ms=sum(part.staff_ms for part in parts),
        most=max(part.most for part in parts),
        stays=tuple(stays[bucket] for bucket in range(max(stays, default=-1) + 1)),
        cut=sum(part.cut for part in parts),
    )
