"""The account of itself that a running agent gives: its parts, asked in the words of the status."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import msgspec

from agent.capture.pos.spool import SpoolStatus
from agent.capture.told import Told
from agent.clock import DeviceClock
from agent.config import AgentConfig
from agent.health.alarms import Board
from agent.health.status.facts import ClockStatus, LineStatus
from agent.health.status.live import Account, Parts
from agent.health.status.reading import count_quarantined
from agent.health.status.shown import troubles_of
from agent.health.status.tills import OperatorsStatus, SourceStatus, TillStatus
from agent.outbox import Outbox
from agent.outbox.alarms import read_alarms
from agent.outbox.space import disk_free_bytes
from agent.sync.standing import LineStanding
from models.runtime.clock import Clock
from models.runtime.pulses import Pulses
from models.wire.events.device import CameraState


class Line(Protocol):
    """The side of the link that says how the line is."""

    def online(self) -> bool:
        """Whether the cloud has answered on the present connection."""
        ...

    def since(self) -> datetime:
        """Since when that is so, aware UTC."""
        ...


HUNG_AFTER_S: Final = 900.0
"""Nothing that the sync does takes as long: not connecting, not salvaging millions of events."""


@dataclass(frozen=True, slots=True)
class Members:
    """The parts of an agent that have something to say.

    Attributes:
        machine: the machine's own clock, whatever it shows.
        uptime_s: by a clock that never jumps.
        till: how the till's folder is; None on a box without one.
        sources: how the journals, taps and folders of prints are; none on a box without one.
        cameras: how they do; none on a box without one.
        show_cameras: has them shown to those who ask beside the agent.
        told: what intake and books have to say.
        operators: where the key of the cashiers' pseudonyms is from; None on a box without tills.
        cards: how far the shop's card feed is applied.
        pulses: of the threads that must not hang.
    """

    outbox: Outbox
    line: Line
    standing: LineStanding
    clock: DeviceClock
    machine: Clock
    uptime_s: Callable[[], float]
    till: Callable[[], SpoolStatus | None]
    sources: Callable[[], Sequence[SourceStatus]]
    cameras: Callable[[], Sequence[CameraState]]
    show_cameras: Callable[[], object]
    told: Told
    operators: Callable[[], OperatorsStatus | None]
    cards: Callable[[], int]
    pulses: Pulses


def account_of(config: AgentConfig, members: Members) -> Account:
    """The account of an agent with these parts; its alarms of before stand until they are over."""
    outbox, clock = members.outbox, members.clock
    parts = Parts(
        device=config.device.path.prefix,
        pid=os.getpid(),
        uptime_s=members.uptime_s,
        now=clock.now,
        outbox_now=clock.steady.now,
        epoch=lambda: outbox.epoch,
        depths=outbox.depths,
        room=outbox.room,
        dead_letters=outbox.dead_letters,
        free_bytes=lambda: disk_free_bytes(config.device.data_dir),
        floor_bytes=config.outbox.free_floor_bytes,
        salvages=lambda: troubles_of(read_alarms(config.outbox_file)),
        line=lambda: _line(members),
        clock=lambda: _clock(clock, members.machine),
        till=lambda: till_status(members),
        sources=lambda: source_statuses(members),
        workstations=members.told.workstations,
        books_trouble=members.told.trouble,
        operators=members.operators,
        cameras=members.cameras,
        quarantined=lambda: count_quarantined(config),
        cards=members.cards,
    )
    return Account(parts, Board(config.alarms_file))


def _line(members: Members) -> LineStatus:
    facts = members.standing.facts()
    return LineStatus(
        online=members.line.online(),
        since=members.line.since(),
        acknowledged_at=facts.acknowledged_at,
        ledger_silent=facts.ledger_silent,
        login_refused=facts.login_refused,
        identity_shared=facts.identity_shared,
        held_back=facts.held_back,
        fault=why_hung(members.pulses) or facts.fault,
    )


def why_hung(pulses: Pulses) -> str:
    """Why somebody must end a thread that does nothing more; empty where all move."""
    late = [still for still in pulses.at_work() if still.seconds > HUNG_AFTER_S]
    return "; ".join(
        f"the thread {still.loop} has hung for {still.seconds:.0f} s; start the agent again"
        for still in late
    )


def _clock(clock: DeviceClock, machine: Clock) -> ClockStatus:
    quality = clock.moment().quality
    if clock.steady.confirmed_s is None:
        return ClockStatus(quality=quality)
    skew_s = (machine.now() - clock.steady.told()).total_seconds()
    return ClockStatus(quality=quality, skew_s=round(skew_s, 1))


def source_statuses(members: Members) -> list[SourceStatus]:
    """Every source besides the till's folder, with what came of it."""
    told = members.told
    return [
        msgspec.structs.replace(each, taken=told.taken(each.name)) for each in members.sources()
    ]


def till_status(members: Members) -> TillStatus | None:
    """The till's folder, with what came of it; None on a box without one."""
    status = members.till()
    if status is None:
        return None
    return TillStatus(
        waiting=status.waiting,
        blocked=status.blocked,
        out_of_room=status.out_of_room,
        folder_present=status.folder_present,
        at_ease=status.at_ease,
        last_file_at=status.last_file_at,
        quarantined=status.quarantined,
        taken=members.told.taken(""),
    )
