"""An ingest worker put together: its shift, the pipeline in it, and what it says of its health."""

from __future__ import annotations

import os
import random
import threading
from contextlib import ExitStack
from dataclasses import asdict

from cloud import __version__
from cloud.foundations import Foundations
from cloud.ingest.fence import ShiftFence
from cloud.ingest.guard import RefusalGuard
from cloud.ingest.health import HealthServer, Standing, WorkerParts, read_books
from cloud.ingest.pipeline import Ingest, Limits
from cloud.ingest.refusals import RefusalAlarms
from cloud.ingest.roster import StoredRoster, session_name
from cloud.ingest.shift import Shift, Terms
from cloud.ingest.source import Source
from cloud.ingest.withholding import Withholding
from cloud.storage.checkpoints import Checkpoints
from cloud.storage.sessions import name_sessions
from cloud.workers import Workers
from models.runtime.logs import get_logger
from models.wire.topics import worker_filters

_LOG = get_logger(__name__)


class IngestWork:
    """One ingest worker over a source.

    Attributes:
        ingest: the pipeline; whoever wants to know of its commits says so before ``start``.
    """

    def __init__(
        self, base: Foundations, workers: Workers, source: Source, parts: ExitStack
    ) -> None:
        """Nothing runs yet; what is opened is closed with ``parts``."""
        self._base = base
        self._workers = workers
        self._source = source
        self._begun = threading.Event()
        self._over = threading.Event()
        self._guard = RefusalGuard()
        alarms = RefusalAlarms(base.engine, base.clock)
        self._withholding = Withholding(base.config.broker.worker, __version__, alarms)
        self._health = _health_server(base, parts)
        self._shift = self._make_shift()
        self._shift.before_turn.append(self._withholding.refresh)
        self.ingest = self._make_ingest()

    def start(self) -> None:
        """Begin to work."""
        if self._health is not None:
            self._tell_health(self._health)
        if self._base.engine.dialect.name == "sqlite":
            checkpoints = Checkpoints(self._base.engine, self._base.clock)
            self._workers.start("checkpoints", checkpoints.run)
        self._workers.start("parts", self._hold_parts)
        self._workers.start("ingest", self._ingest)

    def _make_shift(self) -> Shift:
        base, settings = self._base, self._base.config.ingest
        terms = Terms(
            worker=base.config.broker.worker,
            incarnation=os.urandom(16).hex(),
            parts=frozenset(settings.part_numbers),
            lease_s=settings.lease_s,
        )
        name_sessions(base.engine, session_name(terms.worker, terms.incarnation))
        health_url = self._health.url if self._health else ""
        return Shift(
            terms,
            StoredRoster(base.engine, base.clock, __version__, health_url),
            lambda parts: self._source.subscribe(worker_filters(parts)),
            base.clock,
        )

    def _make_ingest(self) -> Ingest:
        base, settings = self._base, self._base.config.ingest
        return Ingest(
            self._source,
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
            guard=self._guard,
            withholding=self._withholding,
            fence=ShiftFence(self._shift),
            watch=self._workers.pulses.watch,
        )

    def _tell_health(self, health: HealthServer) -> None:
        base = self._base
        works = WorkerParts(
            self._workers,
            self._source,
            self._shift,
            self.ingest,
            self._guard,
            self._withholding,
            base.clock,
        )
        standing = Standing(
            base.config.broker.worker,
            __version__,
            works,
            lambda: read_books(base.journal, base.views, base.dead_letters, base.alarms),
            base.clock,
            hung_after_s=base.config.health.hung_after_s,
        )
        self.ingest.after_commit(standing.committed)
        health.start(standing)

    def _hold_parts(self, stop: threading.Event) -> None:
        """From signing in to signing out; ingest works in between."""
        try:
            self._shift.begin(stop)
            self._begun.set()
            self._shift.run(stop)
        finally:
            self._over.set()
            self._begun.set()

    def _ingest(self, _stop: threading.Event) -> None:
        self._begun.wait()
        try:
            self.ingest.run(self._workers.pulses.watch("ingest", self._over))
        finally:
            _LOG.info("ingest_ended", **asdict(self.ingest.tally))


def _health_server(base: Foundations, parts: ExitStack) -> HealthServer | None:
    settings = base.config.health
    if not settings.enabled:
        return None
    health = HealthServer(settings)
    parts.callback(health.stop)
    return health
