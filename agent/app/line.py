"""The agent's line to the cloud, put together: MQTT up and down, HTTPS for cards that were missed.

broker ⇄ transport ⇄ link → session → courier ⇄ outbox
└→ ingress → replica, twin, births
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry

from agent.capture.operator_key import OperatorKeeper
from agent.clock import DeviceClock
from agent.config import AgentConfig, SyncSettings
from agent.outbox import Outbox
from agent.replica import Replica
from agent.sync.announcement import Announcer
from agent.sync.births import Births
from agent.sync.catch_up import CatchUp, HttpsCards
from agent.sync.egress import Limits
from agent.sync.ingress import Ingress
from agent.sync.link import Link
from agent.sync.mailbox import Mailbox
from agent.sync.metrics import SyncMetrics
from agent.sync.mqtt import Login, Manners, PahoTransport
from agent.sync.session import Session, Timing
from agent.sync.standing import LineStanding
from agent.sync.tls import Tls
from agent.sync.transport import Message, Transport
from agent.twin.desired import DesiredKeeper
from agent.twin.reporter import Reporter
from models.runtime.backoff import Backoff
from models.runtime.pulses import Pulses
from models.wire.topics import device_filters

if TYPE_CHECKING:
    from agent.twin.drawings import Drawings

_RIVALRY_BASE: Final = 10
_RIVALRY_CAP: Final = 2
"""Times the bounds of ordinary waits: what is waited after another box has taken our place."""


@dataclass(frozen=True, slots=True)
class Line:
    """What the line is made of.

    Attributes:
        secret: that enrolment printed.
        operators: told what key the cloud sends for the cashiers' pseudonyms.
        started_at: when this process began, for the birth.
        standing: told how the line is.
        random: gives a number from 0 up to 1, for back-off.
        pulses: of the agent's threads.
    """

    config: AgentConfig
    secret: str
    outbox: Outbox
    replica: Replica
    clock: DeviceClock
    operators: OperatorKeeper
    started_at: datetime
    standing: LineStanding
    registry: CollectorRegistry
    random: Callable[[], float]
    pulses: Pulses
    drawings: Drawings | None = None

    def make_catch_up(self) -> CatchUp:
        """What fetches missed cards; it does nothing where no address is configured."""
        cloud, source = self.config.cloud, None
        if cloud.url:
            source = HttpsCards(
                cloud.url,
                self.config.device.device,
                self.secret,
                cloud.timeout_s,
                surely=self.clock.surely_if_wrong,
            )
        return CatchUp(self.replica, source, backoff=self._backoff(), clock=self.clock)

    def make_link(self, catch_up: CatchUp, transport: Transport | None) -> Link:
        """The link, over the given transport or that of the configuration."""
        self.outbox.go_by(self.config.device.path.prefix)
        metrics = SyncMetrics(self.registry, self.standing)
        births = Births(os.urandom, lambda: link.rival())  # noqa: PLW0108 - made further down
        desired = DesiredKeeper(self.config.twin_file)
        if self.drawings is not None and desired.in_force is not None:
            self.drawings.take(desired.in_force)
        announcer = self._announcer(desired)
        ingress = Ingress(
            self.config.device.path,
            on_card=catch_up.take,
            on_cards_head=catch_up.head_is,
            on_twin=lambda payload: self._obey(payload, desired, announcer),
            metrics=metrics,
            on_welcome=births.heard,
        )
        link = Link(
            transport or self._paho(),
            device_filters(self.config.device.path),
            new_birth=births.new,
            will=announcer.will,
            make_session=self._sessions(ingress, announcer, metrics, catch_up, births),
            backoff=self._backoff(),
            rivalry=self._backoff(_RIVALRY_BASE, _RIVALRY_CAP),
            clock=self.clock,
            metrics=metrics,
            stop=self.pulses.watch("sync", threading.Event()),
        )
        return link

    def _obey(self, payload: bytes, desired: DesiredKeeper, announcer: Announcer) -> Message | None:
        """Follow a desired document; what to say of it, if anything."""
        if not desired.take(payload):
            return None
        if self.drawings is not None and desired.in_force is not None:
            self.drawings.take(desired.in_force)
        return announcer.twin()

    def _sessions(
        self,
        ingress: Ingress,
        announcer: Announcer,
        metrics: SyncMetrics,
        catch_up: CatchUp,
        births: Births,
    ) -> Callable[[str, Mailbox], Session]:
        sync = self.config.sync

        def make_session(birth: str, mailbox: Mailbox) -> Session:
            return Session(
                device=self.config.device.path,
                outbox=self.outbox,
                ingress=ingress,
                mailbox=mailbox,
                birth=birth,
                announce=announcer.announce,
                limits=_limits(sync),
                timing=Timing(),
                window=sync.window,
                clock=self.clock,
                metrics=metrics,
                on_time=self.clock.steady.hear,
                on_other_ledger=catch_up.begin_anew,
                on_welcome=self.operators.take,
                news=lambda: announcer.news() if self._has_news() else [],
                own_births=births,
            )

        return make_session

    def _has_news(self) -> bool:
        return self.drawings is not None and self.drawings.has_news()

    def _announcer(self, desired: DesiredKeeper) -> Announcer:
        config = self.config
        reporter = Reporter(config.device.data_dir / "twin-report.json")
        settings: dict[str, object] = {
            "till.profile": config.till.profile if config.till.folder else "",
            "device.kind": config.device.kind,
            "device.timezone": config.device.timezone,
            "sync.fresh_share": str(config.sync.fresh_share),
        }
        return Announcer(
            device=config.device.path,
            bootid=self.clock.bootid,
            started_at=self.started_at,
            now=self.clock.now,
            monotonic_ms=self.clock.boot_ms,
            held=self.outbox.held,
            ledger=lambda: self.outbox.ledger,
            acknowledged=self.outbox.acknowledged,
            said=self.outbox.introduce,
            cards=lambda: self.replica.through,
            capabilities=config.capabilities,
            seal_to=self.operators.seal_to,
            report=lambda: reporter.report(settings | self._drawn(), desired.standing),
        )

    def _drawn(self) -> dict[str, object]:
        return dict(self.drawings.report()) if self.drawings is not None else {}

    def _paho(self) -> Transport:
        broker = self.config.broker
        return PahoTransport(
            broker.endpoints,
            Login(self.config.device.device, self.secret),
            tls=Tls(broker.tls_ca_file, broker.tls_certificate_file, broker.tls_key_file),
            manners=Manners(
                protocol=broker.protocol,
                keepalive_s=broker.keepalive_s,
                session_expiry_s=broker.session_expiry_s,
                max_in_flight=self.config.sync.window + 8,
                return_after_s=broker.return_after_s,
                packet_bytes=broker.max_packet_bytes,
            ),
            monotonic_s=self.clock.monotonic_s,
            surely=self.clock.surely_if_wrong,
        )

    def _backoff(self, base: int = 1, cap: int = 1) -> Backoff:
        sync = self.config.sync
        return Backoff(self.random, base * sync.backoff_base_s, cap * sync.backoff_cap_s)


def _limits(sync: SyncSettings) -> Limits:
    return Limits(
        sync.batch_events,
        sync.batch_bytes,
        sync.resend_after_s,
        sync.fresh_share,
        sync.max_age_ms / 1000.0,
        sync.window_bytes,
        sync.confirm_within_s,
    )
