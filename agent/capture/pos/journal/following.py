"""The thread that follows a journal, and where it keeps what could not be read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from agent.capture.pos.journal.reading import SetAside
from agent.capture.pos.journal.tail import JournalStatus, JournalTail
from agent.capture.pos.keeping import Keeping, Place
from agent.capture.pos.setbacks import Setbacks
from agent.capture.pos.watch import FolderWatch, open_watch
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_NAME_CHARS: Final = 80
_GATHER_S: Final = 0.01


class QuarantinedRecords:
    """An ``Aside`` in the till's quarantine: sealed, durable, and with a note that quotes nothing.

    Each is a journal of its own, so that it can be read again once the profile is mended.
    """

    def __init__(self, keeping: Keeping, clock: Clock) -> None:
        self._keeping = keeping
        self._clock = clock

    def keep(self, item: SetAside, file: str) -> None:
        """Keep it; raises DiskUnusable."""
        place = f"line {item.begin.line}, byte {item.begin.offset}"
        reason = f"{file}, {place}: {item.reason}"
        name = f"{file[-_NAME_CHARS:]}.line-{item.begin.line}"
        at = Place(record=item.begin.line, offset=item.begin.offset)
        self._keeping.quarantine(name, item.data, self._clock.now(), reason, at)
        _LOG.warning("journal_record_set_aside", file=file, place=place, reason=item.reason)


@dataclass(frozen=True, slots=True)
class FollowingSettings:
    """When the journal is looked at.

    Attributes:
        poll_s: a look at the journal, whatever the watch says: how late a sale may be on a share
            that tells nothing. On a disk of this box every write rings.
        backoff_base_s, backoff_cap_s: first and longest wait while nothing can be taken.
    """

    poll_s: float = 0.5
    backoff_base_s: float = 0.1
    backoff_cap_s: float = 10.0


@dataclass(frozen=True, slots=True)
class FollowingStatus:
    """How it stands with a journal.

    Attributes:
        journal: the figures of its reading.
        blocked: why nothing is taken at present; empty when all is well.
        out_of_room: nothing is taken because no room is left for it.
        at_ease: the last look went through.
    """

    journal: JournalStatus
    blocked: str = ""
    out_of_room: bool = False
    at_ease: bool = False


def watch_for_appends(folder: Path) -> FolderWatch:
    """A watch that every write to a file of the folder rings."""
    return open_watch(folder, appends=True)


class JournalFollower:
    """One journal and the thread that serves it. Stopped for good once stopped."""

    def __init__(
        self,
        tail: JournalTail,
        folder: Path,
        *,
        clock: Clock,
        settings: FollowingSettings | None = None,
        watch: Callable[[Path], FolderWatch] = watch_for_appends,
    ) -> None:
        self._tail = tail
        self._folder = folder
        self._settings = settings or FollowingSettings()
        self._open_watch = watch
        self._clock = clock
        self._stopping = threading.Event()
        self._setbacks = Setbacks(
            "journal",
            clock=clock,
            stopping=self._stopping,
            first_s=self._settings.backoff_base_s,
            longest_s=self._settings.backoff_cap_s,
        )
        self._watch: FolderWatch | None = None
        self._thread: threading.Thread | None = None
        self._status = FollowingStatus(tail.status)

    @property
    def status(self) -> FollowingStatus:
        """The latest figures. Safe from any thread."""
        return replace(self._status, journal=self._tail.status)

    def start(self) -> None:
        """Follow the journal in a thread of its own, from where the cursor lies."""
        watch = self._watch = self._open_watch(self._folder)
        self._thread = threading.Thread(
            target=self._run, args=(watch,), name="till-journal", daemon=True
        )
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Finish the look under way and end the thread. Does nothing the second time."""
        self._stopping.set()
        thread, watch = self._thread, self._watch
        if thread is None or watch is None:
            return
        watch.wake()
        thread.join(timeout_s)
        if not thread.is_alive():
            watch.close()
            self._tail.close()
            self._thread = self._watch = None

    def _run(self, watch: FolderWatch) -> None:
        while not self._stopping.is_set():
            try:
                self._tail.step()
                self._unblock()
                watch.wait(self._settings.poll_s)
                # A till that writes byte by byte rings each time; once for all of them will do.
                self._clock.wait(self._stopping, _GATHER_S)
            except Exception as error:  # noqa: BLE001 - the loop's edge: a till is never given up
                self._block(error)

    def _block(self, error: Exception) -> None:
        """Say once what is wrong, then wait twice as long as the last time."""
        setback = self._setbacks.met(error)
        self._status = FollowingStatus(
            self._tail.status, setback.reason, out_of_room=setback.out_of_room
        )
        self._setbacks.wait()

    def _unblock(self) -> None:
        self._setbacks.over()
        self._status = FollowingStatus(self._tail.status, at_ease=True)
