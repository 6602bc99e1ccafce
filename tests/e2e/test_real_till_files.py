"""The NCR till's real files, from the folder to the ledger and the members, through every process.

Cloud with its own broker, one shop, the real files dropped into its folder; the truth is read from
the same files by an independent little program.
"""

from __future__ import annotations

import gzip
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from defusedxml import ElementTree

from tests.simulators.demo.__main__ import NCR
from tests.simulators.demo.boxes import Shop
from tests.simulators.demo.play import settle
from tests.simulators.demo.stage import Cloud, Ports
from tests.simulators.processes import ROOT, eventually, free_port
from tests.simulators.required_server import required_nats_server

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180)]

DATA = Path(os.environ.get("LIANKE_DATA") or ROOT.parent / "shared" / "data")
FULL = DATA / "poslog" / "ncr_acs_full_nosig.xml.gz"


@dataclass
class WholePath:
    """The whole path, for one shop."""

    cloud: Cloud
    shop: Shop

    def drop(self, name: str, content: bytes) -> None:
        """Put a file into the till's folder and wait until everything has followed from it."""
        part = self.shop.till / f"{name}.part"
        part.write_bytes(content)
        part.rename(self.shop.till / f"{name}.xml")
        assert eventually(lambda: not list(self.shop.till.rglob("*.xml")), 30)
        assert settle([self.shop], timeout_s=60)
        assert eventually(lambda: self.cloud.status()["lag"] == 0, 30, every_s=0.2)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Look into the cloud's database."""
        database = self.cloud.folder / "data" / "cloud.sqlite3"
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
            return list(db.execute(sql))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholePath]:
    if not FULL.is_file():
        pytest.skip(f"no real till files: {FULL} is missing; set LIANKE_DATA")
    required_nats_server()
    folder = tmp_path_factory.mktemp("real")
    cloud = Cloud(folder / "cloud", Ports.free(), "a long password")
    secret = cloud.enrol(NCR)
    cloud.start()
    shop = Shop(folder / "shop", NCR, cloud.ports, secret, free_port(), resend_after_s=1.0)
    shop.start()
    yield WholePath(cloud, shop)
    shop.stop()
    cloud.stop()


@pytest.fixture(scope="module")
def content() -> bytes:
    return gzip.decompress(FULL.read_bytes())


def grand_totals_minor(content: bytes) -> dict[tuple[str, ...], int]:
    """The grand total of every retail transaction, by till, day and number; read with a DOM."""
    found: dict[tuple[str, ...], int] = {}
    for transaction in ElementTree.fromstring(content):
        texts = {e.tag.rpartition("}")[2]: (e.text or "") for e in transaction}
        totals = [
            e.text
            for e in transaction.iter()
            if e.tag.endswith("}Total") and e.get("TotalType") == "TransactionGrandAmount"
        ]
        if totals:
            key = (texts["WorkstationID"], texts["BusinessDayDate"], texts["SequenceNumber"])
            found[key] = int(Decimal(totals[0] or "0") * 100)
    return found


def test_the_full_file_is_in_the_ledger_each_transaction_once_with_its_own_total(
    path: WholePath, content: bytes
) -> None:
    path.drop("full", content)
    ledger = path.cloud.status()["ledger"]
    assert (ledger["sales"], ledger["controls"]) == (42, 9)
    assert (ledger["duplicates"], ledger["conflicts"], ledger["dead_letters"]) == (0, 0, 0)
    rows = path.rows("SELECT natural_key, total_minor FROM sale WHERE kind = 'retail'")
    ours = {tuple(str(key).split("/")[2:]): total for key, total in rows}
    truth = grand_totals_minor(content)
    assert ours == truth
    assert sum(truth.values()) == 264372


def test_the_same_file_again_adds_nothing(path: WholePath, content: bytes) -> None:
    path.drop("once", content)
    before = path.cloud.status()["ledger"]
    path.drop("again", content)
    after = path.cloud.status()["ledger"]
    assert {**after, "head": 0} == {**before, "head": 0}
    assert path.rows("SELECT count(*) FROM ledger_event WHERE fact_kind IS NOT NULL") == [(51,)]


def test_one_changed_amount_adds_one_revision_linked_to_the_first(
    path: WholePath, content: bytes
) -> None:
    changed = content.replace(b"354.21", b"354.22")  # total and tender of till 1, number 376
    assert changed != content
    path.drop("corrected", changed)
    ledger = path.cloud.status()["ledger"]
    assert (ledger["sales"], ledger["controls"], ledger["conflicts"]) == (42, 9, 0)
    revisions = path.rows(
        "SELECT new.natural_key, old.natural_key FROM ledger_event new"
        " JOIN ledger_event old ON old.position = new.supersedes"
    )
    assert revisions == [("ncr-0009/9/1/2017-10-01/376",) * 2]
    [(total,)] = path.rows(
        "SELECT total_minor FROM sale WHERE natural_key = 'ncr-0009/9/1/2017-10-01/376'"
    )
    assert total == 35422
