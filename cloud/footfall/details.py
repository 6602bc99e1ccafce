"""Reads what lies beside the parts of a span of time: lines, zones and heat, by their positions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, func, select

from cloud.footfall.detail import unpacked
from cloud.footfall.interval import CameraKey, Part
from cloud.footfall.tables import HEAT, LINE, ZONE
from models.wire.events.footfall import LineKind, LineTally, ZoneKind
from models.wire.events.footfall_sum import LINE_COUNTS

# Numbers of ours, written into the statement: two thousand parameters take PostgreSQL longer than
# what they are for.
_POSITIONS: Final[BindParameter[Any]] = bindparam("positions", expanding=True, literal_execute=True)
_LINES: Final = (
    select(LINE.c.line, LINE.c.kind, *(func.sum(LINE.c[name]).label(name) for name in LINE_COUNTS))
    .where(LINE.c.position.in_(_POSITIONS))
    .group_by(LINE.c.line, LINE.c.kind)
    .order_by(LINE.c.line, LINE.c.kind)
)
_ZONES: Final = select(*ZONE.c).where(ZONE.c.position.in_(_POSITIONS))
_HEATS: Final = select(HEAT.c.cells).where(HEAT.c.position.in_(_POSITIONS))
_STAYS: Final = msgspec.json.Decoder(dict[int, int], strict=False)


@dataclass(frozen=True, slots=True)
class LineCount:
    """One line over the span.

    Attributes:
        analysed: all of it; where False its sub-counts are unknown, whatever they say.
    """

    key: CameraKey
    tally: LineTally
    analysed: bool


@dataclass(frozen=True, slots=True)
class ZoneCount:
    """One zone in one part of an interval; what it says adds up, but ``most``.

    Attributes:
        begin_ms: milliseconds since 1970, UTC.
        observed_ms: how long its camera watched.
        stays: stays that ended, by the bucket of ``STAY_BOUNDS_S``.
    """

    key: CameraKey
    begin_ms: int
    observed_ms: int
    zone: str
    kind: ZoneKind
    person_ms: int
    staff_ms: int
    most: int
    stays: Mapping[int, int]
    cut: int

    @property
    def first_minute(self) -> int:
        """Its first minute, as a number since 1970."""
        return self.begin_ms // 60_000


class Details:
    """What cameras told beside heads, inside the caller's transaction."""

    def __init__(self, connection: Connection, parts: Iterable[Part]) -> None:
        """``parts`` are all of the span; those that are in no figure are left out."""
        self._connection = connection
        found: defaultdict[CameraKey, list[Part]] = defaultdict(list)
        for part in parts:
            if part.is_counted:
                found[part.key].append(part)
        self._parts = dict(sorted(found.items()))

    def lines(self) -> list[LineCount]:
        """Every line, by camera and name."""
        return [
            line
            for key, parts in self._parts.items()
            for line in self._lines(key, [part for part in parts if part.has_lines])
        ]

    def zones(self) -> list[ZoneCount]:
        """Every zone of every part, by camera."""
        return [
            _zone(key, by_position[row.position], row)
            for key, parts in self._parts.items()
            if (by_position := {part.position: part for part in parts})
            for row in self._found(_ZONES, parts)
        ]

    def heat(self) -> Mapping[CameraKey, Mapping[int, int]]:
        """Milliseconds that visitors stood in each cell of each camera's picture."""
        heats = {key: self._heat(parts) for key, parts in self._parts.items()}
        return {key: heat for key, heat in heats.items() if heat}

    def _lines(self, key: CameraKey, parts: Sequence[Part]) -> Iterator[LineCount]:
        if not parts:
            return
        heads_only = [part for part in parts if not part.analyses]
        unknown = {row[:2] for row in self._found(_LINES, heads_only)} if heads_only else set()
        for row in self._found(_LINES, parts):
            yield _line(key, row, analysed=row[:2] not in unknown)

    def _found(
        self, query: Select[*tuple[Any, ...]], parts: Iterable[Part]
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        positions = [part.position for part in parts]
        return self._connection.execute(query, {"positions": positions}).all()

    def _heat(self, parts: Sequence[Part]) -> dict[int, int]:
        sums: Counter[int] = Counter()
        for (cells,) in self._found(_HEATS, parts):
            for cell, ms in unpacked(cells):
                sums[cell] += ms
        return dict(sorted(sums.items()))


def _line(key: CameraKey, row: Row[*tuple[Any, ...]], *, analysed: bool) -> LineCount:
    counts = {name: int(getattr(row, name)) for name in LINE_COUNTS}
    tally = LineTally(line=row.line, kind=LineKind(row.kind), **counts)
    return LineCount(key, tally, analysed)


def _zone(key: CameraKey, part: Part, row: Row[*tuple[Any, ...]]) -> ZoneCount:
    _, zone, kind, person_ms, staff_ms, most, stays, cut = row
    return ZoneCount(
        key,
        part.begin_at_ms,
        part.observed_ms,
        zone,
        ZoneKind(kind),
        person_ms,
        staff_ms,
        most,
        _STAYS.decode(stays) if stays != "{}" else {},
        cut,
    )
