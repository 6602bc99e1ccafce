"""What damage has left of a planted number, and whether that is still dangerous. The rule:

**Of a number of sixteen digits thirteen in a row are dangerous, twelve are not.** Where four digits
are missing a number is truncated: PCI SSC lets no more stay than the first eight and any other
four (FAQ 1091), and calls that no card data any more. With three missing and the check digit known,
a hundred guesses are enough. A wallet's code pays only as a whole; it is judged alike.

**And only where somebody can know what it is**: where it stands

- as its till wrote it, in the place where it was; or
- whole, and apart from other digits: length, issuer and check digit tell a card anywhere; or
- behind the word that names it, or before a stripe's expiry, whatever has become of its ends, and
  even with a letter or a printer's command in its middle.

Thirteen of sixteen digits in an article's name that no word names and no check digit confirms are
one serial number among many. Whoever hid all of those would hide the codes of most articles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tests.simulators.damaged_day.plants import Plant
from tests.simulators.damaged_day.records import Record

DANGEROUS: Final = 13
_BEFORE: Final = 18
"""So much stands between the beginning of a field's name and its value."""

_COMMAND: Final = re.compile(r"(?=.{0,4}[\0-\x1f])[^\n]{2,5}", re.DOTALL)
"""Something to a printer; a word or a sign between digits makes two numbers of them."""

_NAMES: Final = {
    "card": ("PrimaryAccountNumber>", '"pan": "', 'credit_card_number": "', "卡号："),
    "code": ("AuthorizationCode>", '"auth_code": "', "auth_result_code", "授权码："),
}
_EXPIRY: Final = re.compile(r"\d{0,3}=25121\d\d")


@dataclass(frozen=True)
class Place:
    """Where digits of a number stand one behind the other, in a text.

    Attributes:
        digits: of the number, as many as stand there.
        places: where each of them stands.
    """

    text: str
    digits: str
    places: tuple[int, ...]

    @property
    def _begin(self) -> int:
        return self.places[0]

    @property
    def _end(self) -> int:
        return self.places[-1] + 1

    @cached_property
    def _gaps(self) -> list[str]:
        """What stands between; the zeros of UTF-16 are nothing."""
        pairs = zip(self.places, self.places[1:], strict=False)
        between = (self.text[one + 1 : two].replace("\0", "") for one, two in pairs)
        return [gap for gap in between if gap]

    def is_dangerous(self, plant: Plant, record: Record) -> bool:
        """Whether it must be nowhere; see above."""
        if len(self._gaps) > 1 or not all(_is_rubbish(gap, plant) for gap in self._gaps):
            return False
        if self._is_named(plant):
            return True
        if self.digits != plant.number or self._gaps:
            return False
        tells_itself = plant.kind != "code"
        return self._is_as_written(record) or (tells_itself and self._is_apart())

    def _is_as_written(self, record: Record) -> bool:
        written = self.text[max(0, self._begin - _BEFORE) : self._end]
        return written in record.wrote.decode("latin-1")

    def _is_apart(self) -> bool:
        around = self.text[max(0, self._begin - 1) : self._begin] + self.text[self._end :][:1]
        return not re.search(r"\d", around)

    def _is_named(self, plant: Plant) -> bool:
        if plant.kind == "track":
            return bool(_EXPIRY.match(self.text, self._end))
        before = self.text[max(0, self._begin - 2 * _BEFORE) : self._begin].replace("\0", "")
        words = (
            word.encode(code).decode("latin-1")
            for word in _NAMES[plant.kind]
            for code in ("gb18030", "utf-8")
        )
        return any(before.endswith(word) for word in words)


def dangerous(plant: Plant, record: Record) -> set[str]:
    """What of a planted secret must be nowhere: pieces of a number, or a text as it is.

    A piece that also stands where it may is left out: nobody could say from where it shows.
    """
    return _of_number(plant, record) if plant.number else _of_text(plant, record)


def _of_text(plant: Plant, record: Record) -> set[str]:
    """A name is told by what stands before it; a security code has that in itself."""
    wrote, sent = record.wrote.decode("latin-1"), record.sent.decode("latin-1")
    at = wrote.find(plant.written)
    before = 0 if plant.kind == "cvv" else _BEFORE
    whole = wrote[max(0, at - before) : at + len(plant.written)]
    as_often = wrote.count(plant.written) == sent.count(plant.written)
    return {plant.written} if at >= 0 and whole in sent and as_often else set()


def _of_number(plant: Plant, record: Record) -> set[str]:
    judged, free = set[str](), set[str]()
    for place in _places(plant.number, record.sent.decode("latin-1")):
        pieces = judged if place.is_dangerous(plant, record) else free
        pieces |= set(pieces_of(place.digits))
    return judged - free


def pieces_of(digits: str) -> Iterator[str]:
    """All that are just long enough."""
    return (digits[at : at + DANGEROUS] for at in range(len(digits) - DANGEROUS + 1))


def _places(number: str, text: str) -> Iterator[Place]:
    """The longest stretches of a number in a text, whatever stands between its digits."""
    digits = [match.start() for match in re.finditer("[0-9]", text)]
    row = "".join(text[at] for at in digits)
    done = -1
    for begin in range(len(row) - DANGEROUS + 1):
        if begin + DANGEROUS <= done:
            continue
        at = number.find(row[begin : begin + DANGEROUS])
        if at < 0:
            continue
        size = _common(number[at:], row[begin:])
        done = begin + size
        yield Place(text, number[at : at + size], tuple(digits[begin:done]))


def _is_rubbish(gap: str, plant: Plant) -> bool:
    """A letter in the place of a digit spoils a code, whose digits nothing but the till tells."""
    letter = len(gap) == 1 and not gap.isspace() and plant.kind != "code"
    return letter or bool(_COMMAND.fullmatch(gap))


def _common(one: str, other: str) -> int:
    size = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        size += 1
    return size
