"""A shop's outbox and link on a real broker, without the rest of the agent: for benchmarks.

``WatchedOutbox`` stands between the session and the outbox and tells when the ledger settled what.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter

from prometheus_client import CollectorRegistry

from agent.config import Endpoint
from agent.outbox import Lease, Outbox
from agent.sync.announcement import Announcer
from agent.sync.egress import Limits
from agent.sync.ingress import Ingress
from agent.sync.link import Link
from agent.sync.mailbox import Mailbox
from agent.sync.metrics import SyncMetrics
from agent.sync.mqtt import Login, Manners, PahoTransport
from agent.sync.session import Session, Timing
from agent.sync.transport import Transport
from agent.twin.reporter import Reporter
from models.runtime.backoff import Backoff
from models.runtime.clock import SystemClock
from models.wire.ack import EpochSettled, Rejection
from models.wire.ids import DevicePath, Epoch
from models.wire.ranges import Range
from models.wire.topics import Stream, device_filters


@dataclass
class WatchedOutbox:
    """An outbox for a session, and what happened to it when, by ``perf_counter``.

    Attributes:
        welcomed_at: when the cloud last said what it has.
        acknowledged_at: when the ledger's word on each sequence of the sales came.
        settled_at: when the outbox had noted it.
        leased_at: when each was asked for and when it was lent, of the sales, the last time.
    """

    outbox: Outbox
    welcomed_at: float = 0.0
    acknowledged_at: dict[int, float] = field(default_factory=dict)
    settled_at: dict[int, float] = field(default_factory=dict)
    leased_at: dict[int, tuple[float, float]] = field(default_factory=dict)

    @property
    def epoch(self) -> Epoch:
        """See ``Outbox``, as for all that follow."""
        return self.outbox.epoch

    @property
    def ledger(self) -> str:
        return self.outbox.ledger

    def lease(
        self,
        stream: Stream,
        *,
        max_events: int,
        max_bytes: int,
        first: int = 1,
        last: int | None = None,
        historical: bool = False,
        now_s: float,
        lease_s: float,
    ) -> Lease | None:
        asked_s = perf_counter()
        lease = self.outbox.lease(
            stream,
            max_events=max_events,
            max_bytes=max_bytes,
            first=first,
            last=last,
            historical=historical,
            now_s=now_s,
            lease_s=lease_s,
        )
        if lease is not None and stream == Stream.SALE:
            times = asked_s, perf_counter()
            self.leased_at |= dict.fromkeys(range(lease.first, lease.last + 1), times)
        return lease

    def release(self, lease: Lease) -> None:
        self.outbox.release(lease)

    def settle(self, epoch: str, stream: str, ranges: Sequence[Range]) -> int:
        came_s = perf_counter()
        news = self.outbox.settle(epoch, stream, ranges)
        noted_s = perf_counter()
        if stream == Stream.SALE:
            for first, last in ranges:
                for sequence in range(first, last + 1):
                    self.acknowledged_at.setdefault(sequence, came_s)
                    self.settled_at.setdefault(sequence, noted_s)
        return news

    def reject(self, epoch: str, stream: str, rejections: Sequence[Rejection]) -> int:
        return self.outbox.reject(epoch, stream, rejections)

    def last_sequence(self, stream: Stream) -> int:
        return self.outbox.last_sequence(stream)

    def adopt(
        self,
        ledger: str,
        settled: Sequence[EpochSettled],
        missing: Sequence[EpochSettled] = (),
        forked: Sequence[str] = (),
    ) -> bool:
        self.welcomed_at = perf_counter()
        return self.outbox.adopt(ledger, settled, missing, forked)

    @property
    def astray(self) -> bool:
        return self.outbox.astray

    def answered(self, birth: str) -> None:
        self.outbox.answered(birth)

    def doubts(self, settled: Sequence[EpochSettled], missing: Sequence[EpochSettled]) -> bool:
        return self.outbox.doubts(settled, missing)

    def rehome(self, reason: str) -> Epoch:
        return self.outbox.rehome(reason)


def paho_transport(
    address: tuple[str, int], device: DevicePath, secret: str, *, name: str = ""
) -> PahoTransport:
    """The agent's own transport to a broker on loopback; ``name`` logs in as somebody else."""
    endpoint = Endpoint(*address, tls=False)
    login = Login(name or device.device, secret)
    return PahoTransport([endpoint], login, manners=Manners(max_in_flight=108))


def a_link(
    outbox: Outbox | WatchedOutbox,
    transport: Transport,
    device: DevicePath,
    folder: Path,
    *,
    limits: Limits | None = None,
    window: int = 32,
) -> Link:
    """A link as the agent builds it; the caller starts and stops it."""
    clock = SystemClock()
    metrics = SyncMetrics(CollectorRegistry())
    held = outbox.outbox if isinstance(outbox, WatchedOutbox) else outbox
    announcer = Announcer(
        device=device,
        bootid="boot-1",
        started_at=clock.now(),
        now=clock.now,
        monotonic_ms=lambda: round(1000 * clock.monotonic_s()),
        held=held.held,
        ledger=lambda: held.ledger,
        acknowledged=held.acknowledged,
        said=held.introduce,
        cards=lambda: 0,
        capabilities=("poslog",),
        report=lambda: Reporter(folder / "twin.json").report({}),
    )
    ingress = Ingress(
        device, on_card=_ignore, on_cards_head=_ignore, on_twin=lambda _: None, metrics=metrics
    )

    def make_session(birth: str, mailbox: Mailbox) -> Session:
        return Session(
            device=device,
            outbox=outbox,
            ingress=ingress,
            mailbox=mailbox,
            birth=birth,
            announce=announcer.announce,
            limits=limits or Limits(),
            timing=Timing(),
            window=window,
            clock=clock,
            metrics=metrics,
        )

    link = Link(
        transport,
        device_filters(device),
        new_birth=_births(),
        will=announcer.will,
        make_session=make_session,
        backoff=Backoff(Random(1).random, 0.01, 0.1),
        rivalry=Backoff(Random(1).random, 0.01, 0.1),
        clock=clock,
        metrics=metrics,
    )
    held.on_append(lambda _stream: link.wake())
    return link


def _births() -> Callable[[], str]:
    random = Random()
    return lambda: random.randbytes(16).hex()


def _ignore(_: object) -> None:
    """Cards are of no interest here."""
