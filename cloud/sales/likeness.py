"""When two captures are one transaction, and which of them stands. Pure.

Two adapters of one till may give a transaction two natural keys: POSLog has the till's sequence, a
receipt only what is printed on it. They are alike where shop, currency and total are the same, one
of their numbers and one of the till's names agree, and they ended within ``WITHIN`` of each other.
Two captures of one source are never alike: it would have given one transaction one key.

Whether a capture is an echo depends on those alike to it and on nothing else, never on what came
first. So it can be told anew for any of them at any time.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from cloud.sales.standing import bare
from models.wire.events.sale import Flag, Kind
from models.wire.ids import SaleId

WITHIN: Final = timedelta(minutes=5)
"""A receipt prints minutes only, and may be printed when the transaction is over."""

_WITHIN_MS: Final = WITHIN // timedelta(milliseconds=1)
_SLOT_MS: Final = 2 * _WITHIN_MS
"""What is alike to something alike lies within a slot, so a slot and its neighbours hold both."""

_NUMBERS: Final = ("receipt_number", "sequence_number", "transaction_id")


@dataclass(frozen=True, slots=True)
class Seen:
    """A capture as far as likeness asks.

    Attributes:
        source: adapter and profile.
        group: shop, currency and total.
        tills: names of the till; empty where the source does not say which it was.
        numbers: by which the till calls the transaction.
        precedence: of two captures alike the greater one stands: a true key before one that was
            derived, then the higher rank, then the source's name.
        end_at_ms: by the till's clock.
    """

    sale_id: SaleId
    source: str
    group: tuple[str, str, str, int]
    tills: frozenset[str]
    numbers: frozenset[str]
    precedence: tuple[bool, int, str]
    end_at_ms: int

    def is_like(self, other: Seen) -> bool:
        """Whether both are captures of one transaction."""
        return (
            self.source != other.source
            and self.group == other.group
            and abs(self.end_at_ms - other.end_at_ms) <= _WITHIN_MS
            and not self.numbers.isdisjoint(other.numbers)
            and not (self.tills and other.tills and self.tills.isdisjoint(other.tills))
        )


class Crowd:
    """Captures among which echoes are looked for."""

    def __init__(self, seen: Iterable[Seen]) -> None:
        self._by_number: dict[tuple[object, str], list[Seen]] = defaultdict(list)
        for each in seen:
            for number in each.numbers:
                self._by_number[each.group, number].append(each)

    def like(self, one: Seen) -> Iterator[Seen]:
        """The captures of the same transaction, some of them perhaps twice."""
        for number in one.numbers:
            yield from filter(one.is_like, self._by_number.get((one.group, number), ()))

    def echo_of(self, one: Seen) -> SaleId | None:
        """The capture that stands in its place; None where it stands itself."""
        better = [each for each in self.like(one) if each.precedence > one.precedence]
        if not better:
            return None
        return max(
            better, key=lambda each: (each.precedence, -_apart(one, each), each.sale_id)
        ).sale_id


def seen_of(row: Mapping[str, Any]) -> Seen:
    """A row of the sale table, or what is to become one."""
    derived = Flag.DERIVED_KEY.value in row["flags"].split()
    return Seen(
        sale_id=row["sale_id"],
        source=row["source"],
        group=(row["tenant"], row["store"], row["currency"], row["total_minor"]),
        tills=_tills(row),
        numbers=_numbers(row),
        precedence=(not derived, row["source_rank"], row["source"]),
        end_at_ms=row["end_at_ms"],
    )


def likeness_of(row: Mapping[str, Any]) -> int | None:
    """By what those that may be alike are looked up; None for what is never an echo.

    Those are control transactions, and captures without any number. One customer whom both sources
    saw leaves the same captures as two who bought the same, of whom each source missed one: no rule
    could count one here and two there, and a sale too many can be seen while one too few cannot.
    """
    if row["kind"] != Kind.RETAIL or not has_number(row):
        return None
    return _digest(row, row["end_at_ms"] // _SLOT_MS)


def has_number(row: Mapping[str, Any]) -> bool:
    """Whether the till calls the transaction by any number."""
    return any(row[name].strip() for name in _NUMBERS)


def likenesses_near(row: Mapping[str, Any]) -> Iterator[int]:
    """``likeness_of`` whatever may be alike to the row, or to one that is."""
    slot = row["end_at_ms"] // _SLOT_MS
    return (_digest(row, each) for each in (slot - 1, slot, slot + 1))


def _digest(row: Mapping[str, Any], slot: int) -> int:
    words = f"{row['tenant']}/{row['store']}/{row['currency']}/{row['total_minor']}/{slot}"
    digest = hashlib.blake2b(words.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _tills(row: Mapping[str, Any]) -> frozenset[str]:
    """A workstation that is called as the device is was not named by the till."""
    workstation = "" if row["workstation"] == row["device"] else row["workstation"]
    return _names(workstation, row["till_id"])


def _numbers(row: Mapping[str, Any]) -> frozenset[str]:
    return _names(*(row[name] for name in _NUMBERS))


def _names(*texts: str) -> frozenset[str]:
    return frozenset(bare(text) for text in texts if text.strip())


def _apart(one: Seen, other: Seen) -> int:
    return abs(one.end_at_ms - other.end_at_ms)
