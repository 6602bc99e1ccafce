"""The doorbells, each held to the same promise; and the thread that listens to one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from agent.capture.pos import CapturedSale, Spool, SpoolSettings
from agent.capture.pos.inotify import InotifyWatch
from agent.capture.pos.keeping import Keeping
from agent.capture.pos.watch import FolderWatch, PortableWatch, TimedWatch, open_watch
from agent.errors import OutboxBusy
from models.runtime.clock import SystemClock
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey
from tests.simulators.capturing import DEVICE, SHANGHAI, LedgerSink, reader
from tests.simulators.poslog_writer import poslog, transaction
from tests.simulators.processes import eventually

LONG_S = 60.0
SOON_S = 15.0

Open = Callable[[Path], FolderWatch]
SEEING: list[Open] = [InotifyWatch, PortableWatch]


@pytest.fixture(params=SEEING, ids=["inotify", "portable"])
def watch(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FolderWatch]:
    opened: FolderWatch = request.param(tmp_path / "till")
    yield opened
    opened.close()


def took_s(wait: Callable[[], None], meanwhile: Callable[[], object] | None = None) -> float:
    """How long a wait took while something happened shortly after its beginning."""
    timer = threading.Timer(0.1, meanwhile) if meanwhile else None
    began_s = time.monotonic()
    if timer:
        timer.start()
    wait()
    if timer:
        timer.join()
    return time.monotonic() - began_s


def armed(watch: FolderWatch, folder: Path) -> None:
    """Let the watch see the folder; the first wait returns at once for what came before."""
    folder.mkdir(exist_ok=True)
    assert took_s(lambda: watch.wait(LONG_S)) < SOON_S


def rename_into(folder: Path) -> None:
    part = folder / "a.xml.part"
    part.write_bytes(b"x")
    part.rename(folder / "a.xml")


def test_a_renamed_file_ends_the_wait(watch: FolderWatch, tmp_path: Path) -> None:
    armed(watch, tmp_path / "till")
    watch.wait(0.05)
    assert took_s(lambda: watch.wait(LONG_S), lambda: rename_into(tmp_path / "till")) < SOON_S


def test_a_file_written_in_place_ends_the_wait(watch: FolderWatch, tmp_path: Path) -> None:
    armed(watch, tmp_path / "till")
    path = tmp_path / "till" / "a.xml"
    assert took_s(lambda: watch.wait(LONG_S), lambda: path.write_bytes(b"x")) < SOON_S


def test_waking_ends_the_wait(watch: FolderWatch, tmp_path: Path) -> None:
    armed(watch, tmp_path / "till")
    assert took_s(lambda: watch.wait(LONG_S), watch.wake) < SOON_S
    watch.wake()
    assert took_s(lambda: watch.wait(LONG_S)) < SOON_S


def test_waking_is_heard_where_there_is_no_folder(watch: FolderWatch) -> None:
    assert took_s(lambda: watch.wait(LONG_S), watch.wake) < SOON_S


def test_a_wait_ends_by_itself(watch: FolderWatch, tmp_path: Path) -> None:
    armed(watch, tmp_path / "till")
    assert 0.1 <= took_s(lambda: watch.wait(0.2)) < SOON_S


def test_a_folder_that_appears_ends_the_wait(watch: FolderWatch, tmp_path: Path) -> None:
    folder = tmp_path / "till"
    watch.wait(0.01)
    assert took_s(lambda: watch.wait(LONG_S), folder.mkdir) < SOON_S


def test_a_folder_that_is_replaced_is_seen_again(watch: FolderWatch, tmp_path: Path) -> None:
    folder = tmp_path / "till"
    armed(watch, folder)
    folder.rename(tmp_path / "old")
    watch.wait(0.5)
    armed(watch, folder)
    watch.wait(0.05)
    assert took_s(lambda: watch.wait(LONG_S), lambda: rename_into(folder)) < SOON_S


def test_the_timed_watch_only_sleeps_and_wakes() -> None:
    watch = TimedWatch()
    assert took_s(lambda: watch.wait(0.1)) >= 0.09
    assert took_s(lambda: watch.wait(LONG_S), watch.wake) < SOON_S
    watch.close()


def test_a_write_to_an_open_file_ends_the_wait_of_who_asked_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "till"
    armed(open_watch(folder), folder)
    with (folder / "journal.txt").open("ab", buffering=0) as file:
        deaf, watch = InotifyWatch(folder), InotifyWatch(folder, appends=True)
        for each in (deaf, watch):
            each.wait(0.01)
        assert took_s(lambda: watch.wait(LONG_S), lambda: file.write(b"x")) < SOON_S
        assert took_s(lambda: deaf.wait(0.2)) >= 0.19
    deaf.close()
    watch.close()


def test_this_system_has_a_watch(tmp_path: Path) -> None:
    watch = open_watch(tmp_path)
    watch.wait(0.01)
    watch.close()


# --- the thread


class Timed(LedgerSink):
    """A sink that says when it was first called."""

    def __init__(self) -> None:
        super().__init__()
        self.called = threading.Event()

    def captured(self, sales: Sequence[CapturedSale]) -> None:
        super().captured(sales)
        self.called.set()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Spool, Timed, Path]]:
    folder, sink = tmp_path / "till", Timed()
    keeping = Keeping(tmp_path / "data", BlobSealer(MasterKey(b"k" * 32), "files"), SHANGHAI)
    spool = Spool(
        folder,
        DEVICE.device,
        reader=reader(),
        sink=sink,
        keeping=keeping,
        clock=SystemClock(),
        settings=SpoolSettings(rescan_s=60, settle_s=0.2, backoff_base_s=0.02),
    )
    yield spool, sink, folder
    spool.stop()


def test_a_file_reaches_the_sink_without_waiting_for_the_regular_look(
    running: tuple[Spool, Timed, Path],
) -> None:
    spool, sink, folder = running
    folder.mkdir()
    spool.start()
    assert eventually(lambda: spool.status.folder_present)
    part = folder / "a.part"
    part.write_bytes(poslog(transaction()))
    part.rename(folder / "a.xml")
    assert sink.called.wait(SOON_S)
    assert eventually(lambda: spool.status.captured_files == 1)


def test_files_from_before_the_start_are_read_and_bad_ones_settle(
    running: tuple[Spool, Timed, Path],
) -> None:
    spool, sink, folder = running
    folder.mkdir()
    (folder / "a.xml").write_bytes(poslog(transaction()))
    (folder / "bad.xml").write_bytes(b"<POSLog>")
    spool.start()
    assert eventually(lambda: spool.status.quarantined == 1)
    assert len(sink.stored) == 1


def test_a_busy_sink_is_tried_again_and_the_status_says_why(
    running: tuple[Spool, Timed, Path],
) -> None:
    spool, sink, folder = running
    folder.mkdir()
    sink.refuse_with = OutboxBusy("the outbox is locked by a backup")
    (folder / "a.xml").write_bytes(poslog(transaction()))
    spool.start()
    assert eventually(lambda: "locked by a backup" in spool.status.blocked)
    sink.refuse_with = None
    assert eventually(lambda: spool.status.captured_files == 1)
    assert eventually(lambda: spool.status.blocked == "")


def test_an_error_that_nobody_foresaw_ends_neither_thread_nor_file(
    running: tuple[Spool, Timed, Path],
) -> None:
    spool, sink, folder = running
    folder.mkdir()
    sink.refuse_with = RuntimeError("never seen before")
    (folder / "a.xml").write_bytes(poslog(transaction()))
    spool.start()
    assert eventually(lambda: "RuntimeError" in spool.status.blocked)
    sink.refuse_with = None
    assert eventually(lambda: spool.status.captured_files == 1)


def test_a_folder_that_comes_late_is_served(running: tuple[Spool, Timed, Path]) -> None:
    spool, sink, folder = running
    spool.start()
    assert eventually(lambda: not spool.status.folder_present)
    folder.mkdir()
    (folder / "a.xml").write_bytes(poslog(transaction()))
    assert sink.called.wait(SOON_S)


def test_stopping_ends_the_thread_soon(running: tuple[Spool, Timed, Path]) -> None:
    spool, _, folder = running
    folder.mkdir()
    spool.start()
    assert took_s(spool.stop) < SOON_S
    assert not any(thread.name == "till-spool" for thread in threading.enumerate())
