"""A shop whose box has bad clocks, and the ledger that dates what it captures.

    shop = ClockedShop(tmp_path, databases)
    shop.box.wall_off_ms = -START_MS          # it woke in 1970
    shop.capture(a_sale(1))
    shop.connect()
    shop.send()
    shop.errors_ms()                          # by how much each event is dated too late

The truth is in ``shop.box.true_ms``; the cloud's clock shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from cloud.devices.tables import DEVICE_BOOT
from cloud.devices.timekeeping import BootClocks, heard_birth
from cloud.ledger.arrival import Arrival
from cloud.ledger.entry import LedgerEntry
from cloud.ledger.journal import Journal
from cloud.storage import read, write
from cloud.storage.columns import from_ms, to_ms
from models.vault.blob import BlobSealer
from models.vault.keyring import Keyring
from models.vault.master import MasterKey
from models.vault.seal import Sealer
from models.wire.codec import Codec
from models.wire.envelope import ClockQuality, Moment, compose, stamp
from models.wire.events.device import Heartbeat
from models.wire.events.sale import SaleRecorded
from models.wire.ids import EventId, keyed_event_id
from models.wire.registry import HEARTBEAT, SALE_RECORDED, EventData, EventType
from models.wire.topics import Stream
from tests.simulators.clocks import StoppedClock
from tests.simulators.clocks_of_boots import BootedBox
from tests.simulators.databases import Databases, SqliteDatabases
from tests.simulators.facts import EPOCH, SHOP

TABLES = ("cloud.organisation.tables", "cloud.ledger.tables", "cloud.devices.tables")


@dataclass(frozen=True, slots=True)
class Captured:
    """An event, with the truth about it that nobody else knows."""

    body: bytes
    bootid: str
    true_ms: int
    monotonic_ms: int


class ClockedShop:
    """One device and one ledger. Close it at the end."""

    def __init__(self, folder: Path, databases: Databases | None = None) -> None:
        self.engine = (databases or SqliteDatabases()).open(folder, list(TABLES))
        master = MasterKey(b"k" * 32)
        self._keyring = Keyring(folder / "keys" / "ring.db", master)
        self._clock = StoppedClock()
        self.journal = Journal(
            self.engine,
            Sealer(self._keyring),
            BlobSealer(master, "dead letters"),
            self._clock,
            timekeeper=BootClocks(),
        )
        self.box = BootedBox()
        self.bootid = "boot-1"
        self.pending: list[Captured] = []
        self.sent: list[Captured] = []

    def close(self) -> None:
        self.engine.dispose()
        self._keyring.close()

    def reboot(self, off_ms: int = 60_000) -> None:
        """Switch the box off for a while and on again: its monotonic clock begins anew."""
        self.box.pass_ms(off_ms)
        self.box.booted_ms = self.box.true_ms
        self.box.pass_ms(20_000)
        self.bootid = f"boot-{int(self.bootid.removeprefix('boot-')) + 1}"

    def capture(self, sale: SaleRecorded, quality: ClockQuality = ClockQuality.FREE) -> None:
        """A sale is read from the till, now."""
        event_id = keyed_event_id(SHOP.tenant, sale.natural_key, sale.revision)
        self._keep(SALE_RECORDED, sale, event_id, quality)

    def beat(self, quality: ClockQuality = ClockQuality.FREE) -> None:
        """A sign of life, now; sent on the stream of sales, for the ledger does not mind."""
        number = len(self.sent) + len(self.pending) + 1
        event_id = EventId(f"00000000-0000-7000-8000-{number:012x}")
        self._keep(HEARTBEAT, Heartbeat(uptime_s=1, streams=[]), event_id, quality)

    def _keep(
        self, kind: EventType, data: EventData, event_id: EventId, quality: ClockQuality
    ) -> None:
        box = self.box
        at = Moment(from_ms(max(0, box.wall_ms)), box.monotonic_ms, self.bootid, quality)
        body = compose(device=SHOP, event_id=event_id, kind=kind, data=data, at=at)
        self.pending.append(Captured(body, self.bootid, box.true_ms, box.monotonic_ms))

    def connect(self, delay_ms: int = 40) -> None:
        """The box is born to the cloud."""
        box = self.box
        with write(self.engine) as connection:
            arrived = from_ms(box.true_ms + delay_ms)
            heard_birth(connection, SHOP.device, self.bootid, box.monotonic_ms, arrived)

    def send(self, *, historical: bool = False, delay_ms: int = 40) -> None:
        """All that is pending goes up in one batch."""
        if not self.pending:
            return
        self.journal.append([self.arrival(historical=historical, delay_ms=delay_ms)])
        self.sent += self.pending
        self.pending = []

    def arrival(self, *, historical: bool = False, delay_ms: int = 40) -> Arrival:
        """All that is pending, as it would arrive now."""
        first = len(self.sent) + 1
        events = [
            stamp(one.body, EPOCH, number, historical=historical)
            for number, one in enumerate(self.pending, first)
        ]
        payload = Codec().encode(EPOCH, Stream.SALE, first, events)
        arrived = from_ms(self.box.true_ms + delay_ms)
        return Arrival(SHOP, Stream.SALE, payload, arrived)

    def entries(self) -> list[LedgerEntry]:
        """The ledger, in order."""
        return self.journal.read(0, 10_000)

    def errors_ms(self) -> list[int]:
        """Per event of the ledger, by how much it is dated later than it was captured."""
        return [
            to_ms(entry.captured_at) - one.true_ms
            for entry, one in zip(self.entries(), self.sent, strict=True)
        ]

    def boots(self) -> list[str]:
        """The boots that the cloud remembers."""
        with read(self.engine) as connection:
            return sorted(connection.scalars(select(DEVICE_BOOT.c.bootid)))
