"""A damaged outbox becomes a sound one: what can be read goes on under a fresh epoch.

The damaged file is set aside and kept (``aside``). A new file gets every event that can be read,
at its old position; what the ledger has not settled is owed again under new sequences, so an event
that had left under its old one arrives twice, with the same id and content, and is a duplicate.
``range.void`` names the unsettled sequences that are lost, ``epoch.closed`` the end of the old
epoch: so the ledger waits for nothing that will never come.

Reads all of the damaged file, about 20 s for a million events, and needs room for a copy of it.
Until the exchange at the end nothing has happened: it may be interrupted at any point.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from agent.errors import DiskUnusable
from agent.outbox import aside
from agent.outbox.alarms import Alarm, raise_alarm
from agent.outbox.connection import OutboxFile, connect
from agent.outbox.facts import ComposeClosed, ComposeVoid
from agent.outbox.faults import in_our_words
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.letters import SavedLetters, copy_letters
from agent.outbox.migrations import migrate, migrations
from agent.outbox.moments import unix_ms
from agent.outbox.names import Names, write_all
from agent.outbox.rebuild import UNREADABLE, Rebuilt, rebuild
from agent.outbox.rehome import Cargo, Rehoming
from agent.outbox.remains import (
    EventRow,
    Remains,
    look_into,
    read_events,
    read_remains,
    stream_of,
)
from agent.outbox.rows import EPOCH_BYTES, load
from agent.outbox.spans import Span
from agent.outbox.storing import Storing
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.vault.seal import Sealer
from models.wire.ids import Epoch, new_epoch

SALVAGED: Final = "outbox_salvaged"
"""The alarm's name."""

REASON: Final = "the outbox file was damaged; what could be read goes on"
"""Why the old epoch ended, for the ledger."""

_CHUNK: Final = 1000
_REBUILT: Final = frozenset(
    {
        *("epoch", "lane", "event", "name", "named", "span", "settled_range", "settled_mark"),
        "dead_letter",
    }
)
_ONCE: Final = "CREATE UNIQUE INDEX once ON event (event_id)"
"""While events are copied: old pages may hold an event that lies elsewhere now."""

