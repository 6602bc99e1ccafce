"""The cloud's composition root: the same parts in one process or in several.

    broker → ingest → ledger → views (heartbeats, sales, members, cards) → card publisher
                                  └→ API and console

``Service`` builds what the configuration asks for: ``lianke-cloud serve`` everything with a broker
of its own, ``lianke-cloud ingest`` and ``lianke-cloud project`` one worker each over a broker and a
database that others share. Started in the order in which a sale passes them, stopped in reverse.
"""

from __future__ import annotations

import os
import random
import ssl
import threading
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Final, Self
from urllib.parse import urlsplit

from cloud import __version__
from cloud.broker import (
    BrokerSettings,
    CloudLogin,
    EmbeddedBroker,
    TlsFiles,
    find_server,
    hash_secret,
    new_secret,
)
from cloud.cards import CardPublisher
from cloud.config import LOGIN_PREFIX, CloudConfig
from cloud.devices import WishPublisher
from cloud.errors import BadConfiguration, FaultyService
from cloud.foundations import Foundations, broker_folder
from cloud.http import HttpServer
from cloud.ingest.fence import ShiftFence
from cloud.ingest.guard import RefusalGuard
from cloud.ingest.health import HealthServer, Standing, WorkerParts, read_books
from cloud.ingest.mqtt import BrokerLogin, MqttSource
from cloud.ingest.pipeline import Ingest, Limits
from cloud.ingest.refusals import RefusalAlarms
from cloud.ingest.roster import StoredRoster, session_name
from cloud.ingest.shift import Shift, Terms
from cloud.ingest.source import Message, Source
from cloud.ingest.withholding import Withholding
from cloud.ledger.projector import Projector
from cloud.storage.checkpoints import Checkpoints
from cloud.storage.sessions import name_sessions
from cloud.workers import Workers
from models.runtime.clock import SystemClock
from models.runtime.logs import get_logger
from models.wire.topics import worker_filters

_LOG = get_logger(__name__)

PASSWORD_VARIABLE: Final = "LIANKE_BROKER_PASSWORD"  # noqa: S105 - its name, not its value
_SCHEMES: Final = {"mqtt": 1883, "mqtts": 8883}
_LOGINS_POLL_S: Final = 1.0
_CARDS_POLL_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Roles:
    """What one process does."""

    ingest: bool = False
    project: bool = False
    http: bool = False


