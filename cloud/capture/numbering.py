"""A transaction's number as a till writes it, taken apart. Pure.

Most tills count ``41, 42``; some put something in front that stays the same for a till or a day,
such as ``A-0042`` or ``20261122-0042``. Ids that are no count at all belong to no series.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

MOST_DIGITS: Final = 12
"""A counter of more digits is a moment or an id; nobody sells a trillion times."""

_LONGEST_PREFIX: Final = 12
_PREFIX: Final = rf"[A-Za-z]{{0,4}}|.{{1,{_LONGEST_PREFIX}}}[-/._# ]"
_NUMBER: Final = re.compile(rf"(?P<prefix>{_PREFIX})(?P<value>[0-9]{{1,{MOST_DIGITS}}})")


class Numbered(NamedTuple):
    """What stands in front, and the count itself."""

    prefix: str
    value: int


def read_number(text: str) -> Numbered | None:
    """The number taken apart; None for what is no count."""
    found = _NUMBER.fullmatch(text.strip())
    return Numbered(found["prefix"], int(found["value"])) if found else None
