"""Digits with markup among them: a number in XML that damage has interrupted.

A stray element, a comment, the border of a section, an instruction or a reference may have come
between two digits of one number. Two numbers that stand in elements of their own are never one:
there an element ends before the next begins, and nothing is read across that. So of the markup
between two digits whatever opens comes first, and what closes behind it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from agent.capture.pos.sensitive.writing import FEWEST_DIGITS, Writing

_DIGIT_REFERENCE: Final = "&#(?:0{0,5}(?:4[89]|5[0-7])|[xX]0{0,5}3[0-9]);"
_IN_REFERENCE: Final = "".join(rf"(?<!&#{'[0-9xX]' * size})" for size in range(6))
_IN_TAG: Final = r"[^<>\]]{0,200}>"
_MOST_MARKUP: Final = 6


def interrupted_writings(text: str) -> tuple[Writing, ...]:
    """How to read digits across markup; nothing where none stands among digits, as in most texts.

    What interrupts a number may stand within a group of its digits, or in place of a blank.
    """
    return (_writing(_between()), _writing("")) if _joint().search(text) else ()


def is_interrupted(written: str) -> bool:
    """Whether markup or a reference stands in what is written."""
    return not {"<", "&", ">"}.isdisjoint(written)


@cache
def _writing(joined: str) -> Writing:
    digit = rf"(?:{_DIGIT_REFERENCE}|{_IN_REFERENCE}[0-9](?!{_IN_TAG}))"
    return Writing(
        runs=re.compile(rf"{digit}(?:{_between()}{digit}){{{FEWEST_DIGITS - 1},}}", re.DOTALL),
        digit=re.compile(digit),
        value=_value,
        masked=_masked,
        joined=re.compile(joined, re.DOTALL),
    )


@cache
def _between() -> str:
    other_reference = (
        rf"(?!{_DIGIT_REFERENCE})&(?:#[0-9]{{1,7}}|#[xX][0-9A-Fa-f]{{1,6}}|\w{{2,8}});"
    )
    free = (
        rf"[ \t._-]|<!--(?:(?!-->).){{0,200}}+-->|<\?[^<>]{{0,200}}>|<!\[CDATA\[|\]\]>"
        rf"|{other_reference}"
    )
    opening, closing = r"<[A-Za-z_][^<>]{0,200}>", "</[^<>]{0,200}>"
    most = f"{{0,{_MOST_MARKUP}}}"
    return f"(?:{free}|{opening}){most}+(?:{free}|{closing}){most}+"


@cache
def _joint() -> re.Pattern[str]:
    """What only damage leaves behind a digit; plain letters first, for whole files are searched."""
    alone = r"<(?:(?<=[0-9]<)|(?<=[0-9][ \t._-]<))(?!/[^<>]{0,200}>\s*(?:<|\Z))"
    return re.compile(rf"{alone}|&(?:#|(?<=[0-9]&)|(?<=[0-9][ \t._-]&))|\]\]>")


def _value(written: str) -> str:
    """The digit itself, or the one that a reference stands for."""
    if not written.startswith("&"):
        return written
    code = written[2:-1]
    return chr(int(code[1:], 16) if code[0] in "xX" else int(code))


def _masked(written: str) -> str:
    """An asterisk; for a reference that of an asterisk, so that what is left can still be read."""
    if not written.startswith("&"):
        return "*"
    return written[:-3] + ("2a;" if written[2] in "xX" else "42;")
