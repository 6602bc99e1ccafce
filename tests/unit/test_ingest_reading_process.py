"""A process beside ingest's reads what its parent would read, and may die without loss."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import msgspec
import pytest

from cloud.ingest.reading_process import WORTH_BYTES, ReadingProcess, answer, receive
from cloud.ledger.arrival import Arrival
from cloud.ledger.reading import Readable, read_arrival
from models.wire.topics import Stream
from tests.simulators.facts import NOON, SHOP, a_batch, a_sale, stamped
from tests.simulators.ledger_premises import a_payload
from tests.simulators.processes import eventually


def an_arrival(payload: bytes) -> Arrival:
    return Arrival(SHOP, Stream.SALE, payload, NOON)


def large() -> Arrival:
    """A batch that is worth another process: nothing in it compresses well."""
    sales = [a_sale(n, phone=f"+86139{os.urandom(4).hex()}", lines=9) for n in range(1, 80)]
    arrival = an_arrival(a_batch(sales))
    assert len(arrival.payload) >= WORTH_BYTES
    return arrival


@pytest.fixture
def beside() -> Iterator[ReadingProcess]:
    process = ReadingProcess(backlog=0)
    yield process
    process.close()


def test_the_process_reads_as_its_parent_would(beside: ReadingProcess) -> None:
    arrival = large()
    beside.read(arrival)
    eventually(lambda: beside.ready)
    assert beside.read(arrival) == read_arrival(arrival)


def test_what_is_small_or_comes_before_it_is_ready_is_read_by_the_parent() -> None:
    patient = ReadingProcess(backlog=2)
    assert patient.read(an_arrival(a_batch([a_sale(1)]))) is None
    assert patient.read(large()) is None
    assert not patient.ready
    patient.close()


def test_a_process_that_is_killed_costs_nothing_and_is_replaced(beside: ReadingProcess) -> None:
    arrival = large()
    beside.read(arrival)
    for _ in range(2):
        eventually(lambda: beside.ready)
        assert beside.pid is not None
        os.kill(beside.pid, signal.SIGKILL)
        assert beside.read(arrival) is None
        assert not beside.ready
        beside.read(arrival)
    eventually(lambda: beside.ready)
    assert isinstance(beside.read(arrival), Readable)


@pytest.mark.parametrize(
    "payload",
    [
        b"no batch at all",
        a_payload([b"{}", stamped(a_sale(2), 2)]),
        a_batch([a_sale(1)])[:-9],
    ],
)
def test_what_is_not_a_batch_of_facts_is_left_to_the_parent(payload: bytes) -> None:
    assert answer(msgspec.msgpack.encode(an_arrival(payload))) == b""


def test_it_ends_when_its_parent_is_gone() -> None:
    mine, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-m", "cloud.ingest.reading_process", str(theirs.fileno())]
        process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
    with mine:
        assert receive(mine) == b"ready"
    assert process.wait(20) == 0


def test_a_machine_without_handles_reads_for_itself(beside: ReadingProcess) -> None:
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    arrival = large()
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, allowed[1]))
    try:
        assert beside.read(arrival) is None
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, allowed)
    assert beside.pid is None
