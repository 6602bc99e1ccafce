"""What a damaged outbox still says: by SQL as far as that goes, then page by page.

Reading never changes the file. Lanes come from the tables where those are whole; where they are
not, from whatever rows of ``epoch`` and ``lane`` are left, without spans and settlement: then
nobody knows which events the ledger has, and all that is found goes again and is a duplicate
there. Events come from the table, then from every leaf page of file and log, also behind a broken
link of the log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from agent.outbox.connection import connect
from agent.outbox.lanes import Lane
from agent.outbox.packing import NotPacked, unpack
from agent.outbox.pages import Pages, Value
from agent.outbox.rows import load_written
from agent.outbox.spans import OPEN, SHELF_BITS, SHELVES, shelf_of
from models.wire.errors import DECODE_FAULTS
from models.wire.ids import Epoch
from models.wire.ids import epoch as parse_epoch
from models.wire.topics import Stream

_READ: Final = "SELECT position, event_id, appended_at, body FROM event ORDER BY position"
_NEWEST: Final = (
    "SELECT max(position) FROM name GROUP BY position >> ? ORDER BY 1",
    "SELECT max(position) FROM event INDEXED BY event_by_id GROUP BY position >> ? ORDER BY 1",
)
"""Asked of the names, which lie apart from the events; the second question is for version 1."""
_STREAM_OF: Final = {number: stream for stream, number in SHELVES.items()}


class EventRow(NamedTuple):
    """A row of ``event``, as stored."""

    position: int
    event_id: str
    appended_at: int
    body: bytes

    @property
    def is_whole(self) -> bool:
        """Whether the body is the event that the row says it is."""
        return is_event(self.event_id, self.body)


class _Name(msgspec.Struct):
    id: str


_NAMES: Final = msgspec.json.Decoder(_Name)


@dataclass(frozen=True, slots=True)
class Remains:
    """What is known of the lanes.

    Attributes:
        lanes: the older epochs' first; empty where not even an epoch's name is left.
        mapped: the lanes' spans and settlement are known, so what is in no span was deleted.
        newest: the greatest position per stream that the table of names knows.
    """

    lanes: Sequence[Lane]
    mapped: bool
    newest: Mapping[Stream, int]


def is_event(event_id: str, body: bytes) -> bool:
    """Whether a stored body can be read and names the id that it lies under."""
    try:
        return _NAMES.decode(unpack(body)).id == event_id
    except (*DECODE_FAULTS, NotPacked):
        return False


def read_remains(path: Path, known: Sequence[Lane] = ()) -> Remains:
    """Read what a file says of its lanes; ``known`` is what a running agent has in memory."""
    with closing(look_into(path)) as db:
        newest = _newest(db)
        lanes = list(known) or _lanes(db)
    if lanes:
        return Remains(lanes, mapped=True, newest=newest)
    with Pages(path) as pages:
        return Remains(_loose_lanes(pages), mapped=False, newest=newest)


def read_events(path: Path) -> Iterator[EventRow]:
    """Every event that can be read, some of them twice, in no order."""
    with closing(look_into(path)) as db, suppress(sqlite3.Error):
        for columns in db.execute(_READ):
            if (row := _event(columns[0], columns)) is not None:
                yield row
    with Pages(path) as pages:
        for number, columns in pages.rows():
            if (row := _event(number, columns)) is not None:
                yield row


def look_into(path: Path) -> sqlite3.Connection:
    """A reading connection that minds nothing; SQLite reads cut off files for repair tools only.

    An empty file is not opened: SQLite would delete the log beside it.
    """
    if not path.stat().st_size:
        return sqlite3.connect(":memory:")
    db = connect(path, read_only=True)
    with suppress(sqlite3.Error):
        db.execute("PRAGMA writable_schema=ON")
    return db


def stream_of(position: int) -> Stream | None:
    """The stream on whose shelf a position is, None for a number that is no position."""
    return _STREAM_OF.get(shelf_of(position))


def _event(position: int, columns: Sequence[Value]) -> EventRow | None:
    """An event, if the columns are those of one: nothing else is trusted about a damaged page."""
    match columns:
        case [_, str(event_id), int(appended_at), bytes(body), *_] if stream_of(position):
            return EventRow(position, event_id, appended_at, body)
        case _:
            return None


def _newest(db: sqlite3.Connection) -> dict[Stream, int]:
    found: dict[Stream, int] = {}
    for question in _NEWEST:
        with suppress(sqlite3.Error):
            for (position,) in db.execute(question, (SHELF_BITS,)):
                if isinstance(position, int) and (stream := stream_of(position)) is not None:
                    found[stream] = position
    return found


def _lanes(db: sqlite3.Connection) -> list[Lane]:
    """The tables' lanes; none unless all four tables are whole and make sense."""
    with suppress(sqlite3.Error, ValueError, TypeError):
        for table in ("epoch", "lane", "span", "settled_range"):
            if db.execute(f"PRAGMA quick_check({table})").fetchone() != ("ok",):
                return []
        lanes = load_written(db)
        current = [lane for lane in lanes if lane.epoch == lanes[-1].epoch]
        if all(lane.spans and lane.spans[-1].last == OPEN for lane in current):
            return lanes
    return []


def _loose_lanes(pages: Pages) -> list[Lane]:
    """Lanes from rows that lie about, without spans: of each the greatest numbers ever written."""
    epochs: dict[int, Epoch] = {}
    lasts: dict[tuple[int, int, Stream], int] = {}
    for number, columns in pages.rows():
        with suppress(ValueError):  # an epoch or stream that is no name of ours
            match columns:
                case [_, str(name), int(), int() | None, str() | None]:
                    epochs[number] = parse_epoch(name)
                case [_, int(epoch), str(stream), int(last), int(sent)]:
                    lane = (epoch, number, Stream(stream))
                    lasts[lane] = max(last, sent, lasts.get(lane, 0))
                case _:
                    pass
    return [
        Lane(number, epochs[epoch], stream, [], last, sent=last)
        for (epoch, number, stream), last in sorted(lasts.items())
        if epoch in epochs
    ]
