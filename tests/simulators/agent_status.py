"""Statuses for tests: a shop at noon where all is well, and the same shop in trouble."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from agent.health.alarms import AlarmKind, StandingAlarm, read_vocabulary
from agent.health.status.facts import (
    AgentStatus,
    BudgetStatus,
    CameraStatus,
    ClockStatus,
    LineStatus,
    RoomStatus,
    Status,
    StreamStatus,
)
from agent.health.status.shown import shown_alarms
from agent.health.status.tills import (
    BalanceStatus,
    NumbersStatus,
    SourceKind,
    SourceStatus,
    TakenStatus,
    TillStatus,
    WorkstationStatus,
)
from models.wire.topics import Stream
from tests.simulators.facts import NOON

MIB = 1 << 20


def a_status(**changes: object) -> Status:
    """All is well, except for what is changed."""
    return msgspec.structs.replace(_well(), **changes)


def a_troubled_status() -> Status:
    """Offline for hours, a till that found no room, a camera that is gone."""
    alarms = [
        StandingAlarm(
            AlarmKind.SALE_REFUSED,
            NOON - timedelta(minutes=4),
            detail="1311 bytes of stream sale do not fit into the outbox",
        ),
        StandingAlarm(AlarmKind.OFFLINE, NOON - timedelta(hours=3)),
        StandingAlarm(AlarmKind.CAMERA_BLIND, NOON - timedelta(minutes=9), "door", "lost"),
    ]
    room = RoomStatus(
        budgets=[
            BudgetStatus(name="total", used_bytes=1023 * MIB, limit_bytes=1024 * MIB),
            BudgetStatus(name="footfall", used_bytes=63 * MIB, limit_bytes=64 * MIB),
            BudgetStatus(name="telemetry", used_bytes=16 * MIB, limit_bytes=32 * MIB),
        ],
        disk_free_bytes=40 * MIB,
        disk_floor_bytes=64 * MIB,
        gave_way={"thinned": 1440, "dropped": 90},
        refused={"sale": 3},
    )
    return a_status(
        alarms=shown_alarms(alarms, read_vocabulary()),
        streams=streams(sale=48_210, footfall=412, telemetry=360),
        oldest_sale_at=NOON - timedelta(hours=3),
        room=room,
        line=LineStatus(
            online=False,
            since=NOON - timedelta(hours=3),
            acknowledged_at=NOON - timedelta(hours=3),
        ),
        till=TillStatus(
            waiting=3,
            blocked="no room",
            out_of_room=True,
            folder_present=True,
            at_ease=False,
            last_file_at=NOON - timedelta(minutes=5),
        ),
        cameras=[camera("lost", since_s=540.0)],
        dead_letters=2,
    )


def streams(**pending: int) -> list[StreamStatus]:
    """Every stream; those that are named owe so many events for three hours."""
    return [
        StreamStatus(
            stream=stream,
            pending=pending.get(stream, 0),
            oldest_age_s=10_800.0 if pending.get(stream) else 0.0,
            last=50_000,
        )
        for stream in Stream
    ]


def camera(
    state: str, *, since_s: float = 60.0, name: str = "door", troubles: Sequence[str] = ()
) -> CameraStatus:
    """A camera in a state."""
    return CameraStatus(
        name=name, state=state, since_s=since_s, sampled_fps=0.0, troubles=list(troubles)
    )


def a_till(**changes: object) -> TillStatus:
    """A till's folder that is served, except for what is changed."""
    return msgspec.structs.replace(
        TillStatus(
            waiting=0,
            blocked="",
            out_of_room=False,
            folder_present=True,
            at_ease=True,
            last_file_at=NOON - timedelta(minutes=1),
            taken=taken(),
        ),
        **changes,
    )


def taken(unbalanced: int = 0, judged: int = 200, **changes: object) -> TakenStatus:
    """What came of a source, of whose last sales so many do not add up."""
    balance = BalanceStatus(profile="arts-poslog", judged=judged, unbalanced=unbalanced)
    return msgspec.structs.replace(TakenStatus(captured=412, balances=[balance]), **changes)


def a_workstation(**changes: object) -> WorkstationStatus:
    """A workstation without a fault, except for what is changed."""
    whole = WorkstationStatus(business_unit="9", workstation_id="3")
    return msgspec.structs.replace(whole, **changes)


def numbers(first: int, last: int = 0, *, recent: bool = True) -> NumbersStatus:
    """Numbers of the day of ``NOON``."""
    end = last or first
    return NumbersStatus(
        day=NOON.date(), first=f"{first}", last=f"{end}", count=end - first + 1, recent=recent
    )


def a_source(kind: SourceKind = SourceKind.TAP, **changes: object) -> SourceStatus:
    """A source that is served, except for what is changed."""
    return msgspec.structs.replace(SourceStatus(name="front", kind=kind), **changes)


def a_line(**changes: object) -> LineStatus:
    """A line that is up, except for what is changed."""
    return msgspec.structs.replace(
        LineStatus(
            online=True,
            since=NOON - timedelta(hours=5),
            acknowledged_at=NOON - timedelta(seconds=3),
            ledger_silent=False,
            login_refused=False,
            identity_shared=False,
            held_back=0,
            fault="",
        ),
        **changes,
    )


def _well() -> Status:
    return Status(
        at=NOON,
        device="lk1/demo/07/sh-0001/sh-0001-pos1",
        agent=AgentStatus(
            running=True, pid=4321, version="0.1.0", uptime_s=18_000.0, told_at=NOON, told_age_s=0.0
        ),
        epoch="9d1f",
        streams=streams(),
        room=RoomStatus(
            budgets=[
                BudgetStatus(name="total", used_bytes=41 * MIB, limit_bytes=1024 * MIB),
                BudgetStatus(name="footfall", used_bytes=2 * MIB, limit_bytes=64 * MIB),
                BudgetStatus(name="telemetry", used_bytes=1 * MIB, limit_bytes=32 * MIB),
            ],
            disk_free_bytes=9000 * MIB,
            disk_floor_bytes=64 * MIB,
        ),
        line=a_line(),
        clock=ClockStatus(quality="synchronised", skew_s=0.2),
        till=a_till(),
        cameras=[camera("watching")],
        cards_through=812,
    )
