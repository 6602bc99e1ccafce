"""Notices when most of what a device sends is refused.

After a bad release, every sale of a shop could be "malformed", settled as a dead letter and
forgotten by the shop within minutes. The guard says when to stop refusing; ``withholding`` does.
Each device is counted by itself, so that a hostile one can close nobody's way but its own.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from cloud.ledger.arrival import Appended
from cloud.ledger.reading import Readable, Reading, Refused, Reject, Unreadable
from models.wire.ids import DevicePath

_WATCHED: Final = 10_000
"""Devices with refusals that are remembered; beyond, the one heard of first is forgotten."""


@dataclass(frozen=True, slots=True)
class TooManyRefusals:
    """What the guard saw: ``refused`` of the last ``events`` events of this device."""

    device: DevicePath
    refused: int
    events: int


@dataclass(slots=True)
class _Window:
    """The last groups of one device, from its first refusal on."""

    groups: deque[tuple[int, int]] = field(default_factory=deque)
    events: int = 0
    refused: int = 0

    def add(self, events: int, refused: int, length: int) -> None:
        self.groups.append((events, refused))
        self.events += events
        self.refused += refused
        while self.events - self.groups[0][0] >= length:
            oldest_events, oldest_refused = self.groups.popleft()
            self.events -= oldest_events
            self.refused -= oldest_refused


@dataclass(slots=True)
class RefusalGuard:
    """Watches each device's share of refusals among its last events. For one thread.

    Attributes:
        window: how many events of a device it looks back.
        share: of these, the share that may be refused.
        at_least: fewer refusals than this are always allowed: a quiet night has odd shares.
    """

    window: int = 500
    share: float = 0.5
    at_least: int = 100
    _windows: dict[DevicePath, _Window] = field(default_factory=dict)

    def note(self, device: DevicePath, events: int, refused: int) -> TooManyRefusals | None:
        """Count a device's part of a group: its events, and how many of them were refused.

        Returns what was seen when that is too much; the device's window then begins anew.
        """
        if not events or not (refused or device in self._windows):
            return None
        window = self._windows.setdefault(device, _Window())
        window.add(events, refused, self.window)
        if self._is_too_much(window.refused, window.events):
            del self._windows[device]
            return TooManyRefusals(device, window.refused, window.events)
        if not window.refused:
            del self._windows[device]
        elif len(self._windows) > _WATCHED:
            del self._windows[next(iter(self._windows))]
        return None

    @property
    def worst_share(self) -> float:
        """The greatest share of refusals of any device now, 0 to 1; from any thread.

        Devices with fewer refusals than are always allowed do not count.
        """
        windows = list(self._windows.values())
        shares = [one.refused / one.events for one in windows if one.refused >= self.at_least]
        return max(shares, default=0.0)

    def nears(self, readings: Iterable[Reading]) -> bool:
        """Whether these readings may become too much, if all that they refuse is new.

        The caller then stores them one by one, so that no large group of them slips through.
        """
        events: Counter[DevicePath] = Counter()
        refused: Counter[DevicePath] = Counter()
        for reading in readings:
            device = reading.arrival.device
            events[device] += _events(reading)
            refused[device] += _refusals(reading)
        return any(
            self._would_be_too_much(device, events[device], count)
            for device, count in refused.items()
            if count
        )

    def _would_be_too_much(self, device: DevicePath, events: int, refused: int) -> bool:
        before = self._windows.get(device, _Window())
        events = min(before.events + events, self.window)
        return self._is_too_much(before.refused + refused, events)

    def _is_too_much(self, refused: int, events: int) -> bool:
        return refused >= self.at_least and refused > self.share * events


def weigh(readings: Sequence[Reading], appended: Appended) -> Iterator[tuple[DevicePath, int, int]]:
    """Per device of a group that was stored: its events, and how many of them were refused.

    A group of which nothing is a new dead letter has refused nothing: it only repeats.
    """
    events: Counter[DevicePath] = Counter()
    refused: Counter[DevicePath] = Counter()
    for one in appended.acknowledgements:
        events[one.device] += sum(last - first + 1 for first, last in one.ack.settled)
        refused[one.device] += len(one.ack.rejected)
    for reading in readings:
        if isinstance(reading, Unreadable):
            events[reading.arrival.device] += 1
            refused[reading.arrival.device] += 1
    for device, count in events.items():
        yield device, count, refused[device] if appended.buried else 0


def _refusals(reading: Reading) -> int:
    """How many dead letters it can become, as far as that shows without the ledger."""
    if isinstance(reading, Readable):
        return sum(isinstance(event, Reject) for event in reading.events)
    return 0 if isinstance(reading, Refused) else 1


def _events(reading: Reading) -> int:
    if isinstance(reading, Readable):
        return len(reading.events)
    return 0 if isinstance(reading, Refused) else 1
