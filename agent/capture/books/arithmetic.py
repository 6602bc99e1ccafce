"""Which share of a source's sales does not add up, over the last of them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from models.wire.events.sale import Flag, Kind, SaleRecorded

WINDOW: Final = 200
"""So many sales: a day of a small till, an hour of a large one."""

_ODD: Final = frozenset({Flag.LINES_DISAGREE, Flag.TENDERS_DISAGREE})


@dataclass(frozen=True, slots=True)
class Balance:
    """How the arithmetic of one profile's sales stands.

    Attributes:
        judged: the last sales that were looked at.
        unbalanced: so many of them do not add up.
    """

    profile: str
    judged: int
    unbalanced: int


class SlidingBalance:
    """The last sales of one profile. For one thread at a time."""

    def __init__(self) -> None:
        self._odd: deque[bool] = deque(maxlen=WINDOW)

    def add(self, sale: SaleRecorded) -> None:
        """Look at a sale that was new; controls have nothing to add up."""
        if sale.kind is Kind.RETAIL:
            self._odd.append(not _ODD.isdisjoint(sale.capture.flags))

    def stand(self, profile: str) -> Balance:
        """As it is now."""
        return Balance(profile, len(self._odd), sum(self._odd))
