"""How well an entrance's groups, staff and returns are told: the product's parts against the truth.

score = Score()
score.add(entrance, fps=5)
score.groups.wape, score.staff.recall
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from agent.capture.footfall.counting.counter import Counter
from agent.capture.footfall.counting.line import Crossing, Direction
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.settling import Settled, Settling
from agent.capture.footfall.counting.staffness import Staffness
from agent.capture.footfall.counting.zone import Zone
from tests.simulators.doorway import SIZE
from tests.simulators.entrance import Crossed, Entrance

Cell = tuple[int, Direction]

TOLERANCE_S = 1.0
MINUTE_S = 60.0


@dataclass(slots=True)
class Counts:
    """Absolute errors per minute and direction, summed."""

    true: int = 0
    told: int = 0
    wrong: int = 0

    def add(self, told: Tally[Cell], true: Tally[Cell]) -> None:
        """One more scene."""
        self.true += true.total()
        self.told += told.total()
        self.wrong += sum(abs(told[cell] - true[cell]) for cell in told.keys() | true.keys())

    @property
    def wape(self) -> float:
        """The error's share of the truth."""
        return self.wrong / max(1, self.true)

    @property
    def bias(self) -> float:
        """How many too many in all, as a share of the truth; too few are below 0."""
        return (self.told - self.true) / max(1, self.true)


@dataclass(slots=True)
class Marks:
    """How often a mark on a crossing was right."""

    right: int = 0
    false: int = 0
    missed: int = 0

    def add(self, *, told: bool, true: bool) -> None:
        """One more crossing."""
        self.right += told and true
        self.false += told and not true
        self.missed += true and not told

    @property
    def told(self) -> int:
        """So many marks were told."""
        return self.right + self.false

    @property
    def true(self) -> int:
        """So many there were."""
        return self.right + self.missed

    @property
    def precision(self) -> float:
        """Of those told."""
        return self.right / max(1, self.told)

    @property
    def recall(self) -> float:
        """Of those true."""
        return self.right / max(1, self.true)


@dataclass(slots=True)
class Score:
    """Sums over scenes.

    Attributes:
        heads: crossings.
        groups: of visitors.
        staff: among crossings that were counted and really happened.
        again: likewise.
    """

    heads: Counts = field(default_factory=Counts)
    groups: Counts = field(default_factory=Counts)
    staff: Marks = field(default_factory=Marks)
    again: Marks = field(default_factory=Marks)

    def add(self, entrance: Entrance, fps: float, zones: Sequence[Zone] = ()) -> None:
        """One more scene, sampled so often."""
        moments = list(looked_at(entrance, fps))
        crossings = [crossing for moment in moments for crossing in moment.crossings]
        settled = list(judged(entrance, moments, zones))
        truth = entrance.truth
        self.heads.add(cells(crossings), cells(truth))
        leaders = [each.crossing for each in settled if each.leads]
        self.groups.add(cells(leaders), cells(parties(truth)))
        known = {each.crossing: each for each in settled}
        for crossing, true in matched(crossings, truth):
            told = known.get(crossing, Settled(crossing))
            self.staff.add(told=told.staff, true=true.who.staff)
            if not true.who.staff:
                self.again.add(told=told.again, true=true.again)


def looked_at(entrance: Entrance, fps: float) -> Iterator[Moment]:
    """The counter's moments of a scene."""
    counter = Counter([entrance.doorway.line], SIZE)
    before_s = 0.0
    for at_s, found in entrance.doorway.samples(fps):
        yield counter.look(found, at_s, at_s - before_s)
        before_s = at_s


def judged(
    entrance: Entrance, moments: Iterable[Moment], zones: Sequence[Zone] = ()
) -> Iterator[Settled]:
    """What the product's parts say of the moments, put together as the watcher does."""
    staffness, settling = Staffness(zones, SIZE), Settling([entrance.doorway.line.name])
    for moment in moments:
        rows = staffness.worth_a_look(moment)
        shown = entrance.badges(moment.at_s, moment.feet[rows])
        staff = staffness.update(moment, dict(zip(moment.ids[rows].tolist(), shown, strict=True)))
        known = replace(moment, staff=np.isin(moment.ids, [*staff]))
        yield from settling.update(known, staff)
    yield from settling.rest()


def parties(truth: Iterable[Crossed]) -> list[Crossed]:
    """The first crossing of each party of visitors, each way."""
    first: dict[tuple[int, Direction], Crossed] = {}
    for crossed in truth:
        if not crossed.who.staff:
            first.setdefault((crossed.who.party, crossed.direction), crossed)
    return list(first.values())


def cells(crossings: Iterable[Crossing] | Iterable[Crossed]) -> Tally[Cell]:
    """How many a minute and direction."""
    return Tally((int(each.at_s // MINUTE_S), each.direction) for each in crossings)


def matched(
    crossings: Sequence[Crossing], truth: Sequence[Crossed]
) -> Iterator[tuple[Crossing, Crossed]]:
    """Each crossing with the nearest true one of its direction that is still free."""
    free = list(truth)
    for crossing in sorted(crossings, key=lambda each: each.at_s):
        near = [
            each
            for each in free
            if each.direction is crossing.direction
            and abs(each.at_s - crossing.at_s) <= TOLERANCE_S
        ]
        if near:
            nearest = min(near, key=lambda each: abs(each.at_s - crossing.at_s))
            free.remove(nearest)
            yield crossing, nearest
