"""The port towards the broker. ``mqtt`` implements it; so does a simulator in the tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cloud.errors import FaultyService


@dataclass(frozen=True, slots=True)
class Message:
    """What the broker delivered. ``retained``: it was said before we subscribed, maybe long ago."""

    topic: str
    payload: bytes = field(repr=False)
    retained: bool = False


class Listener(Protocol):
    """Who hears what the broker delivers; called on the source's own thread."""

    def arrived(self, message: Message) -> None:
        """Take a message. May block: the broker then keeps the rest, which is back-pressure."""
        ...

    def failed(self, fault: FaultyService) -> None:
        """The source has stopped for good; a person must look."""
        ...


class Source(Protocol):
    """A connection to the broker that restores itself.

    The broker may lose and repeat messages in any order; nothing here promises otherwise.
    """

    @property
    def connected(self) -> bool:
        """Whether messages can come and go right now."""
        ...

    def start(self, filters: Sequence[str], listener: Listener) -> None:
        """Begin to connect and subscribe; returns at once.

        ``filters`` are what to listen to first, unless ``subscribe`` has named something before.
        """
        ...

    def subscribe(self, filters: Sequence[str]) -> None:
        """From now on listen to these and to nothing else; from any thread, without waiting.

        It holds for every later connection, and for what the broker still keeps of an earlier
        session. What is new is subscribed to before what is gone is let go.
        """
        ...

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Hand over one message; from any thread, without waiting for the broker.

        Raises:
            BrokerUnavailable: there is no connection; the message is not kept.
        """
        ...

    def close(self) -> None:
        """Disconnect in an orderly way and end the source's thread."""
        ...