class Service:
    """One process of the cloud. Use it as a context manager: it runs inside the block.

    Raises on entry what its parts raise: BadConfiguration, SchemaMismatch, PortTaken,
    BrokerUnavailable, MasterKeyUnusable; what was started before is stopped again.
    """

    def __init__(self, config: CloudConfig, roles: Roles, *, may_upgrade: bool) -> None:
        self._config = config
        self._roles = roles
        self._may_upgrade = may_upgrade
        self._closing = ExitStack()
        self._shift_begun = threading.Event()
        self._shift_over = threading.Event()
        self.workers = Workers(SystemClock())
        self.http: HttpServer | None = None
        self.set_up_code: str | None = None

    def __enter__(self) -> Self:
        with ExitStack() as building:
            self._build(building)
            self._closing = building.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()
        _LOG.info("cloud_stopped")

    def _build(self, parts: ExitStack) -> None:
        config = self._config
        self.base = parts.enter_context(Foundations.lay(config, may_upgrade=self._may_upgrade))
        login = self._start_broker(parts) if config.broker.embedded else _given_login(config)
        parts.callback(self.workers.stop)
        self._cards_due = threading.Event()
        projector = Projector(
            self.base.views,
            self.base.clock,
            poll_s=config.serve.projector_poll_s,
            rest_s=config.serve.projector_rest_s,
            after_step=self._cards_due.set,
        )
        source = self.make_source(login)
        if self._roles.ingest:
            self._start_ingest(source, projector, parts)
        if self._roles.project:
            self._start_projector(projector, source)
        if self._roles.project or self._roles.http:
            self.workers.start("alarms", self.base.lookout().run)
        if self._roles.http:
            self._start_http(parts)

    def make_source(self, login: BrokerLogin) -> Source:
        """The connection to the broker; a test may put another one in its place."""
        return MqttSource(login, clock=self.base.clock, random=random.random)

    def _start_broker(self, parts: ExitStack) -> BrokerLogin:
        """Run a broker of our own; our login there is made anew with every start."""
        settings, user = self._config.broker, self._config.broker.user
        secret = new_secret(os.urandom)
        ours = [CloudLogin(user, hash_secret(secret, os.urandom)), *_worker_logins(self._config)]
        broker = EmbeddedBroker(
            BrokerSettings(
                data_dir=broker_folder(self._config),
                host=settings.host,
                port=settings.port,
                tls=_server_tls(self._config),
                storage_key=self.base.master.derive("lianke broker storage").hex(),
            ),
            server=find_server(),
            clock=self.base.clock,
            random_bytes=os.urandom,
        )
        registry = self.base.registry
        broker.start([*ours, *registry.logins()])
        parts.callback(broker.stop)
        registry.on_change(lambda: broker.apply_logins([*ours, *registry.logins()]))
        self.workers.start("logins", self._announce_logins)
        host, port = broker.address
        return BrokerLogin(host, port, user, secret, user, _client_tls(self._config))

    def _announce_logins(self, stop: threading.Event) -> None:
        """Devices enrolled by another process may log in within a second."""
        while not self.base.clock.wait(stop, _LOGINS_POLL_S):
            self.base.registry.announce()

    def _start_ingest(self, source: Source, projector: Projector, parts: ExitStack) -> None:
        base = self.base
        health = HealthServer(self._config.health) if self._config.health.enabled else None
        if health is not None:
            parts.callback(health.stop)
        worker = self._config.broker.worker
        withholding = Withholding(worker, __version__, RefusalAlarms(base.engine, base.clock))
        guard = RefusalGuard()
        self._shift = self._make_shift(source, health.url if health else "")
        self._shift.before_turn.append(withholding.refresh)
        self.ingest = self._make_ingest(source, guard, withholding)
        if health is not None:
            works = WorkerParts(
                self.workers, source, self._shift, self.ingest, guard, withholding, base.clock
            )
            self._tell_health(health, works)
        if self._roles.project:
            self.ingest.after_commit(projector.wake)
        if base.engine.dialect.name == "sqlite":
            self.workers.start("checkpoints", Checkpoints(base.engine, base.clock).run)
        self.workers.start("parts", self._hold_parts)
        self.workers.start("ingest", self._ingest)

    def _make_shift(self, source: Source, health_url: str) -> Shift:
        settings, base = self._config.ingest, self.base
        terms = Terms(
            worker=self._config.broker.worker,
            incarnation=os.urandom(16).hex(),
            parts=frozenset(settings.part_numbers),
            lease_s=settings.lease_s,
        )
        name_sessions(base.engine, session_name(terms.worker, terms.incarnation))
        return Shift(
            terms,
            StoredRoster(base.engine, base.clock, __version__, health_url),
            lambda parts: source.subscribe(worker_filters(parts)),
            base.clock,
        )

    def _make_ingest(self, source: Source, guard: RefusalGuard, withholding: Withholding) -> Ingest:
        settings, base = self._config.ingest, self.base
        return Ingest(
            source,
            base.journal,
            base.registry,
            cards_head=base.cards.head,
            operator_key=base.operator_keys.answer,
            clock=base.clock,
            random=random.random,
            limits=Limits(
                group_events=settings.group_events,
                group_s=settings.group_ms / 1000.0,
                parts=(),
            ),
            guard=guard,
            withholding=withholding,
            fence=ShiftFence(self._shift),
            watch=self.workers.pulses.watch,
        )

    def _tell_health(self, health: HealthServer, works: WorkerParts) -> None:
        base = self.base
        standing = Standing(
            self._config.broker.worker,
            __version__,
            works,
            lambda: read_books(base.journal, base.views, base.dead_letters, base.alarms),
            base.clock,
            hung_after_s=self._config.health.hung_after_s,
        )
        self.ingest.after_commit(standing.committed)
        health.start(standing)

    def _hold_parts(self, stop: threading.Event) -> None:
        """From signing in to signing out; ingest works in between."""
        try:
            self._shift.begin(stop)
            self._shift_begun.set()
            self._shift.run(stop)
        finally:
            self._shift_over.set()
            self._shift_begun.set()

    def _ingest(self, _stop: threading.Event) -> None:
        self._shift_begun.wait()
        try:
            self.ingest.run(self.workers.pulses.watch("ingest", self._shift_over))
        finally:
            _LOG.info("ingest_ended", **asdict(self.ingest.tally))

    def _start_projector(self, projector: Projector, source: Source) -> None:
        if not self._roles.ingest:
            source.start((), _Deaf(self.workers))  # only speaks
        self._publisher = CardPublisher(self.base.cards, source)
        self._wishes = WishPublisher(self.base.engine, source)
        self.workers.start("cards", self._publish_cards, self._cards_due.set)
        self.workers.start("project", projector.run, projector.wake)

    def _publish_cards(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self.base.clock.wait(self._cards_due, _CARDS_POLL_S)
            self._cards_due.clear()
            if not stop.is_set():
                self._publisher.publish_new(stop)
                self._wishes.publish_new()

    def _start_http(self, parts: ExitStack) -> None:
        from cloud.site import build_site  # noqa: PLC0415 - workers without pages need no FastAPI

        site = build_site(self.base)
        self.set_up_code = site.door.prepare(os.environ)
        self.http = HttpServer(self._config.http, site.app)
        self.http.start()
        parts.callback(self.http.stop)
        parts.callback(site.closing.set)


class _Deaf:
    """A connection that only speaks; a refused login still ends the process."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def arrived(self, message: Message) -> None:
        """Nothing was subscribed to."""

    def failed(self, fault: FaultyService) -> None:
        """The broker refuses us for good."""
        self._workers.fail(fault)


def _given_login(config: CloudConfig) -> BrokerLogin:
    broker = config.broker
    parts = urlsplit(broker.url)
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.password:
        raise BadConfiguration(
            "broker.url: write mqtt://host[:port] or mqtts://host[:port]; the password belongs in "
            f"{PASSWORD_VARIABLE} or broker.password_file"
        )
    tls = None
    if parts.scheme == "mqtts":
        ca_file = str(broker.tls_ca_file) if broker.tls_ca_file else None
        tls = ssl.create_default_context(cafile=ca_file)
    port = parts.port or _SCHEMES[parts.scheme]
    return BrokerLogin(parts.hostname, port, broker.user, _password(config), broker.user, tls)


def _worker_logins(config: CloudConfig) -> list[CloudLogin]:
    """Those of the workers in other processes; they share one password."""
    if not config.broker.workers:
        return []
    secret = hash_secret(_password(config), os.urandom)
    return [CloudLogin(f"{LOGIN_PREFIX}{name}", secret) for name in config.broker.workers]


def _password(config: CloudConfig) -> str:
    given = os.environ.get(PASSWORD_VARIABLE, "")
    file = config.broker.password_file
    if given or file is None:
        if not given:
            raise BadConfiguration(
                f"no password for broker user {config.broker.user!r}: set {PASSWORD_VARIABLE}, or "
                "broker.password_file"
            )
        return given
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadConfiguration(f"broker.password_file {file}: {error.strerror}") from error


def _server_tls(config: CloudConfig) -> TlsFiles | None:
    broker = config.broker
    if broker.tls_certificate_file is None or broker.tls_key_file is None:
        return None
    return TlsFiles(broker.tls_certificate_file, broker.tls_key_file)


def _client_tls(config: CloudConfig) -> ssl.SSLContext | None:
    """Our own connection to our own broker on this machine trusts exactly its certificate."""
    tls = _server_tls(config)
    if tls is None:
        return None
    context = ssl.create_default_context(cafile=str(tls.certificate))
    context.check_hostname = False
    return context
