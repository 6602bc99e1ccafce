"""The regular sign of life: what is still owed, and how the box feels."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil

from agent.outbox import Depth
from models.wire.events.device import CameraState, Heartbeat, StreamDepth


@dataclass(frozen=True, slots=True)
class Vitals:
    """Where a heartbeat takes its figures from.

    Attributes:
        now: the clock by which the outbox dates what it holds.
        uptime_s: seconds since the agent started, by a clock that never jumps.
    """

    depths: Callable[[], Sequence[Depth]]
    quarantined: Callable[[], int]
    rejected: Callable[[], int]
    cards: Callable[[], int]
    cameras: Callable[[], Sequence[CameraState]]
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
    )


def _depth(depth: Depth, now: datetime) -> StreamDepth:
    age_s = 0.0
    if depth.oldest_appended_at is not None:
        age_s = max(0.0, (now - depth.oldest_appended_at).total_seconds())
    return StreamDepth(stream=depth.stream, pending=depth.pending, oldest_age_s=round(age_s, 1))
