"""The line to the cloud: which brokers, how events travel, and where missed cards are fetched."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from agent.errors import BadConfiguration

_SMALLEST_PACKET: Final = 4096
"""Room for every birth and state."""

_DEFAULT_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One broker of the list."""

    host: str
    port: int
    tls: bool

    @classmethod
    def parse(cls, url: str) -> Endpoint:
        """Read ``mqtt://host[:port]`` or ``mqtts://host[:port]``; raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.password:
            raise ValueError(
                f"broker url {url.rpartition('@')[2]!r}: write mqtt://host[:port] or "
                "mqtts://host[:port]; the login belongs in the password file"
            )
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
        return cls(parts.hostname, port, parts.scheme == "mqtts")

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


class MqttProtocol(StrEnum):
    """Which MQTT is spoken with a broker."""

    AUTO = "auto"
    FIVE = "5"
    THREE_ONE_ONE = "3.1.1"


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """The brokers, tried in order.

    Attributes:
        urls: ``mqtt://host:port`` or ``mqtts://host:port``.
        protocol: ``5``, ``3.1.1``, or ``auto``: 5 where the broker speaks it.
        return_after_s: on a broker further down the list, the earlier ones are looked at so often,
            and returned to when one answers.
        session_expiry_s: how long a broker keeps what it holds for us while we are away; asked for
            with MQTT 5, with 3.1.1 the broker decides.
        password_file: a file of mode 0600 holding the secret that enrolment printed; the
            environment variable LIANKE_DEVICE_SECRET takes precedence.
        tls_ca_file: authorities for mqtts; the system's when absent.
        tls_certificate_file: our certificate, where the broker wants one.
        tls_key_file: its key.
        keepalive_s: MQTT keep-alive.
        max_packet_bytes: the largest MQTT packet that we send, 0 for as large as the broker says.
            MQTT 5 brokers say it; with 3.1.1 nobody does, and a broker with a limit hangs up on
            who exceeds it, so name it here (AWS IoT: 131072).
    """

    urls: tuple[str, ...] = ("mqtt://127.0.0.1:1883",)
    protocol: MqttProtocol = MqttProtocol.AUTO
    return_after_s: float = 900.0
    session_expiry_s: int = 14 * 86_400
    password_file: Path = Path("/etc/lianke/secrets/device")
    tls_ca_file: Path | None = None
    tls_certificate_file: Path | None = None
    tls_key_file: Path | None = None
    keepalive_s: int = 30
    max_packet_bytes: int = 0

    def __post_init__(self) -> None:
        """An address that cannot be read is found at start."""
        if self.max_packet_bytes and self.max_packet_bytes < _SMALLEST_PACKET:
            raise ValueError(
                f"max_packet_bytes is {self.max_packet_bytes}; births and states alone need "
                f"{_SMALLEST_PACKET}, and 0 leaves it to the broker"
            )
        if not self.endpoints:
            raise ValueError("urls must name at least one broker")
        if not 0 <= self.session_expiry_s < 1 << 32:
            raise ValueError("session_expiry_s must be between 0 and 4294967295")

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The addresses, parsed."""
        return tuple(Endpoint.parse(url) for url in self.urls)


@dataclass(frozen=True, slots=True)
class CloudSettings:
    """The cloud's HTTPS interface, for cards that were missed.

    Attributes:
        url: base address, such as ``https://cloud.example``; empty switches catch-up off.
        timeout_s: of one request.
    """

    url: str = ""
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """How events travel.

    Attributes:
        batch_events: events in a batch at most.
        batch_bytes: plain bytes in a batch at most.
        max_age_ms: an event that could go at once waits for company so long at most, and only while
            four other batches are on their way.
        window: batches sent and not yet settled; 20 to 100 is best (measured).
        window_bytes: bytes sent that the broker has not confirmed, one batch at least: what may
            wait in front of a fresh sale on a thin line. Narrow, it makes batches small, too.
        resend_after_s: a batch that the broker has confirmed and the ledger has not settled by then
            is sent again.
        confirm_within_s: a broker that leaves a batch unconfirmed for so long is given up for a new
            connection.
        fresh_share: share of the batches that fresh events keep while a backlog drains; below 1,
            so that the backlog always drains.
        backoff_base_s: bound of the first wait after a failure; it doubles.
        backoff_cap_s: bound of every later wait.
    """

    batch_events: int = 100
    batch_bytes: int = 1024 * 1024
    max_age_ms: float = 5.0
    window: int = 32
    window_bytes: int = 256 * 1024
    resend_after_s: float = 10.0
    confirm_within_s: float = 60.0
    fresh_share: float = 0.8
    backoff_base_s: float = 0.5
    backoff_cap_s: float = 60.0

    def __post_init__(self) -> None:
        """A window or batch of nothing would never send."""
        if min(self.batch_events, self.batch_bytes, self.window, self.window_bytes) < 1:
            raise ValueError("batch_events, batch_bytes, window, window_bytes must be at least 1")
        if min(self.resend_after_s, self.confirm_within_s) <= 0.0:
            raise ValueError("resend_after_s and confirm_within_s must be above 0")
        if not 0.0 <= self.fresh_share < 1.0:
            raise ValueError(f"fresh_share must be from 0 to below 1, not {self.fresh_share}")
        if self.max_age_ms < 0.0:
            raise ValueError(f"max_age_ms must not be negative, as {self.max_age_ms} is")


def device_secret(settings: BrokerSettings) -> str:
    """The secret that enrolment printed; raises BadConfiguration when there is none."""
    from_environment = os.environ.get("LIANKE_DEVICE_SECRET", "")
    if from_environment:
        return from_environment
    try:
        secret = settings.password_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadConfiguration(
            f"device secret {settings.password_file}: {error.strerror}; enrol this device in the "
            "cloud and write the secret it prints into this file"
        ) from error
    if not secret:
        raise BadConfiguration(f"device secret {settings.password_file} is empty; enrol again")
    return secret
