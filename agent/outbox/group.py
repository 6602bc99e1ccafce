"""Group commit: callers that come while the disk syncs share the next sync.

A caller who finds nobody at work stores its own work on its own thread, without handing anything
over, so a single producer pays nothing for the others' convenience. Those who come meanwhile queue
up; when the turn is over, the first of them leads the next group, which is everybody who waits by
then. Each returns when its own work is stored, or raises its own error.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from agent.errors import OutboxBusy

Work = TypeVar("Work")
Result = TypeVar("Result")

GROUP_LIMIT: Final = 256
"""Calls in one transaction; bounds how long the last of them waits and what a rollback repeats."""


class _Ticket(Generic[Work, Result]):
    """A waiting caller's work, and the gate it waits at."""

    __slots__ = ("error", "gate", "leads", "result", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.gate = threading.Lock()
        self.gate.acquire()
        self.leads = False
        self.result: Result | None = None
        self.error: Exception | None = None


class GroupCommit(Generic[Work, Result]):
    """Runs ``store`` for many callers, one group at a time.

    ``_turn`` is held while anybody stores. It passes from leader to leader without being let go,
    so nobody overtakes those who wait.
    """

    def __init__(self, store: Callable[[Sequence[Work]], Sequence[Result]]) -> None:
        """Make a group commit.

        Args:
            store: stores all works in one transaction and returns their results in order, or
                stores none and raises.
        """
        self._store = store
        self._turn = threading.Lock()
        self._mutex = threading.Lock()
        self._waiting: deque[_Ticket[Work, Result]] = deque()

    def submit(self, work: Work) -> Result:
        """Store one caller's work and return its result; blocks until it is stored.

        Raises:
            OutboxBusy: the thread that led this group was interrupted; submit again.
            Exception: whatever ``store`` raised for this work alone.
        """
        if not self._turn.acquire(blocking=False):
            ticket = self._queue_up(work)
            if ticket is not None:
                return self._wait(ticket)
        try:
            return self._store((work,))[0]
        finally:
            self._pass_on()

    def _queue_up(self, work: Work) -> _Ticket[Work, Result] | None:
        """A place in the queue, or None when the turn became free meanwhile and is now ours."""
        with self._mutex:
            if self._turn.acquire(blocking=False):
                return None
            ticket: _Ticket[Work, Result] = _Ticket(work)
            self._waiting.append(ticket)
            return ticket

    def _wait(self, ticket: _Ticket[Work, Result]) -> Result:
        try:
            ticket.gate.acquire()  # opened by a leader: we are served, or it is our turn to lead
        except BaseException:
            self._leave(ticket)
            raise
        if ticket.leads:
            self._lead(ticket)
        if ticket.error is not None:
            raise ticket.error
        if ticket.result is None:
            raise OutboxBusy("the thread that stored for this one was interrupted; append again")
        return ticket.result

    def _leave(self, ticket: _Ticket[Work, Result]) -> None:
        """A signal ended the wait: no leader may count on this thread any more."""
        with self._mutex:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
        if ticket.leads:
            self._pass_on()

    def _lead(self, ticket: _Ticket[Work, Result]) -> None:
        group = [ticket]
        try:
            with self._mutex:
                while self._waiting and len(group) < GROUP_LIMIT:
                    group.append(self._waiting.popleft())
            self._serve(group)
        finally:
            self._pass_on()
            for served in group[1:]:
                served.gate.release()

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
        with self._mutex:
            if not self._waiting:
                self._turn.release()
                return
            heir = self._waiting.popleft()
            heir.leads = True
        heir.gate.release()
