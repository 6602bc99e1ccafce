"""Many MQTT devices in one thread: a small MQTT 3.1.1 client on asyncio.

The product speaks MQTT through paho, whose loop costs a thread and a ``select`` per client; a
thousand of those measure the test machine instead of the broker. This client knows only what the
wire contract uses: QoS 1 both ways, retained messages, wills and persistent sessions.
"""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

T = TypeVar("T")

CONNACK, PUBLISH, PUBACK, SUBACK, UNSUBACK, PINGRESP = 2, 3, 4, 9, 11, 13
REFUSED = 0x80
"""The SUBACK code by which a broker refuses a subscription."""


class LoginRefused(Exception):
    """The broker answered CONNECT with a code other than zero, or hung up instead."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"the broker refused the login with code {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it arrived."""

    topic: str
    payload: bytes
    retained: bool


@dataclass(frozen=True, slots=True)
class Will:
    """Last words, said by the broker at QoS 1."""

    topic: str
    payload: bytes
    retained: bool = True


@dataclass(slots=True)
class _Session:
    """What arrived, and who waits for which answer."""

    received: list[Received] = field(default_factory=list)
    waiting: dict[tuple[int, int], asyncio.Future[bytes]] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    lost: asyncio.Event = field(default_factory=asyncio.Event)


