"""Magnetic stripes and EMV data: what stands around a card number says what it is.

Sources: ISO/IEC 7813 (tracks 1 and 2), EMV book 3 annex A (tags 5A, 57 and 9F6B).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from agent.capture.pos.sensitive.issuers import network_of, passes_luhn
from agent.capture.pos.sensitive.masking import Finding, Sensitive

_TAG_CHARS: Final = 8
_PARTING: Final = "=Dd^ "


def stripe_findings(text: str, start: int, end: int) -> Iterator[Finding]:
    """What the run of digits from ``start`` to ``end`` is the number of."""
    if text[end : end + 1] in _PARTING:
        yield from _tracks(text, start)
    if text[start - 1 : start] in ("A", "a", "B", "b") or start >= _TAG_CHARS or text[:1] == "5":
        yield from _emv(text, max(0, start - _TAG_CHARS), end)


def _tracks(text: str, start: int) -> Iterator[Finding]:
    before = max(0, start - 2)
    for pattern, letters in ((_track_1(), True), (_track_2(), False)):
        for match in pattern.finditer(text, before, start + 120):
            yield Finding(*match.span("secret"), Sensitive.TRACK, letters=letters)


def _emv(text: str, start: int, end: int) -> Iterator[Finding]:
    """Tag, length byte, and as many digits as that says."""
    for match in _tag().finditer(text, start, end):
        stop = match.end() + 2 * int(match["length"], 16)
        number = text[match.end() : stop].upper().partition("D")[0].rstrip("F")
        if number.isdecimal() and network_of(number) and passes_luhn(number):
            yield Finding(match.end(), stop, Sensitive.TRACK)


@cache
def _track_1() -> re.Pattern[str]:
    return re.compile(r"%?(?P<secret>B ?[0-9]{12,19}\^[^^\n?]{2,26}\^[0-9][^\n?]{3,60})\??")


@cache
def _track_2() -> re.Pattern[str]:
    """The number, a parting sign, year and month of expiry, and the rest."""
    return re.compile(
        r";?(?<![0-9])(?P<secret>[0-9]{12,19}[=Dd][0-9]{2}(?:0[1-9]|1[0-2])[0-9]{3,30})"
    )


@cache
def _tag() -> re.Pattern[str]:
    return re.compile(r"(?:5A|57|9F6B)(?P<length>0[6-9A-F]|1[0-3])(?=[0-9]{12})", re.IGNORECASE)
