"""An ingest worker that kills itself with -9 after a commit, just before the n-th acknowledgement.

    python -m tests.simulators.ingest_that_dies N --config FILE

It is the product's own worker, composed as ever, over a source whose ``publish`` pulls the trigger.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from cloud.app import Roles, Service
from cloud.config import read_config
from cloud.ingest.mqtt import BrokerLogin
from cloud.ingest.source import Listener, Source
from models.runtime import logs
from models.wire.ack import Ack, decode_answer


class Trigger:
    """A source that lets everything pass but the n-th acknowledgement."""

    def __init__(self, source: Source, acknowledgements: int) -> None:
        self._source = source
        self._left = acknowledgements

    @property
    def connected(self) -> bool:
        """See ``Source``."""
        return self._source.connected

    def start(self, filters: Sequence[str], listener: Listener) -> None:
        """See ``Source``."""
        self._source.start(filters, listener)

    def subscribe(self, filters: Sequence[str]) -> None:
        """See ``Source``."""
        self._source.subscribe(filters)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Pass it on, or die: the commit is made, the answer never leaves."""
        if topic.endswith("/down/ack") and isinstance(decode_answer(payload), Ack):
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        self._source.publish(topic, payload, qos=qos, retain=retain)

    def close(self) -> None:
        """See ``Source``."""
        self._source.close()


class DyingService(Service):
    """The ingest worker over a trigger."""

    acknowledgements = 1

    def make_source(self, login: BrokerLogin) -> Source:
        """See ``Service``."""
        return Trigger(super().make_source(login), self.acknowledgements)


def main() -> None:
    """Run until the trigger is pulled."""
    config = read_config(Path(sys.argv[sys.argv.index("--config") + 1]))
    logs.configure(config.log_level)
    service = DyingService(config, Roles(ingest=True), may_upgrade=False)
    service.acknowledgements = int(sys.argv[1])
    with service:
        service.workers.ended.wait()


if __name__ == "__main__":
    main()
