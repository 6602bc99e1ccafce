"""How we talk to the broker's process: the probing login and the bounding of its queue."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cloud.broker.queue_bounds import QueueBounds, control_address
from cloud.broker.readiness import grants_login
from cloud.errors import BrokerUnavailable

Address = tuple[str, int]


@contextmanager
def answering(conversation: Callable[[socket.socket], None]) -> Iterator[Address]:
    """A server for one connection, which it hangs up after the conversation."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(20)
                conversation(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()
        thread.join()


def asks(address: Address, timeout_s: float = 5.0) -> bool:
    return grants_login(address, "_probe", "secret", None, timeout_s=timeout_s)


def test_granted_login_is_seen_and_left_politely() -> None:
    heard = bytearray()

    def grant(connection: socket.socket) -> None:
        heard.extend(connection.recv(100))
        connection.sendall(b"\x20\x02")
        connection.sendall(b"\x00\x00")
        heard.extend(connection.recv(100))

    with answering(grant) as address:
        assert asks(address)
    assert heard.startswith(b"\x10")
    assert b"MQTT\x04\xc2" in heard
    assert heard.endswith(b"\x00\x06_probe\x00\x06_probe\x00\x06secret\xe0\x00")


@pytest.mark.parametrize("answer", [b"\x20\x02\x00\x05", b"\x20\x02", b"", b"HTTP/1.1 400"])
def test_any_other_answer_is_no(answer: bytes) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(answer)

    with answering(refuse) as address:
        assert not asks(address)


def test_silence_is_no() -> None:
    with answering(assert_hung_up) as address:
        assert not asks(address, timeout_s=0.2)


def assert_hung_up(connection: socket.socket) -> None:
    while connection.recv(100):
        pass


def test_nobody_listening_is_no() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    assert not asks(address)


class ScriptedNats:
    """Answers stream requests as NATS does, from a table of streams, and remembers the changes."""

    def __init__(self, **config: Any) -> None:
        self.config: dict[str, Any] = {"name": "s", "discard": "old", **config}
        self.updates: list[dict[str, Any]] = []
        self.refuse_update = False

    def __call__(self, connection: socket.socket) -> None:
        connection.sendall(b'INFO {"server_id":"x"}\r\nPING\r\n')
        with connection.makefile("rb") as lines:
            for line in lines:
                if line.startswith(b"PUB "):
                    _, subject, reply, size = line.split()
                    answer = json.dumps(self._answer(subject, lines.read(int(size) + 2))).encode()
                    head = b"MSG %s 1 %d\r\n" % (reply, len(answer))
                    connection.sendall(head + answer + b"\r\n")

    def _answer(self, subject: bytes, body: bytes) -> dict[str, Any]:
        if b".INFO." in subject:
            return {"config": self.config}
        if self.refuse_update:
            return {"error": {"code": 500, "description": "insufficient storage"}}
        self.updates.append(json.loads(body))
        self.config = self.updates[-1]
        return {"config": self.config}


def bounds(address: Address) -> QueueBounds:
    return QueueBounds(address, "_control", "secret", timeout_s=2)


def test_queue_is_kept_by_limits_and_bounded_once() -> None:
    nats = ScriptedNats(retention="interest", max_bytes=-1)
    with answering(nats) as address, bounds(address) as control:
        control.bound_queue(1000, 60)
        control.bound_queue(1000, 60)
    (update,) = nats.updates
    assert update["retention"] == "limits"
    assert (update["max_bytes"], update["max_age"]) == (1000, 60_000_000_000)
    assert update["name"] == "s"


def test_retained_messages_are_bounded_by_size_only() -> None:
    nats = ScriptedNats(retention="limits", max_bytes=-1, max_age=0)
    with answering(nats) as address, bounds(address) as control:
        control.bound_retained(5)
    assert nats.updates == [nats.config]
    assert (nats.config["max_bytes"], nats.config["max_age"]) == (5, 0)


def test_refused_bound_is_reported() -> None:
    nats = ScriptedNats()
    nats.refuse_update = True
    with (
        answering(nats) as address,
        bounds(address) as control,
        pytest.raises(BrokerUnavailable, match="insufficient storage"),
    ):
        control.bound_retained(5)


@pytest.mark.parametrize(
    ("greeting", "complaint"),
    [(b"-ERR 'Authorization Violation'\r\n", "Authorization Violation"), (b"", "hung up")],
)
def test_refused_control_login_is_reported(greeting: bytes, complaint: str) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.sendall(b"INFO {}\r\n" + greeting)
        connection.shutdown(socket.SHUT_WR)
        assert_hung_up(connection)

    with (
        answering(refuse) as address,
        bounds(address) as control,
        pytest.raises(BrokerUnavailable, match=complaint),
    ):
        control.bound_retained(5)


def test_control_that_is_not_there_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    with pytest.raises(BrokerUnavailable, match="does not answer"):
        bounds(address)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ('{"nats":["nats://127.0.0.1:4222"]}', ("127.0.0.1", 4222)),
        ('{"nats":["nats://127.', None),
        ('{"nats":[]}', None),
        ('{"nats":["nats://127.0.0.1"]}', None),
    ],
)
def test_port_is_read_when_it_is_wholly_written(
    tmp_path: Path, written: str, found: Address | None
) -> None:
    (tmp_path / "nats-server_1.ports").write_text(written)
    assert control_address(tmp_path) == found


def test_port_that_is_not_yet_written_is_unknown(tmp_path: Path) -> None:
    assert control_address(tmp_path) is None
