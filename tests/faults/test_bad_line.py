"""The line is as bad as it says, on real sockets, and perfect where nothing else is said."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from random import Random

import pytest

from tests.simulators.impairment import BadLine, Outage, Quality
from tests.simulators.processes import eventually

PATIENCE_S = 20.0


class Echo:
    """A server that says back what it hears; it notes when a client is gone."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()
        self.heard = 0
        self.ends: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with ThreadPoolExecutor() as threads:
            while True:
                try:
                    client, _ = self._listener.accept()
                except OSError:
                    return
                threads.submit(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                while data := client.recv(65536):
                    self.heard += len(data)
                    client.sendall(data)
                self.ends.append("closed")
            except OSError:
                self.ends.append("reset")


@pytest.fixture
def echo() -> Iterator[Echo]:
    with closing(Echo()) as server:
        yield server


@pytest.fixture
def line(echo: Echo) -> Iterator[BadLine]:
    with BadLine(echo.address, seed=7) as one:
        yield one


@contextmanager
def client_of(line: BadLine) -> Iterator[socket.socket]:
    with socket.create_connection(line.address, timeout=PATIENCE_S) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield client


def receive(client: socket.socket, size: int) -> bytes:
    """As many bytes, or those that come before the end."""
    received = b""
    while len(received) < size and (data := client.recv(size - len(received))):
        received += data
    return received


def said_back(client: socket.socket, data: bytes = b"hello") -> float:
    """How long it takes until the server's echo is here."""
    begun = time.monotonic()
    client.sendall(data)
    assert receive(client, len(data)) == data
    return time.monotonic() - begun


def silent(client: socket.socket, seconds: float = 0.3) -> bool:
    client.settimeout(seconds)
    try:
        client.recv(1)
    except TimeoutError:
        return True
    finally:
        client.settimeout(PATIENCE_S)
    return False


def test_control_a_perfect_line_carries_everything_both_ways(line: BadLine, echo: Echo) -> None:
    data = Random(1).randbytes(3_000_000)
    with client_of(line) as client, ThreadPoolExecutor(1) as threads:
        sending = threads.submit(client.sendall, data)
        assert receive(client, len(data)) == data
        sending.result()
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b"", "the end travels, too"
    assert echo.ends == ["closed"]
    assert line.figures.up_bytes == line.figures.down_bytes == len(data)
    assert line.figures.resets == 0


def test_a_delay_counts_once_in_each_direction_and_not_per_message(line: BadLine) -> None:
    with client_of(line) as client:
        assert min(said_back(client) for _ in range(5)) < 0.2
        line.impair(up=Quality(delay_s=0.3), down=Quality(delay_s=0.2))
        words = [b"%02d" % number for number in range(20)]
        begun = time.monotonic()
        for word in words:
            client.sendall(word)
            time.sleep(0.02)
        assert receive(client, 40) == b"".join(words)
        assert 0.5 <= time.monotonic() - begun < 20 * 0.5


def test_a_stalled_line_delivers_when_the_stall_ends(line: BadLine) -> None:
    with client_of(line) as client:
        line.impair(up=Quality(stalls=True))
        client.sendall(b"patience")
        assert silent(client)
        line.heal()
        assert receive(client, 8) == b"patience"


def test_a_stalled_line_holds_its_sender_back(line: BadLine) -> None:
    line.impair(up=Quality(stalls=True))
    with client_of(line) as client:
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.sendall(bytes(64_000_000))


def test_a_trickle_is_as_slow_as_it_says_and_ends_at_once_when_healed(line: BadLine) -> None:
    with client_of(line) as client:
        line.impair(up=Quality(bytes_per_s=1_000))
        assert 0.35 <= min(said_back(client, bytes(400)) for _ in range(3)) < 1.5
        client.sendall(bytes(100_000))
        line.heal()
        assert len(receive(client, 100_000)) == 100_000


def test_a_reset_is_felt_at_both_ends(line: BadLine, echo: Echo) -> None:
    with client_of(line) as client:
        said_back(client)
        assert line.reset() == 1
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    assert eventually(lambda: echo.ends == ["reset"], PATIENCE_S)
    with client_of(line) as client:
        said_back(client)


def resets_in_mid_packet(echo: Echo, seed: int) -> list[int]:
    """How many bytes the server heard of each of some packets of 1,000."""
    heard: list[int] = []
    with BadLine(echo.address, seed) as line:
        line.impair(up=Quality(reset_within=1_000))
        for _ in range(10):
            before = line.figures.up_bytes
            with client_of(line) as client:
                client.sendall(bytes(1_000))
                with pytest.raises(ConnectionResetError):
                    receive(client, 1_001)
            heard.append(line.figures.up_bytes - before)
    return heard


def test_resets_in_mid_packet_happen_where_the_seed_says(echo: Echo) -> None:
    heard = resets_in_mid_packet(echo, seed=3)
    assert heard == resets_in_mid_packet(echo, seed=3)
    assert heard != resets_in_mid_packet(echo, seed=4)
    assert all(0 < size <= 1_000 for size in heard)
    assert len(set(heard)) > 5


def test_a_half_open_line_tells_neither_end_anything(line: BadLine, echo: Echo) -> None:
    with client_of(line) as client:
        said_back(client)
        line.half_open()
        client.sendall(b"anybody?")
        assert silent(client)
        with client_of(line) as newcomer:
            newcomer.sendall(b"me?")
            assert silent(newcomer), "accepted, and never answered"
        line.heal()
        client.sendall(b"and now?")
        assert silent(client), "what has swallowed stays deaf"
    assert eventually(lambda: line.figures.swallowed_bytes == 8 + 3 + 8)
    assert echo.heard == 5
    assert echo.ends == [], "the server still waits for a client that is gone"
    with client_of(line) as client:
        said_back(client)


def test_a_refusing_line_resets_and_accepts_again_at_the_same_address(line: BadLine) -> None:
    with client_of(line) as client:
        said_back(client)
        line.refuse()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with pytest.raises(ConnectionRefusedError), client_of(line):
        pass
    line.heal()
    with client_of(line) as client:
        said_back(client)


def test_a_flapping_line_that_stalls_keeps_its_connections(line: BadLine) -> None:
    with client_of(line) as client:
        line.flap(up_s=0.1, down_s=0.2, outage=Outage.STALLS)
        waits: list[float] = []
        while line.figures.outages < 4:
            waits.append(said_back(client))
            time.sleep(0.005)
    assert max(waits) > 0.1
    assert line.figures.accepted == 1


def test_a_flapping_line_that_resets_is_up_and_down(line: BadLine) -> None:
    line.flap(up_s=0.15, down_s=0.15, outage=Outage.RESETS)
    outcomes: set[str] = set()
    deadline = time.monotonic() + PATIENCE_S
    while len(outcomes) < 3 and time.monotonic() < deadline:
        try:
            with client_of(line) as client:
                while True:
                    said_back(client)
                    outcomes.add("answered")
                    time.sleep(0.01)
        except (ConnectionResetError, AssertionError, BrokenPipeError):
            outcomes.add("reset")
        except ConnectionRefusedError:
            outcomes.add("refused")
            time.sleep(0.01)
    assert outcomes == {"answered", "reset", "refused"}


def test_a_line_to_nobody_resets() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as closed:
        nobody = closed.getsockname()
    with BadLine(nobody) as line, pytest.raises(ConnectionResetError), client_of(line) as client:
        client.recv(1)
