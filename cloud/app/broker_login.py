"""Who we are at the broker: logins, passwords and certificates, as the configuration says."""

from __future__ import annotations

import os
import ssl
from typing import Final
from urllib.parse import urlsplit

from cloud.broker import CloudLogin, TlsFiles, hash_secret
from cloud.config import LOGIN_PREFIX, CloudConfig
from cloud.errors import BadConfiguration
from cloud.ingest.mqtt import BrokerLogin

PASSWORD_VARIABLE: Final = "LIANKE_BROKER_PASSWORD"  # noqa: S105 - its name, not its value
_SCHEMES: Final = {"mqtt": 1883, "mqtts": 8883}


def given_login(config: CloudConfig) -> BrokerLogin:
    """At a broker that others share; raises BadConfiguration for an address or password unread."""
    broker = config.broker
    parts = urlsplit(broker.url)
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.password:
        raise BadConfiguration(
            "broker.url: write mqtt://host[:port] or mqtts://host[:port]; the password belongs in "
            f"{PASSWORD_VARIABLE} or broker.password_file"
        )
    tls = None
    if parts.scheme == "mqtts":
        ca_file = str(broker.tls_ca_file) if broker.tls_ca_file else None
        tls = ssl.create_default_context(cafile=ca_file)
    port = parts.port or _SCHEMES[parts.scheme]
    return BrokerLogin(parts.hostname, port, broker.user, _password(config), broker.user, tls)


def worker_logins(config: CloudConfig) -> list[CloudLogin]:
    """Those of the workers in other processes; they share one password."""
    if not config.broker.workers:
        return []
    secret = hash_secret(_password(config), os.urandom)
    return [CloudLogin(f"{LOGIN_PREFIX}{name}", secret) for name in config.broker.workers]


def server_tls(config: CloudConfig) -> TlsFiles | None:
    """What a broker of our own shows; None where it speaks in the clear."""
    broker = config.broker
    if broker.tls_certificate_file is None or broker.tls_key_file is None:
        return None
    return TlsFiles(broker.tls_certificate_file, broker.tls_key_file)


def client_tls(config: CloudConfig) -> ssl.SSLContext | None:
    """Our own connection to our own broker on this machine trusts exactly its certificate."""
    tls = server_tls(config)
    if tls is None:
        return None
    context = ssl.create_default_context(cafile=str(tls.certificate))
    context.check_hostname = False
    return context


def _password(config: CloudConfig) -> str:
    given = os.environ.get(PASSWORD_VARIABLE, "")
    file = config.broker.password_file
    if given or file is None:
        if not given:
            raise BadConfiguration(
                f"no password for broker user {config.broker.user!r}: set {PASSWORD_VARIABLE}, or "
                "broker.password_file"
            )
        return given
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadConfiguration(f"broker.password_file {file}: {error.strerror}") from error
