"""Card numbers that are valid no longer: cut, overwritten, interrupted, run into their neighbour.

Length, issuer and check digit do not tell them any more. So only what is named is looked for: what
stands behind the words for a bank card's number, or before the expiry of a stripe. Thirteen digits
and more go. Where there are fewer, four of a usual card are missing, and what is left is what PCI
SSC calls truncated (FAQ 1091).

A shop's own cards stay: those with a word for that in front, and those of thirteen digits that are
a GTIN, as such cards are numbered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from agent.capture.pos.gtin import has_check_digit
from agent.capture.pos.sensitive.masking import LAST_DIGITS, Finding, Sensitive
from agent.capture.pos.sensitive.spellings import in_bytes, places_of, those_in

FEWEST: Final = 13
_LONGEST: Final = 48
_ROW: Final = "(?:[0-9]{4}(?:[ -][0-9]{4}){2}[ -][0-9]{1,4}(?![0-9]|[./:-][0-9])|[0-9]+)"
"""Digits together, or in fours of which the last may be cut; no date or amount behind them."""

COMMAND: Final = r"(?:(?=[^0-9 \t\r\n]{0,4}[\0-\x1f])[^0-9 \t\r\n]{2,5})"
"""Something to a printer, between two digits."""

_RUBBISH: Final = rf"(?:[^0-9 \t\r\n*]|{COMMAND})"
"""What may interrupt a number: one letter, or a command. A word begins a new number."""

_NUMBER: Final = rf"(?P<first>{_ROW})(?:{_RUBBISH}(?P<second>{_ROW}))?"
_WORDS: Final = ("卡号",)
_OWN: Final = ("会员", "积分", "储值", "购物", "礼品", "贵宾", "充值", "vip")


def broken_findings(text: str, lowered: str) -> Iterator[Finding]:
    """What is left of card numbers, by what stands before or behind it."""
    for word in those_in(lowered, _named_by()):
        yield from _named_findings(word, text, lowered)
    if "=" in text:
        yield from _stripes(text)


def _named_findings(word: str, text: str, lowered: str) -> Iterator[Finding]:
    for at in places_of(word, lowered):
        match = _named().match(text, at)
        if match and not lowered.endswith(_own(), max(0, at - _LONGEST), at):
            yield from _of_card(match)


def _stripes(text: str) -> Iterator[Finding]:
    for expiry in _expiry().finditer(text):
        at = expiry.start()
        match = _before_expiry().search(text, max(0, at - _LONGEST), at)
        if match and _size(match[0]) >= FEWEST:
            yield Finding(match.start(), expiry.end(), Sensitive.TRACK)


def _of_card(match: re.Match[str]) -> Iterator[Finding]:
    """The first row if that is enough; with the second, if that is needed."""
    start, end = match.span("first")
    if _size(match["first"]) < FEWEST and match["second"]:
        end = match.end("second")
    digits = re.sub("[^0-9]", "", match.string[start:end])
    if len(digits) >= FEWEST and not (len(digits) == FEWEST and has_check_digit(digits)):
        yield Finding(start, end, Sensitive.CARD_NUMBER, LAST_DIGITS)


def _size(text: str) -> int:
    return sum("0" <= char <= "9" for char in text)


@cache
def _named_by() -> tuple[str, ...]:
    return ("card", "pan", *in_bytes(_WORDS))


@cache
def _own() -> tuple[str, ...]:
    return in_bytes(_OWN)


@cache
def _named() -> re.Pattern[str]:
    chinese = "|".join(map(re.escape, in_bytes(_WORDS)))
    return re.compile(
        rf"(?:{chinese}|(?<=credit )card\b|(?<=debit )card\b|(?<=bank )card\b|(?<![a-z])pan\b)"
        rf"(?: ?(?:no|nr|num|number)\b)?[^0-9\n]{{0,6}}{_NUMBER}",
        re.IGNORECASE,
    )


@cache
def _expiry() -> re.Pattern[str]:
    return re.compile("=[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{3,30}")


@cache
def _before_expiry() -> re.Pattern[str]:
    return re.compile(rf"(?<![0-9]){_NUMBER}\Z")
