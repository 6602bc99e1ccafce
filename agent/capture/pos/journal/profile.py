"""What a make of till writes into its journal, as data: profiles with ``adapter = "journal"``."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from agent.capture.pos.family import Adapter
from agent.capture.pos.journal.cells import cut_of
from agent.capture.pos.journal.lines import WIDE
from agent.capture.pos.mapping.rules import SaleRules
from agent.capture.pos.mapping.transcript import Field, Part
from models.wire.source_rank import JOURNAL

_LONGEST_RECORD: Final = 1024 * 1024
_ANY_SINGLE: Final = 1


class Format(StrEnum):
    """How a record is written."""

    CSV = "csv"
    FIXED = "fixed"
    NDJSON = "ndjson"


class Undecodable(StrEnum):
    """What becomes of bytes that the encoding does not know."""

    REPLACE = "replace"
    """U+FFFD stands for them: a name keeps its other letters, an amount cannot be read."""

    REFUSE = "refuse"
    """The record is set aside."""


class Unit(StrEnum):
    """In what positions of fixed width are counted."""

    CHARACTERS = "characters"
    BYTES = "bytes"
    CELLS = "cells"
    """Columns of a printer or screen: an East Asian character takes two."""


class GroupedBy(StrEnum):
    """What holds the records of a transaction together."""

    RECORD = "record"
    """Each record is a transaction."""

    NUMBER = "number"
    """Neighbouring records with the same transaction number."""

    TYPES = "types"
    """A header record begins one, a trailer or the next header ends it."""


@dataclass(frozen=True, slots=True)
class Csv:
    """How cells are told apart.

    Attributes:
        delimiter: one character between cells.
        quote: one character around cells that hold a delimiter; doubled inside. Empty: no quoting.
        escape: one character that takes the next one's meaning; none where empty.
        columns: names of the columns, where the journal has no header record.
        multiline: whether a quoted cell may hold line ends.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    columns: tuple[str, ...] = ()
    multiline: bool = False

    def __post_init__(self) -> None:
        """Marks of more or less than one character are found at start."""
        if len(self.delimiter) != _ANY_SINGLE or len(self.quote) > 1 or len(self.escape) > 1:
            raise ValueError("delimiter must be one character, quote and escape at most one")


@dataclass(frozen=True, slots=True)
class Grouping:
    """What belongs together. Columns are named as in ``records``.

    Attributes:
        by: record, number or types.
        number: columns that together number a transaction; the same in all its records.
        lanes: of these, the columns that tell tills apart that write into one journal at once.
        type_column: the column that says which of ``records`` a record is.
        idle_s: seconds after which an unfinished transaction at the journal's end is taken as it
            is; what comes later makes a new revision of it.
    """

    by: GroupedBy = GroupedBy.RECORD
    number: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()
    type_column: str = ""
    idle_s: float = 60.0

    def __post_init__(self) -> None:
        """A grouping that cannot group is found at start."""
        if self.by is GroupedBy.NUMBER and not self.number:
            raise ValueError("grouping by number needs the columns of the number")
        if self.idle_s <= 0:
            raise ValueError("idle_s must be above 0")


@dataclass(frozen=True, slots=True)
class RecordKind:
    """One kind of record, and what stands where in it.

    A column is a header's name or ``#3`` (the third) in CSV, ``11-20`` (from 1, both included) in
    fixed width, and ``payment.amount`` (a path) in NDJSON. Several kinds with one code all apply.

    Attributes:
        part: what it tells about.
        code: what ``type_column`` says for it; empty where there is no such column.
        columns: our field to its column.
        fixed: our field to a text that is the same in every such record.
        payments: a column that holds an amount, to the type of tender that it was; zero is none.
        repeated: every record of a transaction says it again; only its first one counts.
        each: in NDJSON, the list that holds such parts; columns are then paths below its entries.
    """

    part: Part
    code: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)
    payments: dict[str, str] = field(default_factory=dict)
    repeated: bool = False
    each: str = ""

    def __post_init__(self) -> None:
        """A field that we do not know is found at start."""
        for name in (*self.columns, *self.fixed):
            if name not in list(Field):
                raise ValueError(f"{name!r} is no field of ours; see docs/how-to/read-a-journal.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalProfile(SaleRules):
    """One make of journal.

    Attributes:
        format: csv, fixed or ndjson.
        encoding: of the text, by its Python name; never guessed.
        undecodable: what becomes of bytes that the encoding does not know.
        csv: for CSV, how cells are told apart.
        unit: for fixed width, what positions count.
        grouping: what belongs together.
        records: the kinds of records.
        ignored: codes of records that tell nothing.
        unknown_ignored: whether other codes are passed over, too, instead of being set aside.
        longest_record_bytes: a longer record is set aside.
        lines_may_span_files: whether a line that a rotation cut goes on in the next file. Off: what
            stands at the end of a rotated file is a record, with or without a line end.
    """

    source_rank: int = JOURNAL
    format: Format
    records: tuple[RecordKind, ...]
    encoding: str = "utf-8"
    undecodable: Undecodable = Undecodable.REPLACE
    csv: Csv = field(default_factory=Csv)
    unit: Unit = Unit.CHARACTERS
    grouping: Grouping = field(default_factory=Grouping)
    ignored: tuple[str, ...] = ()
    unknown_ignored: bool = False
    longest_record_bytes: int = _LONGEST_RECORD
    lines_may_span_files: bool = False

    def __post_init__(self) -> None:
        """What cannot be is found at start, not at the first sale."""
        self.check_shared()
        if self.adapter is not Adapter.JOURNAL:
            raise ValueError('adapter must be "journal"')
        _check_encoding(self.encoding)
        if self.format is Format.FIXED:
            for column in self.columns():
                cut_of(column)
        if not self.records:
            raise ValueError("a journal needs at least one [[records]]")
        if len({each.code for each in self.records}) > 1 and not self.grouping.type_column:
            raise ValueError("several codes need grouping.type_column")

    @property
    def tenders_known(self) -> bool:
        """Whether the journal says how was paid."""
        return any(
            kind.part is Part.TENDER or kind.payments or Field.TENDER_AMOUNT in kind.columns
            for kind in self.records
        )

    def columns(self) -> Iterator[str]:
        """Every column of whole records that the profile names; not those below ``each``."""
        yield from self.grouping.number
        yield from self.grouping.lanes
        if self.grouping.type_column:
            yield self.grouping.type_column
        for kind in self.records:
            if not kind.each:
                yield from kind.columns.values()
                yield from kind.payments


def _check_encoding(name: str) -> None:
    try:
        known = codecs.lookup(name).name
    except LookupError as error:
        raise ValueError(f"encoding {name!r} is not known") from error
    if known.removesuffix("-sig") == "utf-16":
        raise ValueError("name utf-16-le or utf-16-be; a mark at the beginning is passed over")
    if name not in WIDE and "\n".encode(known) != b"\n":
        raise ValueError(f"encoding {name!r} has a line feed of its own, which is not supported")
