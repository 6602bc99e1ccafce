"""Card numbers among cells: a separator too many stands in one, or one that is missing.

Noise makes a separator of nothing, and nothing of a separator. Then half of a number ends a cell
and half begins the next, or a number has become one with its neighbour and neither is told by its
length. Digits of two cells are one number here only if they are all of both, with a card's
beginning, length and check digit, and if neither is an article's code by its own check digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from agent.capture.pos.gtin import has_check_digit
from agent.capture.pos.sensitive.across import numbers_within
from agent.capture.pos.sensitive.cards import FEWEST, MOST
from agent.capture.pos.sensitive.masking import Finding, Sensitive, masked
from agent.capture.pos.sensitive.raw import without_zeros
from agent.capture.pos.sensitive.writing import plain_writing

_GTIN_LENGTHS: Final = frozenset({12, 13, 14})


def mask_parted(data: bytes, separator: str) -> bytes:
    """A row of cells without those numbers, as long as it was."""
    return without_zeros(data, lambda narrow: _mask(narrow, separator))


def _mask(data: bytes, separator: str) -> bytes:
    text = data.decode("latin-1")
    found = (*_parted(text, separator), *_grown_together(text))
    return masked(text, found, plain_writing()).encode("latin-1") if found else data


def _parted(text: str, separator: str) -> Iterator[Finding]:
    for match in _neighbours(separator).finditer(text):
        one, two = match.group("one", "two")
        digits = one + two
        if (0, len(digits)) in numbers_within(digits) and not (_is_code(one) or _is_code(two)):
            yield Finding(match.start("one"), match.end("two"), Sensitive.CARD_NUMBER)


def _grown_together(text: str) -> Iterator[Finding]:
    for match in _long_row().finditer(text):
        size = len(match[0])
        if any(begin == 0 or end == size for begin, end in numbers_within(match[0])):
            yield Finding(*match.span(), Sensitive.CARD_NUMBER)


def _is_code(digits: str) -> bool:
    return len(digits) in _GTIN_LENGTHS and has_check_digit(digits)


@cache
def _neighbours(separator: str) -> re.Pattern[str]:
    """Digits that end a cell, and those with which the next one begins."""
    quoted = rf"[\"' ]{{0,3}}{re.escape(separator)}[\"' ]{{0,3}}"
    return re.compile(
        rf"(?<![0-9])(?<![0-9][.,:/-])(?P<one>[0-9]{{1,{MOST - 1}}})"
        rf"(?={quoted}(?P<two>[0-9]{{1,{MOST - 1}}})(?![0-9]|[.,:/-][0-9]))"
    )


@cache
def _long_row() -> re.Pattern[str]:
    return re.compile(rf"(?<![0-9])[0-9]{{{MOST + 1},{MOST + MOST * FEWEST}}}(?![0-9])")
