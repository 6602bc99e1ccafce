"""A worker's shift: it signs in, holds its share of the parts, and signs out.

A lease is as long as ``lease_s`` and is renewed three times within that. Time is measured with
monotonic clocks alone, each worker with its own:

- who holds parts counts from *before* it asked for the renewal;
- who watches another worker counts from *after* it has seen its beat move, and waits a little
  longer than the lease, as two clocks never run quite alike.

So a holder knows that its lease is over before anybody else may conclude it, whatever the wall
clocks say. Leases decide who works, never what is true: what two workers both receive is settled
once by the ledger, and what neither receives its shop sends again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cloud.errors import FaultyService, TransientError
from cloud.ingest.roster import Board, Changes, Roster, Signature
from cloud.ingest.sharing import plan
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

log = get_logger(__name__)

RENEWALS: Final = 3
"""How often a lease is renewed within its length."""

DRIFT: Final = 1.05
"""By how much two monotonic clocks may differ in their rate; real ones do so by 0.01 %."""

LINGER_TURNS: Final = 2
"""For how many more turns a part is listened to that was given away: until its next holder, who
looks as often as we do, has subscribed. What both receive is a duplicate for one."""


class WorkerReplaced(FaultyService):
    """Another process has signed in under this worker's name."""


class DatabasePutBack(FaultyService):
    """The database knows less of this worker than it has stored: it is of an earlier moment."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which a worker serves.

    Attributes:
        worker: its name; another process that signs in under it takes its place.
        incarnation: of this process, random, of hexadecimal digits.
        parts: those it may serve.
        lease_s: how long its parts stay its own without a renewal.
    """

    worker: str
    incarnation: str
    parts: frozenset[int]
    lease_s: float


class Sightings:
    """Since when each other worker's beat stands still, by our own monotonic clock."""

    def __init__(self, lease_s: float) -> None:
        self._patience_s = lease_s * DRIFT
        self._seen: dict[str, tuple[str, int, float]] = {}

    def note(self, board: Board, now_s: float) -> None:
        """Look at everybody's beat; ``now_s`` must have been read after the board."""
        seen = {name: (one.incarnation, one.beat) for name, one in board.workers.items()}
        before = self._seen
        self._seen = {
            name: before[name] if name in before and before[name][:2] == beat else (*beat, now_s)
            for name, beat in seen.items()
        }

    def dead(self, now_s: float) -> frozenset[str]:
        """Those whose lease must be over by their own clock, too."""
        return frozenset(
            name
            for name, (_, _, since_s) in self._seen.items()
            if now_s - since_s > self._patience_s
        )


