"""Card numbers, codes, tracks and names, hidden where tills and people leave them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random

from tests.simulators.planted_cards import luhn_digit

_PREFIXES = ("4", "51", "62", "2221", "6011", "3528")
_HEAD = 4


@dataclass(frozen=True)
class Plant:
    """One secret.

    Attributes:
        kind: ``card``, ``track``, ``code``, ``cvv`` or ``name``.
        written: as it stands in the record.
        number: all digits of a card's number or of a code; empty for what is a text.
    """

    kind: str
    written: str
    number: str = ""

    @property
    def is_card_data(self) -> bool:
        """Whether not even the sealed quarantine may hold it."""
        return self.kind != "name"


def planted(random: Random, marker: str) -> list[Plant]:
    """One of each kind, unlike any other record's."""
    card, track = _number(random), _number(random)
    code = f"13{random.randrange(10**16):016}"
    cvv = f"{random.randrange(999):03}"  # 999 is how a shape writes any three digits
    return [
        Plant("card", card, card),
        Plant("track", f";{track}=2512101{random.randrange(10**6):06}?", track),
        Plant("code", code, code),
        Plant("cvv", f"CVV: {cvv}"),
        Plant("name", f"Wolpertinger{marker[2:]}"),
    ]


def by_kind(plants: list[Plant]) -> Callable[[str], str]:
    """What is written for a kind; nothing where none was planted."""
    written = {plant.kind: plant.written for plant in plants}
    return lambda kind: written.get(kind, "")


class Search:
    """Looks for many secrets in many texts, and reads each text once."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Runs of nothing but digits are looked for among digits alone."""
        self._digits: dict[int, set[str]] = {}
        self._texts: dict[tuple[str, int], set[str]] = {}
        for secret in secrets:
            if secret.isdecimal():
                self._digits.setdefault(len(secret), set()).add(secret)
            else:
                self._texts.setdefault((secret[:_HEAD], len(secret)), set()).add(secret)

    def shown(self, text: str) -> set[str]:
        """What can be read in a text."""
        digits, found = re.sub(r"\D", "", text), set[str]()
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
