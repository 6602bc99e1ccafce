"""Plays a day into a folder the way tills do: temporary name, then rename.

A reader of the folder must take `*.xml` only; until its rename a file is called `*.xml.part` and
may be incomplete.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from tests.simulators.till.deliveries import Delivery

PART_SUFFIX: Final = ".part"


class PlayerClock(Protocol):
    """What pacing needs of time."""

    def monotonic_s(self) -> float:
        """Seconds since any fixed moment, never going back."""
        ...

    def sleep(self, duration_s: float) -> None:
        """Return when that much of this clock's time has passed."""
        ...


class SystemPlayerClock:
    """The machine's own clock."""

    def monotonic_s(self) -> float:
        """Seconds of the machine's monotonic clock."""
        return time.monotonic()

    def sleep(self, duration_s: float) -> None:
        """Block the calling thread."""
        time.sleep(duration_s)


@dataclass(frozen=True, slots=True)
class Played:
    """A file that is now in the folder.

    The two instants are of `perf_counter_ns`: just before the rename, from which a latency must
    be measured since a watcher may react before the call returns, and just after it. All of the
    file's transactions share them.
    """

    delivery: Delivery
    path: Path
    rename_began_ns: int
    renamed_ns: int


@dataclass(frozen=True, slots=True)
class Player:
    """Writes deliveries into a folder, one at each step of the iterator.

    Attributes:
        folder: where the files appear; must exist.
        clock: what `speed` is measured on.
        speed: how many seconds of the shop's day pass in one of the clock's; None plays as fast
            as the caller iterates. Either way the next file is written only when the caller
            asks for it, so a slow caller slows the tills down (closed loop).
        fsync: force bytes and directory entry to disk, as careful tills do; slow.
        instant_ns: stop-watch for `Played`.
    """

    folder: Path
    clock: PlayerClock
    speed: float | None = None
    fsync: bool = False
    instant_ns: Callable[[], int] = time.perf_counter_ns

    def play(self, deliveries: Iterable[Delivery]) -> Iterator[Played]:
        """Write each delivery when it is due and yield it.

        Raises:
            OSError: the folder cannot be written.
        """
        began_s = self.clock.monotonic_s()
        first: Delivery | None = None
        for delivery in deliveries:
            first = first or delivery
            # Rendered ahead of its time, so that pacing is that of the rename.
            content = delivery.xml()
            self._await(began_s, (delivery.due_at - first.due_at).total_seconds())
            yield self._write(delivery, content)

    def _await(self, began_s: float, shop_time_s: float) -> None:
        if self.speed is None:
            return
        wait_s = began_s + shop_time_s / self.speed - self.clock.monotonic_s()
        if wait_s > 0:
            self.clock.sleep(wait_s)

    def _write(self, delivery: Delivery, content: bytes) -> Played:
        path = self.folder / delivery.file_name
        part = path.with_name(path.name + PART_SUFFIX)
        with part.open("wb") as file:
            file.write(content)
            if self.fsync:
                file.flush()
                os.fsync(file.fileno())
        began_ns = self.instant_ns()
        part.replace(path)
        renamed_ns = self.instant_ns()
        if self.fsync:
            _sync_directory(self.folder)
        return Played(delivery, path, began_ns, renamed_ns)


def _sync_directory(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
