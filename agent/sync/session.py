"""One life of a connection: birth, welcome, then send and settle until it is lost.

Nothing is sent before the cloud has answered the birth: only then do we know whether the ledger is
ahead of us (a restored disk, a cloned box) and a fresh epoch must begin, or behind us (the cloud
was restored) and settled events must go again; and whether the epoch is ours alone. Another copy of
this outbox may have spoken under it, and then what is acknowledged there may be the other's.

The birth is said again now and then, because a ledger may be put back while the connection stands.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from agent.errors import BrokerUnavailable
from agent.sync.courier import Courier, Creditor
from agent.sync.egress import Limits
from agent.sync.ingress import Ingress
from agent.sync.mailbox import Mailbox
from agent.sync.metrics import SyncMetrics
from agent.sync.transport import Connection, Message
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.ack import Ack, EpochSettled, Welcome
from models.wire.ids import DevicePath, Epoch

_LOG = get_logger(__name__)

MOVED_UP: Final = "an earlier broker of the list answers again"
"""Why a session ends that nothing is wrong with."""

TELLS_LESS: Final = "the cloud tells less than it has acknowledged: it is asked on a new connection"
"""Why a session ends whose later welcome lacks something: an older ledger, or an older word."""

AHEAD: Final = "the ledger is ahead of this outbox: a restored or cloned disk"
COPIED: Final = "another copy of this outbox has spoken under its epoch: a restored or cloned disk"
BEYOND: Final = "the ledger settles what this outbox never sent: a restored or cloned disk"
"""Why we begin a fresh epoch; the ledger is told."""

_EARLY: Final = 1000
"""Acknowledgements that wait for the welcome; the welcome tells nearly all that they tell."""


class Ledgerwise(Creditor, Protocol):
    """The side of the outbox that the session drives."""

    @property
    def epoch(self) -> Epoch:
        """The epoch in which sequences are assigned now."""
        ...

    @property
    def ledger(self) -> str:
        """The ledger's generation by the last welcome, empty for none."""
        ...

    @property
    def astray(self) -> bool:
        """Whether the present epoch cannot go on."""
        ...

    def answered(self, birth: str) -> None:
        """The cloud has answered a birth."""
        ...

    def adopt(
        self,
        ledger: str,
        settled: Sequence[EpochSettled],
        missing: Sequence[EpochSettled] = (),
        forked: Sequence[str] = (),
    ) -> bool:
        """Take over a welcome; True when the present epoch cannot go on."""
        ...

    def doubts(self, settled: Sequence[EpochSettled], missing: Sequence[EpochSettled]) -> bool:
        """Whether a welcome tells less than was acknowledged."""
        ...

    def rehome(self, reason: str) -> Epoch:
        """Continue under a fresh epoch; unsettled events move with their content."""
        ...


@dataclass(frozen=True, slots=True)
class Timing:
    """Waits of a session, in seconds.

    Attributes:
        ask_again_s: how often a cloud that has answered is asked once more what it holds.
    """

    welcome_timeout_s: float = 5.0
    idle_s: float = 1.0
    ask_again_s: float = 3600.0


