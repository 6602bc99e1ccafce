"""Logins together with the secrets that only tests remember."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from cloud.broker import CloudLogin, DeviceLogin, Login, hash_secret, new_secret
from models.wire.ids import DevicePath, device_id, store_id, tenant_id
from models.wire.topics import Down, ShopDown, Stream, Up, down, shop_down, up


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device's login and its secret, and the topics it may and may not use."""

    login: DeviceLogin
    secret: str

    @property
    def name(self) -> str:
        return self.login.name

    @property
    def path(self) -> DevicePath:
        return self.login.path

    def up(self, branch: Stream | Up = Stream.SALE) -> str:
        return up(self.path, branch)

    def down(self, branch: Down = Down.ACK) -> str:
        return down(self.path, branch)

    def shop_down(self, branch: ShopDown = ShopDown.CARDS) -> str:
        return shop_down(self.path.tenant, self.path.store, branch)


@dataclass(frozen=True, slots=True)
class KnownWorker:
    """A cloud worker's login and its secret."""

    login: CloudLogin
    secret: str

    @property
    def name(self) -> str:
        return self.login.name


def seeded(seed: int = 7) -> Callable[[int], bytes]:
    """Random bytes that are the same in every run."""
    return random.Random(seed).randbytes


RANDOM = seeded()


def device(name: str, *, store: str = "s1", tenant: str = "acme") -> KnownDevice:
    """A device with a fresh secret."""
    secret = new_secret(RANDOM)
    path = DevicePath(tenant_id(tenant), store_id(store), device_id(name))
    return KnownDevice(DeviceLogin(path, hash_secret(secret, RANDOM)), secret)


def worker(name: str = "_cloud-ingest") -> KnownWorker:
    """A worker with a fresh secret."""
    secret = new_secret(RANDOM)
    return KnownWorker(CloudLogin(name, hash_secret(secret, RANDOM)), secret)


def logins_of(*known: KnownDevice | KnownWorker) -> list[Login]:
    """What a registry would hand to a broker."""
    return [one.login for one in known]
