"""Card numbers, codes, tracks and names, hidden where tills and people leave them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random

from tests.simulators.planted_cards import luhn_digit

_PREFIXES = ("4", "51", "62", "2221", "6011", "3528")
_CARD_DIGITS = 12
_CODE_DIGITS = 14
_HEAD = 4
_BEFORE = 18
"""So much stands between the beginning of a field's name and its value."""


@dataclass(frozen=True)
class Plant:
    """One secret.

    Attributes:
        kind: ``card``, ``track``, ``code``, ``cvv`` or ``name``.
        shows: what must be nowhere: digits of a run of nothing but digits, or a text as it is.
        written: as it stands in the record.
    """

    kind: str
    shows: str
    written: str

    @property
    def is_digits(self) -> bool:
        """Whether it is looked for among digits alone."""
        return self.kind in ("card", "track", "code")

    @property
    def is_card_data(self) -> bool:
        """Whether not even the sealed quarantine may hold it."""
        return self.kind != "name"


def planted(random: Random, marker: str) -> list[Plant]:
    """One of each kind, unlike any other record's."""
    card, track = _number(random), _number(random)
    code = f"13{random.randrange(10**16):016}"
    cvv = f"{random.randrange(999):03}"  # 999 is how a shape writes any three digits
    name = f"Wolpertinger{marker[2:]}"
    return [
        Plant("card", card[:_CARD_DIGITS], card),
        Plant("track", track[:_CARD_DIGITS], f";{track}=2512101{random.randrange(10**6):06}?"),
        Plant("code", code[:_CODE_DIGITS], code),
        Plant("cvv", f"CVV: {cvv}", f"CVV: {cvv}"),
        Plant("name", name, name),
    ]


def by_kind(plants: list[Plant]) -> Callable[[str], str]:
    """What is written for a kind; nothing where none was planted."""
    written = {plant.kind: plant.written for plant in plants}
    return lambda kind: written.get(kind, "")


def untouched(plants: list[Plant], sound: str, sent: str) -> list[Plant]:
    """Those that the damage has left as they were, and what stands before them.

    Half a card's number is no card's number, and a wallet's code is told by the word before it.
    """
    places = [(plant, sound.find(plant.written)) for plant in plants]
    return [
        plant
        for plant, at in places
        if at >= 0
        and sound[max(0, at - _BEFORE) : at + len(plant.written)] in sent
        and _read(plant, sound) == _read(plant, sent)
        and sound.count(plant.written) == sent.count(plant.written)
    ]


def _read(plant: Plant, text: str) -> int:
    """How often it can be read; a piece of it that came twice is a fragment that nobody knows."""
    return (_digits(text) if plant.is_digits else text).count(plant.shows)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


class Search:
    """Looks for many secrets in many texts, and reads each text once."""

    def __init__(self, plants: Iterable[Plant]) -> None:
        self._digits: dict[int, set[str]] = {}
        self._texts: dict[tuple[str, int], set[str]] = {}
        for plant in plants:
            if plant.is_digits:
                self._digits.setdefault(len(plant.shows), set()).add(plant.shows)
            else:
                head = plant.shows[:_HEAD], len(plant.shows)
                self._texts.setdefault(head, set()).add(plant.shows)

    def shown(self, text: str) -> set[str]:
        """What can be read in a text."""
        digits, found = _digits(text), set[str]()
        for size, wanted in self._digits.items():
            found |= wanted.intersection(
                digits[at : at + size] for at in range(len(digits) - size + 1)
            )
        for (head, size), wanted in self._texts.items():
            begins = (match.start() for match in re.finditer(re.escape(head), text))
            found |= wanted.intersection(text[at : at + size] for at in begins)
        return found


def _number(random: Random) -> str:
    prefix = random.choice(_PREFIXES)
    body = prefix + "".join(random.choices("0123456789", k=15 - len(prefix)))
    return body + luhn_digit(body)
