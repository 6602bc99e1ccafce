"""One process of the cloud, with as much of it as the configuration asks for.

``lianke-cloud serve`` runs everything with a broker of its own, ``lianke-cloud ingest`` and
``lianke-cloud project`` one worker each over a broker and a database that others share. Started in
the order in which a sale passes the parts, stopped in reverse.
"""

from __future__ import annotations

import os
import random
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

from cloud.app.broker_login import given_login
from cloud.app.ingesting import IngestWork
from cloud.app.own_broker import start_own_broker
from cloud.app.publishing import Deaf, Publishing
from cloud.config import CloudConfig
from cloud.foundations import Foundations
from cloud.http import HttpServer
from cloud.ingest.mqtt import BrokerLogin, MqttSource
from cloud.ingest.source import Source
from cloud.ledger.projector import Projector
from cloud.workers import Workers
from models.runtime.clock import SystemClock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)


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
        config, roles = self._config, self._roles
        self.base = parts.enter_context(Foundations.lay(config, may_upgrade=self._may_upgrade))
        login = self._reach_broker(parts)
        parts.callback(self.workers.stop)
        cards_due = threading.Event()
        projector = self._make_projector(cards_due)
        source = self.make_source(login)
        if roles.ingest:
            self._start_ingest(source, projector, parts)
        if roles.project:
            self._start_projector(projector, source, cards_due)
        if roles.project or roles.http:
            self.workers.start("alarms", self.base.lookout().run)
        if roles.http:
            self._start_http(parts)

    def make_source(self, login: BrokerLogin) -> Source:
        """The connection to the broker; a test may put another one in its place."""
        return MqttSource(login, clock=self.base.clock, random=random.random)

    def _reach_broker(self, parts: ExitStack) -> BrokerLogin:
        if self._config.broker.embedded:
            return start_own_broker(self.base, self.workers, parts)
        return given_login(self._config)

    def _make_projector(self, cards_due: threading.Event) -> Projector:
        settings = self._config.serve
        return Projector(
            self.base.views,
            self.base.clock,
            poll_s=settings.projector_poll_s,
            rest_s=settings.projector_rest_s,
            after_step=cards_due.set,
        )

    def _start_ingest(self, source: Source, projector: Projector, parts: ExitStack) -> None:
        work = IngestWork(self.base, self.workers, source, parts)
        self.ingest = work.ingest
        if self._roles.project:
            self.ingest.after_commit(projector.wake)
        work.start()

    def _start_projector(
        self, projector: Projector, source: Source, cards_due: threading.Event
    ) -> None:
        if not self._roles.ingest:
            source.start((), Deaf(self.workers))  # only speaks
        self.workers.start("cards", Publishing(self.base, source, cards_due).run, cards_due.set)
        self.workers.start("project", projector.run, projector.wake)

    def _start_http(self, parts: ExitStack) -> None:
        from cloud.site import build_site  # noqa: PLC0415 - workers without pages need no FastAPI

        site = build_site(self.base)
        self.set_up_code = site.door.prepare(os.environ)
        self.http = HttpServer(self._config.http, site.app)
        self.http.start()
        parts.callback(self.http.stop)
        parts.callback(site.closing.set)
