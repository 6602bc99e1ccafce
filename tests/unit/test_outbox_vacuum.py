"""Room goes back to the disk after a backlog has drained, and nobody waits long for it."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest

from agent.outbox import Draft, Inspection, Outbox
from agent.outbox.vacuum import KEPT_PAGES
from models.runtime.clock import SystemClock
from models.wire.ids import EventId
from models.wire.topics import Stream
from tests.simulators.outbox_parts import Premises, a_draft, bulk, fast_folder, take
from tests.simulators.small_disk import Disk, drained

KEEP_NOTHING = {Stream.SALE: 0.0}


@pytest.fixture
def premises(tmp_path: Path) -> Iterator[Premises]:
    one = Premises(tmp_path, SystemClock())
    yield one
    one.close()


@pytest.fixture
def quick() -> Iterator[Premises]:
    """In memory: what is measured is who waits for whom, and not the disk."""
    folder = fast_folder()
    one = Premises(folder, SystemClock())
    yield one
    one.close()
    shutil.rmtree(folder)


def sell(outbox: Outbox, count: int, first: int = 0) -> None:
    """Sales of about a kilobyte, a thousand at a time."""
    body = b'{"id":"%b","pad":"' + bulk(1000) + b'"}'
    for start in range(first, first + count, 1000):
        ids = [EventId(f"{number:08}") for number in range(start, min(start + 1000, first + count))]
        outbox.append(
            Stream.SALE, [Draft(each, body.replace(b"%b", each.encode())) for each in ids]
        )


def size(premises: Premises) -> int:
    return sum(path.stat().st_size for path in premises.path.parent.glob("outbox.sqlite3*"))


@pytest.mark.slow
def test_the_file_is_small_again_after_fifty_thousand_events_have_drained(
    premises: Premises,
) -> None:
    outbox = premises.open()
    sell(outbox, 50_000)
    large = premises.path.stat().st_size
    assert large > 50_000_000
    drained(outbox, Stream.SALE)
    assert outbox.housekeep(KEEP_NOTHING) == 50_000
    assert size(premises) < KEPT_PAGES * 4096 + 200_000
    outbox.append(Stream.SALE, [a_draft(1)])
    outbox.close()
    with Inspection.open(premises.path) as inspection:
        assert inspection.verify() == []


@pytest.mark.slow
def test_no_append_waits_for_more_than_a_step_while_room_goes_back(quick: Premises) -> None:
    outbox = quick.open()
    sell(outbox, 20_000)
    drained(outbox, Stream.SALE)
    keeping = threading.Thread(target=outbox.housekeep, args=(KEEP_NOTHING,))
    keeping.start()
    waits_s: list[float] = []
    number = 100_000
    while keeping.is_alive():
        began_s = perf_counter()
        sell(outbox, 1, number)
        waits_s.append(perf_counter() - began_s)
        number += 1
    keeping.join()
    outbox.close()
    assert len(waits_s) > 20, "appends and housekeeping take turns"
    assert max(waits_s) < 1.0, "a step takes milliseconds; the rest is for a machine that is busy"


def test_what_the_next_hours_need_stays_in_the_file(premises: Premises) -> None:
    outbox = premises.open()
    sell(outbox, 2000)
    drained(outbox, Stream.SALE)
    before = premises.path.stat().st_size
    outbox.housekeep(KEEP_NOTHING)
    outbox.close()
    assert premises.path.stat().st_size >= before, "less than four megabytes are free"


def test_on_a_disk_that_others_fill_free_pages_are_kept(premises: Premises) -> None:
    disk = Disk()
    premises.thrift = disk.thrift()
    outbox = premises.open()
    outbox._upkeep._vacuum._metrics.returned(0)
    disk.free_bytes = 0
    assert outbox._upkeep._vacuum.give_back(disk_is_short=True) == 0
    outbox.close()


def test_a_file_from_before_is_written_anew_once(premises: Premises) -> None:
    premises.open().close()
    with closing(sqlite3.connect(premises.path)) as db:
        db.execute("PRAGMA auto_vacuum = NONE")
        db.execute("VACUUM")
        assert db.execute("PRAGMA auto_vacuum").fetchone() == (0,)
    outbox = premises.open()
    outbox.append(Stream.SALE, [a_draft(1)])
    assert outbox._file._writer.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    assert take(outbox) is not None
    outbox.close()


def test_a_reader_does_not_hold_housekeeping_up(quick: Premises) -> None:
    outbox = quick.open()
    sell(outbox, 9000)
    drained(outbox, Stream.SALE)
    with closing(sqlite3.connect(quick.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM event").fetchone()
        began_s = perf_counter()
        assert outbox.housekeep(KEEP_NOTHING) == 9000
        assert perf_counter() - began_s < 4.0, "SQLite would wait five seconds for a reader"
        assert size(quick) > 9_000_000
    outbox.housekeep(KEEP_NOTHING)
    assert size(quick) < 6_000_000
    outbox.close()
