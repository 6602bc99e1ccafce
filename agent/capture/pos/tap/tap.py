"""A receipt tap: in front of a network printer, between the tills and it.

    tills ⇄ relay ⇄ printer
              └→ carbon copy → recorder → sheets (sealed) → whoever makes sales of them

What it promises: the printer is given every byte before anything else happens with it, and the till
every answer; printing does not wait for, and is not ended by, anything that is ours. What it writes
down is on the disk while it is being printed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Final

from agent.capture.pos.escpos.profile import PrinterProfile
from agent.capture.pos.escpos.roll import PaperRoll
from agent.capture.pos.tap.carbon import CarbonCopy
from agent.capture.pos.tap.recorder import Recorder
from agent.capture.pos.tap.relay import Relay
from agent.capture.pos.tap.settings import TapSettings
from agent.capture.pos.tap.sheets import SheetFolder
from agent.capture.pos.tap.status import Board, TapStatus
from models.runtime.backoff import Backoff
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_GRACE_S: Final = 5.0
_JOIN_S: Final = 10.0


class ReceiptTap:
    """One printer's tap. Start and stop once each, from one thread."""

    def __init__(
        self,
        settings: TapSettings,
        folder: SheetFolder,
        *,
        profile: PrinterProfile,
        clock: Clock,
        random: Callable[[], float],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        """Nothing is opened yet.

        Args:
            settings: where to listen, and where the printer is.
            folder: takes the receipts; prepared by the caller, since taps may share it.
            profile: how the printer is read, for parting receipts.
            clock: the wall clock dates receipts.
            random: from 0 up to 1, for back-off.
            random_bytes: makes the names of receipts unique.
        """
        self._settings = settings
        self._board = Board()
        self._carbon = CarbonCopy(settings.buffer_bytes)
        self._relay = Relay(settings, self._carbon, self._board, clock)
        self._recorder = Recorder(
            settings.name,
            self._carbon,
            folder,
            new_roll=partial(PaperRoll, profile),
            board=self._board,
            clock=clock,
            backoff=Backoff(random),
            random=random_bytes,
        )
        self._threads: list[threading.Thread] = []

    @property
    def status(self) -> TapStatus:
        """The latest figures. Safe from any thread."""
        return self._board.status

    @property
    def port(self) -> int:
        """Where tills connect to, once it was started."""
        return self._relay.port

    def start(self) -> None:
        """Listen; raises BadConfiguration where that cannot be."""
        self._relay.open()
        for name, work in (("tap-relay", self._relay.run), ("tap-recorder", self._recorder.run)):
            thread = threading.Thread(target=work, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)
        _LOG.info("tap_started", printer=self._settings.name, port=self.port)

    def stop(self, grace_s: float = _GRACE_S) -> None:
        """Let tills finish what they print, then end; does nothing a second time.

        Args:
            grace_s: connections that stay open longer are broken off.
        """
        if not self._threads:
            return
        relay, recorder = self._threads
        self._relay.stop(grace_s)
        relay.join(grace_s + _JOIN_S)
        self._recorder.stop()
        recorder.join(_JOIN_S)
        self._threads = []
        _LOG.info("tap_stopped", printer=self._settings.name)
