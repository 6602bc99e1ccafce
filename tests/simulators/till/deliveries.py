"""Files as tills write them: most at once, one late, some twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from tests.simulators.till.booking import Booked
from tests.simulators.till.facts import Head, Transaction
from tests.simulators.till.poslog import poslog_batch_xml

_REPRINT_AFTER: Final = timedelta(minutes=7)
_LATE_AFTER: Final = timedelta(hours=2)


class Purpose(StrEnum):
    """Why a file is written."""

    ORIGINAL = "original"
    REPRINT = "reprint"  # the same transaction again, byte for byte, under another name
    LATE = "late"  # a sale of the day whose file comes after the day's end


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file to be; `due_at` is the local time at which the till puts it into the folder."""

    file_name: str
    due_at: datetime
    transactions: tuple[Transaction, ...]
    purpose: Purpose = Purpose.ORIGINAL

    def xml(self) -> bytes:
        """The file's bytes, the same at every call."""
        return poslog_batch_xml(self.transactions)


def deliveries_of(booked: Sequence[Booked], batch_size: int = 1) -> list[Delivery]:
    """Lay out a day's files in the order of their due times.

    Args:
        booked: transactions in the order in which they ended.
        batch_size: transactions per file; reprints and late files always hold one.

    Raises:
        ValueError: the batch size is not positive.
    """
    if batch_size < 1:
        raise ValueError(f"a file holds at least 1 transaction, not {batch_size}")
    prompt = [entry.transaction for entry in booked if not entry.late]
    last_end_at = booked[-1].transaction.head.end_at
    return sorted(
        [
            *(_originals(prompt) if batch_size == 1 else _batches(prompt, batch_size)),
            *(_reprint(entry.transaction) for entry in booked if entry.reprinted),
            *(_late(entry.transaction, last_end_at) for entry in booked if entry.late),
        ],
        key=lambda delivery: delivery.due_at,
    )


def _originals(transactions: Iterable[Transaction]) -> Iterable[Delivery]:
    for each in transactions:
        yield Delivery(f"{_stem(each.head)}.xml", each.head.end_at, (each,))


def _batches(transactions: Sequence[Transaction], size: int) -> Iterable[Delivery]:
    for index, start in enumerate(range(0, len(transactions), size), 1):
        batch = tuple(transactions[start : start + size])
        head = batch[-1].head
        name = f"POSLog_{head.store_ref}_{head.business_day:%Y%m%d}_batch{index:05d}.xml"
        yield Delivery(name, head.end_at, batch)


def _reprint(transaction: Transaction) -> Delivery:
    due_at = transaction.head.end_at + _REPRINT_AFTER
    return Delivery(f"{_stem(transaction.head)}_R1.xml", due_at, (transaction,), Purpose.REPRINT)


def _late(transaction: Transaction, day_end_at: datetime) -> Delivery:
    due_at = day_end_at + _LATE_AFTER
    return Delivery(f"{_stem(transaction.head)}.xml", due_at, (transaction,), Purpose.LATE)


def _stem(head: Head) -> str:
    day = f"{head.business_day:%Y%m%d}"
    return f"POSLog_{head.store_ref}_{head.workstation}_{day}_{head.sequence:06d}"
