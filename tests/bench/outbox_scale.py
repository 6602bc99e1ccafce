"""Does the cost grow with the backlog? Append and drain beside 10^3 to 10^6 events that wait.

    python -m tests.bench outbox
    python -m tests.bench ten_million      # 10^7 as well: 10 GB of disk, some minutes

The ratio of a figure is its cost beside a thousand events over its cost beside so many; flat is 1.
Rounds alternate between the two outboxes, both of which have been through a checkpoint: a log that
still grows syncs half as quickly as one that is written over, however many events there are.
Opening and memory are told with their limits.
"""

from __future__ import annotations

import gc
import os
import sqlite3
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import psutil

from agent.config.outbox import OutboxSettings
from agent.outbox import Outbox
from agent.outbox.budget import Thrift
from agent.outbox.names import write_all
from agent.outbox.spans import shelf
from models.runtime.clock import SystemClock
from models.wire.topics import Stream
from tests.bench.outbox_sides import LEASE, append_each, lease_and_settle
from tests.bench.racing import Figure, Pair, figure
from tests.simulators.outbox_parts import Premises, a_draft, take

FEW = 1_000
DEPTHS = (10_000, 100_000, 1_000_000)
TEN_MILLION = 10_000_000
APPENDS = 24
WARM_UP = 1_500
ROUNDS = 15
LEASES = 3
OPEN_LIMIT_MS = 1_000
MEMORY_LIMIT_MB = 10
BODY_BYTES = 900
_CACHE_KIB = 1 << 20

_FILL = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?),
 named AS (
  SELECT i, printf('%08x-0000-7000-8000-%012x', i * 2654435761 % 4294967296, i) AS id FROM n)
INSERT INTO event SELECT ? + i, id, 0,
 CAST(printf('{"id":"%s","pad":"%s"}', id, ?) AS BLOB) FROM named
"""


def measure(depths: tuple[int, ...] = DEPTHS) -> list[Figure]:
    """The figures of each depth; the deepest takes a gigabyte of disk for a while."""
    with tempfile.TemporaryDirectory() as folder:
        few = _premises(Path(folder) / "few")
        fill(few, FEW)
        shallow = few.open()
        warm_up(shallow)
        figures = [
            one for depth in depths for one in _at(depth, Path(folder) / str(depth), shallow)
        ]
        shallow.close()
        few.close()
    return figures


def measure_ten_million() -> list[Figure]:
    """The same beside ten million."""
    return measure((TEN_MILLION,))


def fill(premises: Premises, count: int) -> None:
    """A backlog of sales, written behind the outbox's back."""
    outbox = premises.open()
    last = outbox.last_sequence(Stream.SALE)
    outbox.close()
    fill_file(premises.path, last, count)


def fill_file(path: Path, last: int, count: int) -> None:
    """The same into the file of an outbox that nobody has open and whose last sale is known.

    Done by a process of its own, whose memory does not count as ours.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as filler:
        filler.submit(_grow, path, last, count).result()


def _grow(path: Path, last: int, count: int) -> None:
    """Row by row, index and all: an index made at the end would have no room in its pages."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        db.execute("PRAGMA journal_mode=OFF")
        db.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        db.execute(_FILL, (count, shelf(Stream.SALE)[0] - 1 + last, "x" * (BODY_BYTES - 60)))
        db.execute("DELETE FROM named")
        write_all(db)
        db.execute("PRAGMA journal_mode=WAL")
    with path.open("r+b") as file:
        os.fsync(file.fileno())  # or the disk would still be busy with it when the race begins


def _premises(folder: Path) -> Premises:
    """With a budget that ten million events fit into."""
    return Premises(
        folder, clock=SystemClock(), thrift=Thrift(OutboxSettings(budget_bytes=1 << 40))
    )


def _at(depth: int, folder: Path, shallow: Outbox) -> list[Figure]:
    deep_premises = _premises(folder)
    fill(deep_premises, depth)
    gc.collect()
    before = psutil.Process().memory_info().rss
    began = perf_counter()
    deep = deep_premises.open()
    first = take(deep)
    opened_ms = (perf_counter() - began) * 1000
    assert first is not None
    deep.release(first)
    warm_up(deep)
    figures = [
        _limit(f"outbox.open.{depth}", opened_ms, "ms", OPEN_LIMIT_MS, "to the first lease"),
        _append(deep, shallow, depth),
        _drain(deep, shallow, depth),
    ]
    grown_mb = (psutil.Process().memory_info().rss - before) / 1e6
    figures.append(_limit(f"outbox.rss.{depth}", grown_mb, "MB", MEMORY_LIMIT_MB, "more memory"))
    deep.close()
    deep_premises.close()
    deep_premises.path.unlink()
    return figures


def warm_up(outbox: Outbox) -> None:
    """Have the log reach its full length, with events of a stream that is not measured."""
    for number in range(WARM_UP):
        outbox.append(Stream.GUIDE, [a_draft(number, lines=3)])


def _append(deep: Outbox, shallow: Outbox, depth: int) -> Figure:
    number = 10_000_000 * depth

    def once() -> Pair:
        nonlocal number
        number += APPENDS
        drafts = [a_draft(number + n, lines=3) for n in range(APPENDS)]
        return (lambda: append_each(deep, drafts)), (lambda: append_each(shallow, drafts))

    return figure(f"outbox.flat.append.{depth}", APPENDS, once, f"beside {FEW}", rounds=ROUNDS)


def _drain(deep: Outbox, shallow: Outbox, depth: int) -> Figure:
    number = 10_000_000 * depth + 5_000_000

    def once() -> Pair:
        nonlocal number
        number += LEASES * LEASE
        # As many as go, so that the few stay few.
        shallow.append(Stream.SALE, [a_draft(number + n, lines=3) for n in range(LEASES * LEASE)])
        return (lambda: lease_and_settle(deep, LEASES)), (lambda: lease_and_settle(shallow, LEASES))

    name = f"outbox.flat.drain.{depth}"
    return figure(name, LEASES * LEASE, once, f"beside {FEW}", rounds=ROUNDS)


def _limit(name: str, value: float, unit: str, limit: float, what: str) -> Figure:
    return {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        "ratio": round(value / limit, 3),
        "against": f"{what}, at most {limit:g} {unit}",
    }
