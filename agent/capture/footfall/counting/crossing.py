"""When has somebody crossed a line: two sides, a band that is neither, and where the path went.

A foot's side of the line counts once the foot has been *seen* beyond a band around the line, as
wide as a share of the person's height. Somebody who stands sways, and is on the side on which they
lately were on average, if that is off the line at all. Whoever is believed on the other side than
before has crossed, if the path met the line between its ends. Whoever turns round within the band
has not, and whoever goes through and comes back has crossed twice.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.capture.footfall.counting.edge import Edges
from agent.capture.footfall.counting.line import Crossing, Direction, Line
from agent.capture.footfall.counting.tracks import Flags, Floats, Table
from agent.capture.footfall.counting.tuning import Tuning

Signs = NDArray[np.int8]
"""Of each walker -1 or 1, by the sign of c; 0 where it is not known."""

EDGE: Final = 0.01
"""A line's end this near to the picture's edge, as a share of its width or height, is open: the
feet of somebody whom the edge cuts off are estimated to be outside, and are not beyond the end."""

_WALKER: Final = np.dtype(
    [
        ("id", np.int64),
        ("side", np.int8),  # believed: -1 or 1 by the sign of c; 0 not known yet
        ("across", np.float64),  # pixels from the line when last seen, by the sign of c
        ("along", np.float64),  # pixels from the line's beginning along it when last seen
        ("at_s", np.float64),  # when last seen
        ("lately", np.float64),  # heights from the line lately on average, a band at most
        ("met_along", np.float64),  # where the path last met the line
        ("met_at_s", np.float64),  # and when
    ]
)


class LineWatch:
    """Watches one line over a picture of (width, height)."""

    def __init__(self, line: Line, size: tuple[int, int], tuning: Tuning) -> None:
        self._line = line
        self._tuning = tuning
        self._begin = np.array([line.x1, line.y1])
        self._unit = np.array([line.x2 - line.x1, line.y2 - line.y1]) / line.length
        on_edge = _ends_on(line, size)
        self._from, self._to = np.where(
            on_edge.any(axis=(1, 2)), (-np.inf, np.inf), (0, line.length)
        )
        before, behind = on_edge.any(axis=0).T
        self._least, self._most = np.where(before, 0, -np.inf), np.where(behind, size, np.inf)
        self._edges = Edges(size, tuning)
        self._at_s = -np.inf
        self._walkers = np.zeros(0, _WALKER)
        self._unproven: dict[int, list[Crossing]] = {}

    def update(self, tracks: Table, at_s: float) -> list[Crossing]:
        """Look at who is where now.

        Args:
            tracks: everybody alive, ids ascending as the tracker has them.
            at_s: the moment, never before the last one.

        Returns:
            Crossings that are certain now; those of walkers who are not proven yet come when they
            are, and never if they never are.
        """
        across, along = self._placed(tracks["foot"])
        depth = across / tracks["size"][:, 1]
        self._keep_up_with(tracks, at_s)
        self._at_s = at_s
        known = tracks["seen"] | self._edges.left_by(tracks, at_s)
        self._lean(known, depth, at_s)
        self._note_meetings(known, across, along, at_s)
        self._note_crossings(self._believed(known, tracks["standing"], depth))
        return self._certain(tracks)

    def _placed(self, feet: Floats) -> tuple[Floats, Floats]:
        """How far from the line feet (n, 2) are, by the sign of c, and how far along it.

        Beyond an edge on which it ends the line goes on straight out, whatever its slant: who comes
        into view left of its end was left of it, however far below the picture the feet were.
        """
        offset = np.minimum(np.maximum(feet, self._least), self._most) - self._begin
        along = offset @ self._unit
        return self._unit[0] * offset[:, 1] - self._unit[1] * offset[:, 0], along

    def _keep_up_with(self, tracks: Table, at_s: float) -> None:
        """Forget who is gone; take in who is new."""
        ids = tracks["id"]
        if np.array_equal(ids, self._walkers["id"]):
            return
        kept = self._walkers[np.isin(self._walkers["id"], ids)]
        self._walkers = np.concatenate([kept, self._new(tracks[len(kept) :], at_s)])
        alive = set(ids.tolist())
        self._unproven = {id_: due for id_, due in self._unproven.items() if id_ in alive}

    def _new(self, tracks: Table, at_s: float) -> Table:
        """As last seen here and now; those who came over an edge of the picture, beyond it.

        They were there as long ago as it takes to walk from where nothing is seen of them.
        """
        feet = self._edges.came_from(tracks, at_s - self._at_s)
        height = tracks["size"][:, 1]
        way = np.abs(feet - tracks["foot"]).max(axis=1)
        new = np.zeros(len(tracks), _WALKER)
        new["id"] = tracks["id"]
        new["across"], new["along"] = self._placed(feet)
        new["at_s"] = at_s - way / (self._tuning.walking_pace * height)
        believed = (way > 0) & (np.abs(new["across"]) > self._tuning.band * height)
        new["side"][believed] = np.sign(new["across"][believed])
        return new

    def _lean(self, known: Flags, depth: Floats, at_s: float) -> None:
        """Keep the average of how deep, in heights, each is known beyond the line."""
        band, walkers = self._tuning.band, self._walkers
        gain = np.where(known, 1 - np.exp((walkers["at_s"] - at_s) / self._tuning.lean_s), 0.0)
        walkers["lately"] += gain * (np.clip(depth, -band, band) - walkers["lately"])

    def _note_meetings(self, seen: Flags, across: Floats, along: Floats, at_s: float) -> None:
        """Where and when the straight path from the last sighting to this one met the line."""
        walkers = self._walkers
        met = (seen & ((across > 0) != (walkers["across"] > 0))).nonzero()[0]
        if len(met):
            before = walkers[met]
            share = before["across"] / (before["across"] - across[met])
            walkers["met_along"][met] = before["along"] + share * (along[met] - before["along"])
            walkers["met_at_s"][met] = before["at_s"] + share * (at_s - before["at_s"])
        np.copyto(walkers["across"], across, where=seen)
        np.copyto(walkers["along"], along, where=seen)
        np.copyto(walkers["at_s"], at_s, where=seen)

    def _believed(self, known: Flags, standing: Flags, depth: Floats) -> Signs:
        """On which side those are whose place is known now, if it is beyond doubt."""
        lately = self._walkers["lately"]
        where = np.where(standing, lately, depth)
        least = np.where(standing, self._tuning.lean, self._tuning.band)
        sure = known & (np.abs(where) > least)
        signs: Signs = (np.sign(where) * sure).astype(np.int8)
        return signs

    def _note_crossings(self, side: Signs) -> None:
        walkers = self._walkers
        believed = side != 0
        for row in (believed & (side == -walkers["side"])).nonzero()[0]:
            walker = walkers[row]
            if self._from <= walker["met_along"] <= self._to:
                direction = Direction.IN if side[row] > 0 else Direction.OUT
                crossing = Crossing(
                    self._line.name, direction, float(walker["met_at_s"]), int(walker["id"])
                )
                self._unproven.setdefault(crossing.track, []).append(crossing)
        np.copyto(walkers["side"], side, where=believed)

    def _certain(self, tracks: Table) -> list[Crossing]:
        if not self._unproven:
            return []
        proven = set(tracks["id"][tracks["proven"]].tolist())
        ready = [id_ for id_ in self._unproven if id_ in proven]
        return [crossing for id_ in ready for crossing in self._unproven.pop(id_)]


def _ends_on(line: Line, size: tuple[int, int]) -> Flags:
    """(2, 2, 2) which end is on which edge: by end, then x and y, then the least and the most.

    A line that runs along an edge, both ends on it, ends on another or on none.
    """
    ends = np.array([(line.x1, line.y1), (line.x2, line.y2)])
    near: Flags = np.stack([ends <= EDGE * np.array(size), ends >= (1 - EDGE) * np.array(size)], 2)
    return near & ~near.all(axis=0)
