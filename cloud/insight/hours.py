"""Which hour of the shop's clock a minute belongs to. Pure; minutes are numbers since 1970, UTC."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from cloud.insight.trading_day import TradingDay
from cloud.storage.columns import from_ms

MINUTE_MS: Final = 60_000
QUARTER: Final = 15
"""Minutes in which a clock anywhere stays in one hour."""

_T = TypeVar("_T")


class HourClock:
    """The hour of a minute, worked out once per quarter of an hour."""

    def __init__(self, day: TradingDay) -> None:
        """Of one business day, from whose midnight hours are counted on."""
        self._day = day
        self._quarters: dict[int, int] = {}

    def hour_of(self, minute: int) -> int:
        """As ``TradingDay.hour_of``."""
        quarter = minute // QUARTER
        if quarter not in self._quarters:
            moment = from_ms(quarter * QUARTER * MINUTE_MS)
            self._quarters[quarter] = self._day.hour_of(moment)
        return self._quarters[quarter]


def by_hour(items: Iterable[_T], hour_of: Callable[[_T], int]) -> defaultdict[int, list[_T]]:
    """The items of every hour."""
    found: defaultdict[int, list[_T]] = defaultdict(list)
    for item in items:
        found[hour_of(item)].append(item)
    return found
