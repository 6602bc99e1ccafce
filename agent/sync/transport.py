"""The port to a broker: one connection, QoS 1 both ways, a will.

The contract, which the simulated broker and the real ones pass in the same suite:
``open`` returns only when the broker accepted us; after it the will is in force; ``publish`` never
blocks on the network; messages arrive on the listener from a foreign thread, in order per topic;
``lost`` is called at most once and not after ``close``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """A topic and what to say on it."""

    topic: str
    payload: bytes
    retain: bool = False


class Listener(Protocol):
    """What a connection tells its owner, from the transport's own thread; must not block."""

    def arrived(self, topic: str, payload: bytes) -> None:
        """A message came in on one of the subscriptions."""
        ...

    def lost(self, reason: str) -> None:
        """The connection is gone; the transport does not reconnect by itself."""
        ...


class Receipt(Protocol):
    """What became of one published message on its way to the broker."""

    def confirmed(self) -> bool:
        """Whether the broker has PUBACKed it: a word about the broker, never about the ledger."""
        ...


class Connection(Protocol):
    """An open connection."""

    def publish(self, message: Message) -> Receipt:
        """Hand a message over at QoS 1.

        Raises:
            BrokerUnavailable: the connection is gone, or the broker takes no message of that size.
        """
        ...

    def unconfirmed(self) -> int:
        """How many published messages the broker has not PUBACKed."""
        ...

    def largest_payload(self, topic: str) -> int:
        """How many bytes the broker takes on a topic at most; never more than a batch may have."""
        ...

    def taken_over(self) -> bool:
        """Whether the broker ended it because another connection came under our name.

        Only MQTT 5 says so; with 3.1.1 it looks like any other loss.
        """
        ...

    def outdone(self) -> bool:
        """Whether a broker that comes earlier in the list answers again, so that we should leave.

        Cheap: the network is asked now and then only, and then for a moment.
        """
        ...

    def close(self) -> None:
        """Say goodbye: the broker does not send the will. Idempotent."""
        ...


class Transport(Protocol):
    """Opens connections to the brokers of a list."""

    def open(self, filters: Sequence[str], will: Message, listener: Listener) -> Connection:
        """Connect, subscribe and leave the will; blocks for at most the connect time-out a broker.

        Raises:
            BrokerUnavailable: no broker of the list answered; try again with back-off.
            BrokerRefusedLogin: none accepted us, and one knows us and says no.
            BadConfiguration: a certificate or key that the configuration names cannot be used.
        """
        ...
