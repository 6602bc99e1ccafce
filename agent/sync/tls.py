"""How a connection to a broker is encrypted, and by whom it is trusted."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agent.errors import BadConfiguration
from agent.sync.certificate_dates import heed_only_what_surely_passed
from agent.sync.tidy_socket import TidySocket


@dataclass(frozen=True, slots=True)
class Tls:
    """Files for a TLS connection.

    Attributes:
        ca_file: the authorities to trust; the system's where absent.
        certificate_file: our certificate, where the broker wants one.
        key_file: its key, unencrypted; where absent it is in the certificate's file.
    """

    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None


def tls_context(tls: Tls, surely: datetime | None = None) -> ssl.SSLContext:
    """The context of one connection, TLS 1.2 or later, host names checked.

    ``surely`` is given when the system's clock is known to be wrong: how late it is at least.

    Raises:
        BadConfiguration: a file cannot be read or holds no certificate or no key.
    """
    context = _trusting(tls.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = TidySocket
    if tls.certificate_file is not None:
        _show(context, tls.certificate_file, tls.key_file)
    return context if surely is None else heed_only_what_surely_passed(context, surely)


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise BadConfiguration(
            f"[broker] tls_ca_file {ca_file}: {error.strerror or error}; name a PEM file with the "
            "broker's authorities, or leave it out for the system's"
        ) from error


def _show(context: ssl.SSLContext, certificate_file: Path, key_file: Path | None) -> None:
    try:
        # An empty password: OpenSSL would ask for one on the terminal and wait.
        context.load_cert_chain(certificate_file, key_file, password="")
    except (OSError, ssl.SSLError) as error:
        raise BadConfiguration(
            f"[broker] tls_certificate_file {certificate_file}, tls_key_file {key_file}: "
            f"{error.strerror or error}; both must be PEM and belong together, the key unencrypted"
        ) from error
