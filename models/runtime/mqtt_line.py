"""One connected paho client of which whoever publishes writes to the socket himself.

paho's own loop lets one thread write, its own. A publish wakes it through a pair of sockets, and
then it waits for the interpreter before the first byte leaves: up to 1 ms on the agent's side and
up to 3 ms beside a worker that commits. Here the publishing thread writes at once, and a thread of
the line does the rest: reading, keep-alive, and what the socket would not take.

paho is not made for two threads at one socket, so every call into it is made under one lock. What
came in is delivered outside of it and confirmed to the broker afterwards: a slow listener holds up
the line and the broker, as it must, and nobody else.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, NamedTuple

import paho.mqtt.client as paho

_TICK_S: Final = 1.0
"""How often paho looks after its keep-alive where nothing happens."""

GOODBYE_S: Final = 1.0
"""How long a line that is stuck may take to say goodbye."""

Deliver = Callable[[paho.MQTTMessage], None]
"""Takes what came in, on the line's thread, in order; may block, which makes the broker wait."""


class MqttLine:
    """Tends one client from its ``connect`` to its end. The client's ``on_message`` is the line's.

    The other callbacks run under the lock, on the line's thread or on one that writes: they must
    neither block nor use ``speaking``, and may use the client itself.
    """

    def __init__(self, client: paho.Client, deliver: Deliver, name: str) -> None:
        """``name`` is the thread's."""
        self._client = client
        self._deliver = deliver
        self._name = name
        self._lock = threading.Lock()
        self._came: list[paho.MQTTMessage] = []
        self._bell: _Bell | None = None
        self._thread: threading.Thread | None = None
        client.on_message = self._keep
        client.manual_ack_set(on=True)

    def start(self) -> None:
        """Begin to read; once, after ``connect``. Whoever starts a line closes it."""
        self._bell = bell = _Bell()
        self._thread = threading.Thread(
            target=self._tend, args=(bell,), name=self._name, daemon=True
        )
        self._thread.start()

    @contextmanager
    def speaking(self) -> Iterator[paho.Client]:
        """The client, for one caller at a time; what it says in the block is written at once."""
        with self._lock:
            yield self._client
            unfinished = self._client.want_write() or self._client.socket() is None
        if unfinished and self._bell is not None:
            self._bell.ring()

    def close(self) -> None:
        """Say goodbye, wait for the thread, and let go of all sockets. May be called twice."""
        with self.speaking() as client:
            client.disconnect()
        if self._thread is None or self._bell is None:
            return
        self._thread.join(GOODBYE_S)
        if self._thread.is_alive():
            self._cut()
            self._thread.join()
        self._bell.close()

    def _tend(self, bell: _Bell) -> None:
        try:
            while (waiting := self._catch_up()) is not None:
                self._read(bell.wait(*waiting), look=not waiting.timeout_s)
                for message in self._came:
                    self._deliver(message)
        finally:  # a listener that raises ends the connection, or nobody would notice
            with self.speaking() as client:
                client.disconnect()

    def _catch_up(self) -> _Waiting | None:
        """Do what can wait until all was delivered; then what to wait for, None at the end."""
        with self._lock:
            for message in self._came:
                self._client.ack(message.mid, message.qos)
            self._came.clear()
            if self._client.want_write():
                self._client.loop_write()
            self._client.loop_misc()
            line: Any = self._client.socket()
            if line is None:
                return None
            wanted = select.POLLIN | (select.POLLOUT if self._client.want_write() else 0)
            # TLS may hold bytes that the kernel does not know of.
            unread = isinstance(line, ssl.SSLSocket) and line.pending()
            return _Waiting(line.fileno(), wanted, 0.0 if unread else _TICK_S)

    def _read(self, happened: int, *, look: bool) -> None:
        """Read where there is something; ``look`` where there is although nothing happened."""
        if look or happened & ~select.POLLOUT:
            with self._lock:
                self._client.loop_read()

    def _keep(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self._came.append(message)

    def _cut(self) -> None:
        """End a connection whose goodbye does not get through."""
        with self._lock:
            line: Any = self._client.socket()
            if line is not None:
                with suppress(OSError):  # the other side was quicker
                    line.shutdown(socket.SHUT_RDWR)


class _Waiting(NamedTuple):
    """What to wait for: a socket by its number, the events of ``poll``, and for how long."""

    line: int
    wanted: int
    timeout_s: float


class _Bell:
    """Wakes the one thread that waits for a socket."""

    def __init__(self) -> None:
        self._inside, self._cord = socket.socketpair()
        self._cord.setblocking(False)

    def ring(self) -> None:
        """End the wait that is on, or the next one."""
        with suppress(OSError):  # so many rings that one more changes nothing, or it is over
            self._cord.send(b"\0")

    def wait(self, line: int, wanted: int, timeout_s: float) -> int:
        """What happened at the socket with this number, of what is wanted and of errors."""
        poll = select.poll()
        poll.register(line, wanted)
        poll.register(self._inside, select.POLLIN)
        happened = dict(poll.poll(1000 * timeout_s))
        if self._inside.fileno() in happened:
            self._inside.recv(4096)
        return happened.get(line, 0)

    def close(self) -> None:
        """Let go of both ends."""
        self._inside.close()
        self._cord.close()
