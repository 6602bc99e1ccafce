"""A shop whose intake keeps books, over an outbox of its own, with a clock set by hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry

from agent.capture.books import Findings, TillBooks
from agent.capture.books.mending import sales_behind
from agent.capture.intake import Intake
from agent.capture.pos.composing import compose_sale
from agent.capture.pos.sink import CapturedSale
from agent.outbox import Outbox
from models.wire.envelope import Moment, open_envelope
from models.wire.events.sale import Flag, Kind, SaleRecorded
from models.wire.registry import SALE_RECORDED, decode_data
from tests.simulators.clocks import HandClock
from tests.simulators.facts import NOON, SHANGHAI, SHOP, a_sale
from tests.simulators.outbox_parts import Premises, fast_folder, take

TODAY = date(2026, 11, 22)
GRACE_S = 601.0


def numbered(
    number: int | str,
    *,
    day: date = TODAY,
    at: timedelta | None = None,
    control: str = "",
    flags: Sequence[Flag] = (),
    raw: str = "",
    profile: str = "test",
    **changes: object,
) -> SaleRecorded:
    """A transaction of a business day; the numbers of a day follow each other by the minute.

    Args:
        number: its sequence number.
        day: the business day, which begins at eight in the shop.
        at: how long after eight it ended; its number in minutes where absent.
        control: what a control transaction was; a sale where empty.
        flags: of its capture.
        raw: names the file it came in; its number where empty.
        profile: by which it was read.
        changes: other fields.
    """
    digits = "".join(each for each in str(number) if each.isdecimal()) or "0"
    after = at if at is not None else timedelta(minutes=int(digits) % 900)
    ended = datetime(day.year, day.month, day.day, 8, tzinfo=SHANGHAI) + after
    kind = Kind.CONTROL if control else Kind.RETAIL
    sale = a_sale(
        1, day=day, end_at=ended, kind=kind, workstation=str(changes.get("workstation_id", "1"))
    )
    key = f"sh-0001/sh-0001/{sale.workstation_id}/{day}/{number}"
    capture = msgspec.structs.replace(
        sale.capture, flags=list(flags), raw_sha256=raw or str(number), profile=profile
    )
    own = {
        "natural_key": key,
        "sequence_number": str(number),
        "capture": capture,
        "control": control,
    }
    return msgspec.structs.replace(sale, **(own | changes))


def event(sale: SaleRecorded) -> CapturedSale:
    """The transaction as an adapter hands it over."""
    return compose_sale(sale, SHOP, Moment(NOON, 1, "boot-1"))


@dataclass(slots=True)
class BookedShop:
    """The parts, and a clock that begins at noon of a Sunday in November."""

    premises: Premises
    clock: HandClock
    outbox: Outbox = field(init=False)
    books: TillBooks = field(init=False)
    intake: Intake = field(init=False)

    def __post_init__(self) -> None:
        """Open all."""
        self.outbox = self.premises.open()
        self.open_books()

    @property
    def books_file(self) -> Path:
        """Where the books are."""
        return self.premises.folder / "data" / "books.sqlite3"

    def open_books(self) -> None:
        """Open the books, and give them an intake."""
        self.books = TillBooks(self.books_file, self.clock)
        self.intake = Intake(self.outbox, lambda _sale: None, CollectorRegistry(), self.books)

    def restart(self) -> None:
        """The books anew, as after the end of the agent."""
        self.books.close()
        self.open_books()

    def mend(self) -> int:
        """What the books lack, from the outbox."""
        return self.books.mend(partial(sales_behind, self.premises.path))

    def capture(self, sales: Iterable[SaleRecorded], source: str = "") -> None:
        """Each by itself, as files of one sale come."""
        for sale in sales:
            self.intake.take(source, [event(sale)])

    def wait(self, seconds: float = GRACE_S) -> None:
        """Look, let time pass: what is missing is then missing for good."""
        self.books.findings()
        self.clock.move(seconds)

    def settled(self) -> list[Findings]:
        """What is wrong, once nothing can be under way."""
        self.wait()
        return self.books.findings()

    def missing(self, workstation: str = "1") -> list[str]:
        """The gaps of a workstation in words, once nothing can be under way."""
        return [
            f"{gap.day:%d}: {gap.first}-{gap.last}"
            for found in self.settled()
            if found.till.workstation_id == workstation
            for gap in found.gaps
        ]

    def flags(self) -> dict[str, list[Flag]]:
        """The flags of every sale that is owed, by its number."""
        lease = take(self.outbox, max_events=1000)
        found = {}
        for body in lease.events if lease else ():
            sale = decode_data(SALE_RECORDED, open_envelope(body).data)
            assert isinstance(sale, SaleRecorded)
            found[sale.sequence_number] = sale.capture.flags
        if lease:
            self.outbox.release(lease)
        return found

    def close(self) -> None:
        """Close all."""
        self.books.close()
        self.outbox.close()
        self.premises.close()


@contextmanager
def a_booked_shop() -> Iterator[BookedShop]:
    """A shop in a folder that is thrown away, in memory where there is room for one."""
    clock, folder = HandClock(), fast_folder()
    shop = BookedShop(Premises(folder, clock=clock), clock)
    try:
        yield shop
    finally:
        shop.close()
        shutil.rmtree(folder)
