"""Who may publish and subscribe where, as MQTT filters; the brokers' files are rendered from this.

A device owns its ``up/`` and listens to its own ``down/`` and its shop's. A worker of the cloud
listens to everything and speaks on every ``down/``, so that even it cannot forge a device's word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from cloud.broker.logins import CloudLogin, DeviceLogin, Login
from models.wire.topics import device_filters

_CLOUD_MAY_PUBLISH = ("lk1/+/+/+/+/down/#",)
_CLOUD_MAY_SUBSCRIBE = ("lk1/#",)


@dataclass(frozen=True, slots=True)
class Access:
    """MQTT filters of what one login may do; anything else is forbidden."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def access_of(login: Login) -> Access:
    """What a login may do."""
    match login:
        case DeviceLogin(path=path):
            return Access((f"{path.prefix}/up/#",), device_filters(path))
        case CloudLogin():
            return Access(_CLOUD_MAY_PUBLISH, _CLOUD_MAY_SUBSCRIBE)
        case _:
            assert_never(login)
