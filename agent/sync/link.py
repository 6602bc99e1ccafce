"""The link to the cloud: connects, lives a session, backs off, and begins again, for ever.

It owns the sync thread. Its only broad except is at the edge of that thread: an unforeseen error
ends the session, is logged with its cause and raises an alarm, and the link backs off and goes on;
the tills never notice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from agent.errors import BrokerRefusedLogin, BrokerUnavailable, FaultyDevice, TransientError
from agent.sync.mailbox import Mailbox
from agent.sync.metrics import SyncMetrics
from agent.sync.session import Session
from agent.sync.transport import Connection, Message, Transport
from models.runtime.backoff import Backoff
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

STABLE_S: Final = 3.0
"""A connection that lived shorter was none: one that is welcomed and dropped at once, again and
again, must not be tried at full speed. A line that is up for some seconds at a time is used."""

RIVALRY_OVER_S: Final = 1800.0
"""Without another box under our name for so long, the next one counts as the first."""


class Link:
    """Keeps one session alive as far as the line allows."""

    def __init__(
        self,
        transport: Transport,
        filters: tuple[str, ...],
        *,
        new_birth: Callable[[], str],
        will: Callable[[str], Message],
        make_session: Callable[[str, Mailbox], Session],
        backoff: Backoff,
        rivalry: Backoff,
        clock: Clock,
        metrics: SyncMetrics,
        stop: threading.Event | None = None,
    ) -> None:
        """Put the parts together; ``start`` connects.

        Args:
            transport: opens connections.
            filters: what to subscribe to.
            new_birth: names a connection; its will, births and welcomes carry the name.
            will: the last words of the connection with a name.
            make_session: the session of a connection.
            backoff: the waits after a failure.
            rivalry: the longer ones after another box has taken our place. Both boxes get their
                turns, so neither keeps its sales for itself, and the broker is not hammered.
            clock: waits.
            metrics: told how the line is.
            stop: ends it; whoever watches over the thread gives one that notes each look.
        """
        self._transport = transport
        self._filters = filters
        self._new_birth = new_birth
        self._will = will
        self._make_session = make_session
        self._backoff = backoff
        self._rivalry = rivalry
        self._rival_s: float | None = None
        self._displaced = False
        self._clock = clock
        self._metrics = metrics
        self._stop = stop or threading.Event()
        self._mailbox: Mailbox | None = None
        self._session: Session | None = None
        self._changed_s = clock.monotonic_s()
        self._was_online = False
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)

    def start(self) -> None:
        """Begin in a thread of its own."""
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End the session in an orderly way and wait for the thread."""
        self._stop.set()
        self.wake()
        self._thread.join(timeout_s)

    def wake(self) -> None:
        """There may be something to send. Cheap, from any thread."""
        mailbox = self._mailbox
        if mailbox is not None:
            mailbox.wake()

    def rival(self) -> None:
        """There is a sign of another box under our name: the next wait is a longer one."""
        now_s = self._clock.monotonic_s()
        if self._rival_s is None or now_s - self._rival_s > RIVALRY_OVER_S:
            self._rivalry.reset()
        self._rival_s, self._displaced = now_s, True
        self._metrics.rival()
        _LOG.warning("identity_shared", next_step="find the other box with this device's name")

    def online(self) -> bool:
        """Whether the cloud has answered on the present connection."""
        session = self._session
        return session is not None and session.welcomed

    def since(self) -> datetime:
        """Since when ``online`` is as it is, aware UTC; by what the clock shows now."""
        if self.online() != self._was_online:
            self._was_online, self._changed_s = self.online(), self._clock.monotonic_s()
        return self._clock.now() - timedelta(seconds=self._clock.monotonic_s() - self._changed_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                reason = self._live()
            except BrokerRefusedLogin as error:
                reason = str(error)
                _LOG.error("broker_refused_login", error=reason)
                self._metrics.login_refused()
            except FaultyDevice as error:
                reason = str(error)
                _LOG.error("link_needs_help", error=reason)
                self._metrics.faulty(reason)
            except (BrokerUnavailable, TransientError) as error:
                reason = str(error)
            except Exception as error:  # noqa: BLE001 - the edge of the sync thread: it goes on
                reason = f"unexpected error ({type(error).__name__}); see the log"
                _LOG.exception("session_failed")
                self._metrics.faulty(reason)
            self._metrics.lost()
            self._pause(reason)

    def _pause(self, reason: str) -> None:
        if self._stop.is_set():
            return
        backoff = self._rivalry if self._displaced else self._backoff
        self._displaced = False
        wait_s = backoff.next_s()
        _LOG.info("link_down", reason=reason, wait_s=round(wait_s, 2), failures=backoff.failures)
        self._clock.wait(self._stop, wait_s)

    def _live(self) -> str:
        birth, mailbox = self._new_birth(), Mailbox()
        connection = self._transport.open(self._filters, self._will(birth), mailbox)
        session, since_s = self._make_session(birth, mailbox), self._clock.monotonic_s()
        self._mailbox, self._session = mailbox, session
        try:
            return session.run(connection, self._stop)
        finally:
            self._session = None
            connection.close()
            self._judge(connection, session, self._clock.monotonic_s() - since_s)

    def _judge(self, connection: Connection, session: Session, lived_s: float) -> None:
        """How long to wait before the next connection follows from how this one was."""
        if connection.taken_over():
            self.rival()
        if session.was_welcomed and lived_s >= STABLE_S:
            self._backoff.reset()
