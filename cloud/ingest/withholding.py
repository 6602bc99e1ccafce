"""After too many refusals: what is good is accepted as ever, what would be refused is left alone.

A refusal settles an event: its shop forgets it, and it lies in our dead letters. While a device's
refusals are withheld its bad events are neither stored nor answered, so the shop keeps them and
sends them again, until a person has looked and says ``lianke-cloud resume``, or another version of
the program reads them. Good events of the same batch are settled at once.

One device is one broken till. From the third one on it is taken for our own fault, a bad release
for example, and the refusals of all devices are withheld.

What only the ledger can refuse (an id that does not fit its content, unless that id is known) is
withheld, too. The one exception is an event whose personal members cannot be sealed in place: that
shows while it is stored, and it is refused as ever.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Final, Protocol

from cloud.ingest.guard import TooManyRefusals
from cloud.ledger.fact import Fact
from cloud.ledger.reading import Readable, Reading, Refused, Reject, Unreadable
from models.runtime.logs import get_logger
from models.wire.ids import DevicePath

log = get_logger(__name__)

EVERYBODY_FROM: Final = 3
"""So many devices with too many refusals are no coincidence."""


class Alarms(Protocol):
    """Where refusal alarms outlive the process. Each call may raise TransientError."""

    def keep(self, worker: str, version: str, seen: Sequence[TooManyRefusals]) -> None:
        """Raise alarms; one that stands for the same device already is replaced."""
        ...

    def standing_for(self, worker: str, version: str) -> frozenset[str]:
        """The prefixes of the devices for which workers of this version have raised an alarm.

        Takes down what this worker has raised in other versions.
        """
        ...


class Withholding:
    """Whose refusals are withheld. One thread calls ``begin``, another may call ``refresh``.

    Without ``alarms`` it ends with the process.
    """

    def __init__(self, worker: str, version: str, alarms: Alarms | None = None) -> None:
        self._worker = worker
        self._version = version
        self._alarms = alarms
        self._lock = threading.Lock()
        self._unstored: list[TooManyRefusals] = []
        self._devices: frozenset[str] = frozenset()

    @property
    def devices(self) -> frozenset[str]:
        """The prefixes of the devices with too many refusals."""
        return self._devices

    @property
    def from_everybody(self) -> bool:
        """Whether the refusals of all devices are withheld."""
        return len(self._devices) >= EVERYBODY_FROM

    def covers(self, device: DevicePath) -> bool:
        """Whether this device's refusals are withheld now."""
        devices = self._devices
        return len(devices) >= EVERYBODY_FROM or device.prefix in devices

    def begin(self, seen: TooManyRefusals) -> None:
        """Withhold this device's refusals from now on; ``refresh`` makes it outlive the process."""
        with self._lock:
            self._devices |= {seen.device.prefix}
            self._unstored.append(seen)
        log.error(
            "refusals_withheld",
            worker=self._worker,
            device=seen.device.prefix,
            refused=seen.refused,
            events=seen.events,
            from_everybody=self.from_everybody,
            action="look at 'lianke-cloud deadletters list', mend the cause, then "
            "'lianke-cloud resume' or start another version",
        )

    def refresh(self) -> None:
        """Store what was begun, and see what other workers and the operator have said.

        Raises:
            TransientError: nothing has changed; call it again.
        """
        if self._alarms is None:
            return
        unstored = list(self._unstored)
        if unstored:
            self._alarms.keep(self._worker, self._version, unstored)
        standing = self._alarms.standing_for(self._worker, self._version)
        with self._lock:
            del self._unstored[: len(unstored)]
            standing |= {one.device.prefix for one in self._unstored}
            before, self._devices = self._devices, standing
        if before != standing:
            log.warning("refusals_withheld_from", devices=sorted(standing))


def sift(
    readings: Iterable[Reading], covers: Callable[[DevicePath], bool]
) -> tuple[list[Reading], int]:
    """The readings without the refusals to be withheld, and how many events were left out.

    ``covers`` says whose refusals those are. A batch may fall into several pieces; no piece is
    empty, and together they hold all its facts under their own sequences. A batch that should be
    halved stays: the word to halve it refuses nothing, and brings the good events in it through.
    """
    kept: list[Reading] = []
    withheld = 0
    for reading in readings:
        pieces, left_out = _sift_one(reading) if covers(reading.arrival.device) else ([reading], 0)
        kept += pieces
        withheld += left_out
    return kept, withheld


def _sift_one(reading: Reading) -> tuple[Sequence[Reading], int]:
    match reading:
        case Readable(events=events):
            pieces = _pieces(reading)
            return pieces, len(events) - sum(len(piece.events) for piece in pieces)
        case Refused():
            return [reading], 0
        case Unreadable():
            return [], 1


def _pieces(batch: Readable) -> list[Readable]:
    if all(_may_pass(event) for event in batch.events):
        return [batch]
    pieces: list[Readable] = []
    first = batch.first
    for passes, run in groupby(batch.events, key=_may_pass):
        events = list(run)
        if passes:
            pieces.append(Readable(batch.arrival, batch.lane, first, events))
        first += len(events)
    return pieces


def _may_pass(event: Fact | Reject) -> bool:
    return isinstance(event, Fact) and event.id_fits
