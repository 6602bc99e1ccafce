"""A box with every kind of source and a quarantine, stepped by hand; and one record of each kind.

ward = Ward(tmp_path)
kept = ward.keep(SAMPLES[0])
ward.again.step(ward.now); ward.reporter.step(ward.now)
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from agent.capture.aside.again import Again
from agent.capture.aside.readers import Readers
from agent.capture.aside.reporting import Reporter
from agent.capture.aside.telling import Teller
from agent.capture.pos.database import StoredReceipt
from agent.capture.pos.escpos import Occasion
from agent.capture.pos.escpos.reading import slip
from agent.capture.pos.keeping import TILL_FOLDER, Keeping, Place
from agent.capture.pos.web.odoo.orders import WholeOrder
from agent.capture.quarantine import Kept, Quarantine
from agent.clock import DeviceClock
from agent.config import TAPS, AgentConfig, read_config
from agent.facts import FactMaker
from agent.outbox import Draft, Stored
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey
from models.wire.envelope import open_envelope, stamp
from models.wire.events.capture import RecordQuarantined, RecordReleased
from models.wire.registry import decode_data, event_type
from models.wire.topics import Stream
from tests.simulators.capturing import DEVICE, PROFILES, LedgerSink, context
from tests.simulators.clocks import HandClock
from tests.simulators.journal_writer import flow_file, german_csv, order_stream
from tests.simulators.many_tills import basket, printed
from tests.simulators.odoo_server import shop
from tests.simulators.poslog_writer import poslog, transaction
from tests.simulators.real_data import real_file
from tests.simulators.receipt_printer import chinese_receipt
from tests.simulators.shop_platforms import shopify_order, square_notice, square_payment
from tests.simulators.web_door import sale_body

DAYS: Final = 90


@dataclass(frozen=True)
class Sample:
    """One good record of a source.

    Attributes:
        amount: one of its amounts as it stands in ``data``, and what a damaged till writes there.
        sales: how many it holds.
    """

    source: str
    file: str
    data: bytes
    amount: tuple[bytes, bytes]
    sales: int = 1
    record: int = 1

    @property
    def damaged(self) -> bytes:
        """The same with an amount that is none."""
        assert self.amount[0] in self.data, self.source
        return self.data.replace(*self.amount)


def _stored() -> bytes:
    return StoredReceipt(
        id="6f2c1c0e-57c8-4b0c-9d5e-111111111111",
        receipt={
            "transaction_id": "6f2c1c0e-57c8-4b0c-9d5e-111111111111",
            "end_at": "2025-11-07 12:00:00",
            "kind": "0",
            "direction": "0",
            "sequence_number": "17",
            "workstation_id": "TILL-01",
        },
        lines=[{"description": "Tea", "quantity": "2", "actual_price": "1.50", "tax_percent": "0"}],
        payments=[{"tender_type": "cash", "tender_amount": "3.00"}],
    ).data


def _ordered() -> bytes:
    odoo = shop()
    order = odoo.add(7)
    return msgspec.json.encode(
        WholeOrder(order, odoo.table("pos.order.line"), odoo.table("pos.payment"))
    )


PLAIN_BASKET: Final = replace(basket(17), saved=0, cash=1492)
POSLOG: Final = Sample(
    TILL_FOLDER, "a.xml", poslog(transaction(number="7")), (b"<Amount>10.00", b"<Amount>1O.00")
)
CSV: Final = Sample(
    "csv", "ej.csv.line-2", german_csv([PLAIN_BASKET]), (b"12,34", b"12,3x"), record=2
)
NDJSON: Final = Sample(
    "orders", "orders.ndjson.line-1", order_stream([basket(18)]), (b"12.34", b'"12.3x"')
)
FLOW: Final = Sample(
    "flow", "flow.dat.line-1", flow_file([basket(19)]), (b"0000001234", b"00000O1234")
)
TEXT: Final = Sample(
    "receipts",
    "receipts.txt.line-1",
    "\n".join(chinese_receipt(basket(20))).encode("gb18030"),
    ("合计：¥１４．００".encode("gb18030"), "合计：¥１４．Ｏ０".encode("gb18030")),
)
PRINT: Final = Sample(
    TAPS,
    "1.print",
    slip(printed(3), Occasion("front")),
    (b"2026-11-20", b"2026-1x-20"),
)
DATABASE: Final = Sample("books", "database-books.json", _stored(), (b'"1.50"', b'"1.5O"'))
POSTED: Final = Sample(
    "door", "web-sale", json.dumps(sale_body()).encode(), (b'"2025-11-07"', b'"2025-13-07"')
)
SHOPIFY: Final = Sample(
    "door", "web-shopify", json.dumps(shopify_order()).encode(), (b'"10.00"', b'"1O.00"')
)
SQUARE: Final = Sample(
    "door",
    "web-square",
    square_notice("payment.updated", "payment", square_payment()),
    (b'"amount": 2', b'"amount": 2.'),
)
ODOO: Final = Sample(
    "erp", "web-odoo", _ordered(), (b'"amount_total":12.4', b'"amount_total":"1O"')
)
SAMPLES: Final = (POSLOG, CSV, NDJSON, FLOW, TEXT, PRINT, DATABASE, POSTED, SHOPIFY, SQUARE, ODOO)


def real_print(file: str, printer: str, amount: tuple[str, str]) -> Sample:
    """A receipt of a real till as its printer got it; the test is skipped where it is absent."""
    was, is_now = (each.encode("gb18030") for each in amount)
    raw = real_file("escpos", file).read_bytes()
    return Sample(printer, "job-1.prn", slip(raw, Occasion(printer)), (was, is_now))


@dataclass
class PlainOutbox:
    """Keeps events in memory, each id once, as the outbox does.

    Attributes:
        die_after: raised once after storing, as a crash would.
    """

    drafts: dict[str, Draft] = field(default_factory=dict)
    die_after: BaseException | None = None

    def append(self, stream: Stream, drafts: Sequence[Draft]) -> Sequence[Stored]:
        assert stream is Stream.GUIDE
        for draft in drafts:
            self.drafts.setdefault(draft.event_id, draft)
        if self.die_after is not None:
            error, self.die_after = self.die_after, None
            raise error
        return [Stored(each.event_id, 1) for each in drafts]

    @property
    def bytes(self) -> bytes:
        """All that would leave the shop."""
        return b"\n".join(each.body for each in self.drafts.values())

    @property
    def told(self) -> list[RecordQuarantined | RecordReleased]:
        """What the cloud would read of it."""
        found = []
        for draft in self.drafts.values():
            envelope = open_envelope(stamp(draft.body, "0" * 32, 1))
            data = decode_data(event_type(envelope.type, envelope.dataschema), envelope.data)
            assert isinstance(data, RecordQuarantined | RecordReleased)
            found.append(data)
        return found


class Ward:
    """The box. Its profiles are the shipped ones, its sink and outbox are in memory.

    Only of text journals none is shipped: ``receipts`` is read by that of the paper's receipts.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.configs = root / "shipped"
        shutil.copytree(PROFILES.parent, self.configs)
        _write_text_profile(self.configs / "till_profiles")
        self.config = _config(root)
        self.clock = HandClock()
        self.data = self.config.device.data_dir
        self.keeping = Keeping(
            self.data, BlobSealer(MasterKey(b"k" * 32), "till file"), ZoneInfo("Asia/Shanghai")
        )
        self.quarantine = Quarantine(self.data, self.keeping)
        self.sink = LedgerSink()
        self.outbox = PlainOutbox()
        self.restart()

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def restart(self, configs: Path | None = None) -> None:
        """As a new process would make it; nothing is remembered but the disk."""
        self.readers = Readers(self.config, configs or self.configs)
        self.again = Again(
            self.quarantine, self.readers, context(), self.sink, self.keeping, self.data
        )
        self.teller = Teller(self.quarantine, self.readers, context())
        facts = FactMaker(DEVICE, DeviceClock(self.clock, "boot-1"), os.urandom)
        self.reporter = Reporter(self.quarantine, self.teller, facts, self.outbox, DAYS)

    def keep(self, sample: Sample, data: bytes | None = None, reason: str = "as it was") -> Kept:
        """Put a record into quarantine as its source does, a second after whatever came before."""
        self.clock.move(1)
        data = sample.data if data is None else data
        path = self.keeping.serving(sample.source).quarantine(
            sample.file, data, self.now, reason, Place(sample.record)
        )
        return next(each for each in self.quarantine.kept() if each.path == path)

    def retry(self, kept: Kept) -> None:
        """Ask for it, and let the agent do it."""
        self.clock.move(1)
        self.quarantine.ask_again(kept)
        self.again.step(self.now)


