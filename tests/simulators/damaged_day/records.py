"""What the day consists of: single records, each findable wherever it went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from tests.simulators.damaged_day.plants import Plant

_LETTERS = "bdghkmnpsvz"
"""No flipped bit makes one of these another, so no damaged record says that it is its neighbour."""

MARKERS = len(_LETTERS) ** 4
"""As many records a day can have, all tills together."""

NUMBER_STEP = 97
"""Numbers lie so far apart that no single wrong digit makes one record's number another's."""


@dataclass
class Record:
    """One transaction.

    Attributes:
        till: which adapter's.
        number: as the till numbers it.
        marker: a word of letters that stands in it at several places and nowhere else.
        total_minor: what the customer owed.
        damage: what was done to it; empty for a sound one.
        also: another word that stands in its sale and in no other, where there is one.
        wrote: what its till wrote.
        sent: what came of it.
        refused: whether its sender was told that it was not taken.
        plants: what was hidden in it.
    """

    till: str
    number: int
    marker: str
    total_minor: int = 0
    damage: str = ""
    also: str = ""
    wrote: bytes = b""
    sent: bytes = b""
    refused: bool = False
    plants: list[Plant] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether it left its till as it should."""
        return not self.damage


def blank_records(till: str, count: int, first: int) -> Iterator[Record]:
    """So many, numbered and marked; ``first`` is the place of the first among all of the day."""
    for place in range(first, first + count):
        yield Record(till, NUMBER_STEP * (1_000 + place), marker_of(place))


def marker_of(place: int) -> str:
    """Six letters that make no word of any language.

    Raises:
        ValueError: there are not so many; ask for fewer records.
    """
    if place >= MARKERS:
        raise ValueError(f"a day has at most {MARKERS} records, not {place + 1}")
    letters = ""
    for _ in range(4):
        place, digit = divmod(place, len(_LETTERS))
        letters = _LETTERS[digit] + letters
    return f"Zq{letters}"


def chosen(records: list[Record], share: float, random: Random) -> list[Record]:
    """The records to be damaged: a share of them, and one at least."""
    return random.sample(records, max(1, round(len(records) * share)))
