"""From when to when a business day has the door.

Sales carry the till's business day, visitors only the clock. A bar's Friday ends at two on Saturday
morning, a shop that never closes may change its day at six; so a visitor belongs to the business
day that was selling when they came in. Two neighbouring days meet at one full hour between noon
and noon: the one that the store names, midnight if it names none, unless the sales say otherwise.
So every visitor is counted on exactly one day:

- the earlier day keeps the hours after midnight up to the last one in which it made more sales
  than the later day;
- the later day has the hours before the usual one from the first one in which it made more.

While the shop is open past midnight the boundary moves on with its sales, hour by hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_MIDNIGHT: Final = 24
_NOON: Final = 12
_TO_NOON: Final = range(24, 36)


@dataclass(frozen=True, slots=True)
class TradingDay:
    """A business day by the clock of its shop.

    Attributes:
        begin_at, end_at: aware UTC; the end is the next day's begin.
    """

    day: date
    zone: ZoneInfo
    begin_at: datetime
    end_at: datetime

    def hour_of(self, moment: datetime) -> int:
        """The hour of the clock, counted on from the day's midnight as those of sales are.

        Hour 24 is 00:00-00:59 of the next day. An hour that the clock shows twice, in autumn, is
        one hour of 120 minutes, and one that it skips does not occur.
        """
        local = moment.astimezone(self.zone)
        return local.hour + 24 * (local.date() - self.day).days


def trading_day(
    day: date,
    zone: ZoneInfo,
    sales: Mapping[date, Mapping[int, int]],
    day_begins_hour: int = 0,
) -> TradingDay:
    """The business day by the clock; ``sales`` by business day and hour, of its neighbours too.

    ``day_begins_hour``: where days meet when no sale says otherwise, 0 to 11.
    """
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    usual = _MIDNIGHT + day_begins_hour
    begins = boundary(sales.get(before, {}), sales.get(day, {}), usual)
    ends = boundary(sales.get(day, {}), sales.get(after, {}), usual)
    return TradingDay(day, zone, _moment(before, begins, zone), _moment(day, ends, zone))


def boundary(earlier: Mapping[int, int], later: Mapping[int, int], usual: int = _MIDNIGHT) -> int:
    """The hour, counted from the earlier day's midnight, at which the later day takes over."""
    lead = {hour: earlier.get(hour, 0) - later.get(hour - 24, 0) for hour in range(_NOON, 36)}
    kept = [hour for hour in _TO_NOON if lead[hour] > 0]
    free = kept[-1] + 1 if kept else _NOON
    taken = [hour for hour in range(free, usual) if lead[hour] < 0]
    return taken[0] if taken else max(free, usual)


def _moment(day: date, hour: int, zone: ZoneInfo) -> datetime:
    on = day + timedelta(days=hour // 24)
    return datetime.combine(on, time(hour % 24), zone).astimezone(UTC)
