"""The gaps of all counters of a box, each told once nothing of it can be under way any more.

Files of a till overtake each other, and a folder may be read in any order. So a number is a gap
when it has been missing for a while, and nothing came out of its order on that day meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final, NamedTuple

from agent.capture.books.course import GRACE_S
from agent.capture.books.entry import Lane, Till
from agent.capture.books.page import Page, PageKey
from agent.capture.pos.sequence import Gap, missing
from models.wire.ranges import RangeSet

Pages = Mapping[PageKey, Page]

_SNAPSHOT_S: Final = 60.0


class Counter(NamedTuple):
    """What counts up by itself: sorts till by till."""

    till: Till
    lane: Lane
    series: str


@dataclass(frozen=True, slots=True)
class OpenGaps:
    """What is missing of one counter.

    Attributes:
        gaps: that stand, in order.
        is_ripening: more is missing, which may still be under way.
    """

    counter: Counter
    gaps: list[Gap]
    is_ripening: bool


class Ripening:
    """Remembers what was missing, for as long as it takes to call it a gap. For one thread."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, Mapping[PageKey, RangeSet]]] = deque()

    def ripe(
        self, absent: Mapping[PageKey, RangeSet], pages: Pages, now_s: float
    ) -> Mapping[PageKey, RangeSet]:
        """What of these missing numbers was missing a while ago too."""
        self._remember(absent, now_s)
        at_s, before = self._looks[0]
        if now_s - at_s < GRACE_S:
            return {}
        return {
            key: numbers.common(before[key])
            for key, numbers in absent.items()
            if key in before and now_s - pages[key].out_of_order_s >= GRACE_S
        }

    def _remember(self, absent: Mapping[PageKey, RangeSet], now_s: float) -> None:
        looks = self._looks
        if not looks or now_s - looks[-1][0] >= _SNAPSHOT_S:
            looks.append((now_s, absent))
        while len(looks) > 1 and now_s - looks[1][0] >= GRACE_S:
            looks.popleft()


def absent_numbers(pages: Pages) -> dict[PageKey, RangeSet]:
    """Every number that is missing now, by the page that lacks it.

    Receipts' numbers tell nothing on a workstation whose sequence is known.
    """
    sequenced = {key.till.workstation_id for key in pages if key.lane is Lane.SEQUENCE}
    shop = _by_shop(pages)
    found: dict[PageKey, RangeSet] = {}
    for counter, keys in _counters(pages):
        if counter.lane is Lane.RECEIPT and counter.till.workstation_id in sequenced:
            continue
        days = {key.day: key for key in keys}
        numbers = [pages[key].of(key.day) for key in keys]
        others = [[taken for till, taken in shop[_alike(key)] if till != key.till] for key in keys]
        for gap in missing(numbers, others):
            found.setdefault(days[gap.day], RangeSet()).add(gap.first, gap.last)
    return found


def open_gaps(
    absent: Mapping[PageKey, RangeSet], ripe: Mapping[PageKey, RangeSet]
) -> dict[Till, list[OpenGaps]]:
    """By workstation, what is missing for good and what may still come."""
    found: dict[Till, list[OpenGaps]] = {}
    for counter, keys in groupby(sorted(absent), key=_counter_of):
        named = list(keys)
        gaps = [Gap(key.day, *each) for key in named for each in ripe.get(key, ())]
        waits = any(absent[key] != ripe.get(key) for key in named)
        found.setdefault(counter.till, []).append(OpenGaps(counter, gaps, waits))
    return found


def _counters(pages: Pages) -> Iterable[tuple[Counter, list[PageKey]]]:
    with_numbers = sorted(key for key, page in pages.items() if page.numbers)
    for counter, keys in groupby(with_numbers, key=_counter_of):
        yield counter, list(keys)


def _counter_of(key: PageKey) -> Counter:
    return Counter(key.till, key.lane, key.series)


def _by_shop(pages: Pages) -> Mapping[tuple[str, str, str, date], list[tuple[Till, RangeSet]]]:
    """Whose numbers might be of one counter: a day's, in rows of the same kind."""
    shop: dict[tuple[str, str, str, date], list[tuple[Till, RangeSet]]] = {}
    for key, page in pages.items():
        shop.setdefault(_alike(key), []).append((key.till, page.numbers))
    return shop


def _alike(key: PageKey) -> tuple[str, str, str, date]:
    return key.till.business_unit, key.lane, key.series, key.day
