"""Waiting for something to happen in a folder.

A watch is a doorbell, not a messenger: it says "look", and the spool looks at the whole folder. So
lost, doubled or invented events cost a look and nothing else, and a share whose server tells
nothing is served by the regular look alone.
"""

from __future__ import annotations

import platform
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Final, Protocol

from agent.capture.pos.inotify import InotifyWatch
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_POLL_MS: Final = 10
_LISTEN_MS: Final = 50


class FolderWatch(Protocol):
    """The port. Used by one thread, except ``wake``."""

    def wait(self, timeout_s: float) -> None:
        """Return when the folder may have changed, when woken, or when the time has passed.

        A folder that is missing or vanishes is waited for like any other change. A watch that has
        only just begun to see the folder returns at once, since files may have come before.
        """
        ...

    def wake(self) -> None:
        """End the wait that is under way, or the next one. Safe from any thread."""
        ...

    def close(self) -> None:
        """Let go of the system's resources; the watch must not be used afterwards."""
        ...


def open_watch(folder: Path, *, appends: bool = False) -> FolderWatch:
    """The best watch that this system has.

    Args:
        folder: what is watched.
        appends: whether to be rung by every write, for files that stay open and grow.
    """
    if platform.system() != "Linux":
        return PortableWatch(folder)
    try:
        return InotifyWatch(folder, appends=appends)
    except OSError as error:
        _LOG.warning(
            "inotify_unavailable",
            error=error.strerror,
            effect="the till's folder is looked at every rescan_s only",
            next_step="raise fs.inotify.max_user_instances",
        )
        return TimedWatch()


class TimedWatch:
    """Sees nothing; the regular look does the work."""

    def __init__(self) -> None:
        self._woken = threading.Event()

    def wait(self, timeout_s: float) -> None:
        """Sleep until woken or the time has passed."""
        self._woken.wait(timeout_s)
        self._woken.clear()

    def wake(self) -> None:
        """End the wait."""
        self._woken.set()

    def close(self) -> None:
        """Nothing to let go of."""


class PortableWatch:
    """The watchfiles library, for systems without inotify. Not tested on Windows.

    It looks at its own event list every few milliseconds, which costs a shop's box some per cent
    of a core all day; that is why Linux does not use it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._woken = threading.Event()
        self._changes: Generator[object, None, None] | None = None

    def wait(self, timeout_s: float) -> None:
        """Wait in short listens, so that ``wake`` is heard soon."""
        deadline_s = time.monotonic() + timeout_s
        if self._changes is None and self._begin():
            return
        while not self._woken.is_set() and time.monotonic() < deadline_s:
            if self._changes is None:
                self._woken.wait(min(timeout_s, _LISTEN_MS / 1000))
                if self._begin():
                    break
            elif self._listen():
                break
        self._woken.clear()

    def wake(self) -> None:
        """End the wait."""
        self._woken.set()

    def close(self) -> None:
        """End watching."""
        if self._changes is not None:
            self._changes.close()
            self._changes = None

    def _begin(self) -> bool:
        from watchfiles import watch  # noqa: PLC0415 - slow to import and unused on Linux

        if not self._folder.is_dir():
            return False
        self._changes = watch(
            self._folder,
            watch_filter=None,
            debounce=_POLL_MS,
            step=_POLL_MS,
            rust_timeout=_LISTEN_MS,
            yield_on_timeout=True,
            recursive=False,
            raise_interrupt=False,
        )
        next(self._changes, None)
        return True

    def _listen(self) -> bool:
        assert self._changes is not None
        heard = bool(next(self._changes, True))
        if not self._folder.is_dir():
            self.close()
        return heard
