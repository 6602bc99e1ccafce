"""A roster in memory, that can be out of reach; and workers whose clocks the test holds.

roster = PaperRoster()
a, b = Colleague("a", roster), Colleague("b", roster)
a.turn(); b.turn()
a.clock.move(7)         # seven seconds pass for a, and for nobody else
roster.away = True      # every turn fails with DatabaseUnavailable
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cloud.errors import DatabaseUnavailable
from cloud.ingest.roster import Board, Changes, Roster, Signature
from cloud.ingest.shift import Shift, Terms
from models.wire.ids import PARTS
from tests.simulators.clocks import HandClock

LEASE_S = 6.0


@dataclass
class PaperRoster:
    """Implements ``Roster``."""

    workers: dict[str, Signature] = field(default_factory=dict)
    holders: dict[int, str] = field(default_factory=dict)
    away: bool = False

    def turn(self, worker: str, decide: Callable[[Board], Changes]) -> None:
        if self.away:
            raise DatabaseUnavailable("the paper is away")
        changes = decide(Board(dict(self.workers), dict(self.holders)))
        for part, who in list(self.holders.items()):
            if who in changes.struck or part in changes.released:
                del self.holders[part]
        for name in changes.struck:
            del self.workers[name]
        self.workers.pop(worker, None)
        if changes.signature is not None:
            self.workers[worker] = changes.signature
        assert not changes.taken & self.holders.keys(), "only what is free may be taken"
        self.holders.update(dict.fromkeys(changes.taken, worker))


class Colleague:
    """A worker's shift with a clock of its own.

    Attributes:
        served: the parts that it listens to, as it was last told.
    """

    def __init__(
        self,
        name: str,
        roster: Roster,
        *,
        parts: Iterable[int] = range(PARTS),
        incarnation: str = "first",
    ) -> None:
        self.name = name
        self.clock = HandClock()
        self.served: frozenset[int] = frozenset()
        terms = Terms(name, incarnation, frozenset(parts), LEASE_S)
        self.shift = Shift(terms, roster, self._serve, self.clock)

    def turn(self) -> None:
        """Take a turn, whatever comes of it."""
        self.shift.turn()

    @property
    def holds(self) -> frozenset[int]:
        """What is this worker's own at this moment."""
        return self.shift.holds(self.clock.monotonic_s())

    def _serve(self, parts: frozenset[int]) -> None:
        self.served = parts