class CrowdClient(asyncio.Protocol):
    """One device of the crowd; made by ``connect``, used from one event loop."""

    def __init__(self) -> None:
        self._session = _Session()
        self._buffer = bytearray()
        self._ids = itertools.cycle(range(1, 0xFFFF))
        self._transport: asyncio.Transport | None = None
        self._answering = True
        self.session_present = False

    @classmethod
    async def connect(
        cls,
        address: tuple[str, int],
        name: str,
        secret: str,
        *,
        client_id: str | None = None,
        clean: bool = True,
        will: Will | None = None,
        tls: ssl.SSLContext | None = None,
        answering: bool = True,
        timeout_s: float = 20,
    ) -> Self:
        """Log in; raises LoginRefused, OSError or TimeoutError.

        ``answering=False`` makes a client that acknowledges nothing, like a stalled consumer.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(timeout_s):
            _, client = await loop.create_connection(cls, *address, ssl=tls)
            client._answering = answering
            answer = await client._ask(
                CONNACK, 0, _connect_packet(client_id or name, name, secret, clean, will)
            )
        if answer is None or answer[1] != 0:
            client.vanish()
            await client.until_lost()
            raise LoginRefused(answer[1] if answer else None)
        client.session_present = bool(answer[0] & 1)
        return client

    @property
    def received(self) -> list[Received]:
        """Everything received so far, in order of arrival."""
        return self._session.received

    @property
    def connected(self) -> bool:
        """Whether the broker has not hung up."""
        return not self._session.lost.is_set()

    async def subscribe(self, *filters: str, timeout_s: float = 20) -> list[int]:
        """Subscribe at QoS 1; the granted QoS or ``REFUSED`` for each filter."""
        packet_id = next(self._ids)
        body = packet_id.to_bytes(2, "big")
        body += b"".join(_text(one) + b"\x01" for one in filters)
        async with asyncio.timeout(timeout_s):
            answer = await self._ask(SUBACK, packet_id, _packet(0x82, body))
        if answer is None:
            return [REFUSED] * len(filters)
        return list(answer[2:])

    async def publish(
        self, topic: str, payload: bytes, *, retained: bool = False, timeout_s: float = 20
    ) -> bool:
        """Publish at QoS 1 and wait for the PUBACK; False when the broker hung up instead."""
        packet_id = next(self._ids)
        body = _text(topic) + packet_id.to_bytes(2, "big") + payload
        async with asyncio.timeout(timeout_s):
            answer = await self._ask(PUBACK, packet_id, _packet(0x32 | retained, body))
        return answer is not None

    async def until_received(self, count: int, *, timeout_s: float = 20) -> None:
        """Wait until this many messages have arrived; raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while len(self.received) < count:
                self._session.changed.clear()
                await self._session.changed.wait()

    async def until_lost(self, *, timeout_s: float = 20) -> None:
        """Wait until the broker has hung up; raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            await self._session.lost.wait()

    async def disconnect(self) -> None:
        """Say goodbye, so that no will is sent, and hang up."""
        self._send(b"\xe0\x00")
        if self._transport:
            self._transport.close()
        await self._session.lost.wait()

    def vanish(self) -> None:
        """Hang up without a word, as a power cut does."""
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Called by asyncio: wake everybody who waits for an answer."""
        self._session.lost.set()
        for future in self._session.waiting.values():
            if not future.done():
                future.set_result(b"")

    def data_received(self, data: bytes) -> None:
        """Called by asyncio with whatever has arrived."""
        self._buffer += data
        while packet := _take_packet(self._buffer):
            self._handle(*packet)

    async def _ask(self, kind: int, packet_id: int, packet: bytes) -> bytes | None:
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        if not self.connected:
            return None
        self._session.waiting[kind, packet_id] = future
        self._send(packet)
        try:
            return await future or None
        finally:
            self._session.waiting.pop((kind, packet_id), None)

    def _send(self, packet: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(packet)

    def _handle(self, first: int, body: bytes) -> None:
        kind = first >> 4
        if kind == PUBLISH:
            self._take_message(first, body)
            return
        packet_id = 0 if kind in (CONNACK, PINGRESP) else int.from_bytes(body[:2], "big")
        future = self._session.waiting.get((kind, packet_id))
        if future and not future.done():
            future.set_result(body)

    def _take_message(self, first: int, body: bytes) -> None:
        size = int.from_bytes(body[:2], "big")
        topic, rest = body[2 : 2 + size].decode(), body[2 + size :]
        if first & 0x06:
            packet_id, rest = rest[:2], rest[2:]
            if self._answering:
                self._send(_packet(0x40, packet_id))
        self.received.append(Received(topic, rest, bool(first & 1)))
        self._session.changed.set()


class Crowd:
    """Clients of one broker, who all hang up without a word at the end of ``async with``."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._clients: list[CrowdClient] = []

    async def connect(self, name: str, secret: str, **options: Any) -> CrowdClient:
        """Log one client in; options and errors as of ``CrowdClient.connect``."""
        client = await CrowdClient.connect(self._address, name, secret, **options)
        self._clients.append(client)
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            client.vanish()
        await asyncio.gather(*(client.until_lost() for client in self._clients))


def run_crowd(
    address: tuple[str, int],
    story: Callable[[Crowd], Coroutine[Any, Any, T]],
    *,
    timeout_s: float = 30,
) -> T:
    """Run a story of clients on an event loop of its own; also raises TimeoutError."""

    async def told() -> T:
        async with asyncio.timeout(timeout_s), Crowd(address) as crowd:
            return await story(crowd)

    return asyncio.run(told())


async def in_crowd(work: Iterable[Coroutine[Any, Any, T]], at_once: int) -> list[T]:
    """Run the coroutines, at most so many at a time; results in order."""
    gate = asyncio.Semaphore(at_once)

    async def guarded(one: Coroutine[Any, Any, T]) -> T:
        async with gate:
            return await one

    return await asyncio.gather(*(guarded(one) for one in work))


def _connect_packet(
    client_id: str, name: str, secret: str, clean: bool, will: Will | None
) -> bytes:
    flags = 0xC0 | clean << 1
    payload = _text(client_id)
    if will:
        flags |= 0x04 | 0x08 | will.retained << 5
        payload += _text(will.topic) + len(will.payload).to_bytes(2, "big") + will.payload
    payload += _text(name) + _text(secret)
    keep_alive_s = 600
    header = _text("MQTT") + bytes([4, flags]) + keep_alive_s.to_bytes(2, "big")
    return _packet(0x10, header + payload)


def _packet(first: int, body: bytes) -> bytes:
    size, length = len(body), bytearray()
    while True:
        size, low = divmod(size, 128)
        length.append(low | (0x80 if size else 0))
        if not size:
            return bytes([first]) + bytes(length) + body


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def _take_packet(buffer: bytearray) -> tuple[int, bytes] | None:
    """Cut one whole packet off the buffer's front: its first byte and its body."""
    size = shift = 0
    for at in range(1, min(len(buffer), 5)):
        size |= (buffer[at] & 0x7F) << shift
        shift += 7
        if not buffer[at] & 0x80:
            end = at + 1 + size
            if len(buffer) < end:
                return None
            packet = buffer[0], bytes(buffer[at + 1 : end])
            del buffer[:end]
            return packet
    return None
