"""What was seen and what was told, held against each other: crossings, staff and groups. Pure.

A crossing that was told is a *hit* when it is somebody's who was seen to cross, on the same line in
the same direction, within the tolerance, one to one. Marks that could be argued about count neither
way: not as missed, and what was told of them not as extra.

Times are those of ``Stretches.along``: what was not watched takes none. A crossing told just
outside of what was watched may be that of a mark inside; it is nobody's error otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.capture.footfall.audit.marks import Audit, Mark, Told
from agent.capture.footfall.audit.matching import Pair, matched
from agent.capture.footfall.counting.line import Direction


@dataclass(frozen=True, slots=True)
class Side:
    """One line in one direction, matched; times in seconds that were watched.

    Attributes:
        hits: when somebody was seen, and when that was told.
        missed_s: when somebody was seen and nothing told.
        extra_s: when something was told and nobody seen, not even arguably.
    """

    line: str
    direction: Direction
    hits: tuple[tuple[float, float], ...]
    missed_s: tuple[float, ...]
    extra_s: tuple[float, ...]

    @property
    def hits_s(self) -> tuple[float, ...]:
        """When those were seen who were told."""
        return tuple(seen_s for seen_s, _ in self.hits)

    @property
    def seen_s(self) -> tuple[float, ...]:
        """When anybody was seen beyond argument."""
        return self.hits_s + self.missed_s

    @property
    def told_s(self) -> tuple[float, ...]:
        """When anything was told, without what belongs to arguable marks."""
        return tuple(told_s for _, told_s in self.hits) + self.extra_s


@dataclass(frozen=True, slots=True)
class Paired:
    """One line in one direction: its marks, what was told of it, and which of both are the same."""

    line: str
    direction: Direction
    marks: Sequence[Mark]
    told: Sequence[Told]
    pairs: Sequence[Pair]

    def side(self, audit: Audit) -> Side:
        """As times."""
        watched = audit.watched
        of_mark, of_told = dict(self.pairs), {j for _, j in self.pairs}
        sure = [(i, mark.t) for i, mark in enumerate(self.marks) if mark.sure]
        return Side(
            self.line,
            self.direction,
            hits=tuple(
                (watched.along(t), watched.along(self.told[of_mark[i]].t))
                for i, t in sure
                if i in of_mark
            ),
            missed_s=tuple(watched.along(t) for i, t in sure if i not in of_mark),
            extra_s=tuple(
                watched.along(each.t)
                for j, each in enumerate(self.told)
                if j not in of_told and watched.near(each.t)
            ),
        )


@dataclass(frozen=True, slots=True)
class StaffKnown:
    """How the staff were known, among crossings that were both seen and told.

    Attributes:
        seen: that a person marked as staff's.
        told: that the counter took for staff's.
        hits: of both, the same.
    """

    seen: int
    told: int
    hits: int


def paired(audit: Audit, told: Sequence[Told], tolerance_s: float) -> list[Paired]:
    """Every line in every direction, one to one."""
    return [
        _paired(audit, told, line, direction, tolerance_s)
        for line in audit.names
        for direction in Direction
    ]


def staff_known(sides: Sequence[Paired]) -> StaffKnown | None:
    """None where neither a person nor the counter said a word of staff."""
    both = [
        (side.marks[i].staff, side.told[j].staff)
        for side in sides
        for i, j in side.pairs
        if side.marks[i].sure
    ]
    if not any(map(any, both)):
        return None
    return StaffKnown(
        seen=sum(seen for seen, _ in both),
        told=sum(told for _, told in both),
        hits=sum(seen and told for seen, told in both),
    )


def groups(audit: Audit, sides: Sequence[Paired]) -> list[Side]:
    """Groups of visitors by line and direction, as seen and as told, not matched.

    Empty where the person marked no group, or the counter told of none: then nobody looked for
    them. Who was marked in no group came alone, and is one.
    """
    if not any(mark.group for mark in audit.marks):
        return []
    if not any(each.leads for side in sides for each in side.told):
        return []
    return [
        Side(
            side.line,
            side.direction,
            hits=(),
            missed_s=tuple(audit.watched.along(t) for t in _first_of_groups(side.marks)),
            extra_s=tuple(
                audit.watched.along(each.t)
                for each in side.told
                if each.leads and audit.watched.near(each.t)
            ),
        )
        for side in sides
    ]


def _paired(
    audit: Audit, told: Sequence[Told], line: str, direction: Direction, tolerance_s: float
) -> Paired:
    marks = [each for each in audit.marks if (each.line, each.direction) == (line, direction)]
    near = sorted(
        (
            each
            for each in told
            if (each.line, each.direction) == (line, direction)
            and audit.watched.near(each.t, tolerance_s)
        ),
        key=lambda each: each.t,
    )
    seen_s, told_s = [mark.t for mark in marks], [each.t for each in near]
    pairs = matched(seen_s, told_s, tolerance_s, [mark.sure for mark in marks])
    return Paired(line, direction, marks, near, pairs)


def _first_of_groups(marks: Sequence[Mark]) -> Iterator[float]:
    known: set[int] = set()
    for mark in marks:
        if not mark.sure or mark.staff or mark.group in known:
            continue
        if mark.group:
            known.add(mark.group)
        yield mark.t
