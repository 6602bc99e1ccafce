"""Names as far as they tell people apart. Pure.

A name never joins anybody; it only speaks against joining, and only where both names are known
well enough to differ.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_LONGEST = 64
_MASK = "*"


@dataclass(frozen=True, slots=True, repr=False)
class Name:
    """What a person is called, as far as it is known. Never printed."""

    family: str = ""
    given: str = ""

    def __repr__(self) -> str:
        return "Name(…)"

    def __bool__(self) -> bool:
        return bool(self.family or self.given)

    @property
    def full(self) -> str:
        """Both parts, the family name first."""
        return self.family + self.given

    @property
    def complete(self) -> bool:
        """Whether both parts are known and neither is masked; such a name is the better one."""
        return bool(self.family and self.given) and _MASK not in unicodedata.normalize(
            "NFKC", self.full
        )


UNKNOWN = Name()


def name_of(family: str, given: str) -> Name:
    """The name as the till wrote it, trimmed; a masked part (``王*``) keeps what can be read."""
    return Name(_trimmed(family), _trimmed(given))


def contradicts(one: Name, other: Name) -> bool:
    """Whether the two cannot be the same person's name, as far as both are known."""
    first, second = _comparable(one), _comparable(other)
    if not first or not second:
        return False
    if first.family and first.given and second.family and second.given:
        return first != second
    longer, shorter = sorted((first.full, second.full), key=len, reverse=True)
    return not (longer.startswith(shorter) or longer.endswith(shorter))


def same(one: Name, other: Name) -> bool:
    """Whether both are known in full and equal."""
    first, second = _comparable(one), _comparable(other)
    return bool(first.family and first.given) and first == second


def _trimmed(part: str) -> str:
    return part.replace("\x00", "").strip()[:_LONGEST]


def _comparable(name: Name) -> Name:
    return Name(_folded(name.family), _folded(name.given))


def _folded(part: str) -> str:
    """One width, no case, no spaces, and nothing where a mask hides the rest."""
    plain = "".join(unicodedata.normalize("NFKC", part).casefold().split())
    return plain.split(_MASK)[0]
