"""What stands where on receipts of an unknown make, by the words and shapes that most tills use.

Every guess is a template that a person will read in the draft; nothing of it is used by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Final

from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mapping.amounts import Amounts
from agent.capture.pos.mapping.moments import Moments
from agent.capture.pos.mapping.transcript import Field, Part
from agent.capture.pos.receipts import vocabulary as words
from agent.capture.pos.receipts.profile import LineForm
from agent.capture.pos.receipts.templates import Compiler, Template

_AMOUNT: Final = r"[-+(]?[¥￥$€£]?\s?[-+]?[0-9][0-9.,']*[.,][0-9]{2}[-)]?(?:\s?[¥￥$€£])?"
_AMOUNT_AT_END: Final = re.compile(rf"(?P<amount>{_AMOUNT})\s*$")
_SPECIAL: Final = re.compile(r"([\\\[\](){}])")
_SHAPES: Final = ("{end_date} {end_time}", "{end_date}[,] {end_time}", "{end_date} [-] {end_time}")

Receipts = Sequence[Sequence[str]]
"""Sample receipts, each as its folded lines."""


def guess_amounts(receipts: Receipts) -> Amounts:
    """The decimal mark is what stands before the last two digits of most amounts."""
    ends = [found["amount"] for found in map(_AMOUNT_AT_END.search, _all(receipts)) if found]
    digits = [re.sub(r"[^0-9.,]", "", end) for end in ends]
    commas = sum(end[-3:-2] == "," for end in digits)
    decimal = "," if 2 * commas > len(digits) else "."
    other = "." if decimal == "," else ","
    return Amounts(
        decimal_mark=decimal, thousands_mark=other if any(other in end for end in digits) else ""
    )


def guess_time(receipts: Receipts) -> tuple[Moments, list[LineForm], list[str]]:
    """Formats of day and time, the form of their line, and doubts."""
    for date in words.DATES:
        for time in words.TIMES:
            moments = Moments(dates=(date,), times=(time,))
            template = _time_template(receipts, moments)
            if template is not None:
                form = LineForm(Part.HEADER, form=(template,))
                doubts = _doubts_about(date, time, receipts)
                found = Compiler(Amounts(), moments).compile(template)
                return moments, [form], [*doubts, *_doubts_about_printing(found, receipts)]
    return Moments(), [], ["no line with day and time was found; name their formats in [moments]"]


def guess_numbers(receipts: Receipts) -> tuple[list[LineForm], list[str]]:
    """Lines with the receipt's number, the till's and the shop's; several may share a line."""
    found: dict[str, dict[Field, tuple[int, int]]] = {}
    for name, labels in words.NUMBERS.items():
        place = next(_numbers_behind(receipts, labels), None)
        if place is not None:
            line, span = place
            found.setdefault(line, {})[name] = span
    templates = [_with_fields(line, fields) for line, fields in found.items()]
    compiler = Compiler(Amounts(), Moments())
    sure = [each for each in templates if _is_on_all(compiler.compile(each), receipts)]
    doubts = []
    if not any(Field.RECEIPT_NUMBER in each for each in sure):
        doubts.append("no receipt number was found; without one, two equal sales look alike")
    return [LineForm(Part.HEADER, form=(each,)) for each in sure], doubts


def guess_sums(receipts: Receipts) -> tuple[list[LineForm], list[str]]:
    """Lines of totals, taxes, reductions, tenders and change, the surest words first."""
    forms = [
        *_amount_forms(receipts, Part.HEADER, Field.SUBTOTAL, words.SUBTOTALS),
        *_amount_forms(receipts, Part.HEADER, Field.CHANGE, words.CHANGE),
        *_amount_forms(receipts, Part.DISCOUNT, Field.DISCOUNT, words.DISCOUNTS),
    ]
    total = _amount_forms(receipts, Part.HEADER, Field.TOTAL, words.TOTALS)
    taxes = _amount_forms(receipts, Part.TAX, Field.TAX_AMOUNT, words.TAXES)
    tenders = [label for label in words.TENDERS if _lines_with(receipts, label)]
    doubts = [] if total else ["no total was found; name the words in front of it"]
    if tenders:
        forms.append(_tender_form(tenders))
    else:
        doubts.append("no tender was found; how was paid is then unknown and not checked")
    return [*forms, *total[:1], *taxes], doubts


def _tender_form(labels: Sequence[str]) -> LineForm:
    if len(labels) == 1:
        fixed = {Field.TENDER_TYPE.value: labels[0]}
        return LineForm(Part.TENDER, form=(f"{labels[0]}[:] {{tender_amount}}",), fixed=fixed)
    return LineForm(Part.TENDER, form=(f"{{tender_type:{'|'.join(labels)}}}[:] {{tender_amount}}",))