class Session:
    """Drives one connection. ``run`` returns when it is lost or ``stop`` is set."""

    def __init__(
        self,
        *,
        device: DevicePath,
        outbox: Ledgerwise,
        ingress: Ingress,
        mailbox: Mailbox,
        birth: str,
        announce: Callable[[str], list[Message]],
        limits: Limits,
        timing: Timing,
        window: int,
        clock: Clock,
        metrics: SyncMetrics,
        on_time: Callable[[datetime], object] = bool,
        on_other_ledger: Callable[[], object] = bool,
        on_welcome: Callable[[Welcome], object] = bool,
        news: Callable[[], list[Message]] = list,
        own_births: Container[str] = frozenset(),
    ) -> None:
        """``announce`` makes the messages to say first, under the connection's birth id.

        ``on_time`` is told what time it is, with every welcome to this birth, ``on_other_ledger``
        that the ledger is another one than before: an older one, put back from a backup.
        ``on_welcome`` hears each of those welcomes whole, ``news`` is asked at every turn what else
        is to be said. ``own_births`` are all of this process: a welcome for none of them is another
        box's.
        """
        self._device = device
        self._outbox = outbox
        self._ingress = ingress
        self._mailbox = mailbox
        self._announce = announce
        self._limits = limits
        self._timing = timing
        self._window = window
        self._clock = clock
        self._metrics = metrics
        self._on_time = on_time
        self._on_other_ledger = on_other_ledger
        self._on_welcome = on_welcome
        self._news = news
        self._own_births = own_births
        self._courier: Courier | None = None
        self._early: deque[Ack] = deque(maxlen=_EARLY)
        self._strangers: set[str] = set()
        self._birth = birth
        self._said_s = float("-inf")
        self._doubtful = False
        self.was_welcomed = False

    @property
    def welcomed(self) -> bool:
        """Whether the cloud has answered and events may flow."""
        return self._courier is not None

    def run(self, connection: Connection, stop: threading.Event) -> str:
        """Send and settle until the connection is lost or outdone; returns why it ended."""
        try:
            while not stop.is_set() and self._mailbox.lost_because is None:
                if self._doubtful:
                    return TELLS_LESS
                if connection.outdone():
                    return MOVED_UP
                self._turn(connection)
        except BrokerUnavailable as error:
            return str(error)
        finally:
            self._dismiss_courier()
        return self._mailbox.lost_because or "stopped"

    def _turn(self, connection: Connection) -> None:
        for topic, payload in self._mailbox.drain():
            self._receive(connection, topic, payload)
        now_s = self._clock.monotonic_s()
        courier = self._courier
        self._say_birth(connection, now_s)
        for message in self._news():
            connection.publish(message)
        if courier is not None:
            courier.tend(now_s)
            if courier.send(now_s):
                return
        self._mailbox.wait(self._clock, self._patience_s(courier, now_s))

    def _say_birth(self, connection: Connection, now_s: float) -> None:
        if now_s < self._birth_due_s():
            return
        for message in self._announce(self._birth):
            connection.publish(message)
        self._said_s = now_s

    def _birth_due_s(self) -> float:
        timing = self._timing
        return self._said_s + (timing.ask_again_s if self.welcomed else timing.welcome_timeout_s)

    def _receive(self, connection: Connection, topic: str, payload: bytes) -> None:
        answer = self._ingress.route(topic, payload)
        if isinstance(answer, Welcome):
            self._be_welcomed(connection, answer)
        elif isinstance(answer, Ack):
            self._settle(answer)
        elif answer is not None:
            connection.publish(answer)

    def _be_welcomed(self, connection: Connection, welcome: Welcome) -> None:
        if welcome.birth != self._birth:
            self._heed(welcome.birth)
            return
        if welcome.moment is not None:
            self._on_time(welcome.moment)
        self._on_welcome(welcome)
        if self._tells_less(welcome):
            self._doubtful = True
            return
        if welcome.missing or self._outbox.ledger not in ("", welcome.ledger):
            self._on_other_ledger()
        self._outbox.answered(self._birth)
        if (reason := self._reason_to_leave(welcome)) is not None:
            self._rehome(reason)
            return
        if self._courier is None:
            self._courier = Courier(
                self._device,
                self._outbox,
                connection,
                limits=self._limits,
                window=self._window,
                metrics=self._metrics,
            )
        else:
            self._courier.welcomed_again(welcome.epochs)
        self.was_welcomed = True
        self._metrics.welcomed()

    def _reason_to_leave(self, welcome: Welcome) -> str | None:
        """Take over a welcome to our birth; why the present epoch cannot go on, None if it can."""
        epoch, early = self._outbox.epoch, list(self._early)
        self._early.clear()
        if epoch in welcome.forked:
            self._outbox.adopt(welcome.ledger, welcome.epochs, welcome.missing, welcome.forked)
            return COPIED
        for ack in early:
            if ack.rejected and ack.ledger == welcome.ledger:  # a welcome does not tell reasons
                self._outbox.reject(ack.epoch, ack.stream, ack.rejected)
        if self._outbox.adopt(welcome.ledger, welcome.epochs, welcome.missing, welcome.forked):
            return AHEAD
        asked = [ack.rehome for ack in early if ack.epoch == epoch and ack.rehome is not None]
        return asked[0] if asked else None

    def _heed(self, birth: str) -> None:
        """Another box was born under our name, perhaps a copy that has taken our epoch over.

        What is acknowledged from now on may be its own. So nothing is sent or believed until we
        have asked whose the epoch is; once for each birth, or two boxes would ask for ever.
        """
        if self.welcomed and birth not in self._own_births and birth not in self._strangers:
            self._strangers.add(birth)
            self._dismiss_courier()
            self._said_s = float("-inf")

    def _tells_less(self, welcome: Welcome) -> bool:
        """Whether it is a later welcome that lacks something, and may only be late.

        The first welcome of a connection answers a birth that told all that was acknowledged, so
        what that one lacks the ledger lacks.
        """
        same = self.welcomed and welcome.ledger == self._outbox.ledger
        return same and self._outbox.doubts(welcome.epochs, welcome.missing)

    def _settle(self, ack: Ack) -> None:
        if ack.ledger != self._outbox.ledger:
            self._doubt(ack.ledger)
            return
        if self._courier is None:
            self._early.append(ack)
            return
        self._courier.settle(ack)
        if ack.rehome is not None and ack.epoch == self._outbox.epoch:
            self._rehome(ack.rehome)
        elif self._outbox.astray:
            self._rehome(BEYOND)

    def _doubt(self, ledger: str) -> None:
        """Another ledger than the one that welcomed us: what either of them holds is not known.

        The cloud was restored from a backup, or it is a late word of the ledger before that.
        Nothing counts as settled and nothing is sent until the present ledger has said what it
        has. So we say our birth again, though never more often than while nobody answers it.
        """
        if self._courier is not None:
            _LOG.warning("ledger_changed", known=self._outbox.ledger, told=ledger)
            self._dismiss_courier()

    def _rehome(self, reason: str) -> None:
        self._dismiss_courier()
        epoch = self._outbox.rehome(reason)
        self._metrics.rehomed()
        _LOG.warning("rehomed", epoch=epoch, reason=reason)
        self._said_s = float("-inf")  # be born again, under the new epoch

    def _dismiss_courier(self) -> None:
        if self._courier is not None:
            self._courier.give_back()
        self._courier = None

    def _patience_s(self, courier: Courier | None, now_s: float) -> float:
        due_s = (
            max(0.0, self._birth_due_s() - now_s) if courier is None else courier.patience_s(now_s)
        )
        return self._timing.idle_s if due_s is None else min(self._timing.idle_s, due_s)
