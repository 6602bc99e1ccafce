"""The roster: who is on duty and who holds which part, in the database that all workers share.

A worker changes it in turns that exclude each other. No turn looks at a wall clock, neither ours
nor the database's: whether somebody is alive is judged by whether its ``beat`` moves (``shift``),
so a clock that jumps by an hour takes nobody's parts away.

Who goes from the roster against its will loses its sessions with the database's server, too: a
process that stands still in the ledger's turn would otherwise keep everybody from theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from cloud.config import read_parts, spell_parts
from cloud.ingest.tables import INGEST_ABSENCE, INGEST_PART, INGEST_WORKER
from cloud.storage.columns import from_ms, to_ms
from cloud.storage.sessions import end_sessions
from cloud.storage.unit_of_work import in_turn, read, write
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

log = get_logger(__name__)

TURN: Final = "ingest roster"
"""Whoever has this turn of the database's (``in_turn``) is the only one to change the roster."""

_INCARNATION_SHOWN: Final = 12
"""Digits of it in a session's name, 48 bits: with a worker's name of 41 they fit into 63 bytes."""


def session_name(worker: str, incarnation: str) -> str:
    """Under which a worker's process opens its sessions with the database's server.

    The same for all incarnations of one process: they differ in their ends alone.
    """
    return f"lianke {worker} {incarnation[:_INCARNATION_SHOWN]}"


@dataclass(frozen=True, slots=True)
class Signature:
    """A worker's line on the roster.

    Attributes:
        incarnation: of its process, and of its signing in: a second process under one name has
            another, and so has a process that was struck and is back.
        beat: grows with every renewal.
        parts: those it may serve.
    """

    incarnation: str
    beat: int
    parts: frozenset[int]


@dataclass(frozen=True, slots=True)
class Board:
    """The roster at the beginning of a turn.

    Attributes:
        workers: everybody who signed in and not out, dead ones included.
        holders: who holds each part; one that nobody holds is absent.
    """

    workers: Mapping[str, Signature]
    holders: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Changes:
    """What a worker does in its turn.

    Attributes:
        signature: its own new line; None signs out.
        struck: dead workers, whose lines and parts go.
        released: parts of its own that it gives back.
        taken: parts that nobody holds once ``struck`` and ``released`` are done.
    """

    signature: Signature | None
    struck: frozenset[str] = frozenset()
    released: frozenset[int] = frozenset()
    taken: frozenset[int] = frozenset()


class Roster(Protocol):
    """Where workers meet."""

    def turn(self, worker: str, decide: Callable[[Board], Changes]) -> None:
        """Show the board, apply what is decided; all or nothing, and one turn after another.

        Raises:
            TransientError: nothing was changed; try again later.
        """
        ...


@dataclass(frozen=True, slots=True)
class OnDuty:
    """A worker as status shows it.

    Attributes:
        may_serve, holds: parts, such as ``0-31``; ``holds`` is empty for none.
        heard_at: its last renewal, by its own clock.
        health: where it tells how it is; empty where it does not.
    """

    worker: str
    version: str
    may_serve: str
    holds: str
    since: datetime
    heard_at: datetime
    health: str = ""

    def __str__(self) -> str:
        heard = f"{self.heard_at:%Y-%m-%d %H:%M:%S}"
        where = f", {self.health}/metrics" if self.health else ""
        return f"worker {self.worker}: parts {self.holds or 'none'}, heard {heard}{where}"


