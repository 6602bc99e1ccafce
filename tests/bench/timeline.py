"""Where the time of one sale goes, leg by leg, at 200 sales a second: what ``latency.200`` hides.

    python -m tests.bench.timeline [SECONDS]

Real processes as in ``bench_latency``. Outbox, transport and the worker's source are wrapped where
the product has a port, so nothing of it is changed; all note ``perf_counter``, which is one clock
for the processes of a machine. Prints the median, the 99th percentile and the mean of every leg in
milliseconds; means add up to the whole, and the last column says what each leg gives to the slow
hundredth of the sales.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import msgspec

from agent.sync.transport import Connection, Listener, Message, Receipt, Transport
from models.runtime.clock import SystemClock
from models.runtime.garbage import spare_what_is_loaded
from models.wire.ack import Ack, decode_answer
from models.wire.codec import Codec
from models.wire.ids import DevicePath
from models.wire.topics import Down, Stream, down, up
from tests.bench.bench_edge import PLAN
from tests.bench.bench_latency import RATE, WARM_UP, paced
from tests.simulators import ingest_that_tells
from tests.simulators.facts import SHOP
from tests.simulators.ingest_that_tells import Told
from tests.simulators.outbox_parts import Premises, a_draft
from tests.simulators.processes import eventually
from tests.simulators.shop_line import WatchedOutbox, a_link, paho_transport
from tests.simulators.split_cloud import SplitCloud

STRETCH_S = 8.0

LEGS = (
    "append",
    "wake the sync thread",
    "lease: read, open, stamp",
    "encode",
    "hand to paho",
    "broker, up",
    "worker: until its transaction begins",
    "worker: statements",
    "worker: commit",
    "worker: until the answer is published",
    "broker, down",
    "wake the sync thread, decode",
    "note that it is settled",
)
"""Between the fourteen moments of a sale; ``latency.200`` begins behind the first leg and ends
before the last."""


@dataclass
class TimedLine:
    """Notes when batches of sales were handed over, and when answers came."""

    published: list[tuple[float, float, bytes]] = field(default_factory=list)
    arrived: list[tuple[float, bytes]] = field(default_factory=list)

    def published_at(self) -> dict[int, tuple[float, float]]:
        """When each sale was handed to paho, from and until."""
        codec = Codec()
        times: dict[int, tuple[float, float]] = {}
        for began_s, ended_s, payload in self.published:
            header = codec.decode(payload).header
            times |= dict.fromkeys(range(header.first, header.last + 1), (began_s, ended_s))
        return times

    def answered_at(self) -> dict[int, float]:
        """When the answer to each sale came in."""
        times: dict[int, float] = {}
        for at_s, payload in self.arrived:
            answer = decode_answer(payload)
            if isinstance(answer, Ack):
                for first, last in answer.settled:
                    times |= dict.fromkeys(range(first, last + 1), at_s)
        return times


@dataclass
class TimedTransport:
    """The agent's transport. Implements the port."""

    inner: Transport
    line: TimedLine

    def open(self, filters: Sequence[str], will: Message, listener: Listener) -> Connection:
        heard = TimedListener(listener, SHOP, self.line)
        return TimedConnection(self.inner.open(filters, will, heard), self.line)


@dataclass
class TimedListener:
    """Implements ``Listener``."""

    inner: Listener
    device: DevicePath
    line: TimedLine

    def arrived(self, topic: str, payload: bytes) -> None:
        if topic == down(self.device, Down.ACK):
            self.line.arrived.append((perf_counter(), payload))
        self.inner.arrived(topic, payload)

    def lost(self, reason: str) -> None:
        self.inner.lost(reason)


