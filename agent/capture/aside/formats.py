"""Records of every format taken apart for the eye; what cannot be is shown by its lines."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Final

from agent.capture.aside.piece import Raw, cells_of, lines_of, members_of
from agent.errors import InvalidInput

if TYPE_CHECKING:
    from agent.capture.aside.beside import Columns
    from agent.capture.pos.escpos import PrinterProfile
    from agent.capture.pos.escpos.printed import ReceiptPrint
    from agent.capture.pos.escpos.reading import Occasion
    from agent.capture.pos.journal.profile import JournalProfile
    from agent.capture.pos.journal.rows import Row
    from agent.capture.pos.receipts import ReceiptProfile
    from agent.capture.pos.sink import CapturedSale

_MOST_OBJECTS: Final = 1_000
"""Objects of one record that are told apart."""

Apart = Callable[[bytes], list[Raw]]


def plain_lines(data: bytes, encoding: str = "utf-8") -> list[Raw]:
    """Its lines."""
    return lines_of(data.decode(encoding, "replace").splitlines())


def json_pieces(data: bytes) -> list[Raw]:
    """The members of a JSON document."""
    try:
        return members_of(data)
    except (ValueError, RecursionError):
        return plain_lines(data)


def journal_pieces(profile: JournalProfile | ReceiptProfile) -> Apart:
    """The cells of a journal's records, or the lines of its receipts."""
    from agent.capture.pos.journal.profile import JournalProfile  # noqa: PLC0415

    if not isinstance(profile, JournalProfile):
        encoding = profile.journal.encoding
        return lambda data: plain_lines(data, encoding)
    return _Cells(profile).of


def columns_of(profile: JournalProfile | ReceiptProfile) -> Columns:
    """By a journal's column, the fields that stand in it."""
    from agent.capture.pos.journal.profile import JournalProfile  # noqa: PLC0415

    found: dict[str, set[str]] = defaultdict(set)
    if isinstance(profile, JournalProfile):
        for kind in profile.records:
            for field, column in kind.columns.items():
                found[column.rpartition(".")[2]].add(field)
            for column in kind.payments:
                found[column].add("tender_amount")
    return {column: frozenset(fields) for column, fields in found.items()}


class _Cells:
    """Records of one profile."""

    def __init__(self, profile: JournalProfile) -> None:
        self._profile = profile

    def of(self, data: bytes) -> list[Raw]:
        """The cells of each line."""
        lines = data.decode(self._profile.encoding, "replace").splitlines()
        return [piece for row, line in enumerate(self._rows(lines)) for piece in line(row)]

    def _rows(self, lines: list[str]) -> Iterator[Callable[[int], list[Raw]]]:
        from agent.capture.pos.journal.profile import Format  # noqa: PLC0415

        match self._profile.format:
            case Format.CSV:
                yield from self._csv(lines)
            case Format.FIXED:
                for line in lines:
                    yield _row(self._fixed(line))
            case Format.NDJSON:
                for line in lines:
                    yield _object(line)

    def _csv(self, lines: list[str]) -> Iterator[Callable[[int], list[Raw]]]:
        marks = self._profile.csv
        names = list(marks.columns)
        wanted = {each for each in self._profile.columns() if not each.startswith("#")}
        for line in lines:
            try:
                (cells,) = csv.reader(
                    [line],
                    delimiter=marks.delimiter,
                    quotechar=marks.quote or None,
                    quoting=csv.QUOTE_MINIMAL if marks.quote else csv.QUOTE_NONE,
                    escapechar=marks.escape or None,
                )
            except (csv.Error, ValueError):
                yield _row([("", line)])
                continue
            plain = [each.strip() for each in cells]
            if wanted and wanted.issubset(plain):
                names = plain
                continue
            named = [*names, *(f"#{place}" for place in range(len(names) + 1, len(cells) + 1))]
            yield _row(list(zip(named, cells, strict=False)))

    def _fixed(self, line: str) -> list[tuple[str, str]]:
        from agent.capture.pos.journal.fixed import FixedRows  # noqa: PLC0415

        try:
            row = FixedRows(self._profile).read(line.encode(self._profile.encoding, "replace"))
        except InvalidInput:
            return [("", line)]
        if row is None:
            return []
        return [(column, row.text(column)) for column in self._columns_of(row)] or [("", line)]

    def _columns_of(self, row: Row) -> Iterable[str]:
        """Of a line's own kind: by another's, the same places mean something else. In order."""
        from agent.capture.pos.journal.cells import cut_of  # noqa: PLC0415

        profile, typed = self._profile, self._profile.grouping.type_column
        code = row.text(typed) if typed else ""
        kinds = [kind for kind in profile.records if kind.code == code]
        shared = (typed, *profile.grouping.number, *profile.grouping.lanes) if kinds else ()
        of_kinds = [each for kind in kinds for each in (*kind.columns.values(), *kind.payments)]
        return sorted({*filter(None, shared), *of_kinds}, key=lambda each: cut_of(each).begin)


def _row(cells: list[tuple[str, str]]) -> Callable[[int], list[Raw]]:
    return lambda row: cells_of(cells, row)


def _object(line: str) -> Callable[[int], list[Raw]]:
    # Every object within has a row of its own.
    def pieces(row: int) -> list[Raw]:
        return [
            replace(each, row=row * _MOST_OBJECTS + each.row) for each in json_pieces(line.encode())
        ]

    return pieces


def print_pieces(printer: PrinterProfile) -> Apart:
    """The printed lines of receipts."""
    from agent.capture.pos.escpos import PrintFileReader  # noqa: PLC0415

    def pieces(data: bytes) -> list[Raw]:
        paper = _Paper()
        try:
            for _ in PrintFileReader("", printer, paper).read(BytesIO(data), "", ""):
                pass
        except InvalidInput:
            return paper.pieces
        return paper.pieces

    return pieces


class _Paper:
    """Takes receipts instead of a till's reader, and looks at their lines only."""

    def __init__(self) -> None:
        self.pieces: list[Raw] = []

    def sales(self, receipt: ReceiptPrint, occasion: Occasion) -> Iterator[CapturedSale]:
        """None; the lines are kept."""
        del occasion
        self.pieces += lines_of([line.text for line in receipt.lines])
        yield from ()