def _write_text_profile(folder: Path) -> None:
    """The supermarket's receipts one below the other in a file, as its till keeps them."""
    paper = (folder / "receipt-supermarket-zh.toml").read_text(encoding="utf-8")
    told = paper.replace('name = "receipt-supermarket-zh"', 'name = "receipt-text"')
    journal = '[journal]\nbegin = ["好邻居超市"]\nend = ["谢谢惠顾"]\nencoding = "gb18030"\n'
    (folder / "receipt-text.toml").write_text(f"{told}\n{journal}", encoding="utf-8")


def _config(root: Path) -> AgentConfig:
    for folder in ("till", "data", "kitchen", "mart"):
        (root / folder).mkdir(exist_ok=True)
    file = root / "agent.toml"
    file.write_text(
        f"""[device]
tenant = "retailer"
store = "sh-0001"
device = "pos-1"
data_dir = "{root / "data"}"
keys_dir = "{root / "keys"}"
timezone = "Asia/Shanghai"
[till]
folder = "{root / "till"}"
[[journal]]
name = "csv"
file = "{root / "ej.csv"}"
profile = "journal-csv"
[[journal]]
name = "orders"
file = "{root / "orders.ndjson"}"
profile = "journal-ndjson"
[[journal]]
name = "flow"
file = "{root / "flow.dat"}"
profile = "journal-fixed"
[[journal]]
name = "receipts"
file = "{root / "receipts.txt"}"
profile = "receipt-text"
[[prints]]
name = "kitchen"
folder = "{root / "kitchen"}"
profile = "receipt-restaurant-zh"
printer = "chinese"
[[prints]]
name = "mart"
folder = "{root / "mart"}"
profile = "receipt-examplemart"
[[tap]]
name = "front"
printer_host = "192.0.2.1"
profile = "receipt-supermarket-zh"
printer = "chinese"
[[database]]
name = "books"
address = "sqlite:////srv/books.db"
profile = "unicenta"
currency = "EUR"
[[web]]
name = "door"
token_file = "{root / "tokens"}"
[[odoo]]
name = "erp"
url = "https://erp.example.com"
database = "shop"
login = "reader"
key_file = "{root / "odoo-key"}"
""",
        encoding="utf-8",
    )
    return read_config(file)
