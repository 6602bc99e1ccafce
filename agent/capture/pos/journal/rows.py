"""One record to texts by column: a row of CSV, a line of fixed width, an object of NDJSON."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, Protocol

from agent.capture.pos.journal.decoding import decoded
from agent.capture.pos.journal.fitting import SURE, Fitting
from agent.capture.pos.journal.fixed import FixedRows
from agent.capture.pos.journal.profile import Format, JournalProfile
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.transcript import Field
from agent.capture.pos.sensitive.parted import mask_parted

_JSON_DEPTH: Final = 32


class Row(Protocol):
    """A record whose columns can be read."""

    def text(self, column: str) -> str:
        """The text of a column without surrounding space; empty where it is missing.

        Raises:
            Malformed: the record is too short for the column, or holds no text there.
        """
        ...

    def below(self, path: str) -> Iterator[Row]:
        """The entries of a list in the record."""
        ...


class RowReader(Protocol):
    """What makes rows of a record's bytes. Remembers the header, if the format has one."""

    header: tuple[str, ...]

    def read(self, data: bytes) -> Row | None:
        """The row; None for a header and for a record without anything in it; raises Malformed."""
        ...

    def header_record(self) -> bytes:
        """A record that says the header again; empty where the journal needs none."""
        ...

    def kept(self, data: bytes) -> bytes:
        """The record as it may be kept: without cards that only its format can tell."""
        ...


def row_reader(profile: JournalProfile) -> RowReader:
    """The reader for a profile's format."""
    match profile.format:
        case Format.CSV:
            return CsvRows(profile)
        case Format.FIXED:
            return FixedRows(profile)
        case Format.NDJSON:
            return JsonRows(profile)


class CsvRows:
    """Comma-separated records, whatever the comma is."""

    def __init__(self, profile: JournalProfile) -> None:
        self.header: tuple[str, ...] = profile.csv.columns
        self._profile = profile
        self._wanted = frozenset(each for each in profile.columns() if not each.startswith("#"))
        self._fitting = Fitting(profile)

    def read(self, data: bytes) -> Row | None:
        """The row. A record that holds all column names that the profile uses is a header."""
        text = decoded(data, self._profile)
        if not text.strip():
            return None
        cells = self._cells(text)
        names = tuple(cell.strip() for cell in cells)
        if self._wanted and self._wanted.issubset(names):
            self.header = names
            return None
        if self._wanted and not self.header:
            raise Malformed("no header record came before it, and the profile names no columns")
        if self.header:
            _check_width(cells, self.header)
        row = CsvRow(cells, self.header)
        if self._masked(data) != data and self._has_moved(row):
            raise Malformed("a card's number stands across two of its cells")
        return row

    def kept(self, data: bytes) -> bytes:
        """The row; of one whose cells have moved, without numbers that its separators hide."""
        header = self.header
        try:
            self.read(data)
        except Malformed:
            return self._masked(data)
        finally:
            self.header = header
        return data

    def header_record(self) -> bytes:
        """The names of the columns, unless the profile says them."""
        if self.header == self._profile.csv.columns:
            return b""
        marks, out = self._profile.csv, io.StringIO()
        csv.writer(
            out,
            delimiter=marks.delimiter,
            quotechar=marks.quote or None,
            quoting=csv.QUOTE_MINIMAL if marks.quote else csv.QUOTE_NONE,
            escapechar=marks.escape or "\\",
            lineterminator="",
        ).writerow(self.header)
        return out.getvalue().encode(self._profile.encoding, "replace")

    def _masked(self, data: bytes) -> bytes:
        return mask_parted(data, self._profile.csv.delimiter)

    def _has_moved(self, row: Row) -> bool:
        """Whether a number, a day or a time of its kind of record is none: cells have moved."""
        typed = self._profile.grouping.type_column
        code = row.text(typed) if typed else ""
        kinds = [kind for kind in self._profile.records if kind.code == code]
        columns = [(Field(name), column) for kind in kinds for name, column in kind.columns.items()]
        sure = [(field, row.text(column)) for field, column in columns if field in SURE]
        return not all(self._fitting.fits(field, text) for field, text in sure)

    def _cells(self, text: str) -> list[str]:
        marks = self._profile.csv
        try:
            rows = list(
                csv.reader(
                    [text],
                    delimiter=marks.delimiter,
                    quotechar=marks.quote or None,
                    quoting=csv.QUOTE_MINIMAL if marks.quote else csv.QUOTE_NONE,
                    escapechar=marks.escape or None,
                    strict=True,
                )
            )
        except csv.Error as error:
            raise Malformed(f"its cells cannot be told apart: {error}") from error
        if len(rows) != 1:
            raise Malformed("a line end stands in it outside of quotes")
        return rows[0]


