"""One day of one shop: the plan, its transactions, its files and its truth."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from tests.simulators.till.booking import Booked, Shop, book
from tests.simulators.till.catalogue import stock
from tests.simulators.till.deliveries import Delivery, deliveries_of
from tests.simulators.till.facts import Transaction
from tests.simulators.till.mix import Mix
from tests.simulators.till.people import Shopper, invent_members
from tests.simulators.till.plan import DayPlanner
from tests.simulators.till.timetable import Slot, fit_post_voids, serve
from tests.simulators.till.truth import DayTruth, truth_of

FEWEST_SALES: Final = 50
# A receipt takes some 25 s; more than this and the evening queue would reach closing time.
MOST_SALES_PER_TILL: Final = 1000
_TRAINEES: Final = 3


# No slots: cached_property keeps its value in the instance.
@dataclass(frozen=True)
class ShopDay:
    """A deterministic day: equal arguments give equal transactions and equal bytes.

    Nothing is drawn or computed before it is asked for, and everything only once.

    Attributes:
        seed: names the day; there is no other source of chance and no clock.
        sales: completed sales; returns, voids, suspensions, training come on top, so there are
            always more retail transactions than this.
        business_day: the till's accounting day; its last receipts end on the next calendar day.
        member_count: members the shop knows, of whom most come; a quarter of `sales` by default.

    Raises:
        ValueError: too few sales for a day, too many for the tills, or no members.
    """

    seed: int
    sales: int = 1000
    business_day: date = date(2025, 11, 7)
    timezone: str = "Asia/Shanghai"
    store_ref: str = "1001"
    workstations: int = 3
    member_count: int | None = None

    def __post_init__(self) -> None:
        """Refuse a day that could not be played."""
        if self.sales < FEWEST_SALES:
            raise ValueError(f"{self.sales} sales make no day; ask for at least {FEWEST_SALES}")
        if self.sales > self.workstations * MOST_SALES_PER_TILL:
            needed = -(-self.sales // MOST_SALES_PER_TILL)
            raise ValueError(
                f"{self.workstations} tills cannot serve {self.sales} sales; give at least {needed}"
            )
        if self.member_count is not None and self.member_count < 1:
            raise ValueError(f"{self.member_count} members; give at least 1, or none for a default")

    @cached_property
    def booked(self) -> tuple[Booked, ...]:
        """Transactions in the order in which they ended, each with how its file travels."""
        shop = Shop(self.store_ref, self.business_day, ZoneInfo(self.timezone), self.workstations)
        return tuple(book(shop, self._stream("ids"), self._slots()))

    @cached_property
    def transactions(self) -> tuple[Transaction, ...]:
        """Every transaction once, in the order in which they ended."""
        return tuple(entry.transaction for entry in self.booked)

    @cached_property
    def truth(self) -> DayTruth:
        """What the day's files must add up to."""
        return truth_of(self.booked)

    def deliveries(self, batch_size: int = 1) -> list[Delivery]:
        """Files in the order in which the tills write them; see `deliveries_of`."""
        return deliveries_of(self.booked, batch_size)

    def _slots(self) -> list[Slot]:
        members, trainees = self._people()
        mix = Mix.of(self.sales)
        planner = DayPlanner(self._stream("plan"), stock(), members, trainees, self.workstations)
        slots = serve(planner.errands(self.sales, mix))
        voids = fit_post_voids(self._stream("voids"), slots, mix.post_voids, planner.next_number())
        return slots + voids

    def _people(self) -> tuple[tuple[Shopper, ...], tuple[Shopper, ...]]:
        count = max(1, self.sales // 4) if self.member_count is None else self.member_count
        people = invent_members(self._stream("people"), count + _TRAINEES)
        return people[:count], people[count:]

    def _stream(self, purpose: str) -> Random:
        """Give each part its own chance, so that changing one leaves the others alone."""
        return Random(f"{self.seed}/{purpose}")
