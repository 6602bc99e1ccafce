"""Whom to believe where two adapters have seen one sale: a rank from 1 to 100, the highest counts.

A profile may say otherwise (``source_rank``). What an adapter is usually worth is decided by how
near it stands to the till's own books: what the till wrote as its record of the transaction, then
what it answers when asked, what it keeps for itself, what it notes beside, and what it prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LOWEST: Final = 1
HIGHEST: Final = 100

POSLOG: Final = 80
WEB: Final = 70
DATABASE: Final = 60
JOURNAL: Final = 40
RECEIPTS: Final = 20

_USUAL: Final[Mapping[str, int]] = MappingProxyType(
    {
        "poslog": POSLOG,
        "web": WEB,
        "database": DATABASE,
        "journal": JOURNAL,
        "receipts": RECEIPTS,
    }
)


def rank_of(adapter: str, stated: int) -> int:
    """The rank of a capture: as stated, else (0: an older agent's) as usual for its adapter.

    An adapter that this version does not know is believed least.
    """
    return stated or _USUAL.get(adapter, LOWEST)


def check_rank(rank: int) -> None:
    """Raise ValueError for a rank that no profile may state."""
    if not LOWEST <= rank <= HIGHEST:
        raise ValueError(f"source_rank must be {LOWEST} to {HIGHEST}, not {rank}")
