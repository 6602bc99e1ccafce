"""Who may log in to a broker: a device of a shop, or a worker of the cloud.

Every text here ends up in a broker's configuration file, so nothing is taken on trust: a login
that exists is safe to write.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from cloud.broker.errors import InvalidLogin
from cloud.broker.secret_hash import SecretHash
from models.wire.errors import BadIdentifier
from models.wire.ids import DevicePath, device_id, store_id, tenant_id

_CLOUD_NAME = re.compile(r"_cloud-[a-z0-9-]{1,41}")


@dataclass(frozen=True, slots=True)
class DeviceLogin:
    """A device; its name is user name and MQTT client id. Raises InvalidLogin."""

    path: DevicePath
    secret: SecretHash

    def __post_init__(self) -> None:
        try:
            tenant_id(self.path.tenant)
            store_id(self.path.store)
            device_id(self.path.device)
        except BadIdentifier as error:
            raise InvalidLogin(f"device login: {error}") from error

    @property
    def name(self) -> str:
        """The user name, unique on one broker."""
        return self.path.device


@dataclass(frozen=True, slots=True)
class CloudLogin:
    """A worker of the cloud, ``_cloud-…``; no device name begins so. Raises InvalidLogin."""

    name: str
    secret: SecretHash

    def __post_init__(self) -> None:
        if not _CLOUD_NAME.fullmatch(self.name):
            raise InvalidLogin(
                f"cloud login {self.name!r} is not '_cloud-' and 1-41 of a-z, 0-9 and '-'"
            )


Login = DeviceLogin | CloudLogin


def one_each(logins: Iterable[Login]) -> tuple[Login, ...]:
    """The logins sorted by name; raises InvalidLogin when two share one.

    Sorted, because then the same logins give the same file, and a broker reloads nothing.
    """
    ordered = tuple(sorted(logins, key=lambda login: login.name))
    twice = [name for name, count in Counter(one.name for one in ordered).items() if count > 1]
    if twice:
        raise InvalidLogin(
            f"{len(twice)} login names occur more than once, the first is {twice[0]!r}: "
            "a device name is unique on a broker, so give one of them another name"
        )
    return ordered
