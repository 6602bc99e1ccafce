"""Which records make a transaction, and when it is whole."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from agent.capture.pos.journal.lines import RawRecord, Spot
from agent.capture.pos.journal.profile import GroupedBy, JournalProfile, RecordKind
from agent.capture.pos.journal.rows import Row
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.transcript import Field, Part, Transcript

_MOST_RECORDS: Final = 10_000  # a journal that never ends a transaction must not fill the memory
_REMEMBERED: Final = 64  # transactions whose number would be noticed if it came again


@dataclass(slots=True)
class Group:
    """The records of one transaction so far.

    Attributes:
        number: what they have in common; empty where the journal numbers nothing.
        fault: why it cannot be read as a whole, from the first record that was bad.
        handed_over: with how many records it was handed over already.
        touched_s: when its last record came, on the monotonic clock.
        seen_before: the number belonged to an earlier transaction, which had other records.
    """

    number: tuple[str, ...]
    records: list[RawRecord] = field(default_factory=list)
    transcript: Transcript = field(default_factory=Transcript)
    fault: str = ""
    handed_over: int = 0
    touched_s: float = 0.0
    seen_before: bool = False

    @property
    def data(self) -> bytes:
        """The records as they stood in the file, one per line."""
        return b"\n".join(record.data for record in self.records)

    @property
    def begin(self) -> Spot:
        """Where its first record stands."""
        return self.records[0].begin


class Grouper:
    """Takes records in the journal's order and gives back transactions that are whole."""

    def __init__(self, profile: JournalProfile) -> None:
        self._profile = profile
        self._grouping = profile.grouping
        self._kinds: dict[str, list[RecordKind]] = {}
        for kind in profile.records:
            self._kinds.setdefault(kind.code, []).append(kind)
        self._open: dict[tuple[str, ...], Group] = {}
        self._closed: OrderedDict[tuple[str, ...], bytes] = OrderedDict()

    @property
    def open(self) -> list[Group]:
        """The transactions that may still go on, in the order in which they began."""
        return list(self._open.values())

    def add(self, record: RawRecord, row: Row, now_s: float) -> list[Group]:
        """Take a record; the transactions that ended before or with it.

        Raises:
            Malformed: it belongs to nothing that is open, its code is unknown, or a column is
                missing. A transaction to which it belonged is marked by ``spoil``.
        """
        kinds = self._kinds_of(row)
        if not kinds:
            return []
        number = tuple(row.text(column) for column in self._grouping.number)
        lane = tuple(row.text(column) for column in self._grouping.lanes)
        begins = self._begins(kinds, number, lane)
        first = begins or lane not in self._open
        parts = [part for kind in kinds if first or not kind.repeated for part in _parts(kind, row)]
        ended = self._close(lane) if begins else []
        group = self._open.get(lane)
        if group is None:
            if not begins:
                raise Malformed("it belongs to a transaction whose first record did not come")
            group = self._open[lane] = Group(number)
        group.records.append(record)
        group.touched_s = now_s
        for part, texts in parts:
            group.transcript.add(part, texts)
        if len(group.records) > _MOST_RECORDS:
            group.fault = group.fault or f"it has more than {_MOST_RECORDS} records"
        if self._ends(kinds) or len(group.records) > _MOST_RECORDS:
            ended += self._close(lane)
        return ended

    def spoil(self, record: RawRecord, reason: str, now_s: float) -> bool:
        """Lay a bad record to the transactions that are open, where it must have been part of one.

        Returns:
            Whether it was; else it stands alone. By number or alone, neighbours are no relatives.
        """
        if self._grouping.by is not GroupedBy.TYPES or not self._open:
            return False
        for group in self._open.values():
            group.fault = group.fault or f"record {len(group.records) + 1} of it: {reason}"
            group.records.append(record)
            group.touched_s = now_s
        return True

    def finish(self) -> list[Group]:
        """End all that is open: nothing more will come."""
        return [group for lane in list(self._open) for group in self._close(lane)]

    def _kinds_of(self, row: Row) -> list[RecordKind]:
        column = self._grouping.type_column
        code = row.text(column) if column else ""
        kinds = self._kinds.get(code)
        if kinds is not None:
            return kinds
        if code in self._profile.ignored or self._profile.unknown_ignored:
            return []
        raise Malformed(
            f"its type is not known to profile {self._profile.name!r}; add it to [[records]] or "
            "to ignored"
        )

    def _begins(
        self, kinds: list[RecordKind], number: tuple[str, ...], lane: tuple[str, ...]
    ) -> bool:
        group = self._open.get(lane)
        match self._grouping.by:
            case GroupedBy.RECORD:
                return True
            case GroupedBy.NUMBER:
                if not any(number):
                    raise Malformed("it has no transaction number")
                return group is None or group.number != number
            case GroupedBy.TYPES:
                return any(kind.part is Part.HEADER for kind in kinds)

    def _ends(self, kinds: list[RecordKind]) -> bool:
        if self._grouping.by is GroupedBy.RECORD:
            return True
        return any(kind.part is Part.TRAILER for kind in kinds)

    def _close(self, lane: tuple[str, ...]) -> list[Group]:
        group = self._open.pop(lane, None)
        if group is None:
            return []
        if any(group.number):
            before = self._closed.get(group.number)
            group.seen_before = before is not None and before != group.data
            self._closed[group.number] = group.data
            while len(self._closed) > _REMEMBERED:
                self._closed.popitem(last=False)
        return [group]


def _parts(kind: RecordKind, row: Row) -> list[tuple[Part, dict[Field, str]]]:
    rows = row.below(kind.each) if kind.each else iter((row,))
    found = []
    for each in rows:
        texts = {Field(name): text for name, text in kind.fixed.items()}
        texts |= {Field(name): each.text(column) for name, column in kind.columns.items()}
        found.append((kind.part, texts))
        for column, tender in kind.payments.items():
            amount = each.text(column)
            if amount.strip("0.,- "):
                payment = {Field.TENDER_TYPE: tender, Field.TENDER_AMOUNT: amount}
                found.append((Part.TENDER, payment))
    return found
