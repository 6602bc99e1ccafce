"""An ingest worker over a bad broker, which delivers batches more than once.

    python -m tests.simulators.ingest_that_repeats shuffles SEED --config FILE
    python -m tests.simulators.ingest_that_repeats recalls SEED --config FILE

One that shuffles delivers every batch twice and in no order. One that recalls delivers with every
batch one of an epoch that its device has left. It is the product's own worker over such a source.
At its end it says how many batches came, and how many of them it repeated.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Final

from cloud.app import Roles, Service
from cloud.config import read_config
from cloud.errors import FaultyService
from cloud.ingest.mqtt import BrokerLogin
from cloud.ingest.source import Listener, Message, Source
from models.runtime import logs
from models.wire.codec import Codec
from models.wire.topics import Stream

HELD: Final = 8
"""So many messages wait for others to overtake them."""

REST_S: Final = 0.2
"""What has waited for so long without anything to overtake it is delivered after all."""

_BATCHES: Final = tuple(f"/up/{stream}" for stream in Stream)


class Shuffle:
    """A listener in front of another one.

    Attributes:
        batches: how many different ones came.
        repeated: of how many of these the other listener was given more than one copy.
    """

    def __init__(self, listener: Listener, random: Random) -> None:
        self._listener = listener
        self._random = random
        self._held: list[Message] = []
        self._given: Counter[bytes] = Counter()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._deliver_the_rest, name="shuffle", daemon=True)
        self._thread.start()

    @property
    def batches(self) -> int:
        """See the class."""
        return len(self._given)

    @property
    def repeated(self) -> int:
        """See the class."""
        return sum(copies > 1 for copies in self._given.values())

    def arrived(self, message: Message) -> None:
        """Batches are doubled and shuffled; everything else is only doubled."""
        if not message.topic.endswith(_BATCHES):
            self._listener.arrived(message)
            self._listener.arrived(message)
            return
        with self._changed:
            self._held += [message, message]
            while len(self._held) > HELD:
                self._deliver_one()
            self._changed.notify()

    def failed(self, fault: FaultyService) -> None:
        """See ``Listener``."""
        self._listener.failed(fault)

    def close(self) -> None:
        """Nothing comes any more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _deliver_the_rest(self) -> None:
        with self._changed:
            while not self._closed:
                if not self._changed.wait(REST_S if self._held else None):
                    while self._held:
                        self._deliver_one()

    def _deliver_one(self) -> None:
        message = self._held.pop(self._random.randrange(len(self._held)))
        self._given[message.payload] += 1
        self._listener.arrived(message)


class Recall:
    """A listener in front of another one, for one device with one outbox at a time.

    Attributes:
        batches, repeated: how many came, and behind how many of these an old one was delivered.
    """

    def __init__(self, listener: Listener, random: Random) -> None:
        self.batches = 0
        self.repeated = 0
        self._listener = listener
        self._random = random
        self._codec = Codec()
        self._past: dict[str, list[Message]] = {}

    def arrived(self, message: Message) -> None:
        """Behind a batch comes one that was heard under another epoch, long settled by now."""
        self._listener.arrived(message)
        if not message.topic.endswith(_BATCHES):
            return
        self.batches += 1
        epoch = self._codec.decode(message.payload).header.epoch
        self._past.setdefault(epoch, []).append(message)
        left = [one for known, batches in self._past.items() if known != epoch for one in batches]
        if left:
            self.repeated += 1
            self._listener.arrived(self._random.choice(left))

    def failed(self, fault: FaultyService) -> None:
        """See ``Listener``."""
        self._listener.failed(fault)

    def close(self) -> None:
        """Nothing comes any more."""


KINDS: Final[Mapping[str, type[Shuffle | Recall]]] = {"shuffles": Shuffle, "recalls": Recall}


class RepeatingSource:
    """A source whose messages come through a listener that repeats some."""

    def __init__(self, source: Source, kind: type[Shuffle | Recall], random: Random) -> None:
        self._source = source
        self._kind = kind
        self._random = random
        self.repeating: Shuffle | Recall | None = None

    @property
    def connected(self) -> bool:
        """See ``Source``."""
        return self._source.connected

    def start(self, filters: Sequence[str], listener: Listener) -> None:
        """See ``Source``."""
        self.repeating = self._kind(listener, self._random)
        self._source.start(filters, self.repeating)

    def subscribe(self, filters: Sequence[str]) -> None:
        """See ``Source``."""
        self._source.subscribe(filters)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """See ``Source``."""
        self._source.publish(topic, payload, qos=qos, retain=retain)

    def close(self) -> None:
        """See ``Source``."""
        if self.repeating is not None:
            self.repeating.close()
        self._source.close()


class RepeatingService(Service):
    """The ingest worker over such a source."""

    kind: type[Shuffle | Recall] = Shuffle
    seed = 0
    source: RepeatingSource | None = None

    def make_source(self, login: BrokerLogin) -> Source:
        """See ``Service``."""
        self.source = RepeatingSource(super().make_source(login), self.kind, Random(self.seed))
        return self.source


def main() -> None:
    """Run until SIGTERM."""
    config = read_config(Path(sys.argv[sys.argv.index("--config") + 1]))
    logs.configure(config.log_level)
    service = RepeatingService(config, Roles(ingest=True), may_upgrade=False)
    service.kind, service.seed = KINDS[sys.argv[1]], int(sys.argv[2])
    with service:
        signal.signal(signal.SIGTERM, lambda *_: service.workers.ended.set())
        service.workers.ended.wait()
    if service.source is not None and (told := service.source.repeating) is not None:
        print(json.dumps({"batches": told.batches, "repeated": told.repeated}), flush=True)


if __name__ == "__main__":
    main()
