"""A journal's records to sales, one record at a time.

What cannot be read is set aside by itself: one record, or the one transaction that it spoils. All
others go on. Nothing here knows of files; ``tail`` and whole files are read alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from agent.capture.pos.composing import compose_sale
from agent.capture.pos.journal.grouping import Group, Grouper
from agent.capture.pos.journal.lines import RawRecord, Spot
from agent.capture.pos.journal.profile import JournalProfile
from agent.capture.pos.journal.quoting import QuoteJoiner
from agent.capture.pos.journal.rows import row_reader
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.sale import SaleMapper
from agent.capture.pos.sink import CaptureContext, CapturedSale
from agent.errors import EventTooLarge
from models.wire.events.sale import Flag, SaleRecorded

_DISAGREE: Final = frozenset({Flag.LINES_DISAGREE, Flag.TENDERS_DISAGREE})


@dataclass(frozen=True, slots=True)
class SetAside:
    """What could not be read.

    Attributes:
        data: its bytes, behind the header if the journal has one: a journal of these records alone.
            Cards that only the format can tell are masked in it.
        begin: where its first record stands.
        reason: names records and fields, never what stands in them.
    """

    data: bytes
    begin: Spot
    reason: str

    def __repr__(self) -> str:
        """Without the bytes, which may name a customer."""
        return f"SetAside({self.begin}, {self.reason!r})"


Outcome = CapturedSale | SetAside


class RecordReader(Protocol):
    """What makes sales of records; a journal of tables and one of receipt texts are both one."""

    header: tuple[str, ...]
    """What must be known of the journal's beginning to read on in its middle."""

    @property
    def open_from(self) -> Spot | None:
        """Where the earliest record stands that is not handed over for good."""
        ...

    def feed(self, record: RawRecord, now_s: float) -> list[Outcome]:
        """Take the next record, which came at ``now_s``; what it made whole."""
        ...

    def expire(self, now_s: float) -> list[Outcome]:
        """What is open and has waited for its profile's ``idle_s``, as it is.

        It stays open, and is given once in each state: what still comes makes a new revision.
        """
        ...

    def finish(self) -> list[Outcome]:
        """What is open, as it is; it is forgotten."""
        ...


class JournalReader:
    """Reads one journal of one make for one device; see ``RecordReader``."""

    def __init__(
        self, profile: JournalProfile, context: CaptureContext, raw_sha256: str = ""
    ) -> None:
        """Read by a profile; ``raw_sha256`` is of the file, where there is a whole one."""
        self._context = context
        self._raw_sha256 = raw_sha256
        self._idle_s = profile.grouping.idle_s
        self._rows = row_reader(profile)
        self._grouper = Grouper(profile)
        self._joiner = QuoteJoiner(profile)
        self._mapper = SaleMapper(profile, context, tenders_known=profile.tenders_known)

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns, where the journal itself said them."""
        return self._rows.header

    @header.setter
    def header(self, names: tuple[str, ...]) -> None:
        if names:
            self._rows.header = names

    @property
    def open_from(self) -> Spot | None:
        """The beginning of the earliest open transaction or unfinished record."""
        begins = [group.begin for group in self._grouper.open]
        if self._joiner.open_from is not None:
            begins.append(self._joiner.open_from)
        return min(begins, key=lambda spot: (spot.segment, spot.offset), default=None)

    def feed(self, record: RawRecord, now_s: float) -> list[Outcome]:
        """Take the next record; the transactions that it made whole."""
        whole = self._joiner.feed(record)
        return [outcome for each in whole for outcome in self._take(each, now_s)]

    def expire(self, now_s: float) -> list[Outcome]:
        """What has been open for too long and was not handed over in this state."""
        waiting = [each for each in self._grouper.open if now_s - each.touched_s >= self._idle_s]
        grown = [each for each in waiting if each.handed_over < len(each.records)]
        outcomes = [self._outcome(group) for group in grown if not group.fault]
        for group in grown:
            group.handed_over = len(group.records)
        return outcomes

    def finish(self) -> list[Outcome]:
        """All that is open, as it is."""
        left = [outcome for each in self._joiner.finish() for outcome in self._take(each, 0)]
        return left + [self._outcome(group) for group in self._grouper.finish()]

    def _take(self, record: RawRecord, now_s: float) -> list[Outcome]:
        try:
            row = self._rows.read(_of_bearable_length(record))
            ended = self._grouper.add(record, row, now_s) if row is not None else []
        except Malformed as error:
            if self._grouper.spoil(record, str(error), now_s):
                return []
            return [self._set_aside([record], str(error))]
        return [self._outcome(group) for group in ended]

    def _outcome(self, group: Group) -> Outcome:
        if group.fault:
            return self._set_aside(group.records, group.fault)
        try:
            sale = self._mapper.sale(
                group.transcript, self._raw_sha256 or sha256(group.data).hexdigest()
            )
            _refuse_fragment(group, sale)
            return compose_sale(sale, self._context.device, self._context.moment())
        except (Malformed, EventTooLarge) as error:
            return self._set_aside(group.records, str(error))

    def _set_aside(self, records: Sequence[RawRecord], reason: str) -> SetAside:
        header = self._rows.header_record()
        lines = [self._rows.kept(each.data) for each in records]
        return SetAside(b"\n".join([header, *lines] if header else lines), records[0].begin, reason)


def _of_bearable_length(record: RawRecord) -> bytes:
    if record.too_long:
        raise Malformed("it is longer than longest_record_bytes")
    return record.data


def _refuse_fragment(group: Group, sale: SaleRecorded) -> None:
    """Half of a transaction must never replace the whole of it as a new revision."""
    if group.seen_before and _DISAGREE.intersection(sale.capture.flags):
        raise Malformed(
            "records of this number came before, with others in between; if several tills write "
            "into this journal, name the column that tells them apart in lanes"
        )
