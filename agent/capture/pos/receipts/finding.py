"""The lines of a receipt to the fields that stand in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.capture.pos.folding import LONGEST_LINE, folded
from agent.capture.pos.journal.cells import Cut, by_cells, cut_of
from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.transcript import Field, Part, Transcript
from agent.capture.pos.receipts.profile import LineForm, ReceiptProfile
from agent.capture.pos.receipts.templates import Compiler, Template

_DIGIT: Final = re.compile("[0-9]")
_AMONG_GOODS: Final = frozenset({Part.LINE, Part.LINE_DISCOUNT})
_ENDS_GOODS: Final = frozenset({Field.TOTAL, Field.SUBTOTAL})


@dataclass(slots=True)
class Finding:
    """What was found on one receipt.

    Attributes:
        transcript: the fields.
        is_sale: whether it is a receipt of a sale.
        is_report: whether it is a report by its own words.
        is_copy: whether it has a reprint mark.
        unread: the lines, by place from 0, that no form matched; only among goods is that odd.
        unread_goods: how many of these stood among goods, behind the first of them, with a digit
            in it: something that may have been sold.
    """

    transcript: Transcript = field(default_factory=Transcript)
    is_sale: bool = False
    is_report: bool = False
    is_copy: bool = False
    unread: list[int] = field(default_factory=list)
    unread_goods: int = 0

    @property
    def is_half_a_sale(self) -> bool:
        """Whether somebody paid on it, for a total or for goods, and nothing says what it is."""
        found = self.transcript
        known = self.is_sale or self.is_report
        return not known and bool(found.tenders and (found.lines or found.header.get(Field.TOTAL)))


class Finder:
    """Finds fields by one profile. Keeps nothing between receipts."""

    def __init__(self, profile: ReceiptProfile) -> None:
        compiler = Compiler(profile.amounts, profile.moments)
        self._forms = [_form(each, compiler) for each in profile.lines]
        self._sale_when = [compiler.compile(each) for each in profile.sale_when]
        self._report_when = [compiler.compile(each) for each in profile.report_when]
        self._copy_when = [compiler.compile(each) for each in profile.copy_when]
        self._begin = [compiler.compile(each) for each in profile.goods.begin]
        self._end = [compiler.compile(each) for each in profile.goods.end]
        self._most_lines = profile.most_lines

    def find(self, lines: Sequence[str]) -> Finding:
        """The fields of a receipt.

        Raises:
            Malformed: it has more lines than a receipt can have.
        """
        kept = [(place, line) for place, line in enumerate(lines) if line.strip()]
        if len(kept) > self._most_lines:
            raise Malformed(f"it has {len(kept)} lines; a receipt has at most {self._most_lines}")
        plain = [folded(line) for _, line in kept]
        finding = Finding(
            is_sale=not self._sale_when or _any_matches(self._sale_when, plain),
            is_report=_any_matches(self._report_when, plain),
            is_copy=_any_matches(self._copy_when, plain),
        )
        self._walk(finding, kept, plain)
        if not self._sale_when:
            finding.is_sale = bool(finding.transcript.header.get(Field.TOTAL))
        return finding

    def _walk(self, finding: Finding, kept: list[tuple[int, str]], plain: list[str]) -> None:
        among_goods, at = not self._begin, 0
        while at < len(kept):
            if not among_goods and _any_matches(self._begin, plain[at : at + 1]):
                among_goods, at = True, at + 1
                continue
            if among_goods and _any_matches(self._end, plain[at : at + 1]):
                among_goods = False
            used = self._use_first(finding, kept, plain, at, among_goods=among_goods)
            if used is None:
                finding.unread.append(kept[at][0])
                if among_goods and finding.transcript.lines and _DIGIT.search(plain[at]):
                    finding.unread_goods += 1
                at += 1
                continue
            if among_goods and not self._end and used.ends_goods:
                among_goods = False
            at += used.height

    def _use_first(
        self,
        finding: Finding,
        kept: list[tuple[int, str]],
        plain: list[str],
        at: int,
        *,
        among_goods: bool,
    ) -> _Form | None:
        for form in self._forms:
            if form.part in _AMONG_GOODS and not among_goods:
                continue
            if form.part is Part.LINE_DISCOUNT and not finding.transcript.lines:
                continue
            texts = form.match(kept, plain, at)
            if texts is not None:
                finding.transcript.add(form.part, texts)
                return form
        return None


@dataclass(frozen=True, slots=True)
class _Form:
    part: Part
    templates: tuple[Template, ...]
    cuts: dict[Field, Cut]
    fixed: dict[Field, str]
    compiler: Compiler

    @property
    def height(self) -> int:
        return max(1, len(self.templates))

    @property
    def ends_goods(self) -> bool:
        found = {name for template in self.templates for name in template.fields}
        return bool(_ENDS_GOODS & (found | self.cuts.keys()))

    def match(
        self, kept: list[tuple[int, str]], plain: list[str], at: int
    ) -> dict[Field, str] | None:
        if self.cuts:
            return self._cut(kept[at][1])
        if at + len(self.templates) > len(plain):
            return None
        texts = dict(self.fixed)
        for template, line in zip(self.templates, plain[at:], strict=False):
            found = template.match(line)
            if found is None:
                return None
            texts |= found
        return texts

    def _cut(self, line: str) -> dict[Field, str] | None:
        """Cells are counted on the paper, so before wide forms become narrow ones."""
        short = line[:LONGEST_LINE]
        texts = {name: folded(by_cells(short, cut)) for name, cut in self.cuts.items()}
        if not all(text and self.compiler.is_written(text, name) for name, text in texts.items()):
            return None
        return self.fixed | texts


def _form(form: LineForm, compiler: Compiler) -> _Form:
    return _Form(
        part=form.part,
        templates=tuple(compiler.compile(each) for each in form.form),
        cuts={Field(name): cut_of(column) for name, column in form.columns.items()},
        fixed={Field(name): text for name, text in form.fixed.items()},
        compiler=compiler,
    )


def _any_matches(templates: Iterable[Template], lines: Iterable[str]) -> bool:
    return any(template.match(line) is not None for line in lines for template in templates)
