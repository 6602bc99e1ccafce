"""How many visitors became sales, told with the counts it comes from.

Sales divided by visitors, both of the minutes that were watched and of no others: what nobody
watched is unknown, not zero. Staff who arrive for work are no visitors, nor is who comes back from
the doorstep; where cameras did not tell them apart, all heads are. A sale is one that counts (no
return, nothing that a post-void took back) and belongs to the minute in which it ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from cloud.footfall import Interval
from cloud.insight.doors import at_doors
from cloud.insight.watching import minutes_of


@dataclass(frozen=True, slots=True)
class Conversion:
    """A share and where it comes from.

    Attributes:
        sales: that ended in a watched minute.
        visitors: who came in during the watched minutes.
        watched_min: minutes that every camera watched.
        of_min: minutes that there were: of an hour those that have passed, of a day those from the
            first to the last sale or crossing.
        groups: in which the visitors came; None where that is not known of all of them.
    """

    sales: int
    visitors: int
    watched_min: int
    of_min: int
    groups: int | None = None

    @property
    def per_group(self) -> float | None:
        """Sales per group of visitors, since a family buys once; None without groups."""
        return self.sales / self.groups if self.groups else None

    @property
    def rate(self) -> float | None:
        """Sales per visitor; None without visitors. More than 1 where people buy twice."""
        return self.sales / self.visitors if self.visitors else None

    @property
    def is_whole(self) -> bool:
        """Whether nearly all of the time was watched."""
        return 10 * self.watched_min >= 9 * self.of_min


def convert(
    intervals: Iterable[Interval], sales: Mapping[int, int], seen: AbstractSet[int], of_min: int
) -> Conversion:
    """The conversion of the seen minutes; ``sales`` by minute."""
    here = [each for each in intervals if each.first_minute in seen]
    doors = at_doors(here)
    groups = None if doors.crowd is None else doors.crowd.groups_in
    sold = sum(count for minute, count in sales.items() if minute in seen)
    return Conversion(sold, doors.entrants or 0, len(seen), max(of_min, len(seen)), groups)


def active_minutes(intervals: Iterable[Interval], sales: Mapping[int, int]) -> range:
    """From the first to the last minute in which somebody crossed or bought; else empty."""
    busy = [minutes_of(each) for each in intervals if each.ingress or each.egress]
    edges = [edge for minutes in busy for edge in (minutes[0], minutes[-1])]
    edges += [minute for minute, count in sales.items() if count]
    return range(min(edges), max(edges) + 1) if edges else range(0)
