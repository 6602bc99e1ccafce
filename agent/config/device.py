"""Who and where a box is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.wire.errors import BadIdentifier
from models.wire.ids import DevicePath, device_id, store_id, tenant_id


class DeviceKind(StrEnum):
    """What the box is."""

    POS = "pos"
    TABLET = "tablet"
    CAMERA = "camera"
    HUB = "hub"


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """Who and where this device is.

    Attributes:
        tenant: the retailer.
        store: the shop, unique within the tenant.
        device: this box, unique on its broker; also its login.
        kind: what the box is.
        store_name: as people call the shop; shown on the guide's page.
        timezone: IANA name; used where the till writes no offset.
        phone_region: ISO 3166 region in which a phone number without country code is read.
        data_dir: outbox, replica, archive and quarantine.
        keys_dir: the master key and the keyring; never on the same backup as data_dir.
        operator_key_file: a file of mode 0600 with what ``lianke-cloud operator-key`` printed, in
            place of the key of the cashiers' pseudonyms that the cloud gives every box.
    """

    tenant: str
    store: str
    device: str
    kind: DeviceKind = DeviceKind.POS
    store_name: str = ""
    timezone: str = "Asia/Shanghai"
    phone_region: str = "CN"
    data_dir: Path = Path("/var/lib/lianke")
    keys_dir: Path = Path("/var/lib/lianke-keys")
    operator_key_file: Path | None = None

    def __post_init__(self) -> None:
        """Names and time zone are checked at start, not at the first sale."""
        try:
            _ = self.path
            ZoneInfo(self.timezone)
        except BadIdentifier as error:
            raise ValueError(str(error)) from error
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(
                f"timezone {self.timezone!r} is unknown; use an IANA name such as Asia/Shanghai"
            ) from error

    @property
    def path(self) -> DevicePath:
        """The device's place in tenant and store."""
        return DevicePath(tenant_id(self.tenant), store_id(self.store), device_id(self.device))
