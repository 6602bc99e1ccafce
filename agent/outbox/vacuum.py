"""Room that was drained goes back to the disk, a megabyte at a time.

SQLite keeps the pages of deleted events for later ones. With ``auto_vacuum=INCREMENTAL`` it can
also move the file's last pages into them and cut the file short. A file from before that learns it
by being written anew once, at the start and while that is quick.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from agent.errors import AgentError
from agent.outbox.connection import LOG_PAGES, OutboxFile, connect
from agent.outbox.faults import in_our_words
from agent.outbox.metrics import OutboxMetrics
from agent.outbox.retention import PAUSE_S
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

STEP_PAGES: Final = 256
"""Moved in one transaction: a megabyte, a few milliseconds in which appends wait."""

KEPT_PAGES: Final = 1024
"""Free pages that stay in the file, 4 MB: the next hours need them again."""

REWRITE_BYTES: Final = 64 << 20
"""The largest file that is written anew at the start: half a second on a slow disk."""

_LONG_LOG_BYTES: Final = 2 * LOG_PAGES * 4096
"""SQLite folds the log in at half of this; one that is longer was held back by a reader."""

_INCREMENTAL: Final = 2


class Vacuum:
    """Gives free pages back. One thread at a time."""

    def __init__(self, file: OutboxFile, clock: Clock, metrics: OutboxMetrics) -> None:
        self._file = file
        self._clock = clock
        self._metrics = metrics
        self._never = threading.Event()
        self._logger = get_logger(__name__)
        self._fold_owed = False

    def prepare(self) -> None:
        """Have an older file learn to give pages back, if that is quick; else say so."""
        with self._file.lock, self._alone() as db:
            if _pragma(db, "auto_vacuum") == _INCREMENTAL:
                return
            size = _pragma(db, "page_count") * _pragma(db, "page_size")
        if size > REWRITE_BYTES:
            self._logger.warning(
                "outbox_keeps_its_size", bytes=size, next_step="it is written anew once drained"
            )
            return
        try:
            with self._file.lock, self._alone() as db:
                db.execute("PRAGMA auto_vacuum = INCREMENTAL")
                db.execute("VACUUM")
        except AgentError as error:
            self._logger.warning("outbox_not_written_anew", error=str(error))

    def give_back(self, *, disk_is_short: bool = False) -> int:
        """Return what is free beyond ``KEPT_PAGES``; how many bytes the file has lost.

        Nothing moves until a quarter of the file is free: pages that come and go with the days
        would only be written twice. On a disk that others fill free pages are safer in the file.
        """
        freed = 0
        if not disk_is_short and self._is_worth_it():
            while moved := self._step():
                freed += moved
                self._clock.wait(self._never, PAUSE_S)
        if freed or self._fold_owed or self._log_bytes() > _LONG_LOG_BYTES:
            self._fold_log()
        self._metrics.returned(freed)
        return freed

    def _is_worth_it(self) -> bool:
        with self._file.lock, self._file.relaxed as db:
            free, pages = _pragma(db, "freelist_count"), _pragma(db, "page_count")
            vacuums = _pragma(db, "auto_vacuum") == _INCREMENTAL
        return vacuums and free > max(KEPT_PAGES, pages // 4)

    def _step(self) -> int:
        with self._file.lock, self._file.relaxed as db:
            before, free = _pragma(db, "page_count"), _pragma(db, "freelist_count")
            wanted = min(STEP_PAGES, free - KEPT_PAGES)
            if wanted <= 0:
                return 0
            for _ in range(wanted):
                # One page each: Python ends a statement without columns after its first step.
                db.execute("PRAGMA incremental_vacuum(1)")
            return (before - _pragma(db, "page_count")) * _pragma(db, "page_size")

    def _fold_log(self) -> None:
        """Cut the log to nothing, unless somebody reads: then the next time."""
        with self._file.lock, self._alone() as db:
            db.execute("PRAGMA busy_timeout = 0")
            busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            self._fold_owed = bool(busy)

    @contextmanager
    def _alone(self) -> Iterator[sqlite3.Connection]:
        """A connection for what no transaction may hold; the caller keeps writers out."""
        with in_our_words(self._file.path), closing(connect(self._file.path)) as db:
            yield db

    def _log_bytes(self) -> int:
        log = self._file.path.with_name(f"{self._file.path.name}-wal")
        return log.stat().st_size if log.exists() else 0


def _pragma(db: sqlite3.Connection, name: str) -> int:
    value: int = db.execute(f"PRAGMA {name}").fetchone()[0]
    return value
