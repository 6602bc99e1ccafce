"""What a guide typed to find a member."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

LAST_DIGITS: Final = 4
_LONGEST: Final = 64
_DIVIDERS = str.maketrans("", "", " -–—()\u3000\u00a0")


@dataclass(frozen=True, slots=True, repr=False)
class Query:
    """A phone number, a card number or a member code; or the last four digits and a surname.

    Attributes:
        number: without spaces and hyphens; full-width digits of an input method are plain.
        surname: used with exactly four digits only; without case.
    """

    number: str
    surname: str = ""

    def __repr__(self) -> str:
        return f"Query({len(self.number)} characters)"

    @classmethod
    def typed(cls, number: str, surname: str = "") -> Query:
        """A query from two fields as they were typed."""
        return cls(plain(number), plain(surname))

    @property
    def empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not self.number

    @property
    def last_four(self) -> bool:
        """Whether the number may be the end of a phone number."""
        return len(self.number) == LAST_DIGITS and self.number.isdecimal()

    @property
    def needs_surname(self) -> bool:
        """Whether a surname would say more: four digits alone fit too many people."""
        return self.last_four and not self.surname


def plain(text: str) -> str:
    """Text as it is compared: one width, no case, no spaces or hyphens, at most 64 characters."""
    folded = unicodedata.normalize("NFKC", text[:_LONGEST]).casefold()
    return folded.translate(_DIVIDERS).strip()
