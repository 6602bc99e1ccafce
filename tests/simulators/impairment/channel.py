"""One direction of one connection: bytes wait for their time and arrive in order."""

from __future__ import annotations

import asyncio
import math
import socket
from collections import deque
from collections.abc import Callable
from typing import Final

from tests.simulators.impairment.quality import Quality

READ_BYTES: Final = 64 * 1024
WAITING_BYTES: Final = 256 * 1024
"""What a channel holds before it stops to read, so that the sender feels the line."""

STEPS_PER_S: Final = 20
"""A trickle comes in so many steps a second, or byte by byte where it is slower than that."""


class LineReset(Exception):
    """The connection is to be reset now."""


class Weather:
    """The quality of a direction for all its channels; they wake up when it changes."""

    def __init__(self, quality: Quality) -> None:
        self._quality = quality
        self._changed = asyncio.Event()

    @property
    def quality(self) -> Quality:
        """As it is now."""
        return self._quality

    def change(self, quality: Quality) -> None:
        """From now on it is this."""
        self._quality = quality
        self._changed.set()
        self._changed = asyncio.Event()

    async def pause(self, seconds: float) -> None:
        """Wait so long (math.inf: for ever) or until the quality changes."""
        timeout = None if seconds == math.inf else seconds
        try:
            await asyncio.wait_for(self._changed.wait(), timeout)
        except TimeoutError:
            return


class Channel:
    """From one socket to another."""

    def __init__(
        self,
        source: socket.socket,
        target: socket.socket,
        weather: Weather,
        *,
        reset_after: int | None,
        delivered: Callable[[int], None],
        swallowed: Callable[[int], None],
    ) -> None:
        """A channel of a connection.

        Args:
            source: is read.
            target: is written to; closed for writing once the source is at its end.
            weather: of this direction.
            reset_after: so many bytes pass, then the connection is reset.
            delivered: is told the number of bytes that arrived.
            swallowed: is told the number of bytes that vanished.
        """
        self._loop = asyncio.get_running_loop()
        self._source, self._target = source, target
        self._weather = weather
        self._left = reset_after
        self._delivered, self._swallowed = delivered, swallowed
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._held = 0
        self._moved = asyncio.Event()
        self._deaf = False

    async def run(self) -> None:
        """Carry bytes until the source ends.

        Raises:
            LineReset: enough bytes have passed.
            OSError: one of the ends was reset by its program.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read())
            tasks.create_task(self._deliver())

    async def _read(self) -> None:
        while True:
            data = await self._receive()
            self._waiting.append((self._loop.time(), data))
            self._held += len(data)
            self._moved.set()
            if not data:
                return
            while self._held > WAITING_BYTES:
                await self._something_moved()

    async def _receive(self) -> bytes:
        try:
            return await self._loop.sock_recv(self._source, READ_BYTES)
        except ConnectionError:
            if self._swallowing:
                return b""  # the other end must not learn of it
            raise

    @property
    def _swallowing(self) -> bool:
        return self._deaf or self._weather.quality.swallows

    async def _deliver(self) -> None:
        while True:
            while not self._waiting:
                await self._something_moved()
            arrived_at, data = self._waiting[0]
            if not await self._is_due(arrived_at):
                continue
            self._waiting.popleft()
            if not data:
                self._end()
                return
            await self._send(data)
            self._held -= len(data)
            self._moved.set()

    async def _something_moved(self) -> None:
        self._moved.clear()
        await self._moved.wait()

    async def _is_due(self, arrived_at: float) -> bool:
        """Whether bytes may go on; waits a while where not."""
        quality = self._weather.quality
        if quality.stalls:
            await self._weather.pause(math.inf)
            return False
        rest_s = arrived_at + quality.delay_s - self._loop.time()
        if rest_s > 0:
            await self._weather.pause(rest_s)
        return rest_s <= 0

    async def _send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            quality = self._weather.quality
            if quality.stalls:
                await self._weather.pause(math.inf)
                continue
            step = _step(quality, len(rest))
            await self._pass_on(rest[:step])
            rest = rest[step:]
            if quality.bytes_per_s != math.inf:
                await self._weather.pause(step / quality.bytes_per_s)

    async def _pass_on(self, data: memoryview) -> None:
        self._deaf = self._swallowing
        if self._deaf:
            self._swallowed(len(data))
            return
        passing = data if self._left is None else data[: self._left]
        await self._loop.sock_sendall(self._target, passing)
        self._delivered(len(passing))
        if self._left is not None:
            self._left -= len(passing)
            if self._left == 0:
                raise LineReset

    def _end(self) -> None:
        if not self._swallowing:
            self._target.shutdown(socket.SHUT_WR)


def _step(quality: Quality, most: int) -> int:
    if quality.bytes_per_s == math.inf:
        return most
    return min(most, max(1, int(quality.bytes_per_s / STEPS_PER_S)))
