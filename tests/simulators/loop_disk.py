"""A real disk that breaks when told to: ext4 in a file, mounted for one test. Needs root on Linux.

What the power-cut model computes, this kernel file system does: a cut drops every page that was
not written, and the journal is replayed when the power is back. It tears no pages and keeps its
names in order, so it is the milder of the two, and the real one.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.simulators.processes import eventually
from tests.simulators.required_server import required_program

# From the kernel's include/uapi: EXT4_IOC_SHUTDOWN and its flag NOLOGFLUSH, FIFREEZE, FITHAW.
_SHUTDOWN: Final = 0x8004587D
_WITHOUT_LOG_FLUSH: Final = struct.pack("I", 2)
_FREEZE: Final = 0xC0045877
_THAW: Final = 0xC0045878

_LET_GO_S: Final = 120.0


class LoopDisk:
    """One disk; made by ``loop_disk``.

    Attributes:
        folder: where it is mounted.
    """

    def __init__(self, place: Path, megabytes: int) -> None:
        """Make and mount a disk in a folder of its own."""
        self.folder = place / "disk"
        self._image = place / "disk.img"
        self.folder.mkdir(parents=True)
        with self._image.open("wb") as image:
            image.truncate(megabytes << 20)
        _run("mkfs.ext4", "-q", "-m", "0", str(self._image))
        self._mount()

    def cut(self) -> None:
        """Cut the power: what was not synced is lost, and every later access fails."""
        self._ask(_SHUTDOWN, _WITHOUT_LOG_FLUSH)

    def turn_read_only(self) -> None:
        """As ext4 does when it meets an error: even files that are open cannot be written now."""
        Path(f"/sys/fs/ext4/{self._device()}/trigger_fs_error").write_text("a test")

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Every write waits for the end of the block, as on a dying memory card."""
        self._ask(_FREEZE, struct.pack("i", 0))
        try:
            yield
        finally:
            self._ask(_THAW, struct.pack("i", 0))

    @contextmanager
    def full(self) -> Iterator[None]:
        """No byte is free until the end of the block."""
        ballast = self.folder / ".ballast"
        try:
            _fill(ballast)
            yield
        finally:
            ballast.unlink()

    def come_back(self) -> None:
        """Mount again after ``cut`` or ``turn_read_only``; nobody may have files open.

        Whatever made a mount namespace of its own meanwhile holds the broken file system until it
        ends, and a mount finds it as it was: then the disk is mounted once more.
        """
        assert eventually(self._mounted_anew, _LET_GO_S, 0.2), "who holds the broken disk?"

    def _mounted_anew(self) -> bool:
        self._unmount()
        self._mount()
        probe = self.folder / ".probe"
        try:
            probe.touch()
            probe.unlink()
        except OSError:
            return False
        return True

    def remove(self) -> None:
        """Unmount and delete it; programs that still have files open keep an orphan."""
        _run("umount", "--lazy", str(self.folder))
        self._image.unlink()

    def _mount(self) -> None:
        options = "loop,noatime,errors=remount-ro"
        _run("mount", "-t", "ext4", "-o", options, str(self._image), str(self.folder))

    def _unmount(self) -> None:
        _run("umount", str(self.folder))

    def _ask(self, request: int, argument: bytes) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, request, argument)
        finally:
            os.close(descriptor)

    def _device(self) -> str:
        number = self.folder.stat().st_dev
        return Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve().name


@contextmanager
def loop_disk(place: Path, megabytes: int = 24) -> Iterator[LoopDisk]:
    """A mounted disk; the test is skipped where we may not mount one."""
    if sys.platform != "linux" or os.geteuid() != 0 or not Path("/dev/loop-control").exists():
        pytest.skip("a disk of one's own needs Linux, root and /dev/loop-control")
    required_program("mkfs.ext4", package="the Debian package e2fsprogs")
    disk = LoopDisk(place, megabytes)
    try:
        yield disk
    finally:
        disk.remove()


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
