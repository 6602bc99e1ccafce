"""A journal served by its thread, its quarantine, and journals that come as whole files."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from agent.capture.pos.journal import JournalFileReader, JournalReader, Layout
from agent.capture.pos.journal.following import (
    FollowingSettings,
    JournalFollower,
    QuarantinedRecords,
)
from agent.capture.pos.journal.lines import Spot
from agent.capture.pos.journal.reading import SetAside
from agent.capture.pos.keeping import Keeping
from agent.capture.pos.records import Refused
from agent.capture.pos.sink import CapturedSale
from agent.errors import DiskUnusable
from models.runtime.clock import SystemClock
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey
from tests.simulators.capturing import SHANGHAI, context
from tests.simulators.clocks import HandClock, StoppedClock
from tests.simulators.journal_shop import JournalShop, journal_profile
from tests.simulators.journal_writer import Article, Basket, flow_file, german_csv

AT = datetime(2026, 11, 20, 9, 0)  # noqa: DTZ001 - the till's own wall clock
MILK = Article("milk", 2000, 129, 258)


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


def test_the_thread_takes_what_is_appended_and_says_what_blocks_it(tmp_path: Path) -> None:
    with JournalShop(tmp_path, journal_profile("journal-fixed")) as shop:
        shop.write(flow_file([Basket(1, AT, (MILK,), cash=258)]))
        shop.sink.refuse_with = DiskUnusable("the disk is full")
        follower = JournalFollower(
            shop.tail,
            tmp_path,
            clock=StoppedClock(),
            settings=FollowingSettings(poll_s=0.01),
        )
        follower.start()
        try:
            _until(lambda: follower.status.blocked == "the disk is full")
            assert follower.status.out_of_room
            shop.sink.refuse_with = None
            _until(lambda: follower.status.at_ease)
            shop.write(flow_file([Basket(2, AT, (MILK,), cash=258)]))
            _until(lambda: follower.status.journal.sales == 2)
        finally:
            follower.stop()
        assert shop.numbers == ["000001", "000002"]
        assert not follower.status.blocked


def test_a_till_that_keeps_its_journal_open_is_read_at_once(tmp_path: Path) -> None:
    with JournalShop(tmp_path, journal_profile("journal-fixed")) as shop:
        follower = JournalFollower(
            shop.tail, tmp_path, clock=SystemClock(), settings=FollowingSettings(poll_s=60.0)
        )
        with shop.path.open("ab", buffering=0) as journal:
            follower.start()
            try:
                _until(lambda: follower.status.at_ease)
                for number in (1, 2, 3):
                    journal.write(flow_file([Basket(number, AT, (MILK,), cash=258)]))
                    _until(lambda: len(shop.sink.stored) == number)  # noqa: B023 - asked at once
            finally:
                follower.stop()


def test_what_is_set_aside_is_sealed_with_its_place_and_reason(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path, BlobSealer(MasterKey(b"k" * 32), "files"), SHANGHAI)
    aside = QuarantinedRecords(keeping, HandClock())
    aside.keep(SetAside(b"H;13912345670", Spot(1, 40, 3), "amount is not a number"), "journal.csv")
    (note,) = tmp_path.glob("quarantine/*.json")
    assert json.loads(note.read_bytes())["reason"] == (
        "journal.csv, line 3, byte 40: amount is not a number"
    )
    (sealed,) = tmp_path.glob("quarantine/*.sealed")
    assert b"13912345670" not in sealed.read_bytes()
    assert keeping.open(sealed) == b"H;13912345670"


def test_a_whole_file_gives_sales_and_refuses_single_records_that_can_be_read_again() -> None:
    profile = journal_profile("journal-csv")
    files = JournalFileReader(
        Layout(profile.encoding, profile.longest_record_bytes),
        lambda raw_sha256: JournalReader(profile, context(), raw_sha256),
    )
    rows = german_csv([Basket(each, AT, (MILK,), cash=258) for each in (1, 2, 3)]).split(b"\r\n")
    good, rows[2] = rows[2], rows[2].replace(b"2,58", b"2;58")
    found = list(files.read(io.BytesIO(b"\r\n".join(rows)), "day.csv", "ab" * 32))
    sales = [each for each in found if isinstance(each, CapturedSale)]
    (refused,) = [each for each in found if isinstance(each, Refused)]
    assert [each.sale.sequence_number for each in sales] == ["1", "3"]
    assert {each.sale.capture.raw_sha256 for each in sales} == {"ab" * 32}
    assert (refused.number, refused.data.split(b"\n")[1]) == (3, rows[2])
    mended = refused.data.replace(rows[2], good)
    (again,) = files.read(io.BytesIO(mended), "again.csv", "")
    assert isinstance(again, CapturedSale)
    assert again.sale.sequence_number == "2"
