"""What is true of a store, checked once when it is written down."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from phonenumbers import SUPPORTED_REGIONS

from cloud.errors import InvalidInput
from models.wire.errors import BadIdentifier
from models.wire.ids import StoreId, TenantId, store_id, tenant_id

LONGEST_NAME: Final = 80

_MORNING: Final = range(12)
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Store:
    """One shop. Raises InvalidInput when a fact cannot be true.

    Attributes:
        store: our name of it, part of every topic; it never changes.
        name: what people call it.
        timezone: IANA name, such as ``Asia/Shanghai``.
        currency: ISO 4217 code, such as ``CNY``.
        phone_region: ISO 3166 code of the region whose numbers are written without country code.
        day_begins_hour: hour of the clock, 0 to 11, at which its business day changes when no sale
            says otherwise: nobody is inside then.
    """

    tenant: TenantId
    store: StoreId
    name: str
    timezone: str
    currency: str
    phone_region: str
    day_begins_hour: int = 0

    def __post_init__(self) -> None:
        try:
            tenant_id(self.tenant)
            store_id(self.store)
        except BadIdentifier as error:
            raise InvalidInput(str(error)) from error
        if not 0 < len(self.name) <= LONGEST_NAME or not self.name.isprintable():
            raise InvalidInput(f"a store's name has 1 to {LONGEST_NAME} printable characters")
        if not _is_timezone(self.timezone):
            raise InvalidInput(
                f"time zone {self.timezone[:40]!r} is unknown; use an IANA name, e.g. Asia/Shanghai"
            )
        if not _CURRENCY.fullmatch(self.currency):
            raise InvalidInput(
                f"currency {self.currency[:8]!r} is not a code of ISO 4217, e.g. CNY"
            )
        if self.phone_region not in SUPPORTED_REGIONS:
            raise InvalidInput(
                f"phone region {self.phone_region[:8]!r} is not a code of ISO 3166, e.g. CN"
            )
        if self.day_begins_hour not in _MORNING:
            raise InvalidInput(
                f"a business day begins at an hour from 0 to 11, not at {self.day_begins_hour}"
            )

    @property
    def zone(self) -> ZoneInfo:
        """The time zone, ready to be used."""
        return ZoneInfo(self.timezone)


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # no such zone; "../x"; a folder's name
        return False
    return True
