"""Group commit: callers that come while the disk syncs share the next sync.

A caller who finds nobody at work stores its own work on its own thread, without handing anything
over, so a single producer pays nothing for the others' convenience. Those who come meanwhile queue
up; when the turn is over, the first of them leads the next group, which is everybody who waits by
then. Each returns when its own work is stored, or raises its own error.

A group that is served wakes in a chain: each member wakes the next before it goes on. Woken all at
once, sixty threads would fight for the interpreter, most of them only to fall asleep again; so each
is woken when it has a good chance to run (docs/explanation/outbox.md has the figures).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Final, Generic, TypeVar

from agent.errors import OutboxBusy

Work = TypeVar("Work")
Result = TypeVar("Result")

GROUP_LIMIT: Final = 256
"""Calls in one transaction; bounds how long the last of them waits and what a rollback repeats."""


class _Ticket(Generic[Work, Result]):
    """A waiting caller's work, and the gate it waits at.

    Whoever opens the gate leaves a duty to the caller: to lead the next group, or to wake ``next``.
    A caller that was interrupted has ``gone``; then it or the opener does the duty, whichever of
    the two claims it.
    """

    __slots__ = ("_duty", "error", "gate", "gone", "leads", "next", "result", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.gate = threading.Lock()
        self.gate.acquire()
        self.gone = False
        self.leads = False
        self.next: _Ticket[Work, Result] | None = None
        self.result: Result | None = None
        self.error: Exception | None = None
        self._duty: list[None] = []

    def open(self) -> None:
        """Let the caller pass."""
        self._duty.append(None)
        self.gate.release()

    def claim(self) -> bool:
        """Whether the gate was opened and nobody else has claimed the duty that is behind it."""
        try:
            self._duty.pop()
        except IndexError:
            return False
        return True


class GroupCommit(Generic[Work, Result]):
    """Runs ``store`` for many callers, one group at a time.

    ``_turn`` is held while anybody stores. It passes from leader to leader without being let go,
    so nobody overtakes those who wait. There is no other lock: a caller queues up before it looks
    whether the turn is free, and the turn is let go before the queue is looked at, so one of the
    two always sees the other.
    """

    def __init__(self, store: Callable[[Sequence[Work]], Sequence[Result]]) -> None:
        """Make a group commit.

        Args:
            store: stores all works in one transaction and returns their results in order, or
                stores none and raises.
        """
        self._store = store
        self._turn = threading.Lock()
        self._waiting: deque[_Ticket[Work, Result]] = deque()

    def submit(self, work: Work) -> Result:
        """Store one caller's work and return its result; blocks until it is stored.

        Raises:
            OutboxBusy: the thread that led this group was interrupted; submit again.
            Exception: whatever ``store`` raised for this work alone.
        """
        if not self._turn.acquire(blocking=False):
            return self._queue_up(_Ticket(work))
        try:
            return self._store((work,))[0]
        finally:
            self._pass_on()

    def _queue_up(self, ticket: _Ticket[Work, Result]) -> Result:
        self._waiting.append(ticket)
        if self._turn.acquire(blocking=False):
            self._pass_on()  # the first who waits leads, perhaps this caller
        try:
            ticket.gate.acquire()
        except BaseException:
            self._leave(ticket)
            raise
        if ticket.leads:
            self._lead(ticket)
        elif ticket.next is not None:
            self._wake(ticket.next)
        if ticket.error is not None:
            raise ticket.error
        if ticket.result is None:
            raise OutboxBusy("the thread that stored for this one was interrupted; append again")
        return ticket.result

    def _leave(self, ticket: _Ticket[Work, Result]) -> None:
        """A signal ended the wait: nobody may count on this thread any more."""
        with suppress(ValueError):
            self._waiting.remove(ticket)
        ticket.gone = True
        if ticket.claim():
            self._relieve(ticket)

    def _lead(self, ticket: _Ticket[Work, Result]) -> None:
        group = [ticket]
        try:
            with suppress(IndexError):
                while len(group) < GROUP_LIMIT:
                    group.append(self._waiting.popleft())
            for one, following in pairwise(group):
                one.next = following
            self._serve(group)
        finally:
            self._pass_on()
            if ticket.next is not None:
                self._wake(ticket.next)

    def _serve(self, group: Sequence[_Ticket[Work, Result]]) -> None:
        try:
            results = self._store([ticket.work for ticket in group])
        except Exception as error:  # noqa: BLE001 - it is raised again on the caller's own thread
            if len(group) == 1:
                group[0].error = error
                return
            # One bad member must not fail the rest: each alone, so that the error finds its owner.
            for ticket in group:
                self._serve([ticket])
        else:
            for ticket, result in zip(group, results, strict=True):
                ticket.result = result

    def _pass_on(self) -> None:
        """Let the first who waits lead, or let go of the turn."""
        while True:
            while self._waiting:
                with suppress(IndexError):  # the one who waited has left
                    heir = self._waiting.popleft()
                    heir.leads = True
                    self._wake(heir)
                    return
            self._turn.release()
            if not (self._waiting and self._turn.acquire(blocking=False)):
                return

    def _wake(self, ticket: _Ticket[Work, Result]) -> None:
        ticket.open()
        if ticket.gone and ticket.claim():
            self._relieve(ticket)

    def _relieve(self, gone: _Ticket[Work, Result]) -> None:
        """Do what a caller would have done who is no longer there."""
        if gone.leads:
            self._pass_on()
        elif gone.next is not None:
            self._wake(gone.next)
