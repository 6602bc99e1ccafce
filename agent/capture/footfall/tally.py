"""What was seen in one part of a minute, as it gathers: lines, zones, heat and marks. Pure.

Times are whole milliseconds on the axis of ``minutes``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from agent.capture.footfall.counting.facts import CutStay, Fact, Presence, Stay, Warmth
from models.wire.events.footfall import LineKind, LineTally, Mark, MarkKind, ZoneKind, ZoneTally
from models.wire.events.footfall_sum import stays_of


def never(_begin_at: datetime) -> bool:
    """No minute is the staff's."""
    return False


@dataclass(frozen=True, slots=True)
class Places:
    """What the minutes of one camera tell of.

    Attributes:
        lines: name to kind, in the order in which they are told.
        zones: likewise, of the kinds that are told.
        are_staff: whether whoever crosses an entrance in the minute that begins then is staff.
    """

    lines: Mapping[str, LineKind]
    zones: Mapping[str, ZoneKind] = field(default_factory=dict)
    are_staff: Callable[[datetime], bool] = never

    @classmethod
    def of_entrances(cls, *names: str) -> Places:
        """Nothing but ways in."""
        return cls(dict.fromkeys(names, LineKind.ENTRANCE))


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody crossed a line."""

    line: str
    ingress: bool
    at_ms: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """More about a step that was told before; see ``SettledCrossing``."""

    step: Step
    staff: bool = False
    again: bool = False
    leads: bool = False


@dataclass(frozen=True, slots=True)
class Doubt:
    """The camera was not to be trusted from then to then."""

    kind: MarkKind
    begin_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class News:
    """What a watcher has learnt beside how long it watched; facts with the time they belong to."""

    steps: Sequence[Step] = ()
    verdicts: Sequence[Verdict] = ()
    facts: Sequence[tuple[int, Fact]] = ()
    doubts: Sequence[Doubt] = ()


@dataclass(slots=True)
class _Zone:
    person_s: float = 0.0
    staff_s: float = 0.0
    most: int = 0
    stays_s: list[float] = field(default_factory=list)
    cut: int = 0


class Tally:
    """One part's sums."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._verdicts: list[Verdict] = []
        self._zones: defaultdict[str, _Zone] = defaultdict(_Zone)
        self._heat_s: defaultdict[int, float] = defaultdict(float)
        self._doubtful_ms: Counter[MarkKind] = Counter()

    def judge(self, verdict: Verdict) -> bool:
        """Take what is known now of a step; False, and nothing, where the step is not of here."""
        if verdict.step not in self.steps:
            return False
        self._verdicts.append(verdict)
        return True

    def forget_steps(self, from_ms: int) -> None:
        """Nobody knows enough of who crossed from then on."""
        self.steps = [step for step in self.steps if step.at_ms <= from_ms]

    def take(self, fact: Fact) -> None:
        """One more fact."""
        match fact:
            case Presence():
                zone = self._zones[fact.zone]
                zone.person_s += fact.person_s
                zone.staff_s += fact.staff_s
                zone.most = max(zone.most, fact.most)
            case Stay():
                self._zones[fact.zone].stays_s.append(fact.lasted_s)
            case CutStay():
                self._zones[fact.zone].cut += 1
            case Warmth():
                self._heat_s[fact.cell] += fact.seconds
            case _:
                assert_never(fact)

    def doubt(self, kind: MarkKind, ms: int) -> None:
        """For so long of this part the camera was not to be trusted."""
        self._doubtful_ms[kind] += ms

    def lines(self, places: Places, begin_at: datetime) -> tuple[LineTally, ...]:
        """Every line; ``begin_at`` is the minute's."""
        staffed = places.are_staff(begin_at)
        return tuple(
            self._line(line, kind, staffed=staffed and kind is LineKind.ENTRANCE)
            for line, kind in places.lines.items()
        )

    def zones(self, places: Places) -> tuple[ZoneTally, ...]:
        """Every zone."""
        return tuple(self._zone(zone, kind) for zone, kind in places.zones.items())

    @property
    def knows_zones(self) -> bool:
        """Whether anything was said of any zone."""
        return bool(self._zones)

    @property
    def heat(self) -> tuple[tuple[int, int], ...]:
        """Cells that were warm, by cell."""
        cells = ((cell, _ms(seconds)) for cell, seconds in sorted(self._heat_s.items()))
        return tuple((cell, ms) for cell, ms in cells if ms)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """By kind."""
        return tuple(Mark(kind=kind, ms=ms) for kind, ms in sorted(self._doubtful_ms.items()))

    def _line(self, line: str, kind: LineKind, *, staffed: bool) -> LineTally:
        ways = Counter(step.ingress for step in self.steps if step.line == line)
        if staffed:
            return LineTally(
                line=line,
                ingress=ways[True],
                egress=ways[False],
                staff_ingress=ways[True],
                staff_egress=ways[False],
            )
        verdicts = [verdict for verdict in self._verdicts if verdict.step.line == line]
        staff = Counter(verdict.step.ingress for verdict in verdicts if verdict.staff)
        groups = Counter(verdict.step.ingress for verdict in verdicts if verdict.leads)
        return LineTally(
            line=line,
            ingress=ways[True],
            egress=ways[False],
            kind=kind,
            staff_ingress=staff[True],
            staff_egress=staff[False],
            groups_in=groups[True],
            groups_out=groups[False],
            again=sum(verdict.again for verdict in verdicts),
        )

    def _zone(self, zone: str, kind: ZoneKind) -> ZoneTally:
        seen = self._zones.get(zone, _Zone())
        return ZoneTally(
            zone=zone,
            kind=kind,
            person_ms=_ms(seen.person_s),
            staff_ms=_ms(seen.staff_s),
            most=seen.most,
            stays=stays_of(seen.stays_s),
            cut=seen.cut,
        )


def _ms(seconds: float) -> int:
    return round(1000 * seconds)
