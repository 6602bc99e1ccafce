"""A connection whose broker confirms when the test says so: what a thin line looks like from above.

line = SlowBroker()
courier = Courier(device, outbox, line, ...)
line.confirm(2)                  # the two oldest batches have arrived there
"""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.sync.transport import Message
from models.wire.codec import MAX_PAYLOAD_BYTES


@dataclass
class SlowReceipt:
    """A receipt; see ``Receipt``."""

    arrived: bool = False

    def confirmed(self) -> bool:
        return self.arrived


@dataclass
class SlowBroker:
    """Implements ``Connection``.

    Attributes:
        published: everything, in order.
    """

    published: list[Message] = field(default_factory=list)
    receipts: list[SlowReceipt] = field(default_factory=list)

    def publish(self, message: Message) -> SlowReceipt:
        self.published.append(message)
        self.receipts.append(SlowReceipt())
        return self.receipts[-1]

    def confirm(self, count: int) -> None:
        """The oldest that were not confirmed now are."""
        waiting = [receipt for receipt in self.receipts if not receipt.arrived]
        for receipt in waiting[:count]:
            receipt.arrived = True

    def unconfirmed(self) -> int:
        return sum(not receipt.arrived for receipt in self.receipts)

    def outdone(self) -> bool:
        return False

    def largest_payload(self, topic: str) -> int:
        del topic
        return MAX_PAYLOAD_BYTES

    def taken_over(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing to close."""