@dataclass
class TimedConnection:
    """Implements ``Connection``."""

    inner: Connection
    line: TimedLine

    def publish(self, message: Message) -> Receipt:
        began_s = perf_counter()
        receipt = self.inner.publish(message)
        if message.topic == up(SHOP, Stream.SALE):
            self.line.published.append((began_s, perf_counter(), message.payload))
        return receipt

    def unconfirmed(self) -> int:
        return self.inner.unconfirmed()

    def outdone(self) -> bool:
        return self.inner.outdone()

    def largest_payload(self, topic: str) -> int:
        return self.inner.largest_payload(topic)

    def taken_over(self) -> bool:
        return self.inner.taken_over()

    def close(self) -> None:
        self.inner.close()


def record(seconds: float) -> list[list[float]]:
    """The fourteen moments of every sale of a stretch, after some to warm up."""
    spare_what_is_loaded()
    with tempfile.TemporaryDirectory() as name, closing(_premises(Path(name))) as premises:
        cloud = SplitCloud(Path(name) / "cloud", [PLAN])
        notes = Path(name) / "notes.json"
        outbox, line = WatchedOutbox(premises.open()), TimedLine()
        try:
            cloud.broker.start()
            cloud.start_ingest((sys.executable, "-m", ingest_that_tells.__name__, str(notes)))
            appended = _sell(outbox, line, cloud, round(RATE * seconds))
        finally:
            outbox.outbox.close()
            cloud.stop()
        told = msgspec.json.decode(notes.read_bytes(), type=dict[int, Told])
    published, answered = line.published_at(), line.answered_at()
    return [
        [
            *appended[n],
            *outbox.leased_at[n],
            *published[n],
            *msgspec.structs.astuple(told[n]),
            answered[n],
            outbox.acknowledged_at[n],
            outbox.settled_at[n],
        ]
        for n in sorted(appended)[WARM_UP:]
    ]


def _premises(folder: Path) -> Premises:
    return Premises(folder / "shop", clock=SystemClock())


def _sell(
    outbox: WatchedOutbox, line: TimedLine, cloud: SplitCloud, count: int
) -> dict[int, tuple[float, float]]:
    """Sell until all is settled; when each sale's append began and ended."""
    drafts = [a_draft(n, lines=3) for n in range(1, count + 1)]
    appended: dict[int, tuple[float, float]] = {}

    def sell(n: int) -> None:
        began_s = perf_counter()
        [stored] = outbox.outbox.append(Stream.SALE, [drafts[n]])
        assert stored.sequence is not None
        appended[stored.sequence] = began_s, perf_counter()

    transport = paho_transport(cloud.broker.address, SHOP, cloud.secrets[SHOP.store])
    link = a_link(outbox, TimedTransport(transport, line), SHOP, cloud.folder)
    link.start()
    try:
        assert eventually(link.online, 10)
        paced(sell, count)
        assert eventually(lambda: set(appended) <= set(outbox.settled_at), 30)
    finally:
        link.stop()
    return appended


def main() -> None:
    """Record and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else STRETCH_S
    ways = record(seconds)
    waits = sorted(way[-2] - way[1] for way in ways)
    slow_s = waits[round(0.99 * len(waits))]
    slow = [way for way in ways if way[-2] - way[1] >= slow_s]
    print(f"{len(ways)} sales; ms: median, p99, mean, mean of the slowest hundredth")
    for n, leg in enumerate(LEGS):
        _print(leg, [way[n + 1] - way[n] for way in ways], [way[n + 1] - way[n] for way in slow])
    _print("latency.200", waits, [way[-2] - way[1] for way in slow])


def _print(leg: str, every_s: Sequence[float], slow_s: Sequence[float]) -> None:
    ranked = sorted(every_s)
    median, p99 = ranked[len(ranked) // 2], ranked[round(0.99 * (len(ranked) - 1))]
    figures = (median, p99, sum(ranked) / len(ranked), sum(slow_s) / len(slow_s))
    print(f"{leg:<42}" + "".join(f"{1000 * figure:9.3f}" for figure in figures))


if __name__ == "__main__":
    main()
