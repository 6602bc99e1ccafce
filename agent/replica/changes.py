"""Who wants to know that a card changed: a thread-safe subscription without personal data."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent.replica.view import MemberRef
from models.runtime.logs import get_logger
from models.wire.ids import SaleId

_LOG = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """One member's card is not what it was; ask the replica for the new one.

    Attributes:
        ref: whose card.
        at: when the replica had committed it, aware UTC.
        sale_id: the local sale that caused it; None when the cloud's card did.
        formerly: the provisional card that this one took over.
    """

    ref: MemberRef
    at: datetime
    sale_id: SaleId | None = None
    formerly: MemberRef | None = None


Listener = Callable[[Change], None]


class Changes:
    """Tells every listener of every change, in the thread that made it, after its commit."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear of changes from now on; call the returned function to stop.

        The listener must return at once: a till's sale is waiting behind it.
        """
        with self._lock:
            self._listeners = (*self._listeners, listener)
        return lambda: self._cancel(listener)

    def publish(self, change: Change) -> None:
        """Tell all listeners; one that fails is logged and does not harm the others."""
        for listener in self._listeners:
            try:
                listener(change)
            except Exception:  # noqa: BLE001 - the edge: a screen's fault must not stop a sale
                _LOG.exception("change_listener_failed", next_step="the card is shown later")

    def _cancel(self, listener: Listener) -> None:
        with self._lock:
            self._listeners = tuple(known for known in self._listeners if known != listener)
