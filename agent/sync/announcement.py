"""First and last words: the birth, the retained state, the will, and the twin's report."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from agent import __version__
from agent.sync.transport import Message
from models.runtime.logs import get_logger
from models.wire.ack import EpochSettled
from models.wire.birth import Birth, EpochHeld, State
from models.wire.envelope import utc_ms
from models.wire.ids import DevicePath
from models.wire.topics import Up, up
from models.wire.twin import Reported

_LOG = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Announcer:
    """Composes what a device says of itself.

    Attributes:
        monotonic_ms: milliseconds since this boot, as events carry them.
        held: the outbox's epochs and last sequences.
        ledger: the ledger generation last heard of.
        acknowledged: what ledgers have acknowledged of what is kept here.
        said: notes a birth that is about to be said, and gives those said so far, by epoch.
        cards: how far the shop's cards are applied.
        capabilities: which parts run here, such as ``poslog`` and ``tablet``.
        report: the twin's report of the settings in force.
        seal_to: whom a secret is sealed to that the welcome brings; empty where none is wanted.
    """

    device: DevicePath
    bootid: str
    started_at: datetime
    now: Callable[[], datetime]
    monotonic_ms: Callable[[], int]
    held: Callable[[], list[EpochHeld]]
    ledger: Callable[[], str]
    acknowledged: Callable[[], list[EpochSettled]]
    said: Callable[[str], dict[str, list[str]]]
    cards: Callable[[], int]
    capabilities: tuple[str, ...]
    report: Callable[[], Reported]
    seal_to: str = ""

    def announce(self, birth: str) -> list[Message]:
        """What to say at the beginning of a connection: state, twin, and the birth last.

        The birth is last because the cloud answers it: by then it knows the rest.
        """
        return [self._state(birth, online=True), *self.news(), self._birth(birth)]

    def will(self, birth: str) -> Message:
        """What the broker says for us when the line breaks."""
        return self._state(birth, online=False)

    def twin(self) -> Message | None:
        """The twin's report as it is now; none while the disk does not keep its number.

        It is told late then, but neither a birth nor what is owed waits for a disk that is full.
        """
        try:
            report = self.report()
        except OSError as error:
            _LOG.warning("twin_report_not_kept", error=error.strerror, next_step="free the disk")
            return None
        return Message(up(self.device, Up.TWIN), msgspec.json.encode(report))

    def news(self) -> list[Message]:
        """The same as what is to be said."""
        report = self.twin()
        return [] if report is None else [report]

    def _birth(self, birth: str) -> Message:
        said_before = self.said(birth)
        said = Birth(
            birth=birth,
            bootid=self.bootid,
            agent_version=__version__,
            started_at=utc_ms(self.started_at),
            epochs=self.held(),
            capabilities=list(self.capabilities),
            versions={"python": platform.python_version(), "system": platform.system()},
            ledger=self.ledger(),
            cards=self.cards(),
            monotonic=str(self.monotonic_ms()),
            acknowledged=self.acknowledged(),
            said=said_before,
            seal_to=self.seal_to,
        )
        return Message(up(self.device, Up.BIRTH), msgspec.json.encode(said), retain=True)

    def _state(self, birth: str, *, online: bool) -> Message:
        state = State(online=online, bootid=self.bootid, birth=birth, at=utc_ms(self.now()))
        return Message(up(self.device, Up.STATE), msgspec.json.encode(state), retain=True)
