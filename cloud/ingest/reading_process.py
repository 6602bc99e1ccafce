"""Reads large batches in a process of its own, where it takes no time from the one that commits.

Python lets one thread run at a time, so reading beside committing pays only in another process. It
is started once there is a backlog, reads one batch after the other, and may die at any time: what
it does not answer, and all that is not simply a batch of good events, is read by its parent. It
ends when its parent does, since then its end of the pipe is closed.

    python -m cloud.ingest.reading_process <file descriptor of a socket>

Both sides send a length of four bytes, then as many bytes. (A ``multiprocessing`` pipe gathers what
it receives in pieces, which costs the parent as much as decoding it.)
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

import msgspec

from cloud.ingest.edge import attempt
from cloud.ingest.interpreter import suit_ingest
from cloud.ledger.arrival import Arrival, Lane
from cloud.ledger.fact import Fact
from cloud.ledger.own_sales import OwnSales, find_own_sales
from cloud.ledger.reading import Readable, Reading, read_anything, readable
from models.runtime.garbage import spare_what_is_loaded
from models.runtime.logs import get_logger
from models.wire.codec import unpacked
from models.wire.ids import Epoch

log = get_logger(__name__)

WORTH_BYTES: Final = 4 * 1024
"""A smaller payload, 20 to 50 sales, is read as soon as it is sent there and back."""

BACKLOG: Final = 32
"""After so many large payloads it is taken for more than the odd one, and worth a process."""

_LIVES: Final = 3
"""A process that died so often stays away until ingest starts anew."""

_PATIENCE_S: Final = 10
"""Reading 512 KiB takes some 0.1 s; a process that takes this long has been stopped."""

_READY: Final = b"ready"
_LENGTH: Final = struct.Struct("!I")
_TIMEVAL: Final = struct.Struct("@ll")


class _Facts(msgspec.Struct, frozen=True, array_like=True, tag="facts"):
    """What travels back of a batch in which every event is a fact, but not our own sale.

    Of our own sales all but the bodies travels: the parent has those.
    """

    epoch: Epoch
    first: int
    facts: list[Fact]


class ReadingProcess:
    """The parent's side. For one thread."""

    def __init__(self, *, backlog: int = BACKLOG) -> None:
        """``backlog``: how many large payloads come before the process is started."""
        self._awaited = backlog if len(os.sched_getaffinity(0)) > 1 else sys.maxsize
        self._lives = _LIVES
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._ready = False

    @property
    def pid(self) -> int | None:
        """The process, where there is one."""
        return self._process.pid if self._process is not None else None

    @property
    def ready(self) -> bool:
        """Whether the process runs and has loaded what it needs; starting takes a second or two."""
        if self._line is not None and not self._ready:
            with self._given_up_where_lost():
                self._ready = _says_something(self._line) and receive(self._line) == _READY
        return self._ready

    def read(self, arrival: Arrival) -> Reading | None:
        """The reading of a payload, as ``read_arrival``; None where the caller has to read it."""
        if len(arrival.payload) < WORTH_BYTES:
            return None
        self._awaited -= 1
        if self._line is None and self._awaited < 0 and self._lives:
            self._start()
        return self._asked(arrival) if self.ready else None

    def close(self) -> None:
        """End the process, if there is one."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._line, self._process, self._ready = None, None, False

    def _start(self) -> None:
        """Where a machine has no handles or memory to spare, the parent goes on alone."""
        self._lives -= 1
        with self._given_up_where_lost():
            self._line, theirs = socket.socketpair()
            patience = _TIMEVAL.pack(_PATIENCE_S, 0)
            self._line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - our own words
                    [sys.executable, "-m", __spec__.name, str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                )
            log.info("reading_process_started", pid=self._process.pid)

    def _asked(self, arrival: Arrival) -> Reading | None:
        answered = b""
        if self._line is not None:
            with self._given_up_where_lost():
                send(self._line, _ENCODER.encode(arrival))
                answered = receive(self._line)
        if not answered:
            return None
        return understood(arrival, answered)

    @contextlib.contextmanager
    def _given_up_where_lost(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, OSError) as error:
            why = type(error).__name__
            log.warning("reading_process_lost", why=why, action="its work is done in this process")
            self.close()


def _says_something(line: socket.socket) -> bool:
    poll = select.poll()
    poll.register(line, select.POLLIN)
    return bool(poll.poll(0))


def send(line: socket.socket, message: bytes) -> None:
    """Send a message; raises OSError where nobody receives it."""
    line.sendall(_LENGTH.pack(len(message)))
    line.sendall(message)


def receive(line: socket.socket) -> bytes:
    """The next message; raises EOFError or OSError where none comes, or not as a whole."""
    (length,) = _LENGTH.unpack(_exactly(line, _LENGTH.size))
    return _exactly(line, length)


def _exactly(line: socket.socket, length: int) -> bytes:
    received = line.recv(length, socket.MSG_WAITALL) if length else b""
    if len(received) < length:
        raise EOFError
    return received


_ENCODER: Final = msgspec.msgpack.Encoder()
_REQUESTS: Final = msgspec.msgpack.Decoder(Arrival)
_ANSWERS: Final = msgspec.msgpack.Decoder(OwnSales | _Facts)


def answer(request: bytes) -> bytes:
    """What the process says to a request: a batch of facts, or nothing."""
    arrival = _REQUESTS.decode(request)
    plain = unpacked(arrival.payload)
    own = attempt(lambda: find_own_sales(arrival, plain)) if plain is not None else None
    if isinstance(own, OwnSales):
        return _ENCODER.encode(own)
    reading = attempt(lambda: read_anything(arrival))
    if not isinstance(reading, Readable):
        return b""
    facts = [event for event in reading.events if isinstance(event, Fact)]
    if len(facts) != len(reading.events):
        return b""
    return _ENCODER.encode(_Facts(reading.lane.epoch, reading.first, facts))


def understood(arrival: Arrival, answered: bytes) -> Reading | None:
    """The reading that the process has answered with."""
    batch = _ANSWERS.decode(answered)
    if isinstance(batch, OwnSales):
        plain = unpacked(arrival.payload)
        return readable(arrival, batch, plain) if plain is not None else None
    lane = Lane(arrival.device, batch.epoch, arrival.stream)
    return Readable(arrival, lane, batch.first, batch.facts)


def serve(line: socket.socket) -> None:
    """Answer until the other end is closed."""
    with contextlib.suppress(EOFError, OSError):
        send(line, _READY)
        while True:
            send(line, answer(receive(line)))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is meant for the parent
    suit_ingest()
    spare_what_is_loaded()
    with socket.socket(fileno=int(sys.argv[1])) as parent:
        serve(parent)
