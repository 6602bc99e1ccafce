"""The day itself: invent it, let the box live through it, settle the account."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from agent.capture.pos.escpos import PrintFileReader
from agent.capture.pos.family import Adapter, load_named
from agent.capture.pos.receipts import ReceiptProfile, TillReceipts
from agent.capture.pos.web.answers import Problem
from agent.capture.pos.web.profile import WebFormat, load_web_profile
from agent.capture.pos.web.reading import BodyReader, PostedSaleReader
from agent.capture.pos.web.shopify import ShopifyReader
from agent.capture.pos.web.square import SquareReader
from agent.errors import InvalidInput
from tests.simulators.capturing import PROFILES, context, records
from tests.simulators.damaged_day.account import Account, settle
from tests.simulators.damaged_day.box import DamagedBox
from tests.simulators.damaged_day.posted import PostingTill, rest_till, shopify_till, square_till
from tests.simulators.damaged_day.records import MARKERS, Record
from tests.simulators.damaged_day.stored import DatabaseTill, OdooTill
from tests.simulators.damaged_day.tills import (
    JournalTill,
    PoslogTill,
    PrintingTills,
    Till,
    all_records,
    csv_till,
    fixed_till,
    ndjson_till,
    text_till,
)
from tests.simulators.journal_shop import journal_profile, read_all
from tests.simulators.odoo_server import serving
from tests.simulators.printers import printer

TILLS = 12
"""Makes of till in a day; each has as many records as the others."""

MOST_RECORDS = MARKERS // TILLS

_CREATED = 201
_OK = 200
_DEADLINE_S = 120.0


@dataclass
class Lived:
    """A day that is over.

    Attributes:
        in_time: whether the sources came to rest.
        slowest: the record that took a reader longest, and its seconds of processor time.
        took_s: from the first till to the last.
    """

    account: Account
    records: list[Record]
    in_time: bool
    slowest: tuple[str, float]
    took_s: float
    blocked: list[str] = field(default_factory=list)

    @property
    def damages(self) -> Counter[str]:
        """How often each kind of damage was done."""
        return Counter(record.damage for record in self.records if record.damage)


class DamagedDay:
    """Invented at once; lived through with ``live``."""

    def __init__(self, root: Path, seed: int, count: int) -> None:
        """``count`` records for each till, ``MOST_RECORDS`` at most."""
        self._root = root
        root.mkdir(parents=True, exist_ok=True)
        first = iter(range(0, TILLS * count, count))
        self.poslog = PoslogTill.of(seed, count, next(first))
        self.journals = [
            make(seed, count, next(first))
            for make in (csv_till, fixed_till, ndjson_till, text_till)
        ]
        self.spooled = PrintingTills.of("prints", seed, count, next(first), 7)
        self.tapped = PrintingTills.of("tap", seed, count, next(first), 8)
        self.posting = [
            make(seed, count, next(first)) for make in (rest_till, shopify_till, square_till)
        ]
        self._database = root / "till.db"
        self.database = DatabaseTill.of(self._database, seed, count, next(first))
        self.odoo = OdooTill.of(seed, count, next(first))

    @property
    def tills(self) -> Sequence[Till]:
        """All of them."""
        prints = (self.spooled, self.tapped)
        return [self.poslog, *self.journals, *prints, *self.posting, self.database, self.odoo]

    def live(self, *, forgets: str = "", swallows: str = "", says: str = "") -> Lived:
        """Let the box live through it, once; the arguments break it on purpose, see ``box``."""
        began_s = time.monotonic()
        with serving(self.odoo.odoo) as url:
            box = DamagedBox(self._root / "box", url, forgets=forgets, swallows=swallows)
            try:
                self._lay_out(box)
                in_time = box.run(lambda: self._work(box), _DEADLINE_S)
                box.logged += [says] if says else []
                found = list(all_records(self.tills))
                account = settle(found, box.outputs())
            finally:
                box.close()
        took_s = time.monotonic() - began_s
        return Lived(account, found, in_time, self._slowest(), took_s, box.blocked)

    def _lay_out(self, box: DamagedBox) -> None:
        for name, data in self.poslog.files:
            box.lay("till", name, data)
        for journal in self.journals:
            box.lay("ej", f"{journal.name}.txt", journal.data)
        for at, job in enumerate(self.spooled.jobs):
            box.lay("queue", f"job-{at}.prn", job)
        self._database.rename(box.root / "till.db")

    def _work(self, box: DamagedBox) -> None:
        box.print(self.tapped.jobs)
        for till in self.posting:
            for record, post in zip(till.records, till.posts, strict=True):
                status = box.post(post)
                # A webhook whose order lies in quarantine is told that all is well.
                record.refused = status not in (_OK, _CREATED)

    def _slowest(self) -> tuple[str, float]:
        """Each damaged record by itself through its reader, by this thread's own processor time."""
        times = {}
        for till in self.tills:
            for record in till.records:
                if record.damage and isinstance(
                    till, PoslogTill | JournalTill | PrintingTills | PostingTill
                ):
                    began_s = time.thread_time()
                    _read_alone(till, record)
                    took_s = time.thread_time() - began_s
                    times[f"{record.till} {record.marker} ({record.damage})"] = took_s
        return max(times.items(), key=lambda each: each[1])


def _read_alone(till: Till, record: Record) -> None:
    try:
        match till:
            case PoslogTill():
                list(records(b"<POSLog>" + record.sent + b"</POSLog>"))
            case PrintingTills():
                list(_paper_reader().read(BytesIO(record.sent), "x", "0" * 64))
            case PostingTill():
                _body_reader(till.name).read(record.sent)
            case JournalTill() if till.name != "text":
                read_all(journal_profile(f"journal-{till.name}"), record.sent)
            case _:
                lines = record.sent.decode("gb18030", "replace").split("\n")
                _receipts().read(lines, "0" * 64)
    except (InvalidInput, Problem):
        pass


def _receipts() -> TillReceipts:
    name = "receipt-supermarket-zh"
    return TillReceipts(load_named(PROFILES, name, ReceiptProfile, Adapter.RECEIPTS), context())


def _paper_reader() -> PrintFileReader:
    return PrintFileReader("x", printer("chinese"), _receipts())


def _body_reader(name: str) -> BodyReader:
    match name:
        case "shopify":
            profile = load_web_profile(PROFILES, "web-shopify", WebFormat.SHOPIFY)
            return ShopifyReader(profile, context())
        case "square":
            profile = load_web_profile(PROFILES, "web-square", WebFormat.SQUARE)
            return SquareReader(profile, context())
        case _:
            profile = load_web_profile(PROFILES, "web-sale", WebFormat.SALE)
            return PostedSaleReader(profile, context())