def _check_width(cells: Sequence[str], names: Sequence[str]) -> None:
    """One cell more or less, and every amount behind it is another column's."""
    surplus = cells[len(names) :]
    if len(cells) < len(names) or any(cell.strip() for cell in surplus):
        raise Malformed(f"it has {len(cells)} cells where the header has {len(names)}")


class CsvRow:
    """Cells by the header's names, or by ``#`` and their place from 1."""

    def __init__(self, cells: Sequence[str], names: Sequence[str]) -> None:
        self._cells = cells
        self._names = names

    def text(self, column: str) -> str:
        """A cell; see ``Row``."""
        if column.startswith("#"):
            at = int(column[1:]) - 1
        else:
            at = self._names.index(column) if column in self._names else -1
        if not 0 <= at < len(self._cells):
            raise Malformed(f"it has {len(self._cells)} cells and none for column {column!r}")
        return self._cells[at].strip()

    def below(self, path: str) -> Iterator[Row]:
        """CSV has no lists."""
        del path
        return iter(())


class JsonRows:
    """One JSON object per line. Numbers stay the digits that the till wrote."""

    header: tuple[str, ...] = ()

    def __init__(self, profile: JournalProfile) -> None:
        self._profile = profile

    def read(self, data: bytes) -> Row | None:
        """The row; None for an empty line."""
        text = decoded(data, self._profile)
        if not text.strip():
            return None
        try:
            found = json.loads(text, parse_float=str, parse_int=str, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise Malformed("it is not a JSON object on one line") from error
        if not isinstance(found, dict):
            raise Malformed("it is not a JSON object")
        return JsonRow(found)

    def header_record(self) -> bytes:
        """Objects name their own fields."""
        return b""

    def kept(self, data: bytes) -> bytes:
        """As it is, since members are masked by their names; but for one whose name is cut off."""
        found = _nameless().match(data)
        if not found:
            return data
        begin, end = found.span("value")
        return data[:begin] + b"*" * (end - begin) + data[end:]


class JsonRow:
    """An object; columns are paths of names and places (from 0) with dots between them."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        self._found = found

    def text(self, column: str) -> str:
        """The text, number or truth at a path; see ``Row``."""
        found = self._at(column)
        if found is None:
            return ""
        if isinstance(found, bool):
            return "true" if found else "false"
        if not isinstance(found, str):
            raise Malformed(f"{column} holds a list or an object where a text was expected")
        return found.strip()

    def below(self, path: str) -> Iterator[Row]:
        """The objects of a list; raises Malformed where it holds anything else."""
        found = self._at(path)
        if found is None:
            return
        if not isinstance(found, list):
            raise Malformed(f"{path} is not a list")
        for entry in found:
            if not isinstance(entry, dict):
                raise Malformed(f"{path} holds something that is not an object")
            yield JsonRow(entry)

    def _at(self, path: str) -> Any:
        found: Any = self._found
        for name in path.split(".")[:_JSON_DEPTH]:
            if isinstance(found, dict):
                found = found.get(name)
            elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            else:
                return None
        return found


@cache
def _nameless() -> re.Pattern[bytes]:
    """A long number with the end of a name, or with nothing, before it: the beginning was lost."""
    return re.compile(rb"""[\w.-]*?"?\s*:?\s*"?(?P<value>[0-9]{12,})""")


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
