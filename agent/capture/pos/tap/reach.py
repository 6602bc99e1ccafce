"""Whether the printer can be reached, and the door that is open only while it can."""

from __future__ import annotations

import os
import socket
from typing import Final

from agent.capture.pos.tap.door import Door
from agent.capture.pos.tap.settings import TapSettings
from agent.capture.pos.tap.status import Board
from agent.capture.pos.tap.vigil import READ, WRITE, Then, Vigil
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

NO_ANSWER: Final = "no answer"


class Reach:
    """Shuts the door when the printer takes no connection, and tries until it does."""

    def __init__(
        self, settings: TapSettings, vigil: Vigil, board: Board, clock: Clock, welcome: Then
    ) -> None:
        """``welcome``: lets tills in."""
        self._settings = settings
        self._vigil = vigil
        self._board = board
        self._clock = clock
        self._welcome = welcome
        self._probe: socket.socket | None = None
        self._next_s = 0.0
        self.door = Door(settings)

    def open(self) -> None:
        """Listen; raises BadConfiguration where that cannot be."""
        self._vigil.watch(self.door.open(), READ, self._welcome)
        self._board.say(listening=True)

    def watch_door(self, *, open_for_more: bool) -> None:
        """Let tills in, or let them wait before the door."""
        if self.door.listener is not None:
            self._vigil.watch(self.door.listener, READ * open_for_more, self._welcome)

    def close(self) -> None:
        """Refuse tills for good. Idempotent."""
        self._shut()
        if self._probe is not None:
            self._vigil.let_go(self._probe)
            self._probe.close()
            self._probe = None
        self._board.say(listening=False)

    def reached(self) -> None:
        """The printer has taken a connection."""
        if self._board.status.reachable is False:
            _LOG.info("tap_printer_back", printer=self._settings.name)
        if not self._board.status.reachable:
            self._board.say(reachable=True, unreachable_why="")

    def missed(self, why: str) -> None:
        """It has not, and will not take the next."""
        if self.door.listener is not None:
            self._shut()
            _LOG.warning(
                "tap_printer_unreachable",
                printer=self._settings.name,
                reason=why,
                effect="tills are refused, as the printer would refuse them",
                next_step="switch the printer on, or correct its address",
            )
        self._next_s = self._clock.monotonic_s() + self._settings.probe_s
        self._board.say(listening=False, reachable=False, unreachable_why=why)

    def try_again(self, now_s: float) -> None:
        """Whether it takes a connection by now; one attempt at a time."""
        if self.door.listener is not None or now_s < self._next_s:
            return
        if self._probe is not None:
            self._answered(NO_ANSWER)
            return
        self._probe, refusal = self.door.call_printer()
        self._next_s = now_s + self._settings.connect_s
        if refusal:
            self._answered(refusal)
        else:
            self._vigil.watch(self._probe, WRITE, self._probed)

    def _probed(self, _events: int) -> None:
        assert self._probe is not None
        self._answered(failure_of(self._probe))

    def _answered(self, why: str) -> None:
        """Let tills in again, or wait for the next attempt."""
        if self._probe is not None:
            self._vigil.let_go(self._probe)
            self._probe.close()
            self._probe = None
        self._next_s = self._clock.monotonic_s() + self._settings.probe_s
        if why:
            self._board.say(unreachable_why=why)
        else:
            self.open()
            self.reached()

    def _shut(self) -> None:
        if self.door.listener is not None:
            self._vigil.let_go(self.door.listener)
            self.door.shut()


def failure_of(side: socket.socket) -> str:
    """Why a connection could not be made or was broken off; empty where it was not."""
    code = side.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return os.strerror(code) if code else ""
