"""The regular sign of life: what is still owed, and how the box feels."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import psutil

from agent.health.status.tills import SourceStatus, TakenStatus, TillStatus, WorkstationStatus
from agent.outbox import Depth
from models.wire.envelope import utc_ms
from models.wire.events.device import (
    CameraState,
    Heartbeat,
    SourceState,
    StreamDepth,
    WorkstationState,
)

_MOST_WORKSTATIONS: Final = 50


@dataclass(frozen=True, slots=True)
class Vitals:
    """Where a heartbeat takes its figures from.

    Attributes:
        till: the till's folder; None on a box without one.
        sources: of sales, besides that.
        workstations: what the till's books say of each, the worst first.
        now: the clock by which the outbox dates what it holds.
        uptime_s: seconds since the agent started, by a clock that never jumps.
    """

    depths: Callable[[], Sequence[Depth]]
    quarantined: Callable[[], int]
    rejected: Callable[[], int]
    cards: Callable[[], int]
    cameras: Callable[[], Sequence[CameraState]]
    till: Callable[[], TillStatus | None]
    sources: Callable[[], Sequence[SourceStatus]]
    workstations: Callable[[], Sequence[WorkstationStatus]]
    data_dir: Path
    now: Callable[[], datetime]
    uptime_s: Callable[[], float]


def take_pulse(vitals: Vitals) -> Heartbeat:
    """A heartbeat as of now."""
    now = vitals.now()
    return Heartbeat(
        uptime_s=round(vitals.uptime_s(), 1),
        streams=[_depth(depth, now) for depth in vitals.depths()],
        quarantined=vitals.quarantined(),
        rejected=vitals.rejected(),
        cards=vitals.cards(),
        rss_bytes=psutil.Process().memory_info().rss,
        disk_free_bytes=shutil.disk_usage(vitals.data_dir).free,
        cameras=list(vitals.cameras()),
        sources=[*_folder(vitals.till()), *(_source(each) for each in vitals.sources())],
        workstations=_troubled(vitals.workstations()),
    )


def _folder(till: TillStatus | None) -> Iterator[SourceState]:
    if till is None:
        return
    state = _state(blocked=till.blocked, present=till.folder_present, at_ease=till.at_ease)
    yield _taken_in(
        "",
        "folder",
        state,
        till.taken,
        quarantined=till.quarantined,
        last_at=till.last_file_at,
    )


def _source(source: SourceStatus) -> SourceState:
    state = _state(
        blocked=source.blocked,
        present=source.present,
        at_ease=source.at_ease and source.started,
        reachable=source.reachable is not False,
    )
    told = _taken_in(
        source.name,
        source.kind,
        state,
        source.taken,
        quarantined=source.set_aside,
        last_at=source.last_at,
    )
    return msgspec.structs.replace(told, breaks=source.gaps)


def _taken_in(
    name: str,
    kind: str,
    state: str,
    taken: TakenStatus,
    *,
    quarantined: int,
    last_at: datetime | None,
) -> SourceState:
    return SourceState(
        name=name,
        kind=kind,
        state=state,
        profiles=[each.profile for each in taken.balances],
        captured=taken.captured,
        quarantined=quarantined,
        late=taken.late,
        judged=sum(each.judged for each in taken.balances),
        unbalanced=sum(each.unbalanced for each in taken.balances),
        gaps=taken.missing,
        repeats=taken.repeated,
        last_at=utc_ms(last_at) if last_at else "",
    )


def _state(*, blocked: str, present: bool, at_ease: bool, reachable: bool = True) -> str:
    """One word: what stands in the way most."""
    if blocked:
        return "blocked"
    if not present:
        return "missing"
    if not reachable:
        return "unreachable"
    return "ready" if at_ease else "starting"


def _troubled(workstations: Sequence[WorkstationStatus]) -> list[WorkstationState]:
    return [
        WorkstationState(
            business_unit=each.business_unit,
            workstation_id=each.workstation_id,
            gaps=each.missing,
            repeats=each.repeated,
            late=each.late,
            since=each.since.isoformat(),
        )
        for each in workstations
        if each.since is not None
    ][:_MOST_WORKSTATIONS]


def _depth(depth: Depth, now: datetime) -> StreamDepth:
    age_s = 0.0
    if depth.oldest_appended_at is not None:
        age_s = max(0.0, (now - depth.oldest_appended_at).total_seconds())
    return StreamDepth(stream=depth.stream, pending=depth.pending, oldest_age_s=round(age_s, 1))
