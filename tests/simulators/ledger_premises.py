"""A ledger of its own in a folder, and payloads to hand it.

    premises = LedgerPremises(tmp_path)                 # on SQLite
    premises = LedgerPremises(tmp_path, databases)      # on what the fixture says
    appended = premises.append(a_batch([a_sale(1)]))
    premises.bodies()          # opened, byte for byte as they travelled

Randomness is the vault's own; time stands where the test puts it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from cloud.ledger.arrival import Appended, Arrival
from cloud.ledger.entry import LedgerEntry
from cloud.ledger.journal import Journal
from cloud.ledger.tables import DeadLetterRow, SettledRow, StreamRow, table_of
from cloud.storage import read
from models.vault.blob import BlobSealer
from models.vault.keyring import Keyring
from models.vault.master import MasterKey
from models.vault.seal import Sealer
from models.wire.codec import Codec
from models.wire.envelope import Moment, compose, stamp
from models.wire.events.device import EpochClosed, Heartbeat, RangeVoid
from models.wire.events.member import MemberRegistered
from models.wire.ids import DevicePath, EventId
from models.wire.registry import (
    EPOCH_CLOSED,
    HEARTBEAT,
    MEMBER_REGISTERED,
    RANGE_VOID,
    EventData,
    EventType,
)
from models.wire.topics import Stream
from tests.simulators.clocks import StoppedClock
from tests.simulators.databases import Databases, SqliteDatabases
from tests.simulators.facts import EPOCH, NOON, SHOP

_KINDS: dict[type[EventData], EventType] = {
    Heartbeat: HEARTBEAT,
    RangeVoid: RANGE_VOID,
    EpochClosed: EPOCH_CLOSED,
    MemberRegistered: MEMBER_REGISTERED,
}


class LedgerPremises:
    """Database, keys and journal, each made once. Close it at the end."""

    def __init__(self, folder: Path, databases: Databases | None = None) -> None:
        self._databases = databases or SqliteDatabases()
        self.clock = StoppedClock()
        self.engine = self._databases.open(folder, ["cloud.ledger.tables"])
        self.master = MasterKey(b"k" * 32)
        self.keyring = Keyring(folder / "keys" / "ring.db", self.master)
        self.sealer = Sealer(self.keyring)
        self.dead_letters = BlobSealer(self.master, "dead letters")
        self.journal = self.another_journal()

    def another_journal(self) -> Journal:
        """A second worker's journal, on the same database."""
        return Journal(self.engine, self.sealer, self.dead_letters, self.clock)

    def close(self) -> None:
        self.engine.dispose()
        self.keyring.close()

    def arrival(
        self, payload: bytes, device: DevicePath = SHOP, stream: Stream = Stream.SALE
    ) -> Arrival:
        return Arrival(device, stream, payload, self.clock.now())

    def append(
        self, *payloads: bytes, device: DevicePath = SHOP, stream: Stream = Stream.SALE
    ) -> Appended:
        """All payloads in one transaction."""
        return self.journal.append([self.arrival(one, device, stream) for one in payloads])

    def entries(self, after: int = 0) -> list[LedgerEntry]:
        return self.journal.read(after, 100_000)

    def bodies(self, after: int = 0) -> list[bytes]:
        """What the ledger keeps, opened."""
        return [self.sealer.open(entry.event_id, entry.body) for entry in self.entries(after)]

    def at_rest(self) -> bytes:
        """The database as a thief would find it."""
        return self._databases.at_rest(self.engine)

    def runs(
        self, epoch: str = EPOCH, stream: str = "sale", device: DevicePath = SHOP
    ) -> list[tuple[int, int, str]]:
        """The settled runs of a lane."""
        settled, streams = table_of(SettledRow), table_of(StreamRow)
        wanted = (
            select(settled.c.first, settled.c.last, settled.c.outcome)
            .join_from(settled, streams, settled.c.stream_id == streams.c.id)
            .where(streams.c.epoch == epoch, streams.c.stream == stream)
            .where(streams.c.tenant == device.tenant, streams.c.device == device.device)
            .order_by(settled.c.first)
        )
        with read(self.engine) as connection:
            return [tuple(row) for row in connection.execute(wanted)]

    def letters(self) -> list[tuple[str, str]]:
        """Reason and detail of each dead letter."""
        letters = table_of(DeadLetterRow)
        with read(self.engine) as connection:
            wanted = select(letters.c.reason, letters.c.detail).order_by(letters.c.id)
            return [(reason, detail) for reason, detail in connection.execute(wanted)]


def an_event(
    data: EventData,
    sequence: int,
    *,
    number: int | None = None,
    device: DevicePath = SHOP,
    epoch: str = EPOCH,
    at: datetime = NOON,
) -> bytes:
    """A stamped event without a natural key; ``number`` makes its id, by default the sequence."""
    event_id = EventId(f"00000000-0000-7000-8000-{number or sequence:012x}")
    body = compose(
        device=device, event_id=event_id, kind=_KINDS[type(data)], data=data, at=Moment(at, 1, "b")
    )
    return stamp(body, epoch, sequence)


def a_heartbeat(sequence: int, *, uptime_s: float = 1.5, number: int | None = None) -> bytes:
    """A sign of life on stream telemetry."""
    return an_event(Heartbeat(uptime_s=uptime_s, streams=[]), sequence, number=number)


def a_payload(
    events: Sequence[bytes], first: int = 1, stream: str = "sale", epoch: str = EPOCH
) -> bytes:
    """A batch of stamped events."""
    return Codec().encode(epoch, stream, first, events)
