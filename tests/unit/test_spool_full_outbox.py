"""A sale that the outbox has no room for is refused aloud, and its file waits for the room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from prometheus_client import CollectorRegistry

from agent.capture.intake import Intake
from agent.capture.pos import Spool, SpoolSettings
from agent.capture.pos.keeping import Keeping
from agent.config.outbox import OutboxSettings
from agent.errors import OutboxFull
from agent.outbox import Draft, Outbox
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey
from models.wire.ids import EventId
from models.wire.topics import Stream
from tests.simulators.capturing import DEVICE, SHANGHAI, reader
from tests.simulators.clocks import HandClock
from tests.simulators.outbox_parts import Premises, take
from tests.simulators.poslog_writer import goods, poslog, retail, tender, transaction
from tests.simulators.processes import eventually
from tests.simulators.small_disk import Disk

TIGHT = OutboxSettings(
    budget_bytes=256 * 1024,
    sale_reserve_bytes=0,
    footfall_bytes=0,
    telemetry_bytes=0,
    free_floor_bytes=0,
)


class Till:
    """A till's folder in front of an outbox with next to no room."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "till"
        self.folder.mkdir()
        self.premises = Premises(root / "box", thrift=Disk().thrift(TIGHT))
        self.outbox: Outbox = self.premises.open()
        self.registry = CollectorRegistry()
        self.spool = Spool(
            self.folder,
            DEVICE.device,
            reader=reader(),
            sink=Intake(self.outbox, lambda _sale: None, self.registry),
            keeping=Keeping(root / "data", BlobSealer(MasterKey(b"k" * 32), "files"), SHANGHAI),
            clock=HandClock(),
            settings=SpoolSettings(backoff_cap_s=0.01),
        )

    def fill(self) -> None:
        """Leave no room."""
        for number in range(100):
            body = b'{"pad":"%b"}' % noise(number, 15_000)
            try:
                self.outbox.append(Stream.SALE, [Draft(EventId(f"large-{number}"), body)])
            except OutboxFull:
                return

    def sell(self, number: str) -> Path:
        path = self.folder / f"{number}.xml"
        path.write_bytes(poslog(transaction(number=number, body=long_receipt())))
        return path

    def settle(self) -> None:
        """The ledger has everything."""
        while lease := take(self.outbox):
            self.outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)])

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.rglob("*.xml"))


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    one = Till(tmp_path)
    yield one
    one.spool.stop()
    one.outbox.close()
    one.premises.close()


def noise(seed: int, size: int) -> bytes:
    """Twice as many letters, which no compression makes smaller than ``size`` bytes."""
    return Random(seed).randbytes(size).hex().encode()


def long_receipt() -> str:
    """Two hundred lines, each of two hundred bytes that nothing can guess."""
    lines = [
        goods("1.00", sequence=str(number)).replace("豆浆", noise(number, 200).decode())
        for number in range(1, 201)
    ]
    return retail(*lines, tender("200.00"), total="200.00")


def test_the_file_stays_until_there_is_room_and_then_counts_once(till: Till) -> None:
    till.fill()
    till.sell("1")
    till.sell("2")
    for _ in range(3):
        with pytest.raises(OutboxFull, match="budget_bytes = 262144"):
            till.spool.step()
    assert till.files() == ["1.xml", "2.xml"]
    assert till.outbox.room().refused == {Stream.SALE: 4}, "once by the filling itself"
    till.settle()
    assert till.spool.step() == 2
    assert till.files() == []
    assert (
        till.registry.get_sample_value("lianke_captured_transactions_total", {"kind": "retail"})
        == 2.0
    )


def test_the_till_says_what_holds_it_up(till: Till) -> None:
    till.fill()
    till.sell("1")
    till.spool.start()
    assert eventually(lambda: "do not fit into the outbox" in till.spool.status.blocked)
    assert till.spool.status.captured_sales == 0
    till.settle()
    assert eventually(lambda: till.spool.status.captured_sales == 1)
    assert eventually(lambda: till.spool.status.blocked == "")
