"""The embedded broker as tests start it: a free loopback port and a throw-away directory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cloud.broker import BrokerSettings, EmbeddedBroker, Login
from models.runtime.clock import SystemClock
from tests.simulators.processes import free_port
from tests.simulators.required_server import required_nats_server


def new_embedded_broker(settings: BrokerSettings) -> EmbeddedBroker:
    """An embedded broker that is not started; skips the test where its program is missing."""
    return EmbeddedBroker(
        settings, server=required_nats_server(), clock=SystemClock(), random_bytes=os.urandom
    )


@contextmanager
def embedded_broker(directory: Path, logins: Iterable[Login]) -> Iterator[EmbeddedBroker]:
    """A running embedded broker; skips the test where its program is missing."""
    with new_embedded_broker(BrokerSettings(directory, port=free_port())) as broker:
        broker.start(logins)
        yield broker
