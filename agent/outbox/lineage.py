"""Which births were said with this file: by them the cloud tells it from a copy of it.

Two copies of one file mean the same events up to where they parted, and give the same numbers to
different ones from there on. Neither can see that by itself: both are what a box finds after a
restart. So the file remembers the births that were said with it, each before it is said, and every
birth names them. The cloud remembers of every epoch the last birth that it heard: who can name it
has heard of all that was ever sent under the epoch, and goes on; who cannot is another copy.

A birth that could not be stored is not named: it would be another copy's after the next restart.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field
from typing import Final

from agent.errors import DiskUnusable
from agent.outbox.connection import OutboxFile
from agent.outbox.lanes import Lanes
from models.runtime.logs import get_logger
from models.wire.ids import Epoch

MOST_EPOCHS: Final = 16
"""Epochs whose births are told, the newest ones; nearly always it is one."""

ANSWERED: Final = 8
"""Births kept that the cloud has answered: a ledger from a backup knows an earlier one as the last.

One from further back costs a needless re-homing, as do more births without an answer than these:
"""
UNANSWERED: Final = 24

_LOG = get_logger(__name__)
_NAME: Final = "births"


@dataclass(frozen=True, slots=True)
class Said:
    """The births said under one epoch, in their order; the cloud heard of some of the later ones.

    Attributes:
        answered: those that the cloud has answered.
        since: those that came after them.
    """

    answered: list[str] = field(default_factory=list)
    since: list[str] = field(default_factory=list)

    def __contains__(self, birth: str) -> bool:
        return birth in self.answered or birth in self.since

    def then(self, birth: str, answered: str) -> Said:
        """With one more; ``answered`` is the last one that the cloud has answered."""
        known, since = self.answered, self.since
        if answered in since:
            known, since = [*known, answered], []
        return Said(known[-ANSWERED:], [*since, birth][-UNANSWERED:])


class Lineage:
    """Remembers the births of one file."""

    def __init__(self, file: OutboxFile, lanes: Lanes) -> None:
        self._file = file
        self._lanes = lanes
        self._answered = ""

    def introduce(self, birth: str) -> dict[str, list[str]]:
        """Note, durably, that a birth is about to be said; what it shall tell, by epoch."""
        with self._file.lock, self._lanes.lock:
            with self._file.read() as db:
                stored = _load(db)
            said = {epoch: stored.get(epoch, Said()) for epoch in self._epochs()}
            current = said[self._lanes.epoch]
            if birth not in current:
                more = said | {self._lanes.epoch: current.then(birth, self._answered)}
                said = more if self._saved(more) else said
        return {epoch: [*each.answered, *each.since] for epoch, each in said.items()}

    def answered(self, birth: str) -> None:
        """The cloud has answered a birth: it is the last one that it heard."""
        self._answered = birth

    def _epochs(self) -> list[Epoch]:
        """Those under which something is kept, the oldest first; the present one is the last."""
        older = [lane.epoch for lane in self._lanes.older() if lane.spans]
        return [*list(dict.fromkeys(older))[1 - MOST_EPOCHS :], self._lanes.epoch]

    def _saved(self, said: dict[Epoch, Said]) -> bool:
        value = json.dumps({epoch: [one.answered, one.since] for epoch, one in said.items()})
        try:
            self._file.durable.execute(
                "INSERT OR REPLACE INTO memo (name, value) VALUES (?, ?)", (_NAME, value)
            )
        except DiskUnusable as error:
            _LOG.warning("birth_not_noted", error=str(error))
            return False
        return True


def _load(db: sqlite3.Connection) -> dict[str, Said]:
    row = db.execute("SELECT value FROM memo WHERE name = ?", (_NAME,)).fetchone()
    stored = json.loads(row[0]) if row else {}
    return {epoch: Said(*lists) for epoch, lists in stored.items()}