class Shift:
    """One worker's leases. ``begin`` first, then ``run`` in a thread; ``holds`` from any.

    Attributes:
        before_turn: called before every turn of ``begin`` and ``run``; a TransientError puts it
            off.
    """

    def __init__(
        self,
        terms: Terms,
        roster: Roster,
        serve: Callable[[frozenset[int]], None],
        clock: Clock,
    ) -> None:
        """``serve`` is told, at every turn, the parts to listen to; it must not block."""
        self.terms = terms
        self._roster = roster
        self._serve = serve
        self._clock = clock
        self._sightings = Sightings(terms.lease_s)
        self._beat = 0
        self._signings = 1
        self._held: frozenset[int] = frozenset()
        self._valid_until_s = float("-inf")
        self._lingering: dict[int, int] = {}
        self._alone = True
        self.before_turn: list[Callable[[], None]] = []

    def holds(self, now_s: float) -> frozenset[int]:
        """The parts that are this worker's own at a moment of its monotonic clock."""
        return self._held if now_s < self._valid_until_s else frozenset()

    @property
    def serving(self) -> frozenset[int]:
        """The parts to work for as of its last turn: those held, and those just given away.

        Whether that turn still holds is for the roster to say (``fence``), not for a clock: after
        the database was away for longer than a lease, nobody else may have been there either.
        """
        return self._held | self._lingering.keys()

    @property
    def incarnation(self) -> str:
        """Under which it stands on the roster; another one each time that it signs in anew."""
        return f"{self.terms.incarnation}.{self._signings}"

    def lease_left_s(self, now_s: float) -> float:
        """For how long the parts stay its own without a renewal; 0 when the lease is over."""
        return max(0.0, self._valid_until_s - now_s)

    @property
    def renew_s(self) -> float:
        """How long to wait between two turns."""
        return self.terms.lease_s / RENEWALS

    def begin(self, stop: threading.Event) -> None:
        """Take the first turn, as soon as the database lets us. Raises as ``turn``."""
        while not (stop.is_set() or self._took_turn()):
            self._clock.wait(stop, self.renew_s)

    def run(self, stop: threading.Event) -> None:
        """Renew until ``stop`` is set, then sign out. Raises as ``turn``."""
        while not self._clock.wait(stop, self.renew_s):
            self._took_turn()
        self._end()

    def turn(self) -> None:
        """Renew what is held, give and take what an even share asks for, strike out the dead.

        Raises:
            WorkerReplaced: another process works under our name.
            DatabasePutBack: the database is of an earlier moment than our last turn.
            TransientError: try again later; what is held stays so until the lease is over.
        """
        asked_s = self._clock.monotonic_s()
        taken: list[_Turn] = []

        def decide(board: Board) -> Changes:
            taken.append(self._decide(board))
            return taken[-1].changes

        self._roster.turn(self.terms.worker, decide)
        self._beat += 1
        self._settle(taken[-1], asked_s)

    def _took_turn(self) -> bool:
        try:
            for each in self.before_turn:
                each()
            self.turn()
        except TransientError as error:
            log.warning("lease_not_renewed", worker=self.terms.worker, error=str(error))
            return False
        return True

    def _decide(self, board: Board) -> _Turn:
        terms, now_s = self.terms, self._clock.monotonic_s()
        self._check_place(board)
        self._sightings.note(board, now_s)
        dead = self._sightings.dead(now_s) - {terms.worker}
        alive = {name: one.parts for name, one in board.workers.items() if name not in dead}
        self._alone = not alive.keys() - {terms.worker}
        planned = plan(alive | {terms.worker: terms.parts}, board.holders)
        wanted = frozenset(part for part, who in planned.items() if who == terms.worker)
        ours = _parts_of(board, terms.worker)
        free = frozenset(part for part in wanted - ours if board.holders.get(part) not in alive)
        # Given back before the commit: right after it another worker may take them.
        self._held &= ours & wanted
        if self._beat and terms.worker not in board.workers:
            self._signings += 1
        signature = Signature(self.incarnation, self._beat + 1, terms.parts)
        return _Turn(Changes(signature, dead, ours - wanted, free), ours & wanted | free)

    def _check_place(self, board: Board) -> None:
        mine = board.workers.get(self.terms.worker)
        if mine is None or not self._beat:
            return
        if not mine.incarnation.startswith(self.terms.incarnation):
            raise WorkerReplaced(
                f"another process has signed in as ingest worker {self.terms.worker!r}; this one "
                "ends. Give every worker a name of its own with --worker"
            )
        if mine.incarnation != self.incarnation or mine.beat < self._beat:
            raise DatabasePutBack(
                f"the database was put back under ingest worker {self.terms.worker!r} (it has its "
                f"beat {mine.beat}, and {self._beat} were stored); this process ends, since what "
                "it remembers of the ledger may be wrong. Start it again"
            )

    def _settle(self, turn: _Turn, asked_s: float) -> None:
        before, self._held = self._held, turn.held
        self._valid_until_s = asked_s + self.terms.lease_s
        changes = turn.changes
        if changes.struck or changes.released or changes.taken:
            log.info(
                "parts_changed",
                worker=self.terms.worker,
                holds=len(turn.held),
                taken=len(changes.taken),
                released=len(changes.released),
                struck=sorted(changes.struck),
            )
        elif before != turn.held:
            log.info("parts_lost_or_found", worker=self.terms.worker, holds=len(turn.held))
        left = {part: turns - 1 for part, turns in self._lingering.items() if turns > 1}
        self._lingering = left | dict.fromkeys(changes.released, LINGER_TURNS)
        self._serve(turn.held | self._lingering.keys())

    def _end(self) -> None:
        """Sign out, so that others take over at once; stop listening where there are others.

        A worker that is alone leaves its session with the broker: what comes meanwhile waits there.
        """
        self._held = frozenset()
        try:
            self._roster.turn(self.terms.worker, self._sign_out)
        except (TransientError, WorkerReplaced, DatabasePutBack) as error:
            log.warning("not_signed_out", worker=self.terms.worker, error=str(error))
        if not self._alone:
            self._serve(frozenset())

    def _sign_out(self, board: Board) -> Changes:
        self._check_place(board)
        return Changes(None, released=_parts_of(board, self.terms.worker))


@dataclass(frozen=True, slots=True)
class _Turn:
    """What is changed, and what we hold once that is committed."""

    changes: Changes
    held: frozenset[int]


def _parts_of(board: Board, worker: str) -> frozenset[int]:
    return frozenset(part for part, who in board.holders.items() if who == worker)
