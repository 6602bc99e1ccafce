"""The last piece of what a parser was given, by its place in the whole.

A transaction that turns out unreadable is wanted as bytes; by then the parser has swallowed them.
"""

from __future__ import annotations

import re


class Window:
    """Bytes from ``start`` to ``end`` of a stream; forgets what comes before a place."""

    def __init__(self) -> None:
        self.start = 0
        self._held = bytearray()

    @property
    def end(self) -> int:
        """How much was given so far."""
        return self.start + len(self._held)

    def add(self, piece: bytes) -> None:
        """Hold the next bytes of the stream."""
        self._held += piece

    def forget_before(self, place: int) -> None:
        """Let go of everything before a place."""
        drop = min(max(place - self.start, 0), len(self._held))
        del self._held[:drop]
        self.start += drop

    def find(self, sought: bytes, place: int) -> int:
        """Where bytes begin at or behind a place; -1 where they are not held."""
        found = self._held.find(sought, max(place - self.start, 0))
        return -1 if found < 0 else self.start + found

    def search(self, pattern: re.Pattern[bytes], place: int) -> int:
        """Where a pattern matches at or behind a place; -1 where it does not."""
        found = pattern.search(self._held, max(place - self.start, 0))
        return -1 if found is None else self.start + found.start()

    def between(self, start: int, end: int) -> bytes:
        """A copy of what is held from one place to another."""
        return bytes(self._held[max(start - self.start, 0) : max(end - self.start, 0)])
