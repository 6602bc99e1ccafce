"""The carbon copy: what was passed on to the printer, waiting to be written down.

The relay lays notes in, the recorder takes them out, and neither waits for the other. There is room
for so many bytes; what comes while there is none is let go and counted, and a note says where.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

from msgspec import Struct

_NOTE_COSTS: Final = 128


class Opened(Struct, frozen=True):
    """A till has connected."""

    number: int


class Copied(Struct, frozen=True):
    """Bytes that the printer has been given."""

    number: int
    data: bytes

    def __repr__(self) -> str:
        """Without the content."""
        return f"Copied({self.number}, {len(self.data)} bytes)"


class Lost(Struct, frozen=True):
    """Bytes that the printer has been given, and of which there is no copy."""

    number: int
    size: int


class Paused(Struct, frozen=True):
    """Nothing has come for a while."""

    number: int


class Closed(Struct, frozen=True):
    """The connection is over."""

    number: int


Note = Opened | Copied | Lost | Paused | Closed


class CarbonCopy:
    """Notes of all connections, in order. One thread lays in, one takes out."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._lock = threading.Lock()
        self._filled = threading.Event()
        self._notes: deque[Note] = deque()
        self._held = 0
        self._losing: dict[int, int] = {}
        self._unknown: set[int] = set()

    @property
    def filled(self) -> threading.Event:
        """Set when something was laid in; cleared when all was taken."""
        return self._filled

    def opened(self, number: int) -> None:
        """A connection begins. While there is no room for even this, it is not known at all."""
        with self._lock:
            if self._held + _NOTE_COSTS > self._limit:
                self._unknown.add(number)
                return
            self._lay(Opened(number))

    def copied(self, number: int, data: bytes) -> int:
        """Lay in what was passed on; returns how many bytes of it were let go, all or none."""
        with self._lock:
            if number in self._unknown:
                return len(data)
            if self._held + len(data) + _NOTE_COSTS > self._limit:
                self._losing[number] = self._losing.get(number, 0) + len(data)
                return len(data)
            self._own_up(number)
            self._lay(Copied(number, data))
        return 0

    def paused(self, number: int) -> None:
        """A connection is quiet."""
        with self._lock:
            if number not in self._unknown:
                self._own_up(number)
                self._lay(Paused(number))

    def closed(self, number: int) -> None:
        """A connection ends."""
        with self._lock:
            if number in self._unknown:
                self._unknown.discard(number)
                return
            self._own_up(number)
            self._lay(Closed(number))

    def take(self) -> Note | None:
        """The next note; None where there is none."""
        with self._lock:
            if not self._notes:
                self._filled.clear()
                return None
            note = self._notes.popleft()
            self._held -= _cost(note)
            return note

    def wake(self) -> None:
        """Let the recorder look up."""
        self._filled.set()

    def _own_up(self, number: int) -> None:
        size = self._losing.pop(number, 0)
        if size:
            self._lay(Lost(number, size))

    def _lay(self, note: Note) -> None:
        self._notes.append(note)
        self._held += _cost(note)
        self._filled.set()


def _cost(note: Note) -> int:
    return _NOTE_COSTS + (len(note.data) if isinstance(note, Copied) else 0)
