"""Closed ranges of sequence numbers: what is settled, what is owed, where the gaps are.

Both sides keep settlement as ranges, and both must agree on the arithmetic to the last number; so
it is here, pure, and tested against plain sets.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

Range = tuple[int, int]
"""First and last sequence, both included, ``1 <= first <= last``."""


def merge(ranges: Iterable[Range]) -> list[Range]:
    """Sorted, disjoint, non-adjacent ranges covering the same numbers.

    Raises:
        ValueError: a range is empty or begins below 1.
    """
    merged: list[Range] = []
    for first, last in sorted(ranges):
        if not 1 <= first <= last:
            raise ValueError(f"range [{first}, {last}] is empty or begins below 1")
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def from_sequences(sequences: Iterable[int]) -> list[Range]:
    """The ranges that cover exactly these numbers."""
    return merge((sequence, sequence) for sequence in sequences)


class RangeSet:
    """A mutable set of sequence numbers held as ranges; look-ups are logarithmic."""

    __slots__ = ("_firsts", "_lasts")

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        merged = merge(ranges)
        self._firsts = [first for first, _ in merged]
        self._lasts = [last for _, last in merged]

    def __iter__(self) -> Iterator[Range]:
        return iter(list(zip(self._firsts, self._lasts, strict=True)))

    def __contains__(self, sequence: int) -> bool:
        index = bisect_right(self._firsts, sequence) - 1
        return index >= 0 and sequence <= self._lasts[index]

    def __len__(self) -> int:
        """How many numbers are in the set."""
        return sum(self._lasts) - sum(self._firsts) + len(self._firsts)

    def __bool__(self) -> bool:
        return bool(self._firsts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RangeSet):
            return NotImplemented
        return self._firsts == other._firsts and self._lasts == other._lasts

    __hash__ = None  # type: ignore[assignment]  # mutable, so not hashable

    @property
    def last(self) -> int:
        """The greatest number, 0 when empty."""
        return self._lasts[-1] if self._lasts else 0

    @property
    def watermark(self) -> int:
        """The greatest number up to which nothing is missing, counting from 1."""
        return self._lasts[0] if self._firsts and self._firsts[0] == 1 else 0

    def add(self, first: int, last: int) -> None:
        """Put a closed range into the set."""
        if not 1 <= first <= last:
            raise ValueError(f"range [{first}, {last}] is empty or begins below 1")
        low = bisect_left(self._lasts, first - 1)
        high = bisect_right(self._firsts, last + 1)
        if low < high:
            first = min(first, self._firsts[low])
            last = max(last, self._lasts[high - 1])
        self._firsts[low:high] = [first]
        self._lasts[low:high] = [last]

    def without(self, other: RangeSet) -> RangeSet:
        """The numbers that are in this set and not in the other."""
        return RangeSet(gap for one in self for gap in other.gaps(*one))

    def common(self, other: RangeSet) -> RangeSet:
        """The numbers that are in both sets."""
        return self.without(self.without(other))

    def gaps(self, first: int, last: int) -> list[Range]:
        """The ranges within [first, last] that are not in the set."""
        missing: list[Range] = []
        cursor = first
        for index in range(bisect_left(self._lasts, first), len(self._firsts)):
            if self._firsts[index] > last:
                break
            if self._firsts[index] > cursor:
                missing.append((cursor, self._firsts[index] - 1))
            cursor = self._lasts[index] + 1
        if cursor <= last:
            missing.append((cursor, last))
        return missing