_INSERT: Final = "INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?)"
_BURY: Final = (
    "INSERT OR IGNORE INTO dead_letter"
    " (event_id, epoch, stream, sequence, reason, rejected_at, body) VALUES (?, '', ?, 0, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What became of a damaged outbox.

    Attributes:
        aside: where the damaged file is now.
        epoch: the fresh one.
        kept: events in the new file, settled ones within their retention too.
        lost: unsettled events that are known to be gone.
        unreadable: events whose content is damaged; they are kept as dead letters.
        counted: the old lanes could be read, so ``lost`` is all that is lost up to the last
            sequence that anything knew of.
        letters: what became of the dead letters that were there before.
    """

    aside: Path
    epoch: Epoch
    kept: int
    lost: int
    unreadable: int
    counted: bool
    letters: SavedLetters

    def __str__(self) -> str:
        lost = f"{self.lost} are lost" if self.counted else "how many are lost is not known"
        return (
            f"{self.kept} events were salvaged, {lost}, {self.unreadable} are kept as unreadable; "
            f"of the dead letters {self.letters.kept} were salvaged, {self._letters_lost}; they go "
            f"on under epoch {self.epoch}, and the damaged file is kept as {self.aside}"
        )

    @property
    def _letters_lost(self) -> str:
        lost = self.letters.lost
        return "how many are lost is not known" if lost is None else f"{lost} are lost"


@dataclass(frozen=True, slots=True)
class Salvage:
    """Salvages the outbox at ``path``. Whoever runs it owns the outbox.

    Attributes:
        compose_closed: announces the end of the damaged file's epoch.
        compose_void: announces what is known to be lost.
    """

    path: Path
    sealer: Sealer
    clock: Clock
    random: Callable[[int], bytes]
    compose_closed: ComposeClosed
    compose_void: ComposeVoid

    def run(
        self, damage: str, known: Sequence[Lane] = (), let_go: Callable[[], None] = lambda: None
    ) -> Salvaged:
        """Salvage what can be read, set the damaged file aside, raise an alarm.

        Args:
            damage: why, for the log, the alarm and the ledger.
            known: the lanes as a running agent has them in memory.
            let_go: closes whatever holds the damaged file; called once the new one is finished.

        Raises:
            DiskUnusable: no room for the new file, or nothing at all can be read from the disk.
                Everything is as it was.
        """
        get_logger(__name__).error("outbox_damaged", path=str(self.path), damage=damage)
        self._refuse_a_dead_disk()
        try:
            salvaged = self._salvage(known, let_go)
        except OSError as error:
            raise DiskUnusable(
                f"outbox {self.path} is damaged, and what is left of it cannot be written "
                f"({error.strerror}); free or repair the disk and start again"
            ) from error
        self._tell(damage, salvaged)
        return salvaged

    def _salvage(self, known: Sequence[Lane], let_go: Callable[[], None]) -> Salvaged:
        draft = aside.draft_of(self.path)
        try:
            salvaged = self._build(draft, known)
            let_go()
            damaged = aside.exchange(self.path, draft, self.clock.now())
        except BaseException:
            aside.discard(draft)
            raise
        return replace(salvaged, aside=damaged)

    def _build(self, draft: Path, known: Sequence[Lane]) -> Salvaged:
        """Make the new file; ``aside`` is not where the damaged one is yet."""
        with in_our_words(draft):
            remains = read_remains(self.path, known)
            with closing(_new_file(draft)) as db:
                letters = copy_letters(self.path, db)
                unreadable = self._copy_events(db, remains)
                _copy_rest(self.path, db)
                fallback = new_epoch(self.random(EPOCH_BYTES))
                rebuilt = rebuild(db, remains, fallback, unix_ms(self.clock.now()))
                kept = db.execute("SELECT count(*) FROM event").fetchone()[0]
                db.execute("DROP INDEX once")
                write_all(db)
                db.execute("COMMIT")
            return Salvaged(
                aside=self.path,
                epoch=self._rehome(draft, rebuilt),
                kept=kept,
                lost=rebuilt.lost,
                unreadable=unreadable,
                counted=remains.mapped,
                letters=letters,
            )

    def _copy_events(self, db: sqlite3.Connection, remains: Remains) -> int:
        """Insert what can be read; returns how many events had an unreadable body."""
        now_ms = unix_ms(self.clock.now())
        rows = (row for row in read_events(self.path) if _wanted(row, remains))
        broken: dict[str, EventRow] = {}
        while chunk := list(islice(rows, _CHUNK)):
            db.executemany(_INSERT, [row for row in chunk if row.is_whole])
            broken |= {row.event_id: row for row in chunk if not row.is_whole}
        lost = [row for row in broken.values() if not _has(db, row.event_id)]
        db.executemany(
            _BURY,
            [(row.event_id, stream_of(row.position), UNREADABLE, now_ms, row.body) for row in lost],
        )
        return len(lost)

    def _rehome(self, draft: Path, rebuilt: Rebuilt) -> Epoch:
        file = OutboxFile(draft)
        try:
            with file.read() as db:
                lanes, names = Lanes(load(db)), Names(db)
            rehoming = Rehoming(
                file,
                lanes,
                Storing(file, lanes, names, self.sealer, self.clock),
                clock=self.clock,
                random=self.random,
                compose_closed=self.compose_closed,
            )
            losses = [self.compose_void(void) for void in rebuilt.voids]
            return rehoming.rehome(REASON, Cargo(strays=rebuilt.strays, losses=losses))
        finally:
            file.close()

    def _refuse_a_dead_disk(self) -> None:
        """A disk that gives nothing at all may come back; an empty outbox would hide that."""
        try:
            with self.path.open("rb") as file:
                file.read(1)
        except OSError as error:
            raise DiskUnusable(
                f"outbox {self.path}: {error.strerror}; nothing can be read, so nothing is set "
                "aside. Repair the disk and start again"
            ) from error

    def _tell(self, damage: str, salvaged: Salvaged) -> None:
        message = f"the outbox was damaged ({damage}): {salvaged}"
        log = get_logger(__name__)
        log.error(SALVAGED, path=str(self.path), result=str(salvaged))
        try:
            raise_alarm(self.path, Alarm(self.clock.now(), SALVAGED, message))
        except OSError as error:
            log.warning("alarm_not_written", path=str(self.path), error=error.strerror)


def _new_file(draft: Path) -> sqlite3.Connection:
    """An outbox without lanes, in one fast transaction: it is synced as a whole at the end."""
    draft.touch(0o600)
    db = connect(draft)
    migrate(db, draft, migrations())
    db.execute("PRAGMA journal_mode=MEMORY")
    db.execute("PRAGMA synchronous=OFF")
    db.execute("BEGIN")
    db.execute(_ONCE)
    return db


def _wanted(row: EventRow, remains: Remains) -> bool:
    """Whether a row is no leftover of an event that was deleted."""
    if not remains.mapped:
        return True
    return any(_holds(span, row.position) for lane in remains.lanes for span in lane.spans)


def _holds(span: Span, position: int) -> bool:
    first, last = span.positions
    return first <= position <= last


def _has(db: sqlite3.Connection, event_id: str) -> bool:
    return db.execute("SELECT 1 FROM event WHERE event_id = ?", (event_id,)).fetchone() is not None


def _copy_rest(path: Path, db: sqlite3.Connection) -> None:
    """Every other table's rows, as far as they can be read: memos, and what may come."""
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    with closing(look_into(path)) as old:
        for table in sorted(tables - _REBUILT):
            with suppress(sqlite3.Error):
                _copy_table(old, db, table)


def _copy_table(old: sqlite3.Connection, db: sqlite3.Connection, table: str) -> None:
    columns = [name for name in _columns(db, table) if name in _columns(old, table)]
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    rows: Iterable[tuple[object, ...]] = old.execute(f"SELECT {names} FROM {table}")  # noqa: S608 - our own tables' names
    for row in rows:
        db.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", row)  # noqa: S608 - as above


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
