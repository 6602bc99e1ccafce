"""A trial of a broker: many devices of many shops, each with its own login and its own topics.

The same story for every candidate: all log in, all subscribe, all send, a worker answers each, and
each tries what it must not. What comes out are figures and, above all, two zeros.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import psutil

from tests.simulators.known_logins import KnownDevice, KnownWorker, device
from tests.simulators.mqtt_crowd import REFUSED, Crowd, CrowdClient, in_crowd

AT_ONCE = 50
DEVICES_PER_SHOP = 5
PAYLOAD = bytes(512)


@dataclass(frozen=True, slots=True)
class Phase:
    """How long a phase took, and what it cost the broker's process."""

    count: int
    took_s: float
    cpu_s: float
    rss_mib: float

    @property
    def per_s(self) -> float:
        return self.count / self.took_s

    @property
    def cpu_us_each(self) -> float:
        return self.cpu_s / self.count * 1e6


@dataclass(frozen=True, slots=True)
class TrialFigures:
    """What a broker did. The last two must be zero."""

    connect: Phase
    subscribe: Phase
    up: Phase
    down: Phase
    foreign_arrived: int
    foreign_heard: int


def shop_devices(count: int) -> list[KnownDevice]:
    """Devices, five to a shop."""
    return [device(f"dev-{n}", store=f"shop-{n // DEVICES_PER_SHOP}") for n in range(count)]


class Trial:
    """One trial against a running broker."""

    def __init__(
        self,
        crowd: Crowd,
        broker: psutil.Process,
        devices: Sequence[KnownDevice],
        cloud: KnownWorker,
        *,
        rounds: int,
    ) -> None:
        """``rounds`` is how many messages each device sends up."""
        self._crowd = crowd
        self._broker = broker
        self._devices = devices
        self._cloud = cloud
        self._rounds = rounds
        self.clients: list[CrowdClient] = []

    async def run(self) -> TrialFigures:
        """The whole story; every client stays connected afterwards."""
        worker = await self._crowd.connect(self._cloud.name, self._cloud.secret, clean=False)
        assert await worker.subscribe("lk1/+/+/+/+/up/+") == [1]
        connect = await self._measured(len(self._devices), self._connect)
        subscribe = await self._measured(len(self._devices), self._subscribe)
        ups = len(self._devices) * self._rounds
        up = await self._measured(ups, lambda: self._send_up(worker))
        down = await self._measured(len(self._devices), lambda: self._send_down(worker))
        arrived = await self._forge(worker)
        heard = await self._spy(worker)
        return TrialFigures(connect, subscribe, up, down, arrived, heard)

    async def _connect(self) -> None:
        self.clients = await in_crowd(
            (self._crowd.connect(one.name, one.secret, clean=False) for one in self._devices),
            AT_ONCE,
        )

    async def _subscribe(self) -> None:
        granted = await in_crowd(
            (
                client.subscribe(_all(one.down()), _all(one.shop_down()))
                for client, one in zip(self.clients, self._devices, strict=True)
            ),
            AT_ONCE,
        )
        assert set(chain.from_iterable(granted)) == {1}, "a device may subscribe to its own"

    async def _send_up(self, worker: CrowdClient) -> None:
        pairs = list(zip(self.clients, self._devices, strict=True)) * self._rounds
        await in_crowd((client.publish(one.up(), PAYLOAD) for client, one in pairs), AT_ONCE)
        await worker.until_received(len(pairs), timeout_s=120)

    async def _send_down(self, worker: CrowdClient) -> None:
        await in_crowd((worker.publish(one.down(), b"ack") for one in self._devices), AT_ONCE)
        for client in self.clients:
            await client.until_received(1)
        heard = [(client.received, one) for client, one in self._pairs()]
        assert all([m.topic for m in received] == [one.down()] for received, one in heard)

    async def _forge(self, worker: CrowdClient) -> int:
        """Everybody speaks in the next device's name; how much of it arrives."""
        before = len(worker.received)
        await in_crowd(
            (client.publish(other.up(), b"forged") for client, other in self._neighbours()), AT_ONCE
        )
        await self.clients[0].publish(self._devices[0].up(), b"honest")
        await worker.until_received(before + 1)
        return sum(one.payload == b"forged" for one in worker.received)

    async def _spy(self, worker: CrowdClient) -> int:
        """Everybody listens to the next device; how many foreign messages anybody hears."""
        codes = await in_crowd(
            (client.subscribe(other.down()) for client, other in self._neighbours()), AT_ONCE
        )
        granted = sum(code != REFUSED for code in chain.from_iterable(codes))
        if granted:  # refused by all, nothing needs to be sent
            await in_crowd((worker.publish(one.down(), b"ack") for one in self._devices), AT_ONCE)
        own = {client: {one.down(), one.shop_down()} for client, one in self._pairs()}
        return sum(m.topic not in own[client] for client in self.clients for m in client.received)

    def _pairs(self) -> list[tuple[CrowdClient, KnownDevice]]:
        return list(zip(self.clients, self._devices, strict=True))

    def _neighbours(self) -> list[tuple[CrowdClient, KnownDevice]]:
        shifted = [*self._devices[1:], self._devices[0]]
        return list(zip(self.clients, shifted, strict=True))

    async def _measured(self, count: int, work: Callable[[], Awaitable[None]]) -> Phase:
        cpu_s, started_s = _cpu_s(self._broker), time.monotonic()
        await work()
        took_s = time.monotonic() - started_s
        rss_mib = self._broker.memory_info().rss / (1 << 20)
        return Phase(count, took_s, _cpu_s(self._broker) - cpu_s, rss_mib)


def _all(topic: str) -> str:
    return topic.rsplit("/", 1)[0] + "/#"


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
