"""Turns a served day into transactions: numbers, clock times, operators and links."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from random import Random
from typing import Final
from uuid import UUID

from tests.simulators.till.errands import Errand, ErrandKind
from tests.simulators.till.facts import (
    ControlTransaction,
    Head,
    Link,
    RetailTransaction,
    Transaction,
)
from tests.simulators.till.timetable import Slot, by_workstation
from tests.simulators.till.vocabulary import ControlKind, LinkReason, RetailStatus

_OPERATORS: Final = (
    ("2001", "陈晓琳"),
    ("2002", "吴国强"),
    ("2003", "黄丽娟"),
    ("2004", "马俊"),
    ("2005", "何美玲"),
    ("2006", "徐涛"),
)
_STATUSES: Final = {
    ErrandKind.SALE: RetailStatus.COMPLETED,
    ErrandKind.RETURN: RetailStatus.COMPLETED,
    ErrandKind.TRAINING: RetailStatus.COMPLETED,
    ErrandKind.POST_VOID: RetailStatus.POST_VOID,
    ErrandKind.GIVEN_UP: RetailStatus.VOIDED,
    ErrandKind.PARKED: RetailStatus.SUSPENDED,
}
_CONTROLS: Final = {
    ErrandKind.SIGN_ON: ControlKind.SIGN_ON,
    ErrandKind.SIGN_OFF: ControlKind.SIGN_OFF,
    ErrandKind.NO_SALE: ControlKind.NO_SALE,
}
# Why an errand goes back to an earlier one; a sale does so when it resumes a suspended one.
_REASONS: Final = {
    ErrandKind.SALE: LinkReason.RESUME,
    ErrandKind.RETURN: LinkReason.RETURN,
    ErrandKind.POST_VOID: LinkReason.VOID,
}


@dataclass(frozen=True, slots=True)
class Shop:
    """Where and when the day takes place."""

    store_ref: str
    business_day: date
    zone: tzinfo
    workstations: int

    def at(self, second: int) -> datetime:
        """Local time that many seconds after the business day's midnight."""
        midnight = datetime.combine(self.business_day, time(), self.zone)
        return (midnight.astimezone(UTC) + timedelta(seconds=second)).astimezone(self.zone)

    def is_legacy(self, workstation: int) -> bool:
        """Whether this till still runs the old software: the last of several does."""
        return 1 < self.workstations == workstation


@dataclass(frozen=True, slots=True)
class Booked:
    """A transaction with how its file travels."""

    transaction: Transaction
    late: bool = False
    reprinted: bool = False


def book(shop: Shop, rng: Random, slots: Iterable[Slot]) -> list[Booked]:
    """Number every till's slots from 1 and write them up, in the order in which they ended.

    Args:
        shop: where and when.
        rng: stream for transaction ids.
        slots: everything that happened; an errand's origin is among them.
    """
    tills = by_workstation(slots)
    heads: dict[int, Head] = {}
    for workstation, till_slots in tills.items():
        heads |= _number(shop, rng, workstation, till_slots)
    booked = [entry for till_slots in tills.values() for entry in _write_up(heads, till_slots)]
    return sorted(booked, key=lambda entry: _moment(entry.transaction.head))


def _moment(head: Head) -> tuple[datetime, str, int]:
    return head.end_at, *head.key


def _number(shop: Shop, rng: Random, workstation: int, slots: list[Slot]) -> dict[int, Head]:
    heads: dict[int, Head] = {}
    shift = 0
    for sequence, slot in enumerate(slots, 1):
        shift += slot.errand.kind is ErrandKind.SIGN_ON
        drawn_id = str(UUID(int=rng.getrandbits(128), version=4))
        operator = _OPERATORS[(2 * workstation + shift) % len(_OPERATORS)]
        heads[slot.errand.number] = _head(shop, slot, sequence, operator, drawn_id)
    return heads


def _head(shop: Shop, slot: Slot, sequence: int, operator: tuple[str, str], drawn_id: str) -> Head:
    workstation = slot.errand.workstation
    legacy = shop.is_legacy(workstation)
    return Head(
        store_ref=shop.store_ref,
        workstation=f"{workstation:02d}",
        till=f"T{workstation}",
        sequence=sequence,
        transaction_id=None if legacy else drawn_id,
        business_day=shop.business_day,
        begin_at=shop.at(slot.begin_s),
        end_at=shop.at(slot.end_s),
        operator_id=operator[0],
        operator_name=operator[1],
        legacy=legacy,
        training=slot.errand.kind is ErrandKind.TRAINING,
        offline=slot.errand.offline,
    )


def _write_up(heads: Mapping[int, Head], slots: list[Slot]) -> Iterator[Booked]:
    """Turn one till's slots into transactions; its settlement knows what came before."""
    receipts: list[RetailTransaction] = []
    for slot in slots:
        transaction = _transaction(heads, slot.errand, receipts)
        if isinstance(transaction, RetailTransaction):
            receipts.append(transaction)
        yield Booked(transaction, late=slot.errand.late, reprinted=slot.errand.reprinted)


def _transaction(
    heads: Mapping[int, Head], errand: Errand, before: list[RetailTransaction]
) -> Transaction:
    if errand.kind is ErrandKind.SETTLE:
        return _settlement(heads[errand.number], before)
    if errand.kind in _CONTROLS:
        return ControlTransaction(heads[errand.number], _CONTROLS[errand.kind])
    return _retail(heads, errand)


def _settlement(head: Head, before: list[RetailTransaction]) -> ControlTransaction:
    booked = [receipt.grand_fen for receipt in before if receipt.booked]
    return ControlTransaction(head, ControlKind.SETTLE, sum(booked), len(booked))


def _retail(heads: Mapping[int, Head], errand: Errand) -> RetailTransaction:
    link = None if errand.origin is None else Link(_REASONS[errand.kind], heads[errand.origin])
    return RetailTransaction(
        head=heads[errand.number],
        status=_STATUSES[errand.kind],
        lines=errand.lines,
        tenders=errand.tenders,
        shopper=errand.shopper,
        link=link,
    )
