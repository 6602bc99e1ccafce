"""How digits are written: in text, and in bytes of which nobody knows the encoding.

Bytes are looked at as Latin-1, one character a byte, so that one set of rules serves both and
places stay what they are. There a digit may be ASCII, full-width in UTF-8 (EF BC 90 and on) or
full-width in GBK (A3 B0 and on); between two digits may stand blanks and dashes of these encodings,
the zero bytes of UTF-16, and what a printer is told about the next letter (bold, size, underline).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

FEWEST_DIGITS: Final = 12
_WIDE_UTF8: Final = "\xef\xbc"
_WIDE_GBK: Final = "\xa3"
_ORDINARY: Final = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Group:
    """Digits without anything between them, and where each stands."""

    digits: str
    places: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Writing:
    """One way of writing digits.

    Attributes:
        runs: twelve or more digits with at most a little between any two.
        digit: one digit.
        value: the digit as one of ``0`` to ``9``.
        masked: what stands in its place afterwards, as long as it was.
        joined: what may stand between two digits without parting them.
    """

    runs: re.Pattern[str]
    digit: re.Pattern[str]
    value: Callable[[str], str]
    masked: Callable[[str], str]
    joined: re.Pattern[str]

    def groups(self, text: str, start: int, end: int) -> list[Group]:
        """The digits of a run, parted where something visible or blank stands between them."""
        found: list[list[tuple[int, int]]] = []
        last = -1
        for match in self.digit.finditer(text, start, end):
            if not found or not self.joined.fullmatch(text, last, match.start()):
                found.append([])
            found[-1].append(match.span())
            last = match.end()
        return [
            Group("".join(self.value(text[a:b]) for a, b in places), tuple(places))
            for places in found
        ]

    def digits_in(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Where the digits of a piece of text stand."""
        return (match.span() for match in self.digit.finditer(text, start, end))


@cache
def text_writing() -> Writing:
    """Characters: any script's decimal digits; what XML writes as a reference parts none."""
    blank = r"[ \t<>&\u00a0\u2000-\u200b\u202f\u3000._\-\u2010-\u2015\u2212\uff0d\uff0e\u00b7]"
    return Writing(
        runs=re.compile(rf"\d(?<!\d\d)(?:{blank}{{0,3}}\d){{{FEWEST_DIGITS - 1},}}"),
        digit=re.compile(r"\d"),
        value=lambda char: str(int(char)),
        masked=lambda char: "＊" if "０" <= char <= "９" else "*",
        joined=re.compile(r"[\u200b<>&]{0,3}"),
    )


@cache
def plain_writing() -> Writing:
    """Bytes without anything but ASCII digits in them, which is faster to look through."""
    return Writing(
        runs=re.compile(rf"[0-9](?<![0-9][0-9])(?:[ \t._-]{{0,3}}[0-9]){{{FEWEST_DIGITS - 1},}}"),
        digit=re.compile("[0-9]"),
        value=str,
        masked=lambda _char: "*",
        joined=re.compile(""),
    )


@cache
def utf8_writing() -> Writing:
    """Bytes that are UTF-8 or what a printer takes, as Latin-1."""
    return _raw_writing(
        "\xef\xbc[\x90-\x99]",
        "\xc2\xa0|\xe3\x80\x80|\xe2\x80[\x80-\x95\xaf]|\xef\xbc[\x8d\x8e]",
    )


@cache
def gbk_writing() -> Writing:
    """Bytes that are GBK or GB 18030, as Latin-1."""
    return _raw_writing("\xa3[\xb0-\xb9]", "\xa1[\xa1\xaa]|\xa3[\xad\xae]")


def writings_of(data: bytes, text: str) -> tuple[Writing, ...]:
    """The fewest writings that see every digit of bytes and of the same as Latin-1.

    In UTF-8 a Chinese character may hold the bytes of a GBK digit, so that one is looked for only
    in what is no UTF-8.
    """
    if data.isascii() and not any(control in text for control in "\x00\x1b\x1d"):
        return (plain_writing(),)
    if not _special().search(text):
        return (plain_writing(),)
    try:
        data.decode()
    except UnicodeDecodeError:
        return (gbk_writing(), utf8_writing())
    return (utf8_writing(),)


def _raw_writing(wide: str, wide_blank: str) -> Writing:
    digit = f"(?:[0-9]|{wide})"
    control = "(?:\x00|\x1b[!EG\\-].|\x1d!.)"
    blank = f"(?:[ \t._-]|{wide_blank})"
    between = f"(?:(?:{control}{{0,2}}{blank}){{0,3}}{control}{{0,2}})"
    return Writing(
        runs=re.compile(f"{digit}(?:{between}{digit}){{{FEWEST_DIGITS - 1},}}", re.DOTALL),
        digit=re.compile(digit),
        value=_raw_value,
        masked=_raw_masked,
        joined=re.compile(f"{control}{{0,3}}", re.DOTALL),
    )


@cache
def _special() -> re.Pattern[str]:
    """Digits and blanks that are not ASCII, and what stands between those of a printer."""
    return re.compile(
        "[\x00\x1b\x1d]|\xef\xbc[\x8d\x8e\x90-\x99]|\xc2\xa0|\xe3\x80\x80|\xe2\x80[\x80-\x95\xaf]"
        "|\xa3[\xad\xae\xb0-\xb9]|\xa1[\xa1\xaa]"
    )


def _raw_value(digit: str) -> str:
    if digit in _ORDINARY:
        return digit
    return chr(ord(digit[-1]) - (0x60 if digit.startswith(_WIDE_UTF8) else 0x80))


def _raw_masked(digit: str) -> str:
    """An asterisk of the same width in the same encoding."""
    if digit in _ORDINARY:
        return "*"
    return _WIDE_UTF8 + "\x8a" if digit.startswith(_WIDE_UTF8) else _WIDE_GBK + "\xaa"
