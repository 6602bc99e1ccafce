"""The server thread that all doors share: how it begins, and how it ends."""

from __future__ import annotations

import socket
import threading
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from models.web.serving import ServerThread, quiet


async def _greet(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("good morning")


def _app() -> Starlette:
    return Starlette(routes=[Route("/", _greet)])


@pytest.fixture
def server() -> Iterator[ServerThread]:
    one = ServerThread(quiet(_app()), "127.0.0.1", 0, "test-door")
    one.listen()
    assert one.start()
    yield one
    one.stop()


def test_it_answers_from_the_moment_it_has_started_and_says_nothing_of_itself(
    server: ServerThread,
) -> None:
    with urllib.request.urlopen(server.url, timeout=5) as answer:
        assert answer.read() == b"good morning"
        assert "server" not in answer.headers


def test_once_stopped_it_is_gone_and_stopping_again_does_nothing(server: ServerThread) -> None:
    server.stop()
    server.stop()
    assert not server.is_alive
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(server.url, timeout=5)


def test_the_farewell_is_called_in_the_servers_own_thread(server: ServerThread) -> None:
    called: list[str] = []
    server.stop(farewell=lambda: called.append(threading.current_thread().name))
    assert called == ["test-door"]


def test_a_port_that_is_taken_can_be_asked_for_again(server: ServerThread) -> None:
    port = int(server.url.rpartition(":")[2])
    second = ServerThread(quiet(_app()), "127.0.0.1", port, "second-door")
    with pytest.raises(OSError, match="in use"):
        second.listen()
    server.stop()
    second.listen()
    assert second.start()
    second.stop()


def test_an_application_that_does_not_start_is_told_at_once() -> None:
    @asynccontextmanager
    async def broken(_app: Starlette) -> AsyncIterator[None]:
        if _app.debug:
            yield
        raise LookupError("no database")

    server = ServerThread(quiet(Starlette(lifespan=broken)), "127.0.0.1", 0, "test-door")
    server.listen()
    assert not server.start()
    server.stop()
    assert not server.is_alive


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),
        ("::1", "http://[::1]:8080"),
        ("::", "http://[::1]:8080"),
    ],
)
def test_its_address_is_one_that_this_box_can_open(host: str, address: str) -> None:
    assert ServerThread(quiet(_app()), host, 8080, "test-door").url == address


def test_an_address_of_another_box_is_refused() -> None:
    server = ServerThread(quiet(_app()), "192.0.2.1", 0, "test-door")
    with pytest.raises(OSError, match="assign"):
        server.listen()


def test_the_listener_is_given_back(server: ServerThread) -> None:
    port = int(server.url.rpartition(":")[2])
    server.stop()
    with socket.create_server(("127.0.0.1", port)):
        pass
