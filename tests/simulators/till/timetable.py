"""A till serves one person at a time: errands get their begin, end and sequence number.

Errands are served in the order in which they were planned; a busy till delays the next one. What
goes back to an earlier errand waits until that one is over.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Final

from tests.simulators.till.basket import take_back
from tests.simulators.till.errands import Errand, ErrandKind
from tests.simulators.till.payment import pay_back
from tests.simulators.till.rhythm import HOUR_S

_PAUSE_S: Final = 2  # between two receipts of one till
_POST_VOID_S: Final = 20
_SECOND_THOUGHT_S: Final = 60  # before a resumed or returned sale comes back


@dataclass(frozen=True, slots=True)
class Slot:
    """An errand with its time, in seconds after local midnight of the business day."""

    errand: Errand
    begin_s: int
    end_s: int


def serve(errands: Iterable[Errand]) -> list[Slot]:
    """Give every errand its time; slots come back in the order of service."""
    free_s: dict[int, int] = {}
    over_s: dict[int, int] = {}
    slots = []
    for errand in sorted(errands, key=lambda each: (each.planned_s, each.number)):
        begin_s = max(errand.planned_s, free_s.get(errand.workstation, 0))
        if errand.origin is not None:
            begin_s = max(begin_s, over_s[errand.origin] + _SECOND_THOUGHT_S)
        end_s = begin_s + errand.duration_s
        free_s[errand.workstation] = end_s + _PAUSE_S
        over_s[errand.number] = end_s
        slots.append(Slot(errand, begin_s, end_s))
    return slots


def fit_post_voids(rng: Random, slots: list[Slot], count: int, first_number: int) -> list[Slot]:
    """Take back up to `count` plain sales, each in the quiet minute after it.

    The void follows on the same till before the clock hour ends, so it does not matter to hourly
    totals whether it is booked at its own time or at that of the sale. A member keeps at least
    one sale that stands. Sales of members come first, so that their totals are put to the test.
    """
    candidates = _with_room(slots)
    rng.shuffle(candidates)
    candidates.sort(key=lambda slot: slot.errand.shopper.member_key is None)
    standing = _standing_sales(slots)
    voids: list[Slot] = []
    for slot in candidates:
        key = slot.errand.shopper.member_key
        if len(voids) < count and (key is None or standing[key] > 1):
            voids.append(_post_void(slot, first_number + len(voids)))
            if key is not None:
                standing[key] -= 1
    return voids


def by_workstation(slots: Iterable[Slot]) -> dict[int, list[Slot]]:
    """Slots of each till in the order in which they happened."""
    tills: dict[int, list[Slot]] = {}
    for slot in sorted(slots, key=lambda each: (each.errand.workstation, each.begin_s)):
        tills.setdefault(slot.errand.workstation, []).append(slot)
    return tills


def _with_room(slots: list[Slot]) -> list[Slot]:
    returned = {slot.errand.origin for slot in slots}
    needed_s = _POST_VOID_S + 2 * _PAUSE_S
    return [
        slot
        for till in by_workstation(slots).values()
        for slot, following in pairwise(till)
        if slot.errand.plain
        and slot.errand.number not in returned
        and following.begin_s - slot.end_s >= needed_s
        and slot.end_s // HOUR_S == (slot.end_s + needed_s) // HOUR_S
    ]


def _standing_sales(slots: list[Slot]) -> dict[str, int]:
    standing: dict[str, int] = {}
    for slot in slots:
        key = slot.errand.shopper.member_key
        if slot.errand.kind is ErrandKind.SALE and key is not None:
            standing[key] = standing.get(key, 0) + 1
    return standing


def _post_void(sale: Slot, number: int) -> Slot:
    begin_s = sale.end_s + _PAUSE_S
    errand = Errand(
        number=number,
        kind=ErrandKind.POST_VOID,
        workstation=sale.errand.workstation,
        planned_s=begin_s,
        duration_s=_POST_VOID_S,
        shopper=sale.errand.shopper,
        lines=take_back(sale.errand.lines),
        tenders=pay_back(sale.errand.tenders, sale.errand.total_fen),
        origin=sale.errand.number,
    )
    return Slot(errand, begin_s, begin_s + _POST_VOID_S)
