"""What was sent and is not settled: the window, the resend timer, and batches to cut in halves.

The window has two bounds. One counts batches that the ledger has not settled. The other counts the
bytes that the broker has not confirmed, which are what waits in the sockets on our side of a thin
line: a fresh sale must not queue behind a backlog's megabytes, and what waits there is not late. So
the resend timer of a batch starts with the broker's PUBACK.

Pure: times come in, decisions come out. It knows nothing of SQLite or MQTT.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, KeysView
from dataclasses import dataclass, field

from models.wire.ranges import Range, RangeSet
from models.wire.topics import Stream

Place = tuple[str, Stream, int]
"""Where a batch began: epoch, stream and first sequence."""


@dataclass(slots=True)
class Flight:
    """One batch on its way.

    Attributes:
        size: its bytes on the wire.
        deadline_s: monotonic time after which it counts as lost and is sent again; None as long as
            the broker has not confirmed it.
    """

    epoch: str
    stream: Stream
    first: int
    last: int
    size: int
    deadline_s: float | None = None
    settled: RangeSet = field(default_factory=RangeSet)

    @property
    def place(self) -> Place:
        """What names it."""
        return self.epoch, self.stream, self.first

    @property
    def landed(self) -> bool:
        """Whether every event of the batch is settled."""
        return not self.settled.gaps(self.first, self.last)


class InFlight:
    """The window of batches that were sent and not settled."""

    def __init__(self, window: int, window_bytes: int) -> None:
        """``window``: batches not settled; ``window_bytes``: bytes not confirmed."""
        self._window = window
        self._window_bytes = window_bytes
        self._flights: dict[Place, Flight] = {}
        self._unconfirmed: dict[Place, int] = {}
        self._pieces: dict[Stream, deque[Range]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    @property
    def full(self) -> bool:
        """Whether another batch must wait for an acknowledgement."""
        return len(self._flights) >= self._window

    def has_room_for(self, size: int) -> bool:
        """Whether so many bytes may follow those not confirmed; one batch always may."""
        waiting = sum(self._unconfirmed.values())
        return not waiting or waiting + size <= self._window_bytes

    def unconfirmed(self) -> KeysView[Place]:
        """What the broker has not confirmed, in the order in which it left; a live view."""
        return self._unconfirmed.keys()

    def depart(self, flight: Flight) -> None:
        """A batch was handed to the transport."""
        self._flights[flight.place] = flight
        self._unconfirmed[flight.place] = flight.size

    def confirm(self, place: Place, deadline_s: float) -> None:
        """The broker has a batch; from now on the ledger's word is awaited, until the deadline."""
        if self._unconfirmed.pop(place, None) is not None:
            self._flights[place].deadline_s = deadline_s

    def settle(self, epoch: str, stream: str, ranges: Iterable[Range]) -> list[Place]:
        """The ledger answered; flights that are wholly settled leave the window and are named."""
        concerned = [f for f in self._flights.values() if (f.epoch, f.stream) == (epoch, stream)]
        for first, last in ranges:
            for flight in concerned:
                if first <= flight.last and last >= flight.first:
                    flight.settled.add(max(first, flight.first), min(last, flight.last))
        landed = [flight.place for flight in concerned if flight.landed]
        for place in landed:
            self._remove(place)
        return landed

    def refuse(self, epoch: str, stream: Stream, first: int, count: int) -> None:
        """A batch's body could not be read: send its halves, so that the bad event ends alone."""
        last, half = first + count - 1, count // 2
        self._remove((epoch, stream, first))
        if half:
            queue = self._pieces.setdefault(stream, deque())
            queue.extend([(first, first + half - 1), (first + half, last)])

    def next_piece(self, stream: Stream) -> Range | None:
        """The next half to send by itself, if any; it leaves the queue."""
        queue = self._pieces.get(stream)
        return queue.popleft() if queue else None

    def expire(self, now_s: float) -> list[Flight]:
        """Flights past their deadline; they leave the window and are the caller's to send again."""
        late = [
            flight
            for flight in self._flights.values()
            if flight.deadline_s is not None and flight.deadline_s <= now_s
        ]
        for flight in late:
            self._remove(flight.place)
        return late

    def next_deadline_s(self) -> float | None:
        """When the next flight expires; None while the ledger's word is awaited for none."""
        begun = (flight.deadline_s for flight in self._flights.values())
        return min((moment for moment in begun if moment is not None), default=None)

    def clear(self) -> None:
        """Forget everything: the connection or the epoch is over."""
        self._flights.clear()
        self._unconfirmed.clear()
        self._pieces.clear()

    def _remove(self, place: Place) -> None:
        self._flights.pop(place, None)
        self._unconfirmed.pop(place, None)
