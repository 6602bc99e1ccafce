"""A shop's outbox with a link to a simulated broker, put together as the agent does it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import msgspec
from prometheus_client import CollectorRegistry

from agent.clock import DeviceClock, milliseconds_since_boot
from agent.facts import FactMaker
from agent.outbox import Draft, Outbox
from agent.sync.announcement import Announcer
from agent.sync.egress import Limits
from agent.sync.ingress import Ingress
from agent.sync.link import Link
from agent.sync.mailbox import Mailbox
from agent.sync.metrics import SyncMetrics
from agent.sync.session import Session, Timing
from agent.sync.standing import LineStanding
from agent.sync.transport import Transport
from agent.twin.desired import DesiredKeeper
from agent.twin.reporter import Reporter
from models.runtime.backoff import Backoff
from models.runtime.clock import SystemClock
from models.runtime.pulses import Pulses
from models.vault.keyring import Keyring
from models.vault.master import MasterKey
from models.vault.seal import Sealer
from models.wire.cards import CardDelta
from models.wire.ids import EventId
from models.wire.topics import Stream, device_filters
from tests.simulators.broker import SimulatedBroker
from tests.simulators.facts import SHOP, a_sale, composed
from tests.simulators.head_office import NAME, PASSWORD
from tests.simulators.processes import eventually

LOGINS = {SHOP.device: "secret", NAME: PASSWORD}
"""Who may speak at the broker: the shop and the head office."""

BIRTH_AGAIN_S = 0.2
"""A birth that nobody answers is said again after so long."""


@dataclass
class LinkedShop:
    """An outbox with a link to the simulated broker."""

    folder: Path
    broker: SimulatedBroker
    password: str = "secret"
    name: str = "birth"
    resend_after_s: float = 0.3
    window: int = 4
    batch_events: int = 7
    ask_again_s: float = 3600.0
    brokers: Transport | None = None
    cards: list[CardDelta] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    other_ledgers: list[str] = field(default_factory=list)
    news: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = SystemClock()
        self._facts = FactMaker(SHOP, DeviceClock(clock, "boot-1"), Random(3).randbytes)
        keyring = Keyring(self.folder / "keyring.sqlite3", MasterKey(b"k" * 32))
        self.outbox = Outbox.open(
            self.folder / "outbox.sqlite3",
            Sealer(keyring),
            clock=clock,
            compose_closed=self._facts.closed,
            compose_void=self._facts.void,
        )
        self.registry = CollectorRegistry()
        self.pulses = Pulses(clock.monotonic_s)
        self.desired = DesiredKeeper(self.folder / "desired.json")
        self.standing = LineStanding(clock)
        self.metrics = SyncMetrics(self.registry, self.standing)
        announcer = Announcer(
            monotonic_ms=milliseconds_since_boot,
            device=SHOP,
            bootid="boot-1",
            started_at=clock.now(),
            now=clock.now,
            held=self.outbox.held,
            ledger=lambda: self.outbox.ledger,
            acknowledged=self.outbox.acknowledged,
            said=self.outbox.introduce,
            cards=lambda: 0,
            capabilities=("poslog",),
            report=lambda: Reporter(self.folder / "twin.json").report({}, self.desired.standing),
        )
        ingress = Ingress(
            SHOP,
            on_card=self.cards.append,
            on_cards_head=self.heads.append,
            on_twin=lambda payload: announcer.twin() if self.desired.take(payload) else None,
            metrics=self.metrics,
        )

        def make_session(birth: str, mailbox: Mailbox) -> Session:
            return Session(
                device=SHOP,
                outbox=self.outbox,
                ingress=ingress,
                mailbox=mailbox,
                birth=birth,
                announce=announcer.announce,
                limits=Limits(batch_events=self.batch_events, resend_after_s=self.resend_after_s),
                timing=Timing(BIRTH_AGAIN_S, 0.05, self.ask_again_s),
                window=self.window,
                clock=clock,
                metrics=self.metrics,
                on_other_ledger=lambda: self.other_ledgers.append(self.outbox.ledger),
                news=lambda: announcer.news() if self.news and self.news.pop() else [],
            )

        births = iter(range(1_000_000))
        self.backoff = Backoff(Random(1).random, 0.01, 0.05)
        self.rivalry = Backoff(Random(1).random, 0.01, 0.05)
        self.link = Link(
            self.brokers or self.broker.transport(SHOP.device, self.password),
            device_filters(SHOP),
            new_birth=lambda: f"{self.name}-{next(births)}",
            will=announcer.will,
            make_session=make_session,
            backoff=self.backoff,
            rivalry=self.rivalry,
            clock=clock,
            metrics=self.metrics,
            stop=self.pulses.watch("sync", threading.Event()),
        )
        self.outbox.on_append(lambda _stream: self.link.wake())

    def sell(self, first: int, count: int) -> list[str]:
        """Capture sales; their event ids."""
        drafts = []
        for n in range(first, first + count):
            event_id, body = composed(a_sale(n))
            drafts.append(Draft(EventId(event_id), body))
        self.outbox.append(Stream.SALE, drafts)
        return [draft.event_id for draft in drafts]

    def sell_bulky(self, count: int, *, size: int) -> list[str]:
        """The same with sales that do not shrink below so many bytes on the wire."""
        drafts = []
        for n in range(count):
            sale = a_sale(9_000 + n)
            words = Random(n).randbytes(size).hex()
            line = msgspec.structs.replace(sale.lines[0], description=words)
            event_id, body = composed(msgspec.structs.replace(sale, lines=[line]))
            drafts.append(Draft(EventId(event_id), body))
        self.outbox.append(Stream.SALE, drafts)
        return [draft.event_id for draft in drafts]

    def owed(self) -> int:
        """Events the ledger has not settled."""
        return sum(depth.pending for depth in self.outbox.depths())

    def drained(self, timeout_s: float = 30.0) -> bool:
        """Wait until nothing is owed."""
        return eventually(lambda: self.owed() == 0, timeout_s, every_s=0.01)

    def stop(self) -> None:
        """End link and outbox."""
        self.link.stop()
        self.outbox.close()
