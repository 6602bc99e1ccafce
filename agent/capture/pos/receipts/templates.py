r"""Patterns for lines of receipts: readable, and unable to hang.

    ``TOTAL {total}``                          a literal, a space of any width, an amount
    ``{description} {quantity} x {actual_price} {amount}``
    ``(Cash|现金) {tender_amount}``             one of several literals
    ``Date[:] {end_date}``                      a part that may be missing
    ``... No. {receipt_number:digits}``         anything before; ``...`` behind: anything after
    ``{tender_type:Visa|Maestro} {tender_amount}``   a field that is one of several literals
    ``{:word}``                                 a word that means nothing
    ``\(``                                      a bracket that is one

Letters match in any case, full-width forms match half-width ones. Regular expressions are not
offered: Python's engine cannot be stopped, and one careless pattern would let a receipt hang the
agent. Every template becomes an expression in which nothing is ever tried twice, except for one
stretch of free text, which is why there may only be one; so the time is bounded by the length of
the line, which is bounded too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from agent.capture.pos.folding import folded
from agent.capture.pos.mapping.amounts import Amounts
from agent.capture.pos.mapping.moments import EPOCH_MS, EPOCH_S, Moments
from agent.capture.pos.mapping.transcript import Field

_ANYTHING: Final = "..."
_LONGEST: Final = 200
_NEVER: Final = r"(?!)"


class Kind(StrEnum):
    """What a placeholder matches."""

    TEXT = "text"
    """Anything from its first to its last visible character; at most one in a template."""

    WORD = "word"
    """Everything up to the next space."""

    DIGITS = "digits"
    NUMBER = "number"
    AMOUNT = "amount"
    """A number by the profile's marks, with its currency's symbol and sign."""

    DATE = "date"
    TIME = "time"
    MOMENT = "moment"


_KINDS: Final[Mapping[Field, Kind]] = MappingProxyType(
    dict.fromkeys(
        (
            Field.TOTAL,
            Field.SUBTOTAL,
            Field.TAX_TOTAL,
            Field.CHANGE,
            Field.REGULAR_PRICE,
            Field.ACTUAL_PRICE,
            Field.AMOUNT,
            Field.DISCOUNT,
            Field.TENDER_AMOUNT,
            Field.TENDER_CHANGE,
            Field.TAX_AMOUNT,
            Field.TAXABLE,
        ),
        Kind.AMOUNT,
    )
    | dict.fromkeys((Field.QUANTITY, Field.TAX_PERCENT), Kind.NUMBER)
    | dict.fromkeys((Field.DESCRIPTION, Field.DISCOUNT_REASON, Field.TENDER_TYPE), Kind.TEXT)
    | dict.fromkeys((Field.BUSINESS_DAY, Field.END_DATE, Field.LINK_BUSINESS_DAY), Kind.DATE)
    | dict.fromkeys((Field.END_AT, Field.BEGIN_AT), Kind.MOMENT)
    | {Field.END_TIME: Kind.TIME}
)
_FORMAT_PARTS: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys("mHMSyI", "[0-9]{1,2}")
    | dict.fromkeys("bBaA", r"[^\W\d_]++\.?+")
    | {
        "d": "[0-9]{1,2}(?:st|nd|rd|th)?+",  # codespell:ignore nd
        "Y": "[0-9]{4}",
        "j": "[0-9]{1,3}",
        "f": "[0-9]{1,6}",
        "p": r"[ap]\.?+m\.?+",
        "z": "(?:Z|[+-][0-9]{2}:?+[0-9]{2})",
        "%": "%",
    }
)
_ISO_MOMENT: Final = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}[0-9:.]*+(?:Z|[+-][0-9]{2}:?+[0-9]{2})?+"
)


@dataclass(frozen=True, slots=True)
class Template:
    """A pattern for one line.

    Attributes:
        source: as the profile has it.
        fields: what it finds.
    """

    source: str
    fields: frozenset[Field]
    _pattern: re.Pattern[str]

    def match(self, line: str) -> dict[Field, str] | None:
        """What a folded line holds; None where it is another kind of line."""
        found = self._pattern.match(line)
        if found is None:
            return None
        return {Field(name): text.strip() for name, text in found.groupdict().items() if text}


class Compiler:
    """Makes templates, with the numbers and times of one profile."""

    def __init__(self, amounts: Amounts, moments: Moments) -> None:
        symbols = "|".join(re.escape(folded(each)) for each in amounts.symbols) or _NEVER
        self._amount = _amount_pattern(amounts, symbols)
        self._kinds = {
            Kind.TEXT: r"\S(?:.*?\S)?",
            Kind.WORD: r"\S++",
            Kind.DIGITS: "[0-9]++",
            Kind.NUMBER: rf"[-+]?+[0-9][0-9{re.escape(_marks(amounts))}]*+",
            Kind.AMOUNT: self._amount,
            Kind.DATE: _any_of(moments.dates),
            Kind.TIME: _any_of(moments.times),
            Kind.MOMENT: _any_of(moments.moments) if moments.moments else _ISO_MOMENT,
        }

    def compile(self, source: str) -> Template:
        """Make a template; raises ValueError where it cannot be one, and says why."""
        if not source.strip() or len(source) > _LONGEST:
            raise ValueError(f"template {source[:40]!r} must have 1 to {_LONGEST} characters")
        parser = _Parser(source, self._kinds)
        try:
            pattern = re.compile(rf"\s*+{parser.parse()}\s*+\Z", re.IGNORECASE)
        except re.error as error:
            raise ValueError(f"template {source!r}: {error}") from error
        return Template(source, frozenset(parser.fields), pattern)

    def is_written(self, text: str, name: Field) -> bool:
        """Whether a text by itself is what a field's kind matches."""
        return re.fullmatch(self._kinds[kind_of(name)], text, re.IGNORECASE) is not None


