"""The agent's end of the private socket: asks the watcher that is at work what it sees.

It asks only when it is asked itself, waits for one answer, hands it on and keeps nothing. From the
first picture on this process leaves no core dump, as the watcher does not.
"""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import msgspec

from agent.capture.footfall.undumped import leave_no_core_dump
from agent.capture.footfall.viewfinder.words import (
    LARGEST_ANSWER,
    Look,
    Sight,
    TrialLine,
    TrialZone,
    unpack,
)
from agent.errors import CameraLost

_ANSWER_S: Final = 3.0


class Viewfinder:
    """Of one camera, whichever watcher is at work. Safe from any thread; one asks at a time."""

    def __init__(self, answer_s: float = _ANSWER_S) -> None:
        """``answer_s``: how long one picture is waited for."""
        self._answer_s = answer_s
        self._asking = threading.Lock()
        self._attached: socket.socket | None = None
        self._number = 0
        self._undumped = False

    def new_pair(self) -> socket.socket:
        """Make a pair for a watcher that is about to be started; returns the watcher's end.

        The pair of the watcher before is closed. The caller closes its copy of the end.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with self._asking:
            self._close()
            self._attached = ours
        return theirs

    def close(self) -> None:
        """The watcher has ended."""
        with self._asking:
            self._close()

    def look(
        self,
        lines: Sequence[TrialLine] = (),
        zones: Sequence[TrialZone] = (),
        *,
        trial: int = 0,
        picture: bool = False,
    ) -> Sight | None:
        """What is seen in the next picture; None where no watcher shows any in time.

        Blocks for some seconds at most.
        """
        with self._asking:
            self._number += 1
            question = Look(
                number=self._number,
                picture=picture,
                trial=trial,
                lines=list(lines),
                zones=list(zones),
            )
            if picture and not self._undumped:
                self._undumped = True
                leave_no_core_dump()
            with suppress(OSError, CameraLost):
                return self._ask(question)
            return None

    def _ask(self, question: Look) -> Sight | None:
        end = self._attached
        if end is None:
            return None
        end.send(msgspec.json.encode(question), socket.MSG_DONTWAIT)
        poll = select.poll()
        poll.register(end, select.POLLIN)
        while poll.poll(self._answer_s * 1000):
            message = end.recv(LARGEST_ANSWER)
            if not message:
                return None
            number, sight = unpack(message)
            if number == question.number:
                return sight
        return None  # an answer that comes later bears an old number, and is passed over

    def _close(self) -> None:
        if self._attached is not None:
            self._attached.close()
            self._attached = None
