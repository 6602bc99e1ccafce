"""A pulled cable is silence, and nothing is lost that TCP had in hand."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.simulators.cable import Cable, cable

pytestmark = [pytest.mark.slow]

COUNTING = """
import itertools, socket, sys, time
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as server:
    for number in itertools.count():
        server.sendall(b"%d\\n" % number)
        time.sleep(0.01)
"""


@pytest.fixture
def plugged() -> Iterator[Cable]:
    with cable() as one:
        yield one


def read_for(client: socket.socket, seconds: float) -> bytes:
    """Everything that comes within some time."""
    received, deadline = b"", time.monotonic() + seconds
    while (rest_s := deadline - time.monotonic()) > 0:
        client.settimeout(rest_s)
        try:
            received += client.recv(65536)
        except TimeoutError:
            break
    return received


def read_more_than(client: socket.socket, size: int) -> bytes:
    """What comes until it is more than so many bytes; TCP tries again when its time has come."""
    received, deadline = b"", time.monotonic() + 30
    while len(received) <= size and (rest_s := deadline - time.monotonic()) > 0:
        received += read_for(client, min(rest_s, 0.5))
    return received


def test_a_connection_outlives_a_pulled_cable_and_every_byte_arrives(plugged: Cable) -> None:
    with socket.create_server((plugged.outside, 0)) as listener:
        port = str(listener.getsockname()[1])
        command = plugged.command(sys.executable, "-c", COUNTING, plugged.outside, port)
        with subprocess.Popen(command) as program:
            listener.settimeout(30)
            client, _ = listener.accept()
            with client:
                before = read_for(client, 0.3)
                plugged.pull()
                read_for_pulled = read_for(client, 0.1) + read_for(client, 0.5)
                plugged.plug()
                after = read_more_than(client, len(before))
                program.kill()
    heard = (before + read_for_pulled + after).split(b"\n")[:-1]
    assert before
    assert len(after) > len(before)
    assert heard == [b"%d" % number for number in range(len(heard))]


def test_nobody_connects_through_a_pulled_cable(plugged: Cable) -> None:
    connect = f"import socket; socket.create_connection(({plugged.outside!r}, 9), timeout=0.5)"
    command = plugged.command(sys.executable, "-c", connect)
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "ConnectionRefusedError" in refused.stderr, "control: the cable is plugged"
    plugged.pull()
    silence = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "TimeoutError" in silence.stderr or "unreachable" in silence.stderr
