"""What a make of till prints, as data: profiles with ``adapter = "receipts"``."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from agent.capture.pos.family import Adapter
from agent.capture.pos.journal.cells import cut_of
from agent.capture.pos.mapping.rules import SaleRules
from agent.capture.pos.mapping.transcript import Field, Part
from agent.capture.pos.receipts.templates import Compiler
from models.wire.source_rank import RECEIPTS

_MOST_LINES_OF_A_FORM: Final = 3
_MOST_FORMS: Final = 100


class Copies(StrEnum):
    """What becomes of a receipt with a reprint mark."""

    READ = "read"
    """It is read like any other, and adds nothing if the first print was read."""

    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class LineForm:
    """One kind of line, or of lines that stand one below the other.

    Attributes:
        part: what it tells about. Lines of goods and their reductions are only looked for where
            goods stand.
        form: a template (see ``templates``) for each of one to three lines.
        columns: in place of ``form``, our field to its cells (``1-20``) on the paper, where a
            Chinese character takes two. Each must hold what its field's kind matches.
        fixed: our field to a text that such a line means.
    """

    part: Part
    form: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """A form that can match nothing is found at start."""
        if bool(self.form) == bool(self.columns) or len(self.form) > _MOST_LINES_OF_A_FORM:
            raise ValueError("lines need either a form of one to three templates, or columns")
        for name in (*self.columns, *self.fixed):
            if name not in list(Field):
                raise ValueError(f"{name!r} is no field of ours; see docs/how-to/read-receipts.md")
        for column in self.columns.values():
            cut_of(column)


@dataclass(frozen=True, slots=True)
class Goods:
    """Where the lines of goods stand.

    Attributes:
        begin: templates of the line above them; empty means from the top.
        end: templates of the line below them; empty means the first total or subtotal.
    """

    begin: tuple[str, ...] = ()
    end: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextJournal:
    """Receipts one below the other in a file.

    Attributes:
        begin, end: templates of a receipt's first and last line; one of them may be empty.
        encoding: of the file, by its Python name.
        idle_s: seconds after which a receipt at the end of the file is taken as it is.
        longest_record_bytes: a longer line is set aside.
    """

    begin: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    encoding: str = "utf-8"
    idle_s: float = 60.0
    longest_record_bytes: int = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptProfile(SaleRules):
    """One make of receipt.

    Attributes:
        lines: the kinds of lines, in the order in which they are tried; the first that matches
            stands, so the plainest come last.
        sale_when: templates of which one must match a line, or it is no receipt of a sale (a
            kitchen's order, a report). Empty: everything with a total is one.
        report_when: templates of reports that have a total and payments, as sales do. What has both
            and is neither a sale nor such a report is set aside: it may be a sale that lost its
            beginning.
        copy_when: templates of reprint marks.
        copies: what becomes of a receipt with such a mark.
        goods: where the lines of goods stand.
        most_lines: a longer text is no receipt.
        journal: where the receipts stand in a file instead of coming from a printer.
    """

    source_rank: int = RECEIPTS
    lines: tuple[LineForm, ...]
    sale_when: tuple[str, ...] = ()
    report_when: tuple[str, ...] = ()
    copy_when: tuple[str, ...] = ()
    copies: Copies = Copies.READ
    goods: Goods = field(default_factory=Goods)
    most_lines: int = 1000
    journal: TextJournal = field(default_factory=TextJournal)

    def __post_init__(self) -> None:
        """What cannot be is found at start, not at the first receipt."""
        self.check_shared()
        if self.adapter is not Adapter.RECEIPTS:
            raise ValueError('adapter must be "receipts"')
        if not 1 <= len(self.lines) <= _MOST_FORMS:
            raise ValueError(f"a receipt needs 1 to {_MOST_FORMS} [[lines]]")
        compiler = Compiler(self.amounts, self.moments)
        for source in self._templates():
            compiler.compile(source)

    @property
    def tenders_known(self) -> bool:
        """Whether the receipt says how was paid."""
        return any(form.part is Part.TENDER for form in self.lines)

    def _templates(self) -> tuple[str, ...]:
        of_lines = (source for form in self.lines for source in form.form)
        journal, goods = self.journal, self.goods
        marks = (*journal.begin, *journal.end, *goods.begin, *goods.end)
        return (*of_lines, *marks, *self.sale_when, *self.report_when, *self.copy_when)
