"""What capture needs around it, for tests: a reader, and a sink that can fail."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.capture.pos import (
    CaptureContext,
    CapturedSale,
    PoslogReader,
    TillProfile,
    load_profile,
)
from agent.capture.pos.records import Refused
from agent.errors import UnreadableInput
from models.wire.envelope import Moment
from models.wire.events.sale import SaleRecorded
from models.wire.ids import DevicePath, device_id, store_id, tenant_id
from tests.simulators.real_data import real_file

PROFILES = Path(__file__).parents[2] / "device_configs" / "till_profiles"
DEVICE = DevicePath(tenant_id("retailer"), store_id("sh-0001"), device_id("pos-1"))
SHANGHAI = ZoneInfo("Asia/Shanghai")
_NOON = datetime(2025, 11, 7, 4, 0, tzinfo=UTC)


def real_poslog(name: str) -> bytes:
    """A real file, unpacked; the test is skipped where the project's data folder is absent."""
    path = real_file("poslog", name)
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def context(operator_key: bytes | None = b"operator key") -> CaptureContext:
    """A shop in Shanghai whose clocks stand still."""
    at = Moment(_NOON, 1000, "boot-1")
    return CaptureContext(DEVICE, SHANGHAI, lambda: at, "CN", lambda: operator_key)


def reader(
    profile: str | TillProfile = "arts-poslog", operator_key: bytes | None = b"k"
) -> PoslogReader:
    """A reader by a shipped profile's name, or by a profile of the test's own."""
    if isinstance(profile, str):
        profile = load_profile(PROFILES, profile)
    return PoslogReader(profile, context(operator_key))


def records(
    data: bytes,
    profile: str | TillProfile = "arts-poslog",
    *,
    name: str = "test.xml",
    operator_key: bytes | None = b"k",
) -> Iterator[CapturedSale | Refused]:
    """Every record of a file, good or refused."""
    return reader(profile, operator_key).read(BytesIO(data), name, sha256(data).hexdigest())


def captured(data: bytes, profile: str | TillProfile = "arts-poslog") -> list[CapturedSale]:
    """Everything in a file, of which nothing may be refused.

    Raises:
        UnreadableInput: a record is refused, with its reason.
    """
    found = []
    for record in records(data, profile):
        if isinstance(record, Refused):
            raise UnreadableInput(record.reason)
        found.append(record)
    return found


def only_sale(data: bytes, profile: str | TillProfile = "arts-poslog") -> SaleRecorded:
    """The one transaction of a file."""
    (found,) = captured(data, profile)
    return found.sale


class LedgerSink:
    """A ``SaleSink`` that knows events by id, as the outbox does, and can be told to fail.

    Attributes:
        stored: every event ever stored, in order, once.
        calls: what it was handed, repeats included.
        refuse_with: raised before anything is stored.
        die_after: raised once after storing, as a crash between sink and archive would.
    """

    def __init__(self) -> None:
        self.stored: dict[str, CapturedSale] = {}
        self.calls: list[list[CapturedSale]] = []
        self.refuse_with: Exception | None = None
        self.die_after: BaseException | None = None

    def captured(self, sales: Sequence[CapturedSale]) -> None:
        if self.refuse_with is not None:
            raise self.refuse_with
        self.calls.append(list(sales))
        for sale in sales:
            self.stored.setdefault(sale.event_id, sale)
        if self.die_after is not None:
            error, self.die_after = self.die_after, None
            raise error

    @property
    def numbers(self) -> list[str]:
        """Sequence numbers in the order in which they were first stored."""
        return [sale.sale.sequence_number for sale in self.stored.values()]
