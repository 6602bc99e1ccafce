"""Plans one day at the shop: who comes when, buys what, and what goes wrong.

Order of drawing matters for reproducibility only: the same random stream always gives the same
errands.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from random import Random
from typing import Final

from tests.simulators.till.basket import bring_back, ring_up
from tests.simulators.till.errands import Errand, ErrandKind
from tests.simulators.till.facts import Item, Line, Tender
from tests.simulators.till.mix import IDENTIFIED_SHARE, Mix, Roles, cast
from tests.simulators.till.payment import pay, pay_back
from tests.simulators.till.people import ANONYMOUS, PRICE_HUNTER, Shopper
from tests.simulators.till.rhythm import HOUR_S, LAST_SALE_S, OPENS_S, arrivals

_SIGN_ON_S: Final = OPENS_S - 600
_SHIFT_CHANGE_S: Final = 15 * HOUR_S
_CLOSING_S: Final = LAST_SALE_S + 600
_TAKE_BACK_UNTIL_S: Final = 23 * HOUR_S


class DayPlanner:
    """Draws the errands of one day from one random stream."""

    def __init__(
        self,
        rng: Random,
        stock: tuple[Item, ...],
        members: tuple[Shopper, ...],
        trainees: tuple[Shopper, ...],
        workstations: int,
    ) -> None:
        self._rng = rng
        self._stock = stock
        self._members = members
        self._trainees = trainees
        self._workstations = range(1, workstations + 1)
        self._numbers = count()

    def errands(self, sales: int, mix: Mix) -> list[Errand]:
        """Everything but the post-voids, which need to know the quiet minutes of the day."""
        times_s = arrivals(self._rng, sales)
        roles = cast(self._rng, times_s, mix)
        sold = [self._sale(index, planned_s, roles) for index, planned_s in enumerate(times_s)]
        parked = {index: self._parked_before(sold[index]) for index in sorted(roles.resumed)}
        for index, errand in parked.items():
            sold[index] = replace(sold[index], origin=errand.number)
        return [
            *sold,
            *parked.values(),
            *(self._return(sold[index]) for index in sorted(roles.returned)),
            *self._unpaid(ErrandKind.GIVEN_UP, sold, mix.given_up),
            *self._unpaid(ErrandKind.PARKED, sold, mix.abandoned),
            *self._trainings(mix.trainings),
            *self._controls(mix.no_sales),
        ]

    def next_number(self) -> int:
        """First number that no errand has yet."""
        return next(self._numbers)

    def _sale(self, index: int, planned_s: int, roles: Roles) -> Errand:
        shopper = PRICE_HUNTER if index in roles.price_hunters else self._shopper()
        offline = index in roles.offline
        lines = self._basket(shopper, void_line=index in roles.line_voids)
        tenders = pay(self._rng, _total_fen(lines), offline=offline)
        return replace(
            self._receipt(ErrandKind.SALE, planned_s, shopper, lines, tenders),
            offline=offline,
            late=index in roles.late,
            reprinted=index in roles.reprints,
        )

    def _parked_before(self, sale: Errand) -> Errand:
        """Suspend what `sale` will resume: somebody forgot the wallet."""
        planned_s = sale.planned_s - self._rng.randint(240, 900)
        return self._receipt(ErrandKind.PARKED, planned_s, sale.shopper, sale.lines)

    def _return(self, sale: Errand) -> Errand:
        lines = bring_back(self._rng, sale.lines)
        tenders = pay_back(sale.tenders, -_total_fen(lines))
        wait_s = self._rng.randint(1200, 3 * HOUR_S)
        planned_s = min(sale.planned_s + wait_s, _TAKE_BACK_UNTIL_S)
        errand = self._receipt(ErrandKind.RETURN, planned_s, sale.shopper, lines, tenders)
        return replace(errand, origin=sale.number)

    def _unpaid(self, kind: ErrandKind, sold: list[Errand], wanted: int) -> Iterator[Errand]:
        """Baskets that nobody pays; their members, if any, also buy something that day."""
        for sale in self._rng.sample(sold, wanted):
            planned_s = max(OPENS_S, sale.planned_s - self._rng.randint(60, 1800))
            yield self._receipt(kind, planned_s, sale.shopper, self._basket(sale.shopper))

    def _trainings(self, wanted: int) -> Iterator[Errand]:
        """Practice in the quiet afternoon; its members come at no other time."""
        for index in range(wanted):
            shopper = self._trainees[index % len(self._trainees)]
            planned_s = self._rng.randrange(14 * HOUR_S, 16 * HOUR_S)
            lines = self._basket(shopper)
            tenders = pay(self._rng, _total_fen(lines))
            yield self._receipt(ErrandKind.TRAINING, planned_s, shopper, lines, tenders)

    def _controls(self, no_sales: int) -> Iterator[Errand]:
        for workstation in self._workstations:
            change_s = _SHIFT_CHANGE_S + 300 * workstation
            yield self._control(ErrandKind.SIGN_ON, workstation, _SIGN_ON_S + 15 * workstation)
            # Planned for the same second, so that nobody is served between the two.
            yield self._control(ErrandKind.SIGN_OFF, workstation, change_s)
            yield self._control(ErrandKind.SIGN_ON, workstation, change_s)
            yield self._control(ErrandKind.SETTLE, workstation, _CLOSING_S)
            yield self._control(ErrandKind.SIGN_OFF, workstation, _CLOSING_S)
        for _ in range(no_sales):
            planned_s = self._rng.randrange(7 * HOUR_S, 24 * HOUR_S)
            workstation = self._rng.choice(self._workstations)
            yield self._control(ErrandKind.NO_SALE, workstation, planned_s)

    def _control(self, kind: ErrandKind, workstation: int, planned_s: int) -> Errand:
        return Errand(self.next_number(), kind, workstation, planned_s, duration_s=5)

    def _receipt(
        self,
        kind: ErrandKind,
        planned_s: int,
        shopper: Shopper,
        lines: tuple[Line, ...],
        tenders: tuple[Tender, ...] = (),
    ) -> Errand:
        return Errand(
            number=self.next_number(),
            kind=kind,
            workstation=self._rng.choice(self._workstations),
            planned_s=planned_s,
            duration_s=8 + 3 * len(lines) + self._rng.randint(0, 15),
            shopper=shopper,
            lines=lines,
            tenders=tenders,
        )

    def _basket(self, shopper: Shopper, *, void_line: bool = False) -> tuple[Line, ...]:
        return ring_up(self._rng, self._stock, member_prices=shopper.known, void_line=void_line)

    def _shopper(self) -> Shopper:
        """Draw who comes next: half of the members' visits are made by a fifth of them."""
        if self._rng.random() >= IDENTIFIED_SHARE:
            return ANONYMOUS
        regulars = self._members[: max(1, len(self._members) // 5)]
        return self._rng.choice(self._rng.choice((regulars, self._members)))


def _total_fen(lines: tuple[Line, ...]) -> int:
    return sum(line.counted_fen for line in lines)
