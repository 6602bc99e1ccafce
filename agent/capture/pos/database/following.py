"""The thread that reads a till's database, and where it keeps what could not be mapped."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Final

from agent.capture.pos.database.polling import DatabasePoller, PollingStatus
from agent.capture.pos.keeping import Keeping, Place
from agent.capture.pos.records import Refused
from agent.capture.pos.sensitive import without_cards
from agent.capture.pos.setbacks import Setbacks
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_KEY_CHARS: Final = 64


class QuarantinedReceipts:
    """An ``Aside`` in the till's quarantine: sealed, durable, and with a note that quotes nothing.

    Each is what ``StoredReceipt.of_data`` reads, so that it can be mapped again once the profile
    is mended.
    """

    def __init__(self, keeping: Keeping, clock: Clock, source: str) -> None:
        """``source`` names the database, as its settings do."""
        self._keeping = keeping
        self._clock = clock
        self._source = source

    def keep(self, item: Refused) -> None:
        """Keep it; raises DiskUnusable."""
        key = without_cards(item.key[:_KEY_CHARS])
        reason = f"database {self._source}, receipt {key}: {item.reason}"
        name = f"database-{self._source}.json"
        place = Place(record=item.number, offset=item.offset, key=key)
        self._keeping.quarantine(name, item.data, self._clock.now(), reason, place)
        _LOG.warning(
            "till_receipt_set_aside", database=self._source, receipt=key, reason=item.reason
        )


@dataclass(frozen=True, slots=True)
class FollowingSettings:
    """When the database is looked at.

    Attributes:
        poll_s: between two looks; this is how late a sale may be.
        backoff_base_s, backoff_cap_s: first and longest wait while nothing can be read.
    """

    poll_s: float = 2.0
    backoff_base_s: float = 1.0
    backoff_cap_s: float = 60.0


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """How it stands with a till's database.

    Attributes:
        name: as the settings call it.
        polling: the figures of its reading.
        blocked: why nothing is read at present; empty when all is well.
        out_of_room: nothing is read because no room is left for it.
        at_ease: the last look went through.
    """

    name: str
    polling: PollingStatus
    blocked: str = ""
    out_of_room: bool = False
    at_ease: bool = False


class DatabaseFollower:
    """One till's database and the thread that reads it. Stopped for good once stopped."""

    def __init__(
        self,
        name: str,
        poller: DatabasePoller,
        *,
        clock: Clock,
        settings: FollowingSettings | None = None,
    ) -> None:
        self._name = name
        self._poller = poller
        self._clock = clock
        self._settings = settings or FollowingSettings()
        self._stopping = threading.Event()
        self._setbacks = Setbacks(
            "till_database",
            clock=clock,
            stopping=self._stopping,
            first_s=self._settings.backoff_base_s,
            longest_s=self._settings.backoff_cap_s,
            database=name,
        )
        self._thread: threading.Thread | None = None
        self._status = DatabaseStatus(name, poller.status)

    @property
    def status(self) -> DatabaseStatus:
        """The latest figures. Safe from any thread."""
        return replace(self._status, polling=self._poller.status)

    def start(self) -> None:
        """Read the database in a thread of its own, from where the watermark lies."""
        self._thread = threading.Thread(
            target=self._run, name=f"till-database-{self._name}", daemon=True
        )
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Finish the batch under way and end the thread. Does nothing the second time."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
            self._thread = None

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._look()
        finally:
            self._poller.close()

    def _look(self) -> None:
        try:
            self._poller.step(self._stopping.is_set)
            self._unblock()
            self._clock.wait(self._stopping, self._settings.poll_s)
        except Exception as error:  # noqa: BLE001 - the loop's edge: a till is never given up
            self._block(error)

    def _block(self, error: Exception) -> None:
        """Say once what is wrong, let go of the connection, wait twice as long as the last time."""
        setback = self._setbacks.met(error)
        self._status = DatabaseStatus(
            self._name, self._poller.status, setback.reason, out_of_room=setback.out_of_room
        )
        self._poller.close()
        self._setbacks.wait()

    def _unblock(self) -> None:
        self._setbacks.over()
        self._status = DatabaseStatus(self._name, self._poller.status, at_ease=True)
