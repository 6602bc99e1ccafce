"""A running outbox outlives its file: damage is met at a statement, salvaged, and gone on from.

The parts of an outbox share its file and its lanes; both are given new content in place, so nobody
who holds an outbox has to know. Meanwhile nobody else reads or writes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from agent.errors import OutboxDamaged
from agent.outbox.connection import OutboxFile
from agent.outbox.lanes import Lanes
from agent.outbox.names import Names
from agent.outbox.rows import load
from agent.outbox.salvage import Salvage
from agent.outbox.settlement import Settlement, load_ledger

Result = TypeVar("Result")

LIVES: Final = 5
"""Files that one process wears out before it gives up: then the disk or the memory is bad."""


class Mending:
    """Salvages the file of a running outbox."""

    def __init__(
        self,
        file: OutboxFile,
        lanes: Lanes,
        names: Names,
        settlement: Settlement,
        salvage: Salvage,
    ) -> None:
        self._file = file
        self._lanes = lanes
        self._names = names
        self._settlement = settlement
        self._salvage = salvage

    def outlive(self, work: Callable[[], Result]) -> Result:
        """Do the work; where the file turns out to be damaged, mend it and do it once more.

        Raises:
            OutboxDamaged, DiskUnusable: as ``mend``, or what the work raises itself.
        """
        life = self._file.life
        try:
            return work()
        except OutboxDamaged as damage:
            self.mend(damage, life)
            return work()

    def mend(self, damage: OutboxDamaged, life: int) -> None:
        """Salvage the file, unless another thread has done so since ``life``.

        Raises:
            OutboxDamaged: the same as ``damage``, after ``LIVES`` files.
            DiskUnusable: the salvaged file cannot be made; nothing has changed.
        """
        with self._file.lock, self._lanes.lock:
            if self._file.life != life:
                return
            if life >= LIVES:
                raise damage
            self._salvaged(str(damage.__cause__ or damage))

    def _salvaged(self, why: str) -> None:
        closed = False

        def let_go() -> None:
            nonlocal closed
            closed = True
            self._file.let_go()

        try:
            self._salvage.run(why, known=list(self._lanes), let_go=let_go)
        finally:
            if closed:
                self._file.reopen()
        with self._file.read() as db:
            self._lanes.renew(load(db))
            self._names.load(db)
            self._settlement.ledger = load_ledger(db)
