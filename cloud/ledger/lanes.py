"""The lanes' rows and settled runs, read and written within the ledger's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from cloud.ledger.arrival import Lane
from cloud.ledger.fact import Fact
from cloud.ledger.reading import Readable
from cloud.ledger.settlement import Book, Outcome, Run
from cloud.ledger.tables import SettledRow, StreamRow, table_of
from models.wire.ranges import Range

CACHED_LANES: Final = 50_000
"""Lanes whose row numbers are remembered: a lane is about 500 bytes here."""

_STREAMS: Final = table_of(StreamRow)
_SETTLED: Final = table_of(SettledRow)

_FIND = select(_STREAMS.c.id).where(
    *(_STREAMS.c[name] == bindparam(name) for name in ("tenant", "store", "device", "epoch")),
    _STREAMS.c.stream == bindparam("stream"),
)
_MAKE = insert(_STREAMS).returning(_STREAMS.c.id)
_HEARD = update(_STREAMS).where(_STREAMS.c.id == bindparam("lane_id"))

# Runs do not overlap, so the one that may reach into the window is the last that begins before it.
_REACHING_IN = (
    select(func.max(_SETTLED.c.first))
    .where(_SETTLED.c.stream_id == bindparam("lane_id"), _SETTLED.c.first <= bindparam("low"))
    .scalar_subquery()
)
_RUNS = select(_SETTLED.c.first, _SETTLED.c.last, _SETTLED.c.outcome).where(
    _SETTLED.c.stream_id == bindparam("lane_id"),
    _SETTLED.c.first >= func.coalesce(_REACHING_IN, 0),
    _SETTLED.c.first <= bindparam("high"),
)
_FORGET = delete(_SETTLED).where(
    _SETTLED.c.stream_id == bindparam("lane_id"), _SETTLED.c.first == bindparam("run_first")
)
_RECORD = insert(_SETTLED)


class LaneNumbers:
    """Row numbers of lanes, found or made. A lane's number never changes once it is committed."""

    def __init__(self) -> None:
        self._committed: dict[Lane, int] = {}

    def obtain(
        self, connection: Connection, lanes: Iterable[Lane], heard_ms: int
    ) -> dict[Lane, int]:
        """The numbers of these lanes; new lanes are made. Marks each one as heard of now."""
        numbers = {
            lane: self._committed.get(lane) or _find(connection, lane) or _make(connection, lane)
            for lane in lanes
        }
        rows = [{"lane_id": number, "heard_ms": heard_ms} for number in numbers.values()]
        if rows:
            connection.execute(_HEARD, rows)
        return numbers

    def remember(self, numbers: Mapping[Lane, int]) -> None:
        """Call after the commit; a number that was rolled back must not be remembered."""
        if len(self._committed) + len(numbers) > CACHED_LANES:
            self._committed.clear()
        self._committed.update(numbers)


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
) -> dict[Lane, Book]:
    """The settled runs of each lane that touch its window, or lie next to it."""
    books: dict[Lane, Book] = {}
    for lane, (low, high) in windows.items():
        span = {"lane_id": numbers[lane], "low": low - 1, "high": high + 1}
        runs = connection.execute(_RUNS, span)
        books[lane] = Book(Run(first, last, Outcome(outcome)) for first, last, outcome in runs)
    return books


def save_books(
    connection: Connection, numbers: Mapping[Lane, int], books: Mapping[Lane, Book]
) -> None:
    """Write what changed in the books."""
    gone: list[dict[str, object]] = []
    new: list[dict[str, object]] = []
    for lane, book in books.items():
        lane_id = numbers[lane]
        removed, added = book.changes()
        gone += [{"lane_id": lane_id, "run_first": run.first} for run in removed]
        new += [{"stream_id": lane_id, **run._asdict()} for run in added]
    if gone:
        connection.execute(_FORGET, gone)
    if new:
        connection.execute(_RECORD, new)


def _key(lane: Lane) -> dict[str, object]:
    device = lane.device
    place = {"tenant": device.tenant, "store": device.store, "device": device.device}
    return {**place, "epoch": lane.epoch, "stream": lane.stream}


def _find(connection: Connection, lane: Lane) -> int | None:
    return connection.execute(_FIND, _key(lane)).scalar_one_or_none()


def _make(connection: Connection, lane: Lane) -> int:
    return int(connection.execute(_MAKE, {**_key(lane), "heard_ms": 0}).scalar_one())