def wallets_of(receipts: Receipts) -> dict[str, str]:
    """Tenders on the samples that are wallets."""
    return {
        label: wallet
        for label, wallet in words.TENDERS.items()
        if wallet and _lines_with(receipts, label)
    }


def _time_template(receipts: Receipts, moments: Moments) -> str | None:
    compiler = Compiler(Amounts(), moments)
    for shape in _SHAPES:
        template = compiler.compile(f"... {shape} ...")
        prefixes = []
        for lines in receipts:
            found = [(line, template.match(line)) for line in lines]
            real = [(line, match) for line, match in found if match and _is_real(match, moments)]
            if not real:
                break
            line, match = real[0]
            prefixes.append(line[: line.index(match[Field.END_DATE])])
        if len(prefixes) == len(receipts):
            same = len(set(prefixes)) == 1 and len(prefixes) > 1
            return f"{literal(prefixes[0]) if same else '... '}{shape} ..."
    return None


def _is_real(found: Mapping[Field, str], moments: Moments) -> bool:
    try:
        moments.joined(found[Field.END_DATE], found[Field.END_TIME], UTC, "")
    except Malformed:
        return False
    return True


def _doubts_about(date: str, time: str, receipts: Receipts) -> list[str]:
    for one, other in words.TWINS:
        if date in (one, other):
            twin = other if date == one else one
            if _time_template(receipts, Moments(dates=(twin,), times=(time,))) is not None:
                return [f"whether a day is written {one} or {other}: the samples fit both"]
    return []


def _doubts_about_printing(template: Template, receipts: Receipts) -> list[str]:
    times = (line.casefold() for line in _all(receipts) if template.match(line) is not None)
    if any(word in line for line in times for word in words.PRINTING):
        return [
            "the time may be that of printing; then keep end_at out of [key]: a reprint differs"
        ]
    return []


def _numbers_behind(
    receipts: Receipts, labels: Sequence[str]
) -> Iterator[tuple[str, tuple[int, int]]]:
    """Lines of the first sample with a number behind a word, where all samples have such a line.

    Digits of an amount are no number.
    """
    for label in labels:
        pattern = re.compile(
            rf"\b{re.escape(label)}[^0-9]{{0,8}}?(?P<number>[0-9]+)(?![0-9.,]*[0-9])",
            re.IGNORECASE,
        )
        firsts = [next(_searched(pattern, lines), None) for lines in receipts]
        first = firsts[0] if firsts and None not in firsts else None
        if first is not None:
            yield first.string, first.span("number")


def _searched(pattern: re.Pattern[str], lines: Sequence[str]) -> Iterator[re.Match[str]]:
    return (found for line in lines if (found := pattern.search(line)) is not None)


def _with_fields(line: str, fields: Mapping[Field, tuple[int, int]]) -> str:
    """A line as a template: its numbers are fields, and what stands behind the last one is not."""
    parts, at = [], 0
    for name, (begin, end) in sorted(fields.items(), key=lambda each: each[1]):
        parts += [re.sub("[0-9]+", "{:digits}", literal(line[at:begin])), f"{{{name}:digits}}"]
        at = end
    return "".join(parts) + " ..."


def _is_on_all(template: Template, receipts: Receipts) -> bool:
    return all(any(template.match(line) is not None for line in lines) for lines in receipts)


def _amount_forms(
    receipts: Receipts, part: Part, name: Field, labels: Sequence[str]
) -> list[LineForm]:
    """A form for each wording of such a line, those of surer words first."""
    forms: dict[str, LineForm] = {}
    for label in labels:
        for line in _lines_with(receipts, label):
            front = line[: line.rindex(_amount_in(line))].rstrip(" ¥￥$€£")
            source = f"{literal(front)} {{{name}}}"
            fixed = {Field.TAX_ID.value: front.strip()} if part is Part.TAX else {}
            if not re.search("[0-9]", front):
                forms.setdefault(source, LineForm(part, form=(source,), fixed=fixed))
    return list(forms.values())


def _lines_with(receipts: Receipts, label: str) -> list[str]:
    """Lines that begin with a word, or have it after other words, and end in an amount."""
    edge = r"\b" if label.isascii() else ""
    pattern = re.compile(rf"(?:[^0-9]*\s)?{edge}{re.escape(label)}{edge}", re.IGNORECASE)
    return [line for line in _all(receipts) if pattern.match(line) and _amount_in(line)]


def _amount_in(line: str) -> str:
    found = _AMOUNT_AT_END.search(line)
    return found["amount"] if found is not None else ""


def literal(text: str) -> str:
    """A text as a template that means just it."""
    front = " " if text[:1].isspace() else ""
    behind = " " if text[-1:].isspace() and text.strip() else ""
    return front + _SPECIAL.sub(r"\\\1", " ".join(text.split())) + behind


def _all(receipts: Receipts) -> Iterator[str]:
    for lines in receipts:
        yield from lines
