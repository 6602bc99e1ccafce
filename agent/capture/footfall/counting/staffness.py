"""Who is staff: by where they were first seen, or by the badge that they wear.

Whoever is born in a staff area is staff for as long as the track lives: nobody else appears there.
A badge is looked at in several pictures, each of which votes; votes are bounded, so that what was
seen first can be outvoted, and a change of mind takes as many votes as the difference between the
two verdicts. A picture without a view of the upper body does not vote.

Nothing is decided backwards: whoever is found to be staff is so from then on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.outline import Outlines
from agent.capture.footfall.counting.tracks import Flags, Rows, Table
from agent.capture.footfall.counting.zone import Zone
from models.wire.events.footfall import ZoneKind


@dataclass(frozen=True, slots=True)
class StaffTuning:
    """How sure is sure, and what looking may cost.

    Attributes:
        verdict: so many votes more for than against a badge make somebody staff; so many more
            against make somebody a visitor again. More are not kept.
        look_s: somebody is looked at again after this time: two pictures of one moment are one
            witness, however often is sampled.
        looks: at most so many badges are looked at in one picture, those looked at least first.
        memory_s: for how long staff are named after they are gone.
    """

    verdict: int = 3
    look_s: float = 0.45
    looks: int = 3
    memory_s: float = 10.0


DEFAULTS: Final = StaffTuning()

_WALKER: Final = np.dtype(
    [
        ("id", np.int64),
        ("alive_at_s", np.float64),  # when last in view
        ("born", np.bool_),  # in a staff area
        ("badge", np.bool_),  # by the votes
        ("votes", np.int64),  # for a badge, less those against
        ("looked_at_s", np.float64),  # when the latest vote was given
    ]
)


class Staffness:
    """Knows who is staff among those in view, and those who left lately.

    Args:
        zones: of the camera; those of the kind ``staff`` matter.
        size: of the pictures.
        tuning: never changed in the product.
    """

    def __init__(
        self, zones: Sequence[Zone], size: tuple[int, int], tuning: StaffTuning = DEFAULTS
    ) -> None:
        self._outlines = Outlines([each for each in zones if each.kind is ZoneKind.STAFF], size)
        self._tuning = tuning
        self._walkers = np.zeros(0, _WALKER)
        self._rows: Rows = np.zeros(0, np.intp)
        self._kept: Moment | None = None

    def worth_a_look(self, moment: Moment) -> Rows:
        """Rows of the moment whose badges should be looked at, to be told to ``update``.

        People who are seen and proven, not staff by birth, and were not looked at just now; few,
        those first who waited longest.
        """
        self._keep(moment)
        looked_at_s = self._walkers["looked_at_s"][self._rows]
        due = moment.at_s - looked_at_s >= self._tuning.look_s
        visitors = ~self._walkers["born"][self._rows]
        worth = (moment.seen & moment.proven & due & visitors).nonzero()[0]
        longest = looked_at_s[worth].argsort(kind="stable")
        chosen: Rows = worth[longest[: self._tuning.looks]]
        return chosen

    def update(self, moment: Moment, votes: Mapping[int, bool] | None = None) -> frozenset[int]:
        """Take the next moment.

        Args:
            moment: who is where.
            votes: by walker, whether this picture shows a badge; who is absent was not looked at.

        Returns:
            Staff in view now, and those who were until lately.
        """
        self._keep(moment)
        for walker, badge in (votes or {}).items():
            self._vote(int(self._walkers["id"].searchsorted(walker)), moment.at_s, badge=badge)
        staff = self._walkers["born"] | self._walkers["badge"]
        return frozenset(self._walkers["id"][staff].tolist())

    @property
    def wearers(self) -> frozenset[int]:
        """Who wears the badge, of those whom ``update`` named."""
        return frozenset(self._walkers["id"][self._walkers["badge"]].tolist())

    def _keep(self, moment: Moment) -> None:
        """Forget who is long gone; take in who is new, once a moment. Ids stay ascending."""
        if moment is self._kept:
            return
        self._kept = moment
        newest = self._walkers["id"][-1] if len(self._walkers) else -1
        if len(moment.ids) and moment.ids[-1] > newest:
            born = self._born(moment, moment.ids > newest)
            self._walkers = np.concatenate([self._walkers, born])
        rows = self._walkers["id"].searchsorted(moment.ids)
        self._walkers["alive_at_s"][rows] = moment.at_s
        kept = moment.at_s - self._walkers["alive_at_s"] <= self._tuning.memory_s
        if not kept.all():
            self._walkers = self._walkers[kept]
            rows = self._walkers["id"].searchsorted(moment.ids)
        self._rows = rows

    def _born(self, moment: Moment, new: Flags) -> Table:
        walkers = np.zeros(int(new.sum()), _WALKER)
        walkers["id"] = moment.ids[new]
        walkers["looked_at_s"] = -np.inf
        if len(self._outlines):
            walkers["born"] = self._outlines.inside(moment.birthplaces[new]).any(axis=0)
        return walkers

    def _vote(self, row: int, at_s: float, *, badge: bool) -> None:
        most = self._tuning.verdict
        walker = self._walkers[row]
        votes = max(-most, min(int(walker["votes"]) + (1 if badge else -1), most))
        walker["votes"], walker["looked_at_s"] = votes, at_s
        if abs(votes) == most:
            walker["badge"] = badge
