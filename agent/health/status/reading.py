"""The status read from files: beside a running agent without disturbing it, or when it is down.

What is owed is read from the outbox itself and so is always true. What only the process knows (the
line, the clock, what holds up the till) is what it posted last, and the status says how long ago.
"""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from agent.clock import FloorFile, SteadyClock, milliseconds_since_boot, read_boot_id
from agent.config import AgentConfig
from agent.health.alarms import AlarmKind, StandingAlarm, read_alarm_file, read_vocabulary
from agent.health.status.facts import AgentStatus, AlarmStatus, CameraStatus, LineStatus, Status
from agent.health.status.posted import read_posted
from agent.health.status.shown import (
    oldest_sale,
    shown_alarms,
    shown_cameras,
    shown_room,
    shown_streams,
    troubles_of,
)
from agent.outbox import Inspection
from agent.outbox.alarms import read_alarms
from agent.outbox.holder import holder_of
from agent.outbox.stocktaking import take_stock
from agent.replica.inspection import count_cards
from models.runtime.clock import Clock, SystemClock
from models.wire.events.device import CameraState
from models.wire.topics import Stream


def read_status(config: AgentConfig, now: datetime | None = None) -> Status:
    """Read it. Takes no lock and writes nothing.

    Args:
        config: of the agent in question.
        now: of the machine's clock; asked where it is absent.

    Raises:
        DiskUnusable: there is no outbox, or the disk does not let it be read.
        OutboxCorrupt: the outbox cannot be read.
    """
    at = now or datetime.now(UTC)
    posted = read_posted(config.status_file)
    with closing(Inspection.open(config.outbox_file)) as inspection:
        epoch, depths = inspection.epoch, inspection.depths()
        dead_letters = inspection.count_dead_letters()
    streams = shown_streams(depths, now or _outbox_clock(config).now())
    stock = take_stock(config.outbox_file, config.outbox)
    shelved = count_cards(config.replica_file)
    agent = _agent(config, posted, at)
    return Status(
        at=at,
        device=config.device.path.prefix,
        agent=agent,
        alarms=standing_alarms(config),
        epoch=epoch,
        streams=streams,
        oldest_sale_at=oldest_sale(streams, at),
        room=shown_room(
            stock.budgets,
            free_bytes=shutil.disk_usage(config.device.data_dir).free,
            floor_bytes=config.outbox.free_floor_bytes,
            gave_way=stock.gave_way,
            refused=_refused(posted, running=agent.running),
        ),
        line=_line(posted, running=agent.running),
        clock=posted.clock if posted else None,
        till=posted.till if posted and config.till.folder else None,
        sources=posted.sources if posted and config.has_sources else [],
        workstations=posted.workstations if posted else [],
        books_trouble=posted.books_trouble if posted else "",
        operators=posted.operators if posted and config.captures_sales else None,
        cameras=_cameras(config.cameras_file, at) if config.camera else [],
        dead_letters=dead_letters,
        quarantined=count_quarantined(config),
        cards=shelved.cards,
        cards_through=shelved.through,
        outbox_bytes=_bytes_of(config.outbox_file),
    )


def count_quarantined(config: AgentConfig) -> int:
    """Unreadable till files that are kept."""
    return sum(1 for _ in (config.device.data_dir / "quarantine").glob("*.sealed"))


def standing_alarms(config: AgentConfig) -> list[AlarmStatus]:
    """As the agent kept them, without the repairs that somebody has acknowledged since."""
    kept = read_alarm_file(config.alarms_file)
    seen = [alarm for alarm in kept if alarm.kind is not AlarmKind.OUTBOX_SALVAGED]
    salvages = [
        StandingAlarm(AlarmKind.OUTBOX_SALVAGED, trouble.since, trouble.about, trouble.detail)
        for trouble in troubles_of(read_alarms(config.outbox_file))
        if trouble.since is not None
    ]
    return shown_alarms([*salvages, *seen], read_vocabulary())


def _agent(config: AgentConfig, posted: Status | None, at: datetime) -> AgentStatus:
    holder = holder_of(config.outbox_file)
    told = posted.agent if posted else None
    return AgentStatus(
        running=holder is not None,
        pid=holder.pid if holder else None,
        version=told.version if told else "",
        uptime_s=told.uptime_s if told and holder else 0.0,
        told_at=posted.at if posted else None,
        told_age_s=round(max(0.0, (at - posted.at).total_seconds()), 1) if posted else None,
    )


def _line(posted: Status | None, *, running: bool) -> LineStatus | None:
    """As posted; nobody is online who does not run."""
    if posted is None or posted.line is None:
        return None
    if running or not posted.line.online:
        return posted.line
    return msgspec.structs.replace(posted.line, online=False, since=posted.at)


def _refused(posted: Status | None, *, running: bool) -> dict[Stream, int]:
    if posted is None or posted.room is None or not running:
        return {}
    return {Stream(name): count for name, count in posted.room.refused.items()}


def _cameras(path: Path, now: datetime) -> list[CameraStatus]:
    """What the agent shows; nothing where it has not run with a camera."""
    try:
        states = msgspec.json.decode(path.read_bytes(), type=list[CameraState])
        shown_s = max(0.0, now.timestamp() - path.stat().st_mtime)
    except (OSError, msgspec.DecodeError):
        return []
    return shown_cameras(states, shown_s)


def _outbox_clock(config: AgentConfig) -> Clock:
    """The clock that dates the outbox, as the agent would have it if it started now."""
    floor = FloorFile.of(config.device.data_dir).read()
    return SteadyClock(SystemClock(), read_boot_id(), milliseconds_since_boot, floor)


def _bytes_of(path: Path) -> int:
    names = (path.name, f"{path.name}-wal", f"{path.name}-shm")
    return sum(_size_of(path.with_name(name)) for name in names)


def _size_of(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # an agent that ends takes its log along, perhaps right now
        return 0
