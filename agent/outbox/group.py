"""Group commit: callers that come while the disk syncs share the next sync.

The first caller leads: it stores its own work on its own thread, without handing anything over, so
a single producer pays nothing for the others' convenience. Those who come meanwhile queue up; when
the leader is through, the first of them leads the next group, which is everybody who waits by then.
Each returns when its own work is stored, and with its own error if that failed.
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
    """One caller's work, and the gate it waits at while somebody else leads."""

    __slots__ = ("error", "gate", "heir", "result", "served", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.gate: threading.Lock | None = None
        self.served = False
        self.heir = False
        self.result: Result | None = None
        self.error: Exception | None = None


class GroupCommit(Generic[Work, Result]):
    """Runs ``store`` for many callers, one group at a time."""

    def __init__(self, store: Callable[[Sequence[Work]], Sequence[Result]]) -> None:
        """Make a group commit.

        Args:
            store: stores all works in one transaction and returns their results in order, or
                stores none and raises.
        """
        self._store = store
        self._mutex = threading.Lock()
        self._led = False
        self._waiting: deque[_Ticket[Work, Result]] = deque()

    def submit(self, work: Work) -> Result:
        """Store one caller's work and return its result; blocks until it is stored.

        Raises:
            OutboxBusy: the thread that led this group was interrupted; submit again.
            Exception: whatever ``store`` raised for this work alone.
        """
        ticket: _Ticket[Work, Result] = _Ticket(work)
        if self._must_lead(ticket):
            self._lead(ticket)
        if ticket.error is not None:
            raise ticket.error
        if ticket.result is None:
            raise OutboxBusy("the thread that stored for this one was interrupted; append again")
        return ticket.result

    def _must_lead(self, ticket: _Ticket[Work, Result]) -> bool:
        with self._mutex:
            if not self._led:
                self._led = True
                return True
            gate = ticket.gate = threading.Lock()
            gate.acquire()
            self._waiting.append(ticket)
        try:
            gate.acquire()  # opened by a leader: we are served, or it is our turn to lead
        except BaseException:
            self._leave(ticket)
            raise
        return not ticket.served

    def _leave(self, ticket: _Ticket[Work, Result]) -> None:
        """A signal ended the wait: no leader may count on this thread any more."""
        with self._mutex:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
        if ticket.heir:
            self._hand_over([])

    def _lead(self, ticket: _Ticket[Work, Result]) -> None:
        group = [ticket]
        try:
            with self._mutex:
                while self._waiting and len(group) < GROUP_LIMIT:
                    group.append(self._waiting.popleft())
            self._serve(group)
        finally:
            self._hand_over(group)

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

    def _hand_over(self, group: Sequence[_Ticket[Work, Result]]) -> None:
        with self._mutex:
            heir = self._waiting.popleft() if self._waiting else None
            self._led = heir is not None
            if heir is not None:
                heir.heir = True
        for ticket in group:
            ticket.served = True
            if ticket.gate is not None:
                ticket.gate.release()
        if heir is not None and heir.gate is not None:
            heir.gate.release()
