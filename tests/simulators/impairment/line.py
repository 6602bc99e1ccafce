"""The proxy: an event loop in a thread of its own, told what to be by tests in theirs."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from random import Random
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from tests.simulators.impairment.channel import READ_BYTES, Channel, LineReset, Weather
from tests.simulators.impairment.quality import PERFECT, Figures, Outage, Quality
from tests.simulators.processes import free_port

Result = TypeVar("Result")

_NO_LINGER: Final = struct.pack("ii", 1, 0)
_ANSWER_S: Final = 30.0


class BadLine:
    """A line to one server, perfect until told otherwise. Use it with ``with``.

    Its methods may be called from any thread and return when they have taken effect.

    Attributes:
        address: where clients connect; it stays the same through refusals.
        figures: what happened so far.
    """

    def __init__(self, server: tuple[str, int], seed: int = 0, *, host: str = "127.0.0.1") -> None:
        """``seed`` decides where connections are reset; ``host`` is listened on."""
        self.figures = Figures()
        self._server = server
        self._random = Random(seed)
        self._listener = _listener((host, free_port()))
        self.address: tuple[str, int] = self._listener.getsockname()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="bad-line", daemon=True)
        self._connections: set[asyncio.Task[None]] = set()
        self._schedule: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._ask(self._open)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ask(self._close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def impair(self, up: Quality | None = None, down: Quality | None = None) -> None:
        """Change the quality to the server (up) and from it (down); None leaves it as it is."""
        self._ask(lambda: self._impair(up, down))

    def half_open(self) -> None:
        """Both directions swallow: nobody answers, nobody hangs up."""
        self.impair(Quality(swallows=True), Quality(swallows=True))

    def reset(self) -> int:
        """Reset every connection now, both ends; returns how many there were."""
        return self._ask(self._reset)

    def refuse(self) -> None:
        """Reset every connection and refuse new ones."""
        self._ask(self._refuse)

    def flap(self, up_s: float, down_s: float, outage: Outage) -> None:
        """Be up, be down, and so on, until ``heal``; begins with down."""
        self._ask(lambda: self._flap(up_s, down_s, outage))

    def heal(self) -> None:
        """Perfect again, and accepting; connections that were swallowed stay deaf."""
        self._ask(self._heal)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _ask(self, question: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        answer: Future[Result] = asyncio.run_coroutine_threadsafe(question(), self._loop)
        return answer.result(_ANSWER_S)

    async def _open(self) -> None:
        self._up, self._down = Weather(PERFECT), Weather(PERFECT)
        self._accepting = self._loop.create_task(self._accept())

    async def _close(self) -> None:
        await self._stop_schedule()
        await self._refuse()

    async def _impair(self, up: Quality | None, down: Quality | None) -> None:
        for weather, quality in ((self._up, up), (self._down, down)):
            if quality is not None:
                weather.change(quality)

    async def _reset(self) -> int:
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        return len(connections)

    async def _refuse(self) -> None:
        await _ended(self._accepting)
        self._listener.close()
        await self._reset()

    async def _accept_again(self) -> None:
        if self._accepting.done():
            self._listener.close()  # a schedule that is stopped while it refuses leaves it open
            self._listener = _listener(self.address)
            self._accepting = self._loop.create_task(self._accept())

    async def _heal(self) -> None:
        await self._stop_schedule()
        await self._impair(PERFECT, PERFECT)
        await self._accept_again()

    async def _flap(self, up_s: float, down_s: float, outage: Outage) -> None:
        await self._stop_schedule()
        self._schedule = self._loop.create_task(self._keep_flapping(up_s, down_s, outage))

    async def _stop_schedule(self) -> None:
        if self._schedule is not None:
            await _ended(self._schedule)
            self._schedule = None

    async def _keep_flapping(self, up_s: float, down_s: float, outage: Outage) -> None:
        while True:
            self.figures.outages += 1
            if outage is Outage.RESETS:
                await self._refuse()
            else:
                await self._stall(stalls=True)
            await asyncio.sleep(down_s)
            if outage is Outage.RESETS:
                await self._accept_again()
            else:
                await self._stall(stalls=False)
            await asyncio.sleep(up_s)

    async def _stall(self, *, stalls: bool) -> None:
        for weather in (self._up, self._down):
            weather.change(replace(weather.quality, stalls=stalls))

    async def _accept(self) -> None:
        """Cancelled in ``sock_accept``, the connection that has just come would be nobody's."""
        while True:
            await self._called()
            client, _ = self._listener.accept()
            self.figures.accepted += 1
            connection = self._loop.create_task(self._connect(client))
            self._connections.add(connection)
            connection.add_done_callback(self._connections.discard)
            connection.add_done_callback(partial(_let_go, client))

    async def _called(self) -> None:
        called = asyncio.Event()
        self._loop.add_reader(self._listener, called.set)
        try:
            await called.wait()
        finally:
            self._loop.remove_reader(self._listener)

    async def _connect(self, client: socket.socket) -> None:
        """Serve one connection until both ends have closed, or somebody resets it."""
        server = socket.socket()
        try:
            for end in (client, server):
                end.setblocking(False)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._serve(client, server)
        except* (LineReset, OSError):
            self._hang_up(client, server)
        except* asyncio.CancelledError:
            self._hang_up(client, server)
        finally:
            client.close()
            server.close()

    async def _serve(self, client: socket.socket, server: socket.socket) -> None:
        if self._up.quality.swallows or self._down.quality.swallows:
            await self._listen_in_vain(client)
            return
        await self._loop.sock_connect(server, self._server)
        up = self._channel(client, server, self._up, self._arrived_up)
        down = self._channel(server, client, self._down, self._arrived_down)
        async with asyncio.TaskGroup() as both:
            both.create_task(up.run())
            both.create_task(down.run())

    async def _listen_in_vain(self, client: socket.socket) -> None:
        """What a client has that connects to a line that swallows: no word until it gives up."""
        while data := await self._loop.sock_recv(client, READ_BYTES):
            self._swallowed(len(data))

    def _channel(
        self,
        source: socket.socket,
        target: socket.socket,
        weather: Weather,
        delivered: Callable[[int], None],
    ) -> Channel:
        within = weather.quality.reset_within
        return Channel(
            source,
            target,
            weather,
            reset_after=None if within is None else self._random.randint(1, within),
            delivered=delivered,
            swallowed=self._swallowed,
        )

    def _hang_up(self, *ends: socket.socket) -> None:
        self.figures.resets += 1
        for end in ends:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)

    def _arrived_up(self, size: int) -> None:
        self.figures.up_bytes += size

    def _arrived_down(self, size: int) -> None:
        self.figures.down_bytes += size

    def _swallowed(self, size: int) -> None:
        self.figures.swallowed_bytes += size


def _let_go(client: socket.socket, _connection: asyncio.Task[None]) -> None:
    """A task that is cancelled before its first step has closed nothing."""
    client.close()


def _listener(address: tuple[str, int]) -> socket.socket:
    listener = socket.create_server(address, backlog=128)
    listener.setblocking(False)
    return listener


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
