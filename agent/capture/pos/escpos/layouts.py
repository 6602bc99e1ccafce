"""How many bytes belong to a command: the few shapes that all printers' commands have.

A layout is data. Sizes are computed from the command's own head, so a printer's table and a
hostile byte stream are read by the same four rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Size = Callable[[bytes], int]
"""Bytes of payload, from a command's head."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always as many operands."""

    count: int = 0


@dataclass(frozen=True, slots=True)
class Sized:
    """A head that says how long the payload behind it is.

    Attributes:
        head: operands before the payload.
        size: bytes of payload; nothing is allocated for them.
        peek: bytes of payload that are looked at; the rest is counted and let go.
    """

    head: int
    size: Size
    peek: int = 0


@dataclass(frozen=True, slots=True)
class Until:
    """Operands up to a NUL, which is taken too; longer than ``limit`` it is no such command.

    Attributes:
        text: whether a control character, too, shows that it is no such command.
    """

    limit: int
    text: bool = True


@dataclass(frozen=True, slots=True)
class Series:
    """A head, then so many parts that each have a head of their own.

    Attributes:
        head: operands before the first part.
        count: parts.
        part_head: bytes before the payload of a part.
        part_size: payload of a part, from the command's head followed by the part's.
    """

    head: int
    count: Size
    part_head: int
    part_size: Size


@dataclass(frozen=True, slots=True)
class Branch:
    """The next byte belongs to the opcode; one that the table does not have is read as ``other``.

    ``other`` of None: nothing is known of it, not even its length.
    """

    other: Sized | Until | None = None


Layout = Fixed | Sized | Until | Series | Branch


def little(at: int, width: int = 2) -> Size:
    """A little-endian number of the head, as makers write pL pH."""

    def size(head: bytes) -> int:
        return int.from_bytes(head[at : at + width], "little")

    return size


def times(factor: int, size: Size) -> Size:
    """So many times a size."""
    return lambda head: factor * size(head)


def less(taken: int, size: Size) -> Size:
    """What remains of a size when some of it was read as head; never below 0."""
    return lambda head: max(0, size(head) - taken)


def product(*sizes: Size) -> Size:
    """Width times height, and the like."""

    def size(head: bytes) -> int:
        result = 1
        for each in sizes:
            result *= each(head)
        return result

    return size


def dots_of_band(head: bytes) -> int:
    """``ESC * m nL nH``: a column is one byte high, or three where the mode says 24 dots."""
    return little(1)(head) * (3 if head[0] in _HIGH_BANDS else 1)


def characters(head: bytes) -> int:
    """``ESC & y c1 c2``: how many characters are defined."""
    return max(0, head[2] - head[1] + 1)


_HIGH_BANDS = frozenset({32, 33})