class StoredRoster:
    """Implements ``Roster`` on the cloud's database, for one process."""

    def __init__(self, engine: Engine, clock: Clock, version: str, health: str = "") -> None:
        """``health`` is where this process tells how it is."""
        self._health = health
        self._engine = engine
        self._clock = clock
        self._version = version

    def turn(self, worker: str, decide: Callable[[Board], Changes]) -> None:
        """See ``Roster``; raises DatabaseUnavailable."""
        with write(self._engine) as connection:
            in_turn(connection, TURN)
            board = read_board(connection)
            changes = decide(board)
            self._note_absent(connection, worker, board, changes.struck)
            _silence(connection, worker, board, changes)
            _free(connection, changes)
            self._sign(connection, worker, changes.signature, is_new=worker not in board.workers)
            _give(connection, worker, changes.taken)

    def _note_absent(
        self, connection: Connection, heir: str, board: Board, struck: frozenset[str]
    ) -> None:
        if not struck:
            return
        at_ms = to_ms(self._clock.now())
        rows = [
            {"worker": name, "heir": heir, "parts": _spelt(board.holders, name), "at_ms": at_ms}
            for name in sorted(struck)
        ]
        connection.execute(insert(INGEST_ABSENCE).values(rows))

    def _sign(
        self, connection: Connection, worker: str, signature: Signature | None, *, is_new: bool
    ) -> None:
        mine = INGEST_WORKER.c.worker == worker
        if signature is None:
            connection.execute(delete(INGEST_WORKER).where(mine))
            return
        now_ms = to_ms(self._clock.now())
        values: dict[str, object] = {
            "incarnation": signature.incarnation,
            "beat": signature.beat,
            "parts": spell_parts(signature.parts),
            "version": self._version,
            "heard_ms": now_ms,
            "health": self._health,
        }
        if is_new:
            first = values | {"worker": worker, "since_ms": now_ms}
            connection.execute(insert(INGEST_WORKER).values(first))
        else:
            connection.execute(update(INGEST_WORKER).where(mine).values(values))


def on_duty(engine: Engine) -> list[OnDuty]:
    """Everybody on the roster and what they hold, by name; raises DatabaseUnavailable."""
    with read(engine) as connection:
        holders = read_board(connection).holders
        rows = connection.execute(select(INGEST_WORKER).order_by(INGEST_WORKER.c.worker))
        return [_shown(row, holders) for row in rows]


def _shown(row: Row[Any], holders: Mapping[int, str]) -> OnDuty:
    return OnDuty(
        worker=row.worker,
        version=row.version,
        may_serve=row.parts,
        holds=_spelt(holders, row.worker),
        since=from_ms(row.since_ms),
        heard_at=from_ms(row.heard_ms),
        health=row.health,
    )


def _spelt(holders: Mapping[int, str], worker: str) -> str:
    return spell_parts(part for part, who in holders.items() if who == worker)


def read_board(connection: Connection) -> Board:
    """The roster as it stands."""
    workers = {
        row.worker: Signature(row.incarnation, row.beat, frozenset(read_parts(row.parts)))
        for row in connection.execute(select(INGEST_WORKER))
    }
    held = connection.execute(select(INGEST_PART.c.part, INGEST_PART.c.worker))
    return Board(workers, {row.part: row.worker for row in held})


def _silence(connection: Connection, worker: str, board: Board, changes: Changes) -> None:
    """End the sessions of who is struck, and of the process whose name a new one takes over.

    Before the commit: should we die in between, they are still on the roster for the next one.
    """
    gone = {name: board.workers[name] for name in changes.struck}
    before, now = board.workers.get(worker), changes.signature
    if before is not None and now is not None and before.incarnation != now.incarnation:
        gone[worker] = before
    for name, signature in sorted(gone.items()):
        ended = end_sessions(connection, session_name(name, signature.incarnation))
        if ended:
            log.warning("worker_sessions_ended", worker=name, sessions=ended)


def _free(connection: Connection, changes: Changes) -> None:
    for name in sorted(changes.struck):
        connection.execute(delete(INGEST_PART).where(INGEST_PART.c.worker == name))
        connection.execute(delete(INGEST_WORKER).where(INGEST_WORKER.c.worker == name))
    if changes.released:
        gone = INGEST_PART.c.part.in_(changes.released)
        connection.execute(delete(INGEST_PART).where(gone))


def _give(connection: Connection, worker: str, parts: frozenset[int]) -> None:
    if parts:
        connection.execute(delete(INGEST_PART).where(INGEST_PART.c.part.in_(parts)))
        rows = [{"part": part, "worker": worker} for part in sorted(parts)]
        # One statement: many are sent as a pipeline, and who stops amid one keeps its turn.
        connection.execute(insert(INGEST_PART).values(rows))
