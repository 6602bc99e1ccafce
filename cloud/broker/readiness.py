"""Does the broker serve? Asked as a device would ask: an MQTT login that is granted."""

from __future__ import annotations

import socket
import ssl
from typing import Final

from cloud.broker.settings import TlsFiles

_GRANTED: Final = b"\x20\x02\x00\x00"  # CONNACK, no session present, code 0
_GOODBYE: Final = b"\xe0\x00"
_CLEAN_WITH_PASSWORD: Final = 0xC2
_KEEP_ALIVE_S: Final = 60


def grants_login(
    address: tuple[str, int], name: str, secret: str, tls: TlsFiles | None, timeout_s: float
) -> bool:
    """Log in and out again over MQTT 3.1.1; False when refused, unreachable or too slow.

    Blocks up to ``timeout_s`` for each of connecting and answering.
    """
    try:
        with _connect(address, tls, timeout_s) as connection:
            connection.sendall(_login_packet(name, secret))
            if _read(connection, len(_GRANTED)) != _GRANTED:
                return False
            connection.sendall(_GOODBYE)
            return True
    except OSError:
        return False


def _connect(address: tuple[str, int], tls: TlsFiles | None, timeout_s: float) -> socket.socket:
    plain = socket.create_connection(address, timeout_s)
    if tls is None:
        return plain
    return _trust_only(tls).wrap_socket(plain)


def _trust_only(tls: TlsFiles) -> ssl.SSLContext:
    """Trust the very certificate we gave the broker, under whatever name we reach it by."""
    context = ssl.create_default_context(cafile=str(tls.certificate))
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _login_packet(name: str, secret: str) -> bytes:
    flags = bytes([4, _CLEAN_WITH_PASSWORD]) + _KEEP_ALIVE_S.to_bytes(2, "big")
    body = _text("MQTT") + flags + _text(name) + _text(name) + _text(secret)
    assert len(body) < 128, "a longer body needs a longer length field"  # noqa: PLR2004 - MQTT's
    return bytes([0x10, len(body)]) + body


def _text(text: str) -> bytes:
    return len(text.encode()).to_bytes(2, "big") + text.encode()


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := connection.recv(size - len(data))):
        data += more
    return data
