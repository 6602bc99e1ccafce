"""Certificates on a box whose clock is known to be wrong: judged by the time that surely passed.

To a box in 1970 every certificate begins in the future; so the certificates here do, by ours.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from agent.sync.certificate_dates import JudgingAdapter, heed_only_what_surely_passed
from tests.simulators.certificates import self_signed

YEAR = timedelta(days=365)
THEN = datetime.now(UTC) + 20 * YEAR
ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a server whose certificate is valid for an hour around THEN."""
    return self_signed(tmp_path_factory.mktemp("tls"), at=THEN).certificate


@pytest.fixture
def port(ca_file: Path) -> Iterator[int]:
    """Of a TLS server that greets every client over HTTP."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca_file, ca_file.with_name("server.key"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_serve, args=(listening, context))
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(30)


def _serve(listening: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            raw, _ = listening.accept()
        except OSError:
            return
        try:
            with raw, context.wrap_socket(raw, server_side=True) as served:
                served.recv(4096)
                served.sendall(ANSWER)
        except OSError:
            continue


@contextmanager
def connected(port: int, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    raw = socket.create_connection(("127.0.0.1", port), 10)
    with raw, context.wrap_socket(raw, server_hostname="127.0.0.1") as wrapped:
        yield wrapped


def trusting(ca_file: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(ca_file))


def test_a_wrong_clock_refuses_a_valid_certificate(port: int, ca_file: Path) -> None:
    with (
        pytest.raises(ssl.SSLCertVerificationError, match="not yet valid"),
        connected(port, trusting(ca_file)),
    ):
        pass


@pytest.mark.parametrize("surely", [THEN, THEN - 10 * YEAR])
def test_what_surely_passed_accepts_it(port: int, ca_file: Path, surely: datetime) -> None:
    with connected(port, heed_only_what_surely_passed(trusting(ca_file), surely)) as wrapped:
        assert wrapped.getpeercert()


def test_a_certificate_that_surely_ended_is_refused(port: int, ca_file: Path) -> None:
    context = heed_only_what_surely_passed(trusting(ca_file), THEN + timedelta(hours=2))
    with (
        pytest.raises(ssl.SSLCertVerificationError, match="renew it"),
        connected(port, context),
    ):
        pass


def test_an_unknown_authority_is_refused_whatever_the_time(port: int) -> None:
    context = heed_only_what_surely_passed(ssl.create_default_context(), THEN)
    with (
        pytest.raises(ssl.SSLCertVerificationError, match=r"self.signed"),
        connected(port, context),
    ):
        pass


def test_another_name_is_refused_whatever_the_time(port: int, ca_file: Path) -> None:
    context = heed_only_what_surely_passed(trusting(ca_file), THEN)
    raw = socket.create_connection(("127.0.0.1", port), 10)
    with raw, pytest.raises(ssl.SSLCertVerificationError, match="match"):
        context.wrap_socket(raw, server_hostname="127.0.0.2")


def test_a_handshake_that_is_made_later_is_judged_as_well(port: int, ca_file: Path) -> None:
    context = heed_only_what_surely_passed(trusting(ca_file), THEN + YEAR)
    raw = socket.create_connection(("127.0.0.1", port), 10)
    with raw:
        wrapped = context.wrap_socket(
            raw, server_hostname="127.0.0.1", do_handshake_on_connect=False
        )
        with wrapped, pytest.raises(ssl.SSLCertVerificationError, match="renew it"):
            wrapped.do_handshake()


def test_https_is_judged_by_the_same_rule(port: int, ca_file: Path) -> None:
    url = f"https://127.0.0.1:{port}/"
    with requests.Session() as session:
        session.mount("https://", JudgingAdapter(THEN))
        assert (
            session.get(url, verify=str(ca_file), timeout=10).status_code
            == requests.codes.no_content
        )
        session.mount("https://", JudgingAdapter(THEN + YEAR))
        with pytest.raises(requests.exceptions.SSLError, match="renew it"):
            session.get(url, verify=str(ca_file), timeout=10)


def test_a_context_that_verifies_nothing_is_no_use() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with pytest.raises(ValueError, match="verifies nothing"):
        heed_only_what_surely_passed(context, THEN)
