"""A disk of our own breaks as told, and the outbox outlives real power cuts of a real ext4."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.faults.powercut.programs import outbox, raw
from tests.faults.powercut.recording import LOG_VARIABLE
from tests.faults.powercut.records import Marked, read_records
from tests.faults.powercut.scenario import RELEASED, Damaged, owed
from tests.simulators.loop_disk import LoopDisk, loop_disk
from tests.simulators.processes import ROOT

pytestmark = [pytest.mark.slow]

SEED = 20261122
CUTS = 8
LONGEST_S = 0.5


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[LoopDisk]:
    with loop_disk(tmp_path / "loop") as one:
        yield one


def test_a_cut_keeps_what_was_synced_and_forgets_what_was_not(disk: LoopDisk) -> None:
    with (disk.folder / "synced").open("wb", buffering=0) as file:
        file.write(b"kept")
        os.fsync(file.fileno())
        file.write(b"lost")
    (disk.folder / "unsynced").write_bytes(b"lost")
    disk.cut()
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        (disk.folder / "later").write_bytes(b"never")
    disk.come_back()
    assert (disk.folder / "synced").read_bytes() == b"kept"
    unsynced = disk.folder / "unsynced"
    assert not unsynced.exists() or unsynced.read_bytes() == b""


def test_a_disk_turns_read_only_under_open_files_and_comes_back(disk: LoopDisk) -> None:
    with (disk.folder / "file").open("wb", buffering=0) as file:
        file.write(b"before")
        disk.turn_read_only()
        with pytest.raises(OSError, match=os.strerror(errno.EROFS)):
            file.write(b"after")
    disk.come_back()
    (disk.folder / "file").write_bytes(b"again")


def test_a_full_disk_has_room_again_afterwards(disk: LoopDisk) -> None:
    with disk.full(), pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        (disk.folder / "file").write_bytes(b"no room")
    (disk.folder / "file").write_bytes(b"room")


def test_a_hanging_disk_lets_writers_wait(disk: LoopDisk) -> None:
    path = disk.folder / "file"
    writing = threading.Thread(target=path.write_bytes, args=(b"late",))
    with disk.hanging():
        writing.start()
        writing.join(0.3)
        assert writing.is_alive()
    writing.join(30)
    assert path.read_bytes() == b"late"


def work_until_cut(disk: LoopDisk, log: Path, after_s: float, *command: str) -> list[str]:
    """A program on this disk until power and program end; what it has noted in this new log.

    Of what it promised, only what it had promised when the power was cut: it runs on for a moment,
    and this kernel lets a sync that is under way just then succeed, about once in a hundred cuts.
    A box that lost its power promises nothing more.
    """
    log.touch()
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {LOG_VARIABLE: str(log)},
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"ready\n"
        time.sleep(after_s)  # the instant of the cut is what is tested
        before = marked(log)
        disk.cut()
        program.kill()
    disk.come_back()
    after = marked(log)[len(before) :]
    return before + [text for text in after if text.startswith(RELEASED)]


def marked(log: Path) -> list[str]:
    return [record.text for _, record in read_records(log) if isinstance(record, Marked)]


def test_the_outbox_outlives_power_cuts_of_a_real_file_system(
    disk: LoopDisk, tmp_path: Path
) -> None:
    moments = Random(SEED)
    marks: list[str] = []
    for life in range(CUTS):
        command = (outbox.__name__, str(disk.folder), str(life))
        log = tmp_path / f"log-{life}"
        marks += work_until_cut(disk, log, moments.uniform(0.0, LONGEST_S), *command)
        assert owed(marks) <= outbox.there(disk.folder)
    assert len(owed(marks)) > CUTS


def test_control_what_is_never_synced_does_not_outlive_them(disk: LoopDisk, tmp_path: Path) -> None:
    """One cut may fall just behind a writing back by the kernel itself; not all of them do."""
    assert any(something_is_lost(disk, tmp_path / f"log-{life}", life) for life in range(CUTS))


def something_is_lost(disk: LoopDisk, log: Path, life: int) -> bool:
    command = (raw.__name__, str(disk.folder), str(life), "OFF")
    marks = work_until_cut(disk, log, LONGEST_S, *command)
    try:
        return bool(owed(marks) - raw.there(disk.folder))
    except Damaged:
        return True
