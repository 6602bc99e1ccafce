"""Who is where on the shop floor, and for how long: the door of what is told of zones.

People hide behind one another and are not believed at first sight. So every picture is judged
a few seconds later: whoever was seen in it, or before and after it, was there; whoever never came
back was not, however long the tracker waited. What is told is dated with the picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from agent.capture.footfall.counting.facts import CutStay, Fact, Presence, Stay, Warmth
from agent.capture.footfall.counting.floor_tuning import FLOOR, FloorTuning
from agent.capture.footfall.counting.heat import cells_of
from agent.capture.footfall.counting.looks import Look, Looks
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.outline import Outlines
from agent.capture.footfall.counting.stays import Company, Stays, marked
from agent.capture.footfall.counting.tracks import Flags, Floats, Table
from agent.capture.footfall.counting.waits import Waits
from agent.capture.footfall.counting.walkers import Walkers
from agent.capture.footfall.counting.zone import Zone
from models.wire.events.footfall import ZoneKind

TOLD: Final = (ZoneKind.DWELL, ZoneKind.QUEUE)
"""The kinds of zones of which something is told."""


class Floor:
    """Tells presence and stays in the zones of one camera, and where people's feet are.

    A queue is made of those who stand or shuffle: of people who only walk through it nothing
    is told, but the feet.

    Args:
        zones: of any kind, with names of their own; those of other kinds are left alone.
        size: the pictures' width and height in pixels.
        tuning: never changed in the product; there for measuring how much each figure matters.
    """

    def __init__(
        self, zones: Sequence[Zone], size: tuple[int, int], tuning: FloorTuning = FLOOR
    ) -> None:
        told = [zone for zone in zones if zone.kind in TOLD]
        self._size = size
        self._hindsight_s = tuning.hindsight_s
        self._zones = [zone.name for zone in told]
        self._queues = np.array([zone.kind is ZoneKind.QUEUE for zone in told], np.bool_)
        self._outlines = Outlines(told, size)
        self._walkers = Walkers(len(told), tuning)
        self._looks = Looks(tuning)
        self._stays = [
            (Waits if zone.kind is ZoneKind.QUEUE else Stays)(zone.name, tuning) for zone in told
        ]
        self._at_s = -np.inf

    def update(self, moment: Moment) -> list[Fact]:
        """Take one more moment; what is certain now, dated some seconds back, by time."""
        depth = self._outlines.depth(moment.feet)
        within = self._walkers.note(moment, depth, self._looks.oldest_s)
        self._looks.add(
            Look(moment.at_s, moment.span_s, moment.ids, moment.feet, moment.heights, within)
        )
        self._at_s = moment.at_s
        return self._judged(moment.at_s - self._hindsight_s)

    def rest(self) -> list[Fact]:
        """What is left to tell when nothing more will be seen; whoever is hidden is gone."""
        cut = (stay for stays in self._stays for stay in stays.rest(self._at_s))
        return [*self._judged(np.inf), *cut]

    def _judged(self, until_s: float) -> list[Fact]:
        facts: list[Fact] = []
        while (due := self._looks.next_until(until_s)) is not None:
            facts += self._judge(*due)
        return facts

    def _judge(self, look: Look, pace: Floats) -> Iterator[Fact]:
        rows = self._walkers.rows_of(look.ids)
        present = self._walkers.settle(rows, look.at_s)
        if not present.all():
            rows, pace, look = rows[present], pace[present], look.of(present)
        self._walkers.walk(rows, pace, look.feet, look.at_s)
        known = self._walkers.table[rows]
        within = look.within & (known["slow"] | ~self._queues[:, np.newaxis])
        visitors = known["proven"] & ~known["staff"]
        yield from self._presence(look, within, visitors, known["proven"] & known["staff"])
        yield from self._stayed(look, within, known)
        for cell in cells_of(look.feet[visitors], self._size).tolist():
            yield Warmth(cell, look.at_s, look.span_s)

    def _presence(
        self, look: Look, within: Flags, visitors: Flags, staff: Flags
    ) -> Iterator[Presence]:
        """For the time since the picture before counts who is there now.

        Nobody knows when in between they came or went; on average this is right both ways.
        """
        span_s = look.span_s
        for zone, here in zip(self._zones, within, strict=True):
            visiting, working = _many(here & visitors), _many(here & staff)
            if visiting or working:
                yield Presence(zone, look.at_s, visiting * span_s, working * span_s, visiting)

    def _stayed(self, look: Look, within: Flags, known: Table) -> Iterator[Stay | CutStay]:
        people = marked(known["person"], known["proven"], known["staff"])
        # Somebody who was seen but once is a phantom, and appears nowhere.
        born = known["born_within"].T & (known["until_s"] > known["born_s"])
        for stays, here, appeared in zip(self._stays, within, born, strict=True):
            company = Company(people, look.feet, look.heights, here, appeared)
            yield from stays.update(company, look.at_s, look.span_s)


def _many(flags: Flags) -> int:
    return int(np.count_nonzero(flags))
