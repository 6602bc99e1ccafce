"""Copies SQLite's write-ahead log back into the file beside the writers, so that none waits for it.

SQLite does so within the commit that makes the log too long: at 200 sales a second every 600th
commit copied 16 MB and synced the file, and all that came meanwhile waited. Copied four times a
second from a thread of its own the log stays short, and SQLite's own rule
(``engine.CHECKPOINT_PAGES``) is left for when this falls behind.
"""

from __future__ import annotations

import sqlite3
import threading
from typing import Final

from sqlalchemy import Engine

from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

EVERY_S: Final = 0.25


class Checkpoints:
    """For a database in a SQLite file; one process of several is enough."""

    def __init__(self, engine: Engine, clock: Clock, every_s: float = EVERY_S) -> None:
        self._engine = engine
        self._clock = clock
        self._every_s = every_s
        self._failing = False

    def run(self, stop: threading.Event) -> None:
        """Copy again and again until told to stop."""
        while not self._clock.wait(stop, self._every_s):
            self.take()

    def take(self) -> bool:
        """Copy what no reader needs in the log any more; never waits for anybody.

        Returns:
            False where the disk did not do it. The log is as good a place, so nothing is lost; the
            next commit that finds it too long says what is wrong.
        """
        try:
            line = self._engine.raw_connection()
            try:
                line.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            finally:
                line.close()
        except sqlite3.Error as error:
            if not self._failing:
                _LOG.warning("checkpoint_failed", error=str(error))
            self._failing = True
            return False
        self._failing = False
        return True
