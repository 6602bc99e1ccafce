"""The text of the NATS server's configuration: MQTT, storage bounds and one user per login.

MQTT topics become NATS subjects: ``/`` is ``.``, ``+`` is ``*``, ``#`` is ``>``. In MQTT
``down/#`` also matches ``down``, so the server subscribes to both and both must be allowed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cloud.broker.access_rules import Access, access_of
from cloud.broker.errors import InvalidLogin
from cloud.broker.logins import Login, one_each
from cloud.broker.settings import BrokerSettings, TlsFiles
from cloud.errors import BadConfiguration

PROBE_USER: Final = "_probe"
"""Logs in over MQTT to see whether the broker serves and which configuration it has applied."""

CONTROL_USER: Final = "_control"
"""Logs in over NATS, on loopback, to bound the queue; may do nothing else."""

_STORAGE_KEY_VARIABLE: Final = "LIANKE_BROKER_STORAGE_KEY"
_MAX_MESSAGE_BYTES: Final = 1 << 20  # a batch is at most 512 KiB
_MAX_SUBSCRIPTIONS: Final = 1024  # per client; one MQTT filter takes up to four
_SESSIONS_MAX_BYTES: Final = 256 << 20  # session records and consumers, beside the bounded streams
_MAX_MEMORY_STORE: Final = 64 << 20

# Unacknowledged messages per filter: what a worker that acknowledges after its commit can settle
# well within resend_after_s. A session may have 65,535 in all, or subscribing fails.
_MAX_ACK_PENDING: Final = 200


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """What the configuration needs to know beside settings and logins.

    Attributes:
        port: the MQTT port, chosen.
        store_dir: where JetStream keeps its files.
        ports_dir: where the server writes which NATS port it took.
        probe_hash: bcrypt hash of the probe's secret.
        control_hash: bcrypt hash of the control user's secret.
    """

    port: int
    store_dir: Path
    ports_dir: Path
    probe_hash: str
    control_hash: str


def render(settings: BrokerSettings, plan: ServerPlan, logins: Iterable[Login]) -> str:
    """The configuration; raises InvalidLogin when two logins share a name."""
    users = [_probe(plan), _control(plan), *(_login(one) for one in one_each(logins))]
    sections = [
        _server(settings, plan),
        _jetstream(settings, plan),
        _mqtt(settings, plan),
        "authorization { users: [\n" + "\n".join(users) + "\n] }\n",
    ]
    return "\n".join(sections)


def environment_of(settings: BrokerSettings) -> dict[str, str]:
    """What the server needs in its environment: the storage key, so that no file holds it.

    The server parses the value as configuration; hexadecimal behind a letter is always a string.
    """
    if settings.storage_key is None:
        return {}
    digest = hashlib.sha256(f"cipher:{settings.storage_key}".encode()).hexdigest()
    return {_STORAGE_KEY_VARIABLE: f"k{digest}"}


def subjects_to_publish(mqtt_filter: str) -> tuple[str, ...]:
    """The NATS subjects to allow for publishing below an MQTT filter."""
    return (_subject(mqtt_filter),)


def subjects_to_subscribe(mqtt_filter: str) -> tuple[str, ...]:
    """The NATS subjects that a subscription to an MQTT filter needs."""
    parent = mqtt_filter.removesuffix("/#")
    if parent == mqtt_filter:
        return (_subject(mqtt_filter),)
    return (_subject(mqtt_filter), _subject(parent))


def _subject(mqtt_filter: str) -> str:
    if any(character in mqtt_filter for character in ".*> \t"):
        raise InvalidLogin(
            f"topic filter {mqtt_filter!r} has a character that NATS gives a meaning"
        )
    return mqtt_filter.translate(str.maketrans("/+#", ".*>"))


def _server(settings: BrokerSettings, plan: ServerPlan) -> str:
    return (
        'server_name: "lianke"\n'
        'listen: "127.0.0.1:-1"\n'
        f"ports_file_dir: {_quoted(plan.ports_dir)}\n"
        "logtime: false\n"
        f"max_payload: {_MAX_MESSAGE_BYTES}\n"
        f"max_connections: {settings.max_connections}\n"
        f"max_subscriptions: {_MAX_SUBSCRIPTIONS}\n"
    )


def _jetstream(settings: BrokerSettings, plan: ServerPlan) -> str:
    whole = settings.queue_max_bytes + settings.retained_max_bytes + _SESSIONS_MAX_BYTES
    key = f"  cipher: chachapoly\n  key: ${_STORAGE_KEY_VARIABLE}\n" if settings.storage_key else ""
    # Every QoS 1 filter is a consumer, and the server would stop at a thousand of them.
    return (
        "jetstream {\n"
        f"  store_dir: {_quoted(plan.store_dir)}\n"
        f"  max_mem_store: {_MAX_MEMORY_STORE}\n"
        f"  max_file_store: {whole}\n"
        "  limits { default_max_consumers: -1 }\n"
        f"{key}}}\n"
    )


def _mqtt(settings: BrokerSettings, plan: ServerPlan) -> str:
    # ack_wait is also what a worker that died with messages in hand waits for them: the server
    # sends again when it has passed and not, as other brokers do, when the client returns.
    # No consumer_inactive_threshold: it removes the consumers of a device that is away, and the
    # device comes back to a session that says it is present and delivers nothing.
    return (
        "mqtt {\n"
        f"  host: {_quoted(settings.host)}\n"
        f"  port: {plan.port}\n"
        f'  ack_wait: "{settings.resend_after_s}s"\n'
        f"  max_ack_pending: {_MAX_ACK_PENDING}\n"
        f"{_tls(settings.tls) if settings.tls else ''}}}\n"
    )


def _tls(tls: TlsFiles) -> str:
    return (
        f"  tls {{ cert_file: {_quoted(tls.certificate.absolute())}, "
        f"key_file: {_quoted(tls.private_key.absolute())}, timeout: 10 }}\n"
    )


def _probe(plan: ServerPlan) -> str:
    return _user(PROBE_USER, plan.probe_hash, "MQTT", [PROBE_USER], [PROBE_USER])


def _control(plan: ServerPlan) -> str:
    may_ask = ["$JS.API.STREAM.INFO.*", "$JS.API.STREAM.UPDATE.*"]
    return _user(CONTROL_USER, plan.control_hash, "STANDARD", may_ask, ["_INBOX.>"])


def _login(login: Login) -> str:
    access: Access = access_of(login)
    publish = [subject for one in access.publish for subject in subjects_to_publish(one)]
    subscribe = [subject for one in access.subscribe for subject in subjects_to_subscribe(one)]
    return _user(login.name, login.secret.bcrypt, "MQTT", publish, subscribe)


def _user(name: str, secret_hash: str, door: str, publish: list[str], subscribe: list[str]) -> str:
    return (
        f"  {{ user: {_quoted(name)}, password: {_quoted(secret_hash)}, "
        f"allowed_connection_types: [{_quoted(door)}], "
        f"permissions: {{ publish: {json.dumps(publish)}, subscribe: {json.dumps(subscribe)} }} }}"
    )


def _quoted(value: str | Path) -> str:
    """A string of the configuration language; quoted, ``$`` begins no variable."""
    text = str(value)
    if any(ord(character) < ord(" ") for character in text):
        raise BadConfiguration(f"broker setting {text!r} has a control character: rename it")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
