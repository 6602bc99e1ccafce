"""An ingest worker over a bad broker, which delivers batches more than once.

    python -m tests.simulators.ingest_that_repeats shuffles SEED --config FILE
    python -m tests.simulators.ingest_that_repeats recalls SEED --config FILE

One that shuffles delivers every batch twice and in no order. One that recalls delivers with every
batch one of an epoch that its device has left. It is the product's own worker over such a source.
At its end it says how many it repeated.
"""

from __future__ import annotations

import json
import signal
import sys
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
"""So many messages wait for others to overtake them; what waits for long is sent again anyway."""

_BATCHES: Final = tuple(f"/up/{stream}" for stream in Stream)


class Shuffle:
    """A listener in front of another one."""

    def __init__(self, listener: Listener, random: Random) -> None:
        self.repeated = 0
        self._listener = listener
        self._random = random
        self._held: list[Message] = []

    def arrived(self, message: Message) -> None:
        """Batches are doubled and shuffled; everything else is only doubled."""
        if not message.topic.endswith(_BATCHES):
            self._listener.arrived(message)
            self._listener.arrived(message)
            return
        self.repeated += 1
        self._held += [message, message]
        while len(self._held) > HELD:
            self._listener.arrived(self._held.pop(self._random.randrange(len(self._held))))

    def failed(self, fault: FaultyService) -> None:
        """See ``Listener``."""
        self._listener.failed(fault)


class Recall:
    """A listener in front of another one, for one device with one outbox at a time."""

    def __init__(self, listener: Listener, random: Random) -> None:
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
        epoch = self._codec.decode(message.payload).header.epoch
        self._past.setdefault(epoch, []).append(message)
        left = [one for known, batches in self._past.items() if known != epoch for one in batches]
        if left:
            self.repeated += 1
            self._listener.arrived(self._random.choice(left))

    def failed(self, fault: FaultyService) -> None:
        """See ``Listener``."""
        self._listener.failed(fault)


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
    if service.source is not None and service.source.repeating is not None:
        print(json.dumps({"repeated": service.source.repeating.repeated}), flush=True)


if __name__ == "__main__":
    main()
