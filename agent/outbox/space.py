"""How much room there is, measured without reading the events.

What the file holds in all is exact: SQLite knows its pages and which of them are free. What one
stream holds is how many events it has, which its spans say, times the mean size of some of them:
close enough, since the events of one stream are alike.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.errors import DiskUnusable
from agent.outbox.connection import OutboxFile
from agent.outbox.lanes import Lanes
from agent.outbox.spans import Span, within
from models.wire.topics import Stream

ROW_BYTES: Final = 100
"""What an event takes beside its body: id, position, time, its name's row, cells of b-trees."""

_SAMPLE: Final = 64
_STALE: Final = 1.1
"""A sample is taken anew when a stream has grown or shrunk by so much."""

FreeBytes = Callable[[Path], int]
"""How many bytes of a folder's disk are free to us."""


@dataclass(frozen=True, slots=True)
class Room:
    """The room at one moment.

    Attributes:
        used_bytes: of the file that hold something.
        slack_bytes: of the file that are free in it.
        disk_free_bytes: of the disk beside the file.
    """

    used_bytes: int
    slack_bytes: int
    disk_free_bytes: int


def disk_free_bytes(folder: Path) -> int:
    """The bytes that this user may still write.

    Raises:
        DiskUnusable: the disk is gone.
    """
    try:
        return shutil.disk_usage(folder).free
    except OSError as error:
        raise DiskUnusable(f"{folder}: {error.strerror}; is its disk mounted?") from error


def measure(db: sqlite3.Connection, path: Path, free_bytes: FreeBytes = disk_free_bytes) -> Room:
    """The room of the file behind a connection."""
    page = _pragma(db, "page_size")
    slack = _pragma(db, "freelist_count")
    return Room(
        used_bytes=(_pragma(db, "page_count") - slack) * page,
        slack_bytes=slack * page,
        disk_free_bytes=free_bytes(path.parent),
    )


class Space:
    """Measures one open outbox. Safe for several threads; takes the lanes' lock."""

    def __init__(self, file: OutboxFile, lanes: Lanes, free_bytes: FreeBytes) -> None:
        self._file = file
        self._lanes = lanes
        self._free_bytes = free_bytes
        self._samples: dict[Stream, tuple[int, float]] = {}

    def room(self) -> Room:
        """The room now."""
        with self._lanes.lock, self._file.read() as db:
            return measure(db, self._file.path, self._free_bytes)

    def held_bytes(self, stream: Stream) -> int:
        """What a stream's events take, settled ones too. Reads at most some of them."""
        with self._lanes.lock, self._file.read() as db:
            spans = spans_of(self._lanes, stream)
            count = sum(map(len, spans))
            sampled, mean = self._samples.get(stream, (0, 0.0))
            if not sampled / _STALE <= count <= sampled * _STALE:
                mean = mean_bytes(db, spans)
                self._samples[stream] = (count, mean)
        return round(count * mean)


def spans_of(lanes: Lanes, stream: Stream) -> list[Span]:
    """Where all events of a stream lie, of every epoch."""
    return [span for lane in lanes.of(stream) for span in within(lane.spans, [(1, lane.last)])]


def mean_bytes(db: sqlite3.Connection, spans: Sequence[Span]) -> float:
    """What an event takes on average: of all when they are few, else of some, evenly spread."""
    query = "SELECT length(body) FROM event WHERE position = ?"
    rows = [db.execute(query, (position,)).fetchone() for position in _spread(spans)]
    sizes = [row[0] + ROW_BYTES for row in rows if row is not None]
    return sum(sizes) / len(sizes) if sizes else 0.0


def _spread(spans: Sequence[Span]) -> Iterator[int]:
    """Positions at even distances over all spans together."""
    count = sum(map(len, spans))
    wanted = min(count, _SAMPLE)
    ahead, index = 0, 0
    for number in range(wanted):
        place = number * count // wanted
        while place - ahead >= len(spans[index]):
            ahead += len(spans[index])
            index += 1
        yield spans[index].positions[0] + place - ahead


def _pragma(db: sqlite3.Connection, name: str) -> int:
    value: int = db.execute(f"PRAGMA {name}").fetchone()[0]
    return value
