"""One file's bytes, synced and not yet, and what a power cut leaves of them.

The disk writes sectors of 512 bytes, each wholly or not at all, in an order of its own. So after a
cut every sector stands as it was after some write since the last sync, or as that sync left it; two
sectors of one page may stand at different moments (a torn page), and the file's size at yet
another. A sector that the size reached and no write did holds zeros, or what the disk held before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Final, assert_never

from tests.faults.powercut.records import Truncated, Written

SECTOR: Final = 512
STALE_SHARE: Final = 0.25

Change = Written | Truncated


class Fate(StrEnum):
    """How much of what was not synced a cut leaves; drawn anew for every file."""

    LOST = "lost"
    KEPT = "kept"
    IN_ORDER = "in order"  # up to some moment
    SCATTERED = "scattered"  # each sector at a moment of its own


@dataclass(slots=True)
class Contents:
    """Bytes of a file: ``settled`` ones are on the disk, pending changes may be."""

    settled: bytearray
    pending: list[tuple[int, Change]] = field(default_factory=list)

    def change(self, position: int, change: Change) -> None:
        """A change in the page cache; positions rise."""
        self.pending.append((position, change))

    def settle(self, before: int) -> None:
        """A sync that began at this position has succeeded."""
        done = sum(position < before for position, _ in self.pending)
        for _, change in self.pending[:done]:
            _apply(self.settled, change)
        del self.pending[:done]

    def whole(self) -> bytes:
        """What programs read now."""
        return self._after([change for _, change in self.pending])

    def survivor(self, random: Random) -> bytes:
        """What a power cut may leave now; changes nothing."""
        changes = [change for _, change in self.pending]
        fate = random.choice(list(Fate))
        match fate:
            case Fate.LOST:
                return bytes(self.settled)
            case Fate.KEPT:
                return self._after(changes)
            case Fate.IN_ORDER:
                return self._after(changes[: random.randint(0, len(changes))])
            case Fate.SCATTERED:
                return self._scattered(changes, random)
        assert_never(fate)

    def _after(self, changes: list[Change]) -> bytes:
        content = bytearray(self.settled)
        for change in changes:
            _apply(content, change)
        return bytes(content)

    def _scattered(self, changes: list[Change], random: Random) -> bytes:
        sizes, states = self._history(changes)
        size = random.choice(sizes)
        result = bytearray(self.settled[:size])
        result.extend(bytes(size - len(result)))
        arrives = random.choice((0.1, 0.5, 0.9))
        for sector, versions in states.items():
            start = sector * SECTOR
            if random.random() < arrives:
                _overlay(result, start, random.choice((versions[-1], random.choice(versions))))
            elif start >= len(self.settled) and random.random() < STALE_SHARE:
                _overlay(result, start, random.randbytes(SECTOR))
        return bytes(result)

    def _history(self, changes: list[Change]) -> tuple[list[int], dict[int, list[bytes]]]:
        """The file's sizes over time, and of every touched sector what it held over time."""
        content = bytearray(self.settled)
        sizes, states = [len(content)], dict[int, list[bytes]]()
        for change in changes:
            touched = _touched(content, change)
            _apply(content, change)
            sizes.append(len(content))
            for sector in touched:
                state = bytes(content[sector * SECTOR : (sector + 1) * SECTOR])
                states.setdefault(sector, []).append(state.ljust(SECTOR, b"\0"))
        return sizes, states


def _apply(content: bytearray, change: Change) -> None:
    match change:
        case Written(_, offset, data):
            content.extend(bytes(max(0, offset - len(content))))
            content[offset : offset + len(data)] = data
        case Truncated(_, size):
            del content[size:]
            content.extend(bytes(size - len(content)))
        case _:
            assert_never(change)


def _touched(content: bytearray, change: Change) -> Iterator[int]:
    match change:
        case Written(_, offset, data):
            begin, end = min(offset, len(content)), offset + len(data)
        case Truncated(_, size):
            begin, end = sorted((size, len(content)))
        case _:
            assert_never(change)
    return iter(range(begin // SECTOR, -(-end // SECTOR)))


def _overlay(content: bytearray, start: int, sector: bytes) -> None:
    room = max(0, len(content) - start)
    content[start : start + SECTOR] = sector[:room]
