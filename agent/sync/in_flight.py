"""What was sent and is not settled: the window, the resend timer, and batches to cut in halves.

Pure: times come in, decisions come out. It knows nothing of SQLite or MQTT.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from models.wire.ranges import Range, RangeSet
from models.wire.topics import Stream

Place = tuple[str, Stream, int]
"""Where a batch began: epoch, stream and first sequence."""


@dataclass(slots=True)
class Flight:
    """One batch on its way.

    Attributes:
        deadline_s: monotonic time after which it counts as lost and is sent again.
    """

    epoch: str
    stream: Stream
    first: int
    last: int
    deadline_s: float
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

    def __init__(self, window: int) -> None:
        self._window = window
        self._flights: dict[Place, Flight] = {}
        self._pieces: dict[Stream, deque[Range]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    @property
    def full(self) -> bool:
        """Whether another batch must wait for an acknowledgement."""
        return len(self._flights) >= self._window

    def depart(self, flight: Flight) -> None:
        """A batch was handed to the transport."""
        self._flights[flight.place] = flight

    def settle(self, epoch: str, stream: str, ranges: Iterable[Range]) -> list[Place]:
        """The ledger answered; flights that are wholly settled leave the window and are named."""
        concerned = [f for f in self._flights.values() if (f.epoch, f.stream) == (epoch, stream)]
        for first, last in ranges:
            for flight in concerned:
                if first <= flight.last and last >= flight.first:
                    flight.settled.add(max(first, flight.first), min(last, flight.last))
        landed = [flight.place for flight in concerned if flight.landed]
        for place in landed:
            del self._flights[place]
        return landed

    def refuse(self, epoch: str, stream: Stream, first: int, count: int) -> None:
        """A batch's body could not be read: send its halves, so that the bad event ends alone."""
        last, half = first + count - 1, count // 2
        self._flights.pop((epoch, stream, first), None)
        if half:
            queue = self._pieces.setdefault(stream, deque())
            queue.extend([(first, first + half - 1), (first + half, last)])

    def next_piece(self, stream: Stream) -> Range | None:
        """The next half to send by itself, if any; it leaves the queue."""
        queue = self._pieces.get(stream)
        return queue.popleft() if queue else None

    def expire(self, now_s: float) -> list[Flight]:
        """Flights past their deadline; they leave the window and are the caller's to send again."""
        late = [flight for flight in self._flights.values() if flight.deadline_s <= now_s]
        for flight in late:
            del self._flights[flight.place]
        return late

    def next_deadline_s(self) -> float | None:
        """When the next flight expires."""
        return min((flight.deadline_s for flight in self._flights.values()), default=None)

    def clear(self) -> None:
        """Forget everything: the connection or the epoch is over."""
        self._flights.clear()
        self._pieces.clear()
