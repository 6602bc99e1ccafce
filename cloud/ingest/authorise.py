"""Who may speak. The broker's access list has decided by login; this asks the registry again.

Whether an event speaks for the device of its topic is checked by the ledger's reading, event by
event.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol

from cloud.ingest.tally import Tally
from cloud.ledger.detail import unquoted
from models.runtime.logs import get_logger
from models.wire.birth import Birth, State
from models.wire.errors import BadTopic
from models.wire.ids import DevicePath
from models.wire.topics import UpTopic, parse_up
from models.wire.twin import Desired, Reported

log = get_logger(__name__)

_REMEMBERED: Final = 10_000
"""Senders that were reported already; then the memory begins anew."""


class Devices(Protocol):
    """What ingest asks and tells about devices. Each call may raise TransientError."""

    def is_enrolled(self, path: DevicePath) -> bool:
        """Whether this device may speak for this store; asked for every message."""
        ...

    def born(self, path: DevicePath, birth: Birth, at: datetime, *, retained: bool = False) -> bool:
        """A device has connected; whether another box was born under its name meanwhile.

        A retained birth is told again: idempotent per birth id. It may have been said long ago.
        """
        ...

    def claimed(self, path: DevicePath, birth: Birth, at: datetime) -> list[str]:
        """Whose the birth's epochs are; returns those of another copy of its outbox. Idempotent."""
        ...

    def state_changed(self, path: DevicePath, state: State, at: datetime) -> None:
        """A device is online, or its will was spoken."""
        ...

    def reported(self, path: DevicePath, reported: Reported, at: datetime) -> Desired | None:
        """A device says what it runs with; returns what is wanted of it and it lacks, if any."""
        ...


class Gate:
    """Lets enrolled devices through, and reports everybody else once."""

    def __init__(self, devices: Devices, tally: Tally) -> None:
        self._devices = devices
        self._tally = tally
        self._reported: set[str] = set()

    def admit(self, topic: str) -> UpTopic | None:
        """The parsed topic of a device that may speak, None for any other.

        What others send is neither kept nor answered; so a device that is enrolled later has lost
        nothing.

        Raises:
            TransientError: the registry cannot be asked right now.
        """
        try:
            parsed = parse_up(topic)
        except BadTopic as error:
            self._tally.foreign_topics += 1
            self._report(topic, "foreign_topic", unquoted(error))
            return None
        if self._devices.is_enrolled(parsed.device):
            return parsed
        self._tally.unknown_devices += 1
        self._report(parsed.device.prefix, "unknown_device", "enrol it, or revoke its login")
        return None

    def _report(self, who: str, event: str, why: str) -> None:
        if who in self._reported:
            return
        if len(self._reported) >= _REMEMBERED:
            self._reported.clear()
        self._reported.add(who)
        log.warning(event, source=who, why=why)
