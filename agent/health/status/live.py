"""The status of a running agent, asked of its parts, and the alarms that follow from it.

An outbox that cannot be read just now costs its figures, never the answer: they stay those of the
last look, and the status says why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from agent import __version__
from agent.errors import AgentError
from agent.health.alarms import Board, read_vocabulary
from agent.health.alarms.board import Trouble
from agent.health.status.facts import (
    AgentStatus,
    ClockStatus,
    LineStatus,
    RoomStatus,
    Status,
    StreamStatus,
)
from agent.health.status.shown import (
    oldest_sale,
    shown_alarms,
    shown_cameras,
    shown_room,
    shown_streams,
)
from agent.health.status.signs import signs
from agent.health.status.tills import OperatorsStatus, SourceStatus, TillStatus, WorkstationStatus
from agent.outbox import Depth, Housekeeping
from models.wire.events.device import CameraState


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the status takes its facts from. Any of them may be asked from any thread.

    Attributes:
        pid: of this process.
        uptime_s: by a clock that never jumps.
        now: the device's clock, for people.
        outbox_now: the clock that dates the outbox.
        free_bytes: asks the disk that the outbox lies on; raises DiskUnusable.
        floor_bytes: with less than this free the outbox grows for sales alone.
        workstations: what the till's books say of each.
        books_trouble: why the books are not kept on the disk; empty when all is well.
        operators: where the key of the cashiers' pseudonyms is from; None on a box without tills.
        salvages: repairs of the outbox that nobody has acknowledged.
        quarantined: unreadable till files that are kept.
    """

    device: str
    pid: int
    uptime_s: Callable[[], float]
    now: Callable[[], datetime]
    outbox_now: Callable[[], datetime]
    epoch: Callable[[], str]
    depths: Callable[[], Sequence[Depth]]
    room: Callable[[], Housekeeping]
    dead_letters: Callable[[], int]
    free_bytes: Callable[[], int]
    floor_bytes: int
    salvages: Callable[[], Sequence[Trouble]]
    line: Callable[[], LineStatus]
    clock: Callable[[], ClockStatus]
    till: Callable[[], TillStatus | None]
    sources: Callable[[], Sequence[SourceStatus]]
    workstations: Callable[[], Sequence[WorkstationStatus]]
    books_trouble: Callable[[], str]
    operators: Callable[[], OperatorsStatus | None]
    cameras: Callable[[], Sequence[CameraState]]
    quarantined: Callable[[], int]
    cards: Callable[[], int]


class _Held(msgspec.Struct, frozen=True):
    """What the outbox says of itself."""

    epoch: str = ""
    streams: list[StreamStatus] = []
    room: RoomStatus | None = None
    dead_letters: int = 0
    trouble: str = ""


class Account:
    """Gives the status of the running agent. Safe from any thread."""

    def __init__(self, parts: Parts, board: Board) -> None:
        self._parts = parts
        self._board = board
        self._vocabulary = read_vocabulary()
        self._held = _Held()

    def look(self) -> Status:
        """Look at all parts, raise and end alarms, and say how it is.

        Takes a few milliseconds, or as long as the outbox is being repaired.
        """
        status = self._facts()
        self._board.look(signs(status, self._parts.salvages()), status.at)
        alarms = shown_alarms(self._board.standing(), self._vocabulary)
        return msgspec.structs.replace(status, alarms=alarms)

    def _facts(self) -> Status:
        parts, held = self._parts, self._hold()
        at = parts.now()
        return Status(
            at=at,
            device=parts.device,
            agent=AgentStatus(
                running=True,
                pid=parts.pid,
                version=__version__,
                uptime_s=round(parts.uptime_s(), 1),
                told_at=at,
                told_age_s=0.0,
            ),
            trouble=held.trouble,
            epoch=held.epoch,
            streams=held.streams,
            oldest_sale_at=oldest_sale(held.streams, at),
            room=held.room,
            line=parts.line(),
            clock=parts.clock(),
            till=parts.till(),
            sources=list(parts.sources()),
            workstations=list(parts.workstations()),
            books_trouble=parts.books_trouble(),
            operators=parts.operators(),
            cameras=shown_cameras(parts.cameras()),
            dead_letters=held.dead_letters,
            quarantined=parts.quarantined(),
            cards_through=parts.cards(),
        )

    def _hold(self) -> _Held:
        try:
            self._held = self._ask_outbox()
        except AgentError as error:
            self._held = msgspec.structs.replace(self._held, trouble=str(error))
        return self._held

    def _ask_outbox(self) -> _Held:
        parts = self._parts
        room = parts.room()
        return _Held(
            epoch=parts.epoch(),
            streams=shown_streams(parts.depths(), parts.outbox_now()),
            room=shown_room(
                room.budgets,
                free_bytes=parts.free_bytes(),
                floor_bytes=parts.floor_bytes,
                gave_way=room.gave_way,
                refused=room.refused,
            ),
            dead_letters=parts.dead_letters(),
        )
