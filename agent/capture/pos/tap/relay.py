"""The relay: tills on one side, the printer on the other, bytes in between; nothing else.

One thread, and whatever a till sends goes to the printer in the same turn of its loop, before
anything of ours looks at it. The copy is a list entry: it never waits for a disk, a parser or
another thread, and if even that fails, the failure is counted and printing goes on.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final, Protocol

from agent.capture.pos.tap.door import set_up
from agent.capture.pos.tap.pair import Pair
from agent.capture.pos.tap.reach import NO_ANSWER, Reach, failure_of
from agent.capture.pos.tap.settings import TapSettings
from agent.capture.pos.tap.status import Board
from agent.capture.pos.tap.vigil import READ, WRITE, Vigil
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_TICK_S: Final = 0.25
"""How often what no socket tells is looked at: pauses, patience, resets behind a full buffer."""


class Copy(Protocol):
    """Where copies go. None of it may wait; see ``CarbonCopy``."""

    def opened(self, number: int) -> None:
        """A till is connected to the printer."""
        ...

    def copied(self, number: int, data: bytes) -> int:
        """The printer was given these bytes; returns how many there was no room for."""
        ...

    def paused(self, number: int) -> None:
        """Nothing has come for a while."""
        ...

    def closed(self, number: int) -> None:
        """The connection is over."""
        ...


class Relay:
    """All connections of one tap. Made and opened by one thread, run by another."""

    def __init__(self, settings: TapSettings, copy: Copy, board: Board, clock: Clock) -> None:
        self._settings = settings
        self._copy = copy
        self._board = board
        self._clock = clock
        self._vigil = Vigil()
        self._reach = Reach(settings, self._vigil, board, clock, self._welcome)
        self._pairs: dict[int, Pair] = {}
        self._number = 0
        self._tick_at_s = 0.0
        self._stop_by_s: float | None = None
        self._never = threading.Event()
        self._bell: socket.socket | None = None
        self._button: socket.socket | None = None
        self._complained: set[str] = set()

    @property
    def port(self) -> int:
        """Where tills connect to."""
        return self._reach.door.port

    def open(self) -> None:
        """Listen; raises BadConfiguration where that cannot be."""
        self._reach.open()
        self._bell, self._button = bell, _ = socket.socketpair()
        self._vigil.watch(bell, READ, lambda _events: bell.recv(1))

    def stop(self, grace_s: float) -> None:
        """Take no more tills, and end when those that print are done, or at the latest then."""
        self._stop_by_s = self._clock.monotonic_s() + grace_s
        if self._button is not None:
            with suppress(OSError):
                self._button.send(b"\x00")

    def run(self) -> None:
        """Serve until stopped."""
        while not self._done():
            try:
                self._turn()
            except Exception as error:  # noqa: BLE001 - the loop's edge: printing must go on
                self._failed("tap_relay_failed", error)
                self._clock.wait(self._never, _TICK_S)
        self._close()

    def _done(self) -> bool:
        if self._stop_by_s is None:
            return False
        return not self._pairs or self._clock.monotonic_s() >= self._stop_by_s

    def _turn(self) -> None:
        for then, events in self._vigil.wait(_TICK_S):
            then(events)
        now_s = self._clock.monotonic_s()
        if now_s >= self._tick_at_s:
            self._tick_at_s = now_s + _TICK_S
            self._tick(now_s)

    def _tick(self, now_s: float) -> None:
        """See to what no socket tells."""
        for pair in list(self._pairs.values()):
            if not pair.connected:
                if now_s - pair.began_s > self._settings.connect_s:
                    self._turn_away(pair, NO_ANSWER)
            elif failure_of(pair.till) or failure_of(pair.printer):
                self._break(pair)
            elif pair.paused_s is not None and now_s - pair.paused_s >= self._settings.pause_s:
                pair.quiet = True
                self._guarded(partial(self._copy.paused, pair.number))
        if self._stop_by_s is not None:
            self._reach.close()
            return
        self._reach.try_again(now_s)
        self._reach.watch_door(open_for_more=len(self._pairs) < self._settings.most_connections)

    def _welcome(self, _events: int) -> None:
        """Let a till in, with a connection of its own to the printer."""
        listener = self._reach.door.listener
        if listener is None:
            return
        try:
            till, _ = listener.accept()
        except BlockingIOError:
            return
        except OSError:
            self._reach.watch_door(open_for_more=False)  # no descriptor left: until the next tick
            return
        self._lead_to_printer(till)
        if len(self._pairs) >= self._settings.most_connections:
            self._reach.watch_door(open_for_more=False)

    def _lead_to_printer(self, till: socket.socket) -> None:
        try:
            set_up(till)
            printer, refusal = self._reach.door.call_printer()
        except OSError:
            till.close()
            return
        self._number += 1
        pair = Pair(self._number, till, printer, self._clock.monotonic_s())
        self._pairs[pair.number] = pair
        if refusal:
            self._turn_away(pair, refusal)
        else:
            self._vigil.watch(printer, WRITE, partial(self._serve, pair, printer))

    def _turn_away(self, pair: Pair, why: str) -> None:
        """The printer does not take this till."""
        self._break(pair)
        self._reach.missed(why)

    def _serve(self, pair: Pair, side: socket.socket, events: int) -> None:
        """One side of a pair can be read or written."""
        if pair.number not in self._pairs:
            return  # broken off earlier in this turn
        try:
            if pair.connected:
                self._exchange(pair, side, events)
            else:
                self._connected(pair)
        except OSError:
            self._break(pair)
            return
        if pair.over:
            self._forget(pair)
            pair.close()
        elif pair.connected:
            self._watch(pair)

    def _exchange(self, pair: Pair, side: socket.socket, events: int) -> None:
        forth, back = pair.to_printer, pair.to_till
        if side is pair.printer:
            forth, back = back, forth
        if events & WRITE:
            back.drain()
        if events & READ and forth.wants_to_read:
            chunk = forth.pump()
            if chunk and side is pair.till:
                pair.last_s, pair.quiet = self._clock.monotonic_s(), False
                self._guarded(partial(self._lay_in, pair.number, chunk))

    def _connected(self, pair: Pair) -> None:
        """The printer has answered, one way or the other."""
        why = failure_of(pair.printer)
        if why:
            self._turn_away(pair, why)
            return
        pair.connected = True
        self._reach.reached()
        self._board.count(jobs=1)
        self._board.say(connections=len(self._pairs))
        self._guarded(partial(self._copy.opened, pair.number))

    def _watch(self, pair: Pair) -> None:
        forth, back = pair.to_printer, pair.to_till
        for side, reads, writes in ((pair.till, forth, back), (pair.printer, back, forth)):
            events = reads.wants_to_read * READ | writes.wants_to_write * WRITE
            self._vigil.watch(side, events, partial(self._serve, pair, side))

    def _break(self, pair: Pair) -> None:
        """One side was reset, or is gone: the other learns it the same way."""
        self._forget(pair)
        pair.reset()

    def _forget(self, pair: Pair) -> None:
        del self._pairs[pair.number]
        self._vigil.let_go(pair.till)
        self._vigil.let_go(pair.printer)
        self._board.say(connections=len(self._pairs))
        if pair.connected:
            self._guarded(partial(self._copy.closed, pair.number))

    def _lay_in(self, number: int, chunk: bytes) -> None:
        lost = self._copy.copied(number, chunk)
        self._board.count(forwarded_bytes=len(chunk), lost_bytes=lost)

    def _guarded(self, note: Callable[[], None]) -> None:
        """Whatever our copy does, printing goes on."""
        try:
            note()
        except Exception as error:  # noqa: BLE001 - the copy's edge, and no till may feel it
            self._failed("tap_copy_failed", error)

    def _failed(self, event: str, error: Exception) -> None:
        """Count it, and say it once for each kind; without its text, which may quote a receipt."""
        self._board.count(failures=1)
        kind = f"{event} {type(error).__name__}"
        if kind not in self._complained:
            self._complained.add(kind)
            _LOG.error(
                event,
                printer=self._settings.name,
                error=type(error).__name__,
                effect="printing goes on; a receipt may lack its record",
                next_step="report it",
            )

    def _close(self) -> None:
        """Break off what still prints, and let everything go."""
        for pair in list(self._pairs.values()):
            self._break(pair)
        self._reach.close()
        for each in (self._bell, self._button):
            if each is not None:
                each.close()
        self._vigil.close()
