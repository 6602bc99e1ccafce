"""Tills that keep the shop's half of the contract, and nothing else: send, hear, send again.

    tills = [ResendingTill(path, secret, broker.address, 400) for path, secret in devices]
    for till in tills: till.start()
    assert settle(tills)

Each sends its sales in batches, a window at a time, and again by its own timer until the ledger's
acknowledgement has named them. It speaks through the cloud's own MQTT source, logged in as a
device, so that the test of several workers does not lean on the agent.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Sequence

from cloud.errors import BrokerUnavailable, FaultyService
from cloud.ingest.mqtt import BrokerLogin, MqttSource
from cloud.ingest.source import Message
from models.runtime.clock import SystemClock
from models.wire.ack import Ack, decode_answer
from models.wire.ids import DevicePath
from models.wire.ranges import RangeSet
from models.wire.topics import Down, Stream, down, up
from tests.simulators.facts import a_batch, a_sale

BATCH = 20
"""So many new events go to PostgreSQL by COPY, where a test may want a worker to stand still."""

WINDOW = 4
RESEND_AFTER_S = 0.5
"""Of a batch's first repeat. Each further one waits twice as long: on a machine that is busy with
other things, repeats alone would otherwise keep the worker from what is new."""

LONGEST_PAUSE_S = 4.0


STILL_S = 45.0
"""Without any answer for so long, nothing will come: within it a lease ends, whoever waits for a
turn has given up and come back, and PostgreSQL has ended who stands still in one (20 s)."""


class ResendingTill:
    """One device with sales 1 to ``sales`` in its outbox. Implements ``Listener``."""

    def __init__(
        self,
        device: DevicePath,
        secret: str,
        broker: tuple[str, int],
        sales: int,
        start: int = 1,
    ) -> None:
        """``sales`` is a multiple of BATCH; ``start`` is the number of the first one."""
        self._path = device
        login = BrokerLogin(*broker, device.device, secret, device.device)
        self._source = MqttSource(login, clock=SystemClock(), random=lambda: 0.1)
        self._owed = {first: self._batch(first) for first in range(start, start + sales, BATCH)}
        self._last = start + sales - 1
        self._acknowledged = RangeSet([(1, start - 1)] if start > 1 else [])
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send, name=device.device, daemon=True)

    @property
    def settled(self) -> bool:
        """Whether nothing is owed."""
        with self._changed:
            return self._acknowledged.watermark == self._last

    @property
    def acknowledged(self) -> int:
        """How many sales the ledger has answered for."""
        with self._changed:
            return len(self._acknowledged)

    def start(self) -> None:
        """Connect and begin to send."""
        self._source.start([down(self._path, Down.ACK)], self)
        self._thread.start()

    def close(self) -> None:
        """Stop sending, settled or not."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()
        self._source.close()

    def arrived(self, message: Message) -> None:
        """An answer."""
        answer = decode_answer(message.payload)
        if isinstance(answer, Ack):
            with self._changed:
                for first, last in answer.settled:
                    self._acknowledged.add(first, last)
                self._changed.notify_all()

    def failed(self, fault: FaultyService) -> None:
        """The broker refuses us: nothing gets settled, and the test says so."""

    def _batch(self, first: int) -> bytes:
        sales = [a_sale(first + n, store=self._path.store) for n in range(BATCH)]
        return a_batch(sales, first, self._path)

    def _send(self) -> None:
        due_s: dict[int, float] = {}
        pause_s: dict[int, float] = defaultdict(lambda: RESEND_AFTER_S)
        while not (self._stop.is_set() or self.settled):
            self._forget_settled()
            for first in list(self._owed)[:WINDOW]:
                if time.monotonic() > due_s.get(first, 0.0):
                    self._publish(self._owed[first])
                    due_s[first] = time.monotonic() + pause_s[first]
                    pause_s[first] = min(2 * pause_s[first], LONGEST_PAUSE_S)
            with self._changed:
                self._changed.wait(0.05)

    def _forget_settled(self) -> None:
        with self._changed:
            for first in list(self._owed):
                if all(first + n in self._acknowledged for n in range(BATCH)):
                    del self._owed[first]

    def _publish(self, payload: bytes) -> None:
        try:
            self._source.publish(up(self._path, Stream.SALE), payload)
        except BrokerUnavailable:
            return  # the timer sends it again


def settle(tills: Sequence[ResendingTill]) -> bool:
    """Whether nothing is owed in the end; False once nobody was answered for a while.

    So a slow machine may take its time, and only one that stands still is given up.
    """
    answered, since_s = -1, time.monotonic()
    while not all(till.settled for till in tills):
        now = sum(till.acknowledged for till in tills)
        if now > answered:
            answered, since_s = now, time.monotonic()
        elif time.monotonic() - since_s > STILL_S:
            return False
        time.sleep(0.02)
    return True
