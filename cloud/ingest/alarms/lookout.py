"""Looks again and again for reasons to raise an alarm, and for alarms that are over.

Every process that follows the ledger or shows it to people looks; it does not matter how many do.
A worker that only takes events in does not: it has better things to do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from sqlalchemy import Connection, Engine

from cloud.devices import DeviceView
from cloud.errors import TransientError
from cloud.ingest.alarms.board import CloudAlarms
from cloud.ingest.alarms.deciding import Sign
from cloud.ingest.alarms.signs import capture, ledger, refusals, workers
from cloud.ingest.alarms.signs.births import births
from cloud.ingest.alarms.signs.fleet import fleet
from cloud.ingest.alarms.signs.notices import notices
from cloud.ingest.alarms.vocabulary import AlarmKind
from cloud.ingest.edge import Mishap, attempt
from cloud.ingest.refusals import RefusalAlarms
from cloud.ingest.roster import read_board
from cloud.storage.unit_of_work import read
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

log = get_logger(__name__)

LOOK_S: Final = 2.0
"""Pause between two looks; one that finds nothing new only reads."""

FLEET_S: Final = 10.0
"""Pause between two looks at every device: their alarms wait for minutes anyway."""


class Watched(Protocol):
    """The fleet, as a lookout sees it."""

    def devices(self) -> Sequence[DeviceView]:
        """Every device that may log in, as of now. Raises TransientError."""
        ...


class Lookout:
    """Looks for one service. For one thread."""

    def __init__(
        self, engine: Engine, watched: Watched, alarms: CloudAlarms, clock: Clock, lease_s: float
    ) -> None:
        """``lease_s`` is the ingest workers'."""
        self._engine = engine
        self._fleet = watched
        self._alarms = alarms
        self._clock = clock
        self._attendance = workers.Attendance(lease_s)
        self._fleet_due_s = float("-inf")
        self._failed: set[str] = set()

    def run(self, stop: threading.Event) -> None:
        """Look until ``stop`` is set."""
        while not self._clock.wait(stop, LOOK_S):
            try:
                self.look()
            except TransientError as error:
                log.warning("alarms_wait", error=str(error))

    def look(self) -> bool:
        """Look once; whether any alarm began, went on or ended. Raises DatabaseUnavailable."""
        ledger.remember_generation(self._engine)
        known, marks = self._alarms.known()
        standing = {
            kind: frozenset(each.about for each in known if each.kind is kind) for kind in AlarmKind
        }
        glances: Sequence[tuple[str, Callable[[], Sequence[Sign]]]] = (
            ("workers", lambda: self._workers(marks, standing)),
            ("births", lambda: self._read(lambda connection: births(connection, marks))),
            ("notices", lambda: self._read(lambda connection: notices(connection, marks))),
            ("refusals", lambda: self._refusals(marks, standing)),
            ("ledger", lambda: self._read(lambda connection: [ledger.restored(connection)])),
            ("fleet", lambda: self._devices(standing)),
        )
        return self._alarms.look(
            [sign for name, glance in glances for sign in self._glance(name, glance)]
        )

    def _glance(self, name: str, glance: Callable[[], Sequence[Sign]]) -> Sequence[Sign]:
        """One glance that fails must not blind the others; its alarms stay as they are."""
        signs = attempt(glance)
        if not isinstance(signs, Mishap):
            self._failed.discard(name)
            return signs
        if name not in self._failed:
            self._failed.add(name)
            log.error("alarms_not_judged", glance=name, error=signs.name, exc_info=signs.error)
        return ()

    def _read(self, glance: Callable[[Connection], Sequence[Sign]]) -> Sequence[Sign]:
        with read(self._engine) as connection:
            return glance(connection)

    def _workers(
        self, marks: Mapping[AlarmKind, int], standing: Mapping[AlarmKind, frozenset[str]]
    ) -> Sequence[Sign]:
        with read(self._engine) as connection:
            board = read_board(connection)
            needed = workers.needed_parts(connection)
            gone = workers.gone(connection, marks, standing[AlarmKind.WORKER_GONE], board)
        return [self._attendance.sign(board, needed, self._clock.monotonic_s()), gone]

    def _refusals(
        self, marks: Mapping[AlarmKind, int], standing: Mapping[AlarmKind, frozenset[str]]
    ) -> Sequence[Sign]:
        withheld = RefusalAlarms(self._engine, self._clock).standing()
        with read(self._engine) as connection:
            letters = refusals.dead_letters(connection, marks, standing[AlarmKind.DEAD_LETTERS])
        return [*refusals.withheld(withheld), letters]

    def _devices(self, standing: Mapping[AlarmKind, frozenset[str]]) -> Sequence[Sign]:
        now_s = self._clock.monotonic_s()
        if now_s < self._fleet_due_s:
            return ()
        self._fleet_due_s = now_s + FLEET_S
        views = self._fleet.devices()
        with read(self._engine) as connection:
            unread = capture.records_unread(connection)
        disagreeing = standing[AlarmKind.SUMS_DISAGREE]
        return [
            *fleet(views, self._clock.now()),
            capture.numbers_missing(views),
            capture.sums_disagree(views, disagreeing),
            unread,
        ]