def kind_of(name: Field) -> Kind:
    """What a field matches where the template does not say."""
    return _KINDS.get(name, Kind.WORD)


class _Parser:
    """One pass over a template's characters."""

    def __init__(self, source: str, kinds: Mapping[Kind, str]) -> None:
        self._source = source.strip()
        self._kinds = kinds
        self._at = 0
        self._free = 0
        self.fields: list[Field] = []

    def parse(self) -> str:
        behind = self._source.endswith(_ANYTHING) and self._source != _ANYTHING
        if behind:
            self._source = self._source.removesuffix(_ANYTHING)
        parts = []
        if self._source.startswith(_ANYTHING):
            self._at = len(_ANYTHING)
            self._note_free_text()
            parts.append(".*?")
        parts.append(self._sequence(""))
        if len(self.fields) != len(set(self.fields)):
            raise self._fault("a field stands in it twice")
        return "".join(parts) + (".*+" if behind else "")

    def _sequence(self, closing: str) -> str:
        parts: list[str] = []
        after_field = False
        while self._at < len(self._source):
            char = self._source[self._at]
            if char == closing:
                self._at += 1
                return "".join(parts)
            if char.isspace():
                self._skip_space()
                # Two fields need a space between them; a literal holds its own against one.
                both = after_field and self._source[self._at : self._at + 1] == "{"
                parts.append(r"\s++" if both else r"\s*+")
                continue
            after_field = char == "{"
            parts.append(self._one(char))
        if closing:
            raise self._fault(f"{closing!r} is missing")
        return "".join(parts)

    def _one(self, char: str) -> str:
        self._at += 1
        match char:
            case "{":
                return self._field(self._until("}"))
            case "[":
                return f"(?:{self._sequence(']')})?+"
            case "(":
                return self._alternatives(self._until(")"))
            case "\\":
                self._at += 1
                return re.escape(folded(self._source[self._at - 1 : self._at]))
            case "]" | "}" | ")":
                raise self._fault(f"{char!r} closes nothing")
            case _:
                return re.escape(folded(char))

    def _field(self, inside: str) -> str:
        name, _, kind = (part.strip() for part in inside.partition(":"))
        if name and name not in list(Field):
            raise self._fault(f"{name!r} is no field of ours")
        pattern = self._pattern(Field(name) if name else None, kind)
        if not name:
            return pattern
        self.fields.append(Field(name))
        return f"(?P<{name}>{pattern})"

    def _pattern(self, name: Field | None, kind: str) -> str:
        if "|" in kind:
            return self._alternatives(kind)
        if kind and kind not in list(Kind):
            raise self._fault(f"{kind!r} is no kind; kinds: {', '.join(Kind)}, or a|b")
        chosen = Kind(kind) if kind else kind_of(name) if name else Kind.WORD
        if chosen is Kind.TEXT:
            self._note_free_text()
        return self._kinds[chosen]

    def _alternatives(self, inside: str) -> str:
        # The longest first: nothing is tried twice, so "Card" would hide "Card payment".
        literals = sorted((folded(each) for each in inside.split("|")), key=len, reverse=True)
        return f"(?>{'|'.join(_spaced(each) for each in literals)})"

    def _until(self, closing: str) -> str:
        end = self._source.find(closing, self._at)
        if end < 0:
            raise self._fault(f"{closing!r} is missing")
        inside, self._at = self._source[self._at : end], end + 1
        return inside

    def _skip_space(self) -> None:
        while self._source[self._at : self._at + 1].isspace():
            self._at += 1

    def _note_free_text(self) -> None:
        self._free += 1
        if self._free > 1:
            raise self._fault("only one free text (text, or ... in front) is possible in a line")

    def _fault(self, why: str) -> ValueError:
        return ValueError(f"template {self._source!r}: {why}")


def _spaced(literal: str) -> str:
    return r"\s*+".join(re.escape(word) for word in literal.split())


def _marks(amounts: Amounts) -> str:
    return (amounts.decimal_mark + amounts.thousands_mark).strip()


def _amount_pattern(amounts: Amounts, symbols: str) -> str:
    digits = f"[0-9{re.escape(_marks(amounts))}]"
    if amounts.thousands_mark.isspace():
        digits = f"(?:{digits}| (?=[0-9]{{3}}))"
    symbol = rf"(?:(?:{symbols})\s*+)?+"
    return rf"[-+(]?+{symbol}[-+(]?+[0-9]{digits}*+(?:\s*+(?:{symbols}))?+[-)]?+"


def _any_of(formats: tuple[str, ...]) -> str:
    patterns = [_of_format(each) for each in formats if each not in (EPOCH_S, EPOCH_MS)]
    return f"(?:{'|'.join(patterns)})" if patterns else _NEVER


def _of_format(text: str) -> str:
    """The expression for what a ``strptime`` format reads."""
    parts, at = [], 0
    while at < len(text):
        char = text[at]
        if char == "%":
            at += 1
            parts.append(_FORMAT_PARTS.get(text[at : at + 1], _NEVER))
        else:
            parts.append(r"\s++" if char.isspace() else re.escape(folded(char) or char))
        at += 1
    return "".join(parts)
