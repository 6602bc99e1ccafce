"""The lanes' rows and settled runs, read and written within the ledger's transaction."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update

from cloud.ledger.arrival import Lane
from cloud.ledger.fact import Fact
from cloud.ledger.reading import Readable
from cloud.ledger.settlement import Book, Outcome, Run
from cloud.ledger.tables import SettledRow, StreamRow, table_of
from cloud.storage.prepared import Prepared
from models.wire.ranges import Range

CACHED_LANES: Final = 50_000
"""Lanes whose row numbers are remembered: a lane is about 500 bytes here."""

_STREAMS: Final = table_of(StreamRow)
_SETTLED: Final = table_of(SettledRow)

_FIRST: Final = attrgetter("first")

_KEY: Final = [
    _STREAMS.c[name] == bindparam(f"lane_{name}")
    for name in ("tenant", "store", "device", "epoch", "stream")
]
_FIND: Final = select(_STREAMS.c.id).where(*_KEY)
_MAKE: Final = insert(_STREAMS).returning(_STREAMS.c.id)
_HEARD: Final = Prepared(
    update(_STREAMS)
    .where(_STREAMS.c.id == bindparam("lane_id"), *_KEY)
    .values(heard_ms=bindparam("heard_ms"))
)

# Runs do not overlap, so the one that may reach into the window is the last that begins before it.
_REACHING_IN = (
    select(func.max(_SETTLED.c.first))
    .where(_SETTLED.c.stream_id == bindparam("lane_id"), _SETTLED.c.first <= bindparam("low"))
    .scalar_subquery()
)
_RUNS: Final = Prepared(
    select(_SETTLED.c.first, _SETTLED.c.last, _SETTLED.c.outcome).where(
        _SETTLED.c.stream_id == bindparam("lane_id"),
        _SETTLED.c.first >= func.coalesce(_REACHING_IN, 0),
        _SETTLED.c.first <= bindparam("high"),
    )
)
_FORGET: Final = Prepared(
    delete(_SETTLED).where(
        _SETTLED.c.stream_id == bindparam("lane_id"), _SETTLED.c.first == bindparam("first")
    )
)
# A lane that simply goes on has one run, which grows.
_RECORD: Final = Prepared(
    text(
        "INSERT INTO ledger_settled (stream_id, first, last, outcome)"
        " VALUES (:lane_id, :first, :last, :outcome)"
        " ON CONFLICT (stream_id, first)"
        " DO UPDATE SET last = excluded.last, outcome = excluded.outcome"
    )
)


class LaneNumbers:
    """Row numbers of lanes, found or made. A lane's number never changes once it is committed."""

    def __init__(self) -> None:
        self._committed: dict[Lane, int] = {}

    def known(self, lanes: Iterable[Lane]) -> bool:
        """Whether ``obtain`` has nothing to look up or to make for these."""
        return all(lane in self._committed for lane in lanes)

    def recalled(self, lanes: Iterable[Lane]) -> dict[Lane, int] | None:
        """The numbers of these lanes, where all are known; may be called by any thread."""
        numbers = {lane: self._committed.get(lane) for lane in lanes}
        found = {lane: number for lane, number in numbers.items() if number is not None}
        return found if len(found) == len(numbers) else None

    def obtain(self, connection: Connection, lanes: Iterable[Lane]) -> dict[Lane, int]:
        """The numbers of these lanes; new lanes are made."""
        return {
            lane: self._committed.get(lane) or _find(connection, lane) or _make(connection, lane)
            for lane in lanes
        }

    def forget(self) -> None:
        """Look all of them up anew."""
        self._committed.clear()

    def remember(self, numbers: Mapping[Lane, int]) -> None:
        """Call after the commit; a number that was rolled back must not be remembered."""
        if len(self._committed) + len(numbers) > CACHED_LANES:
            self._committed.clear()
        self._committed.update(numbers)


def note_heard(
    connection: Connection, numbers: Mapping[Lane, int], heard_ms: int
) -> Callable[[], bool]:
    """Mark each of these lanes as heard of at this time, which locks its row.

    Returns what says whether all of these numbers are their lanes': they are not where the database
    was put back to an older state under this process.
    """
    if not numbers:
        return lambda: True
    rows = [
        {"lane_id": number, "heard_ms": heard_ms, **_key(lane)} for lane, number in numbers.items()
    ]
    done = _HEARD.many(connection, rows)
    return lambda: done.rowcount == len(rows)


def windows(batches: Iterable[Readable]) -> dict[Lane, Range]:
    """Per lane, the hull of all that the batches, and the voids they declare, may settle."""
    touched: dict[Lane, list[Range]] = defaultdict(list)
    for batch in batches:
        touched[batch.lane].append((batch.first, batch.last))
        for event in batch.events:
            if isinstance(event, Fact):
                for lane, ranges in event.voids:
                    touched[lane] += ranges
    return {
        lane: (min(first for first, _ in ranges), max(last for _, last in ranges))
        for lane, ranges in touched.items()
        if ranges
    }


def open_books(
    connection: Connection, numbers: Mapping[Lane, int], windows: Mapping[Lane, Range]
) -> Callable[[], dict[Lane, Book]]:
    """Asks for the settled runs of each lane that touch its window, or lie next to it."""
    asked = {
        lane: _RUNS(connection, {"lane_id": numbers[lane], "low": low - 1, "high": high + 1})
        for lane, (low, high) in windows.items()
    }
    return lambda: {
        lane: Book(Run(first, last, Outcome(outcome)) for first, last, outcome in rows.fetchall())
        for lane, rows in asked.items()
    }


def within(runs: Sequence[Run], window: Range) -> Sequence[Run]:
    """Of a lane's runs, in order, those by which ``open_books`` would open it for this window."""
    low, high = window[0] - 1, window[1] + 1
    reaching_in = max(bisect_right(runs, low, key=_FIRST) - 1, 0)
    return runs[reaching_in : bisect_right(runs, high, key=_FIRST)]


def save_books(
    connection: Connection, numbers: Mapping[Lane, int], books: Mapping[Lane, Book]
) -> None:
    """Write what changed in the books."""
    gone: list[dict[str, object]] = []
    new: list[dict[str, object]] = []
    for lane, book in books.items():
        lane_id = numbers[lane]
        removed, added = book.changes()
        begin_anew = {run.first for run in added}
        gone += [
            {"lane_id": lane_id, "first": run.first}
            for run in removed
            if run.first not in begin_anew
        ]
        new += [{"lane_id": lane_id, **run._asdict()} for run in added]
    if gone:
        _FORGET.many(connection, gone)
    if new:
        _RECORD.many(connection, new)


def _key(lane: Lane) -> dict[str, object]:
    device = lane.device
    return {
        "lane_tenant": device.tenant,
        "lane_store": device.store,
        "lane_device": device.device,
        "lane_epoch": lane.epoch,
        "lane_stream": lane.stream.value,
    }


def _find(connection: Connection, lane: Lane) -> int | None:
    return connection.execute(_FIND, _key(lane)).scalar_one_or_none()


def _make(connection: Connection, lane: Lane) -> int:
    row = {name.removeprefix("lane_"): value for name, value in _key(lane).items()}
    return int(connection.execute(_MAKE, {**row, "heard_ms": 0}).scalar_one())
