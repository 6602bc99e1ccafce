"""What can be set about the embedded broker."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The server's certificate chain and private key, PEM; read again with every change of logins.

    Devices prove themselves by login; who wants client certificates runs a broker of their own.
    """

    certificate: Path
    private_key: Path


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Settings of the embedded broker.

    Attributes:
        data_dir: its own directory; one live process at a time may use it.
        host: the address to listen on.
        port: the TCP port; 0 takes a free one at start and keeps it.
        tls: speak MQTT over TLS only.
        storage_key: encrypts what the broker keeps on disk. A new key begins an empty queue.
        queue_max_bytes: undelivered messages beyond this are dropped, oldest first.
        queue_max_age_s: messages are kept this long, delivered or not (see ``queue_bounds``).
        retained_max_bytes: retained messages beyond this are dropped, oldest first.
        resend_after_s: a message that a client has not acknowledged is sent to it again.
        max_connections: more clients than this are refused.
        start_timeout_s: how long it may take until the broker accepts logins.
        stop_timeout_s: how long it may take to end in order, before it is killed. It takes 20 ms
            for every subscription there ever was; being killed costs it repeated messages only.
        restart_delay_min_s: wait before the first restart after it died; doubles each time.
        restart_delay_max_s: the longest wait; also how long it must live to count as well again.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 1883
    tls: TlsFiles | None = None
    storage_key: str | None = field(default=None, repr=False)
    queue_max_bytes: int = 1024 * _MIB
    queue_max_age_s: int = 6 * 3600
    retained_max_bytes: int = 128 * _MIB
    resend_after_s: int = 15
    max_connections: int = 4096
    start_timeout_s: float = 20.0
    stop_timeout_s: float = 3.0
    restart_delay_min_s: float = 0.2
    restart_delay_max_s: float = 30.0
