"""What the agent owes and holds, read from its files: works whether it runs or not."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from agent.config import AgentConfig
from agent.outbox import Depth, Inspection
from agent.replica.inspection import count_cards
from models.wire.events.device import CameraState


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """One stream: what is owed, and since when."""

    stream: str
    pending: int
    oldest_age_s: float
    last: int


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """One camera, as the agent showed it last.

    Attributes:
        state: as in a heartbeat, such as ``watching`` or ``lost``.
        since_s: how long it had been in this state then.
        shown_s: how long ago that was; more than a minute means that no agent runs.
    """

    name: str
    state: str
    since_s: float
    sampled_fps: float
    shown_s: float


@dataclass(frozen=True, slots=True)
class Status:
    """The whole agent.

    Attributes:
        captured: transactions in the outbox by kind, settled ones within their retention too.
        dead_letters: events the cloud refused for ever.
        quarantined: unreadable till files that are kept.
        cards_through: how far the shop's card feed is applied.
    """

    device: str
    epoch: str
    streams: list[StreamStatus]
    captured: Mapping[str, int]
    dead_letters: int
    quarantined: int
    cards: int
    cards_through: int
    outbox_bytes: int
    cameras: list[CameraStatus]


def read_status(config: AgentConfig, now: datetime | None = None) -> Status:
    """Read it; raises DiskUnusable and OutboxCorrupt as the outbox does."""
    moment = now or datetime.now(UTC)
    with closing(Inspection.open(config.outbox_file)) as inspection:
        epoch, depths = inspection.epoch, inspection.depths()
        captured, dead_letters = inspection.captured(), inspection.count_dead_letters()
    shelved = count_cards(config.replica_file)
    return Status(
        device=config.device.path.prefix,
        epoch=epoch,
        streams=[_stream(depth, moment) for depth in depths],
        captured=captured,
        dead_letters=dead_letters,
        quarantined=len(list((config.device.data_dir / "quarantine").glob("*.sealed"))),
        cards=shelved.cards,
        cards_through=shelved.through,
        outbox_bytes=_bytes_of(config.outbox_file),
        cameras=_cameras(config.cameras_file, moment) if config.camera else [],
    )


def render(status: Status) -> str:
    """A page of text for a person."""
    lines = [f"device       {status.device}", f"epoch        {status.epoch}"]
    for stream in status.streams:
        owed = f"{stream.pending} owed" if stream.pending else "nothing owed"
        age = f", the oldest for {stream.oldest_age_s:.0f} s" if stream.pending else ""
        lines.append(f"{stream.stream:12} {owed}{age}; last sequence {stream.last}")
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(status.captured.items()))
    lines.extend(
        f"camera       {camera.name}: {camera.state} for {camera.since_s:.0f} s, "
        f"{camera.sampled_fps:g} pictures a second (shown {camera.shown_s:.0f} s ago)"
        for camera in status.cameras
    )
    lines.append(f"captured     {kinds or 'nothing yet'}")
    lines.append(
        f"refused      {status.dead_letters} by the cloud, {status.quarantined} unreadable"
    )
    lines.append(f"cards        {status.cards}, feed applied through {status.cards_through}")
    lines.append(f"outbox       {status.outbox_bytes / 1e6:.1f} MB")
    return "\n".join(lines)


def _stream(depth: Depth, now: datetime) -> StreamStatus:
    since = depth.oldest_appended_at
    age_s = max(0.0, (now - since).total_seconds()) if since else 0.0
    return StreamStatus(depth.stream, depth.pending, round(age_s, 1), depth.last)


def _cameras(path: Path, now: datetime) -> list[CameraStatus]:
    """What the agent shows; nothing where it has not run with a camera."""
    try:
        states = msgspec.json.decode(path.read_bytes(), type=list[CameraState])
        shown_s = max(0.0, now.timestamp() - path.stat().st_mtime)
    except (OSError, msgspec.DecodeError):
        return []
    return [
        CameraStatus(each.name, each.state, each.since_s, each.sampled_fps, round(shown_s, 1))
        for each in states
    ]


def _bytes_of(path: Path) -> int:
    names = (path.name, f"{path.name}-wal", f"{path.name}-shm")
    files = [path.with_name(name) for name in names]
    return sum(file.stat().st_size for file in files if file.exists())
