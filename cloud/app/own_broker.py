"""A broker of our own, for one machine, that knows every device the registry knows."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from typing import Final

from cloud.app.broker_login import client_tls, server_tls, worker_logins
from cloud.broker import (
    BrokerSettings,
    CloudLogin,
    EmbeddedBroker,
    find_server,
    hash_secret,
    new_secret,
)
from cloud.foundations import Foundations, broker_folder
from cloud.ingest.mqtt import BrokerLogin
from cloud.workers import Workers

_LOGINS_POLL_S: Final = 1.0
"""Devices enrolled by another process may log in within so long."""


def start_own_broker(base: Foundations, workers: Workers, parts: ExitStack) -> BrokerLogin:
    """Run it until ``parts`` are closed; our login there is made anew with every start."""
    config = base.config
    user, secret = config.broker.user, new_secret(os.urandom)
    ours = [CloudLogin(user, hash_secret(secret, os.urandom)), *worker_logins(config)]
    broker = _make(base)
    broker.start([*ours, *base.registry.logins()])
    parts.callback(broker.stop)
    base.registry.on_change(lambda: broker.apply_logins([*ours, *base.registry.logins()]))
    workers.start("logins", lambda stop: _announce(base, stop))
    host, port = broker.address
    return BrokerLogin(host, port, user, secret, user, client_tls(config))


def _make(base: Foundations) -> EmbeddedBroker:
    config = base.config
    settings = BrokerSettings(
        data_dir=broker_folder(config),
        host=config.broker.host,
        port=config.broker.port,
        tls=server_tls(config),
        storage_key=base.master.derive("lianke broker storage").hex(),
    )
    return EmbeddedBroker(settings, server=find_server(), clock=base.clock, random_bytes=os.urandom)


def _announce(base: Foundations, stop: threading.Event) -> None:
    while not base.clock.wait(stop, _LOGINS_POLL_S):
        base.registry.announce()
