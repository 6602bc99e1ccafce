"""Masking by shape: of a till's text, what may leave the shop and the outline of all else.

Nothing is searched for that would have to be hidden. What may stay is listed, and everything else
loses its letters and digits: words that the till's profile or our own messages know, amounts,
times, days near the one it was written on, and whole numbers of at most four digits. ``X`` and
``x`` stand for letters, ``某`` for a letter of a script without capitals, ``9`` for a digit.

Numbers that stand near each other are one number, since people write phone numbers in groups. What
has two decimals is an amount up to a million; with three it is a weight, or a thousand and more,
and has six digits at most. A day far away is masked: it may be somebody's birthday.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

MOST_DIGITS: Final = 4
"""As many as a receipt may show of a card; a phone number has at least seven."""

KEY_DIGITS: Final = 6
"""In what names a transaction, where numbers count receipts."""

_NEAR: Final = timedelta(days=400)
_YEARS: Final = range(1900, 2200)
_DAY: Final = r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})"
_CLOCK: Final = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?"
_ZONE: Final = r"(?:Z|[+-][01]\d:?[0-5]\d)?"
_MOMENT: Final = re.compile(rf"({_DAY})([T ]{_CLOCK}{_ZONE})", re.ASCII)
_KNOWN: Final = re.compile(
    rf"(?<![\d.,:/-])(?:(?P<day>{_DAY})|(?P<clock>{_CLOCK})|(?P<amount>\d{{1,6}}[.,]\d{{1,2}}|\d{{1,3}}[.,]\d{{3}}|"
    r"\d{1,3}(?:,\d{3}\.|\.\d{3},)\d{2}))(?![\d:/-]|[.,]\d)",
    re.ASCII,
)
_TOKEN: Final = re.compile(
    rf"(?P<moment>(?<!\w){_DAY}[T ]{_CLOCK}{_ZONE}(?![\w:/]|[-.,]\d))"
    r"|(?P<numbers>(?<!\w)[0-9](?:\W*[0-9])*(?!\w))"
    r"|(?P<word>\w+)|(?P<other>.)",
    re.DOTALL,
)
_SCRIPTS: Final = re.compile(r"[^\W\d_]+|\d+|_+")
_WORDS: Final = re.compile(r"\w+")
_PARTS: Final = re.compile(r"[^\W\d_]+")


class Shapes:
    """Masks texts of one record."""

    def __init__(self, words: Iterable[str], written_on: date) -> None:
        """``words`` may stay, in any case; days near ``written_on`` may, too."""
        self._words = frozenset(each.casefold() for each in words)
        self._written_on = written_on

    def with_words(self, words: Iterable[str]) -> Shapes:
        """The same, with more words that may stay."""
        return Shapes(self._words.union(words), self._written_on)

    def masked(self, text: str, most_digits: int = MOST_DIGITS) -> str:
        """The text with the outline of whatever is not listed."""

        def replaced(token: re.Match[str]) -> str:
            if token["moment"]:
                return self._moment(token["moment"])
            if token["numbers"]:
                return self._numbers(token["numbers"], most_digits)
            return self._word(token["word"]) if token["word"] else _sign(token["other"])

        return _TOKEN.sub(replaced, text)

    def _moment(self, text: str) -> str:
        found = _MOMENT.fullmatch(text)
        return text if found and self._is_near(found[1]) else _outline(text)

    def _numbers(self, text: str, most_digits: int) -> str:
        """What stands alone keeps its digits if they are few together."""
        rest = _KNOWN.sub(lambda known: "" if self._may_stay(known) else known[0], text)
        few = sum(each.isdigit() for each in rest) <= most_digits
        if few:
            return text
        at, masked = 0, []
        for known in _KNOWN.finditer(text):
            if self._may_stay(known):
                masked += [_outline(text[at : known.start()]), known[0]]
                at = known.end()
        return "".join(masked) + _outline(text[at:])

    def _may_stay(self, known: re.Match[str]) -> bool:
        return not known["day"] or self._is_near(known["day"])

    def _is_near(self, text: str) -> bool:
        first, middle, last = (int(each) for each in re.split(r"[-/.]", text))
        found = (_day(first, middle, last), _day(last, middle, first), _day(last, first, middle))
        return any(each and abs(each - self._written_on) <= _NEAR for each in found)

    def _word(self, text: str) -> str:
        """Kept if it is known, or if all its parts are: ``EUR``, ``end_at``, ``Total_2``."""
        if text.casefold() in self._words:
            return text
        parts = _SCRIPTS.findall(text)
        letters = [each for each in parts if each[0].isalpha()]
        known = letters and all(each.casefold() in self._words for each in letters)
        few = sum(len(each) for each in parts if each[0].isdecimal()) <= MOST_DIGITS
        return text if known and few and text.isascii() else _outline(text)


def words_of(texts: Iterable[str]) -> set[str]:
    """The words of texts that are nobody's: of a profile, of a vocabulary."""
    return {
        word
        for text in texts
        for found in (_WORDS.findall(text), _PARTS.findall(text))
        for word in found
        if not word.isdecimal()
    }


def _outline(text: str) -> str:
    return "".join(_sign(each) for each in text)


def _sign(sign: str) -> str:
    """What stands for one character; separators and ASCII signs stand for themselves."""
    category = unicodedata.category(sign)
    if category == "Lo":
        return "某"
    if category[0] in "LM":
        return "X" if category == "Lu" else "x"
    if category[0] == "N":
        return "9"
    stays = sign.isascii() or category in ("Zs", "Sc") or category[0] == "P"
    return sign if stays and category != "Cc" else _unprintable(sign)


def _unprintable(sign: str) -> str:
    return sign if sign in "\n\t" else "?"


def _day(year: int, month: int, day: int) -> date | None:
    if year not in _YEARS:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
