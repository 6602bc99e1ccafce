"""Putting asterisks in the place of digits. Nothing changes its length or its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from agent.capture.pos.sensitive.writing import Writing

LAST_DIGITS = 4
"""How much of a card number may be kept (WIRE.md; PCI DSS 3.4 would allow more)."""


class Sensitive(StrEnum):
    """What was found. The finding says where, never what it reads."""

    CARD_NUMBER = "card_number"
    SECURITY_CODE = "security_code"
    TRACK = "track"
    PAYMENT_CODE = "payment_code"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A place that must not be kept as it reads.

    Attributes:
        keep: how many of its last digits may stay.
        letters: whether the letters in it go too (a name stands on a track).
    """

    start: int
    end: int
    kind: Sensitive
    keep: int = 0
    letters: bool = False


def masked(text: str, findings: Iterable[Finding], writing: Writing) -> str:
    """The text with every finding masked."""
    pieces: list[str] = []
    done = 0
    for start, end in sorted(_places(text, findings, writing)):
        if start < done:
            continue  # two findings overlap
        pieces += (text[done:start], _mask(text[start:end], writing))
        done = end
    return "".join((*pieces, text[done:])) if pieces else text


def _places(text: str, findings: Iterable[Finding], writing: Writing) -> Iterable[tuple[int, int]]:
    for finding in findings:
        digits = list(writing.digits_in(text, finding.start, finding.end))
        yield from digits[: len(digits) - finding.keep] if finding.keep else digits
        if finding.letters:
            within = range(finding.start, finding.end)
            yield from ((at, at + 1) for at in within if text[at].isalpha() and text[at].isascii())


def _mask(unit: str, writing: Writing) -> str:
    return "*" if unit.isalpha() else writing.masked(unit)
