"""Record what programs do to a folder, then cut the power at any moment of it.

    recording = Recording.begin(folder, log)
    with subprocess.Popen(command, env=os.environ | recording.environment) as process:
        ...
        process.kill()
    for cut in recording.cuts(50, seed=7):
        cut.image.write_to(elsewhere)
        ...  # everything that cut.marks promised must be in elsewhere

Everything that writes into the folder meanwhile must run in that environment. A program that tells
the outside "this is stored" says so to the log as well, with ``mark``; a cut knows which marks came
before it. The last moment of a recording is where the process was killed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.faults.powercut.build import shim
from tests.faults.powercut.disk import Disk
from tests.faults.powercut.entries import Names
from tests.faults.powercut.image import Image
from tests.faults.powercut.records import Found, append_found, append_mark, read_records

LOG_VARIABLE = "LIANKE_POWERCUT_LOG"
FOLDER_VARIABLE = "LIANKE_POWERCUT_FOLDER"
TURNS = ".turns"
"""What the shim's file beside the log is called, behind the log's name (shim/turns.c)."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A power cut.

    Attributes:
        position: where in the log it happened.
        image: what is on the disk afterwards.
        marks: what had been promised by then, in order.
        unsynced: how many changes had not been synced, so that a part of them is lost.
    """

    position: int
    image: Image
    marks: tuple[str, ...]
    unsynced: int


@dataclass(frozen=True, slots=True)
class Recording:
    """The log of what happened in a folder."""

    folder: Path
    log: Path

    @classmethod
    def begin(cls, folder: Path, log: Path) -> Recording:
        """Begin: what is in the folder now counts as durable. The log must lie outside of it."""
        assert not log.resolve().is_relative_to(folder.resolve()), "the log must lie outside"
        log.write_bytes(b"")
        log.with_name(log.name + TURNS).unlink(missing_ok=True)  # whoever had a turn is dead
        for found in _found_below(folder):
            append_found(log, found)
        return cls(folder, log)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to be recorded, and its children with it."""
        return {
            "LD_PRELOAD": str(shim()),
            FOLDER_VARIABLE: str(self.folder.resolve()),
            LOG_VARIABLE: str(self.log.resolve()),
        }

    def mark(self, text: str) -> None:
        """Note that something was promised to the outside by now."""
        append_mark(self.log, text)

    def cuts(
        self,
        count: int,
        seed: int,
        names: Names = Names.POSIX,
        *,
        honours_syncs: bool = True,
    ) -> Iterator[Cut]:
        """Cuts at seeded moments in the order of time; the last one at the end of the recording.

        Raises:
            NotModelled: a program did what the model has no word for.
            LogUnreadable: the log has a hole.
        """
        random = Random(seed)
        moments = self._moments(count, random)
        disk = self._disk(names, honours_syncs=honours_syncs)
        for number, (position, record) in enumerate(read_records(self.log), start=1):
            disk.apply(position, record)
            while moments and moments[0] == number:
                moments.pop(0)
                yield Cut(position, disk.survivor(random), tuple(disk.marks), disk.unsynced)

    def whole(self) -> Image:
        """What programs left in the folder, as the log tells it: the folder itself, in short."""
        disk = self._disk(Names.POSIX)
        for position, record in read_records(self.log):
            disk.apply(position, record)
        return disk.whole()

    def last_cut(self, seed: int, names: Names = Names.POSIX) -> Cut:
        """A cut at the end of the recording."""
        (cut,) = self.cuts(1, seed, names)
        return cut

    def _disk(self, names: Names, *, honours_syncs: bool = True) -> Disk:
        return Disk(self.folder.stat().st_ino, names, honours_syncs=honours_syncs)

    def _moments(self, count: int, random: Random) -> list[int]:
        """After how many records to cut, rising."""
        found, total = 0, 0
        for total, (_, record) in enumerate(read_records(self.log), start=1):  # noqa: B007 - its last
            found += isinstance(record, Found)
        return sorted([total, *(random.randint(found, total) for _ in range(count - 1))])


def mark(text: str) -> None:
    """Note a promise from within a recorded process; returns when it stands in the log."""
    append_mark(Path(os.environ[LOG_VARIABLE]), text)


def _found_below(folder: Path) -> Iterator[Found]:
    number = folder.stat().st_ino
    for path in sorted(folder.iterdir()):
        status = path.lstat()
        content = None if path.is_dir() else path.read_bytes()
        yield Found(status.st_ino, number, status.st_mode, path.name, content)
        if path.is_dir():
            yield from _found_below(path)
