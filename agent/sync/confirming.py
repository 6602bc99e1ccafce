"""What the broker says of the batches it was sent: its PUBACKs, and what to think of their absence.

A PUBACK says nothing about the ledger. It says that a batch has left our sockets and the line, so
the wait for the ledger's word begins, and there is room for another. A broker that takes batches
and confirms none is left: on a line so thin that this takes long, the oldest one changes now and
then; behind a line that only looks alive it never does.
"""

from __future__ import annotations

from agent.errors import BrokerUnavailable
from agent.sync.egress import Limits
from agent.sync.in_flight import InFlight, Place
from agent.sync.transport import Receipt


class Confirming:
    """Asks for the receipts of one connection. Owned by the courier's thread; times in seconds."""

    def __init__(self, in_flight: InFlight, limits: Limits) -> None:
        self._in_flight = in_flight
        self._limits = limits
        self._receipts: dict[Place, Receipt] = {}
        self._oldest: Place | None = None
        self._since_s = 0.0

    def expect(self, place: Place, receipt: Receipt) -> None:
        """A batch was handed to the transport."""
        self._receipts[place] = receipt

    def look(self, now_s: float) -> None:
        """Note what the broker has confirmed.

        Only the oldest is asked for: PUBACKs come in the order of the batches (MQTT 3.1.1 and 5,
        section 4.6).

        Raises:
            BrokerUnavailable: the oldest batch has waited too long for its PUBACK.
        """
        unconfirmed = self._in_flight.unconfirmed()
        while self._receipts:
            place = next(iter(self._receipts))
            if place in unconfirmed:  # else the ledger was quicker
                if not self._receipts[place].confirmed():
                    break
                self._in_flight.confirm(place, now_s + self._limits.resend_after_s)
            del self._receipts[place]
        self._watch(now_s)

    def due_s(self) -> float | None:
        """When the broker has been silent for too long; None while nothing is expected of it."""
        return None if self._oldest is None else self._since_s + self._limits.confirm_within_s

    def _watch(self, now_s: float) -> None:
        oldest = next(iter(self._in_flight.unconfirmed()), None)
        if oldest != self._oldest:
            self._oldest, self._since_s = oldest, now_s
        elif oldest is not None and now_s - self._since_s >= self._limits.confirm_within_s:
            raise BrokerUnavailable(
                f"the broker has not confirmed a batch for {self._limits.confirm_within_s:g} s; "
                "the connection is given up and made anew"
            )
