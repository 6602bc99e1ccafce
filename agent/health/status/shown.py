"""Facts of other parts in the words of the status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from agent.health.alarms import AlarmKind, Entry, StandingAlarm
from agent.health.alarms.board import Trouble
from agent.health.status.facts import (
    AlarmStatus,
    BudgetStatus,
    CameraStatus,
    RoomStatus,
    StreamStatus,
)
from agent.outbox import Budget, Depth
from agent.outbox.alarms import Alarm
from agent.outbox.voiding import Cause
from models.wire.events.device import CameraState
from models.wire.topics import Stream


def shown_streams(depths: Sequence[Depth], now: datetime) -> list[StreamStatus]:
    """Depth and age of every stream; ``now`` is on the clock that dates the outbox."""
    return [
        StreamStatus(
            stream=depth.stream,
            pending=depth.pending,
            oldest_age_s=_age_s(depth.oldest_appended_at, now),
            last=depth.last,
            kept=depth.kept,
        )
        for depth in depths
    ]


def oldest_sale(streams: Sequence[StreamStatus], at: datetime) -> datetime | None:
    """When the oldest unsettled sale was stored, on the clock of ``at``."""
    for stream in streams:
        if stream.stream == Stream.SALE and stream.pending:
            return at - timedelta(seconds=stream.oldest_age_s)
    return None


def shown_room(
    budgets: Sequence[Budget],
    *,
    free_bytes: int,
    floor_bytes: int,
    gave_way: Mapping[Cause, int],
    refused: Mapping[Stream, int],
) -> RoomStatus:
    """The budgets, and what they cost."""
    return RoomStatus(
        budgets=[
            BudgetStatus(name=each.name, used_bytes=each.used_bytes, limit_bytes=each.limit_bytes)
            for each in budgets
        ],
        disk_free_bytes=free_bytes,
        disk_floor_bytes=floor_bytes,
        gave_way={str(cause): count for cause, count in gave_way.items()},
        refused={str(stream): count for stream, count in refused.items()},
    )


def shown_cameras(states: Sequence[CameraState], shown_s: float = 0.0) -> list[CameraStatus]:
    """The cameras, as they were ``shown_s`` ago."""
    return [
        CameraStatus(
            name=each.name,
            state=each.state,
            since_s=each.since_s,
            sampled_fps=each.sampled_fps,
            shown_s=round(shown_s, 1),
            wanted_fps=each.wanted_fps,
            troubles=list(each.troubles),
        )
        for each in states
    ]


def shown_alarms(
    standing: Sequence[StandingAlarm], vocabulary: Mapping[AlarmKind, Entry]
) -> list[AlarmStatus]:
    """The alarms with their words, the urgent ones first."""
    shown = [
        AlarmStatus(
            alarm=alarm.kind,
            severity=vocabulary[alarm.kind].severity,
            since=alarm.since,
            about=alarm.about,
            detail=alarm.detail,
            what=vocabulary[alarm.kind].en.what,
            next_step=vocabulary[alarm.kind].en.next,
        )
        for alarm in standing
    ]
    return sorted(shown, key=lambda alarm: alarm.severity != "urgent")


def troubles_of(alarms: Sequence[Alarm]) -> list[Trouble]:
    """The outbox's own alarms that nobody has acknowledged."""
    return [Trouble(f"{alarm.at:%Y-%m-%dT%H:%M:%SZ}", alarm.message, alarm.at) for alarm in alarms]


def _age_s(since: datetime | None, now: datetime) -> float:
    return round(max(0.0, (now - since).total_seconds()), 1) if since else 0.0
