"""How a store's day was captured, as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import urlencode

from sqlalchemy import Engine

from cloud.capture import (
    DISAGREE_LIMIT,
    CaptureDay,
    OddReceipt,
    Quarantined,
    count_records,
    odd_receipts,
    read_capture_day,
    records,
)
from cloud.console.choice import name_of
from cloud.console.places import CAPTURE
from cloud.devices import DeviceView, Fleet
from cloud.organisation import Store
from cloud.storage import read
from cloud.storage.columns import from_ms

SHOWN: Final = 100
RELEASED_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class CapturePage:
    """Everything that the page's live part shows of a store.

    Attributes:
        odd: receipts of the day that do not add up, the newest first.
        quarantined: records of the store in quarantine now, of whatever day.
        records: the oldest of them; ``released``: those that left it last.
        readers: the store's devices that tell of their sources.
    """

    store: Store
    capture: CaptureDay
    odd: tuple[OddReceipt, ...]
    quarantined: int
    records: tuple[Quarantined, ...]
    released: tuple[Quarantined, ...]
    readers: tuple[DeviceView, ...]

    @property
    def limit_percent(self) -> int:
        """Hundredths of receipts that may not add up."""
        return round(100 * DISAGREE_LIMIT)

    def moment(self, ms: int) -> datetime:
        """An aware moment."""
        return from_ms(ms)

    def address_of(self, record: Quarantined) -> str:
        """The page of one record, which leads back here."""
        wanted = {
            "store": name_of(self.store),
            "day": self.capture.day.isoformat(),
            "device": record.device,
            "name": record.name,
            "since": record.quarantined_at.isoformat(),
        }
        return f"{CAPTURE}/record?{urlencode(wanted)}"


def read_page(engine: Engine, fleet: Fleet, store: Store, day: date) -> CapturePage:
    """The page as it stands now."""
    tenant, shop = store.tenant, store.store
    devices = fleet.devices(tenant, shop)
    with read(engine) as connection:
        return CapturePage(
            store=store,
            capture=read_capture_day(connection, tenant, shop, day),
            odd=tuple(odd_receipts(connection, tenant, shop, day)),
            quarantined=count_records(connection, tenant, shop),
            records=tuple(records(connection, tenant, shop, limit=SHOWN)),
            released=tuple(records(connection, tenant, shop, released=True, limit=RELEASED_SHOWN)),
            readers=tuple(view for view in devices if view.sources),
        )
