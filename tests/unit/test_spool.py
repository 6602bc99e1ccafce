"""The till's folder: nothing is lost, nothing counts twice, and one bad file stops nobody."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import pytest

from agent.capture.pos import CapturedSale, Spool, SpoolSettings
from agent.capture.pos.keeping import Keeping
from agent.capture.pos.processing import FileReader
from agent.capture.pos.records import Refused
from agent.errors import DiskUnusable, OutboxBusy, UnreadableInput
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey
from tests.simulators.capturing import DEVICE, SHANGHAI, LedgerSink, reader
from tests.simulators.clocks import HandClock
from tests.simulators.poslog_writer import customer, poslog, retail, transaction
from tests.simulators.processes import eventually

PHONE = "13912345678"
SETTLE_S = 2.0
SECOND_NS = 1_000_000_000


class Shop:
    """A till's folder, an agent's data folder and a spool between them, stepped by hand."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "till"
        self.data = root / "data"
        self.folder.mkdir()
        self.claimed = self.folder / ".lianke" / "claimed" / DEVICE.device
        self.clock = HandClock()
        self.sink = LedgerSink()
        self.reader: FileReader = reader()
        self.keeping = Keeping(self.data, BlobSealer(MasterKey(b"k" * 32), "files"), SHANGHAI)
        self.spool = self.restarted()
        self._ticks = 1_700_000_000

    def restarted(self, **settings: float) -> Spool:
        """A spool as a new process would make it; nothing is remembered but the disk."""
        self.spool = Spool(
            self.folder,
            DEVICE.device,
            reader=self.reader,
            sink=self.sink,
            keeping=self.keeping,
            clock=self.clock,
            settings=replace(SpoolSettings(settle_s=SETTLE_S), **settings),  # type: ignore[arg-type]  # one of them is an int
        )
        return self.spool

    def drop(self, name: str, content: bytes | None = None, *, number: str = "1") -> Path:
        """What a till does: write under another name, then rename. Later drops are newer."""
        path = self.folder / name
        part = path.with_name(name + ".part")
        part.write_bytes(poslog(transaction(number=number)) if content is None else content)
        self._ticks += 1
        os.utime(part, ns=(self._ticks * SECOND_NS, self._ticks * SECOND_NS))
        part.rename(path)
        return path

    def settle(self) -> int:
        """Step, let the settle time pass, and step again."""
        done = self.spool.step()
        self.clock.move(SETTLE_S)
        return done + self.spool.step()

    def left(self) -> list[str]:
        """Files of the till that are still in the folder or claimed."""
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())

    def kept(self, shelf: str) -> list[Path]:
        return sorted((self.data / shelf).rglob("*.sealed"))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_file_becomes_events_and_ends_sealed_in_the_archive(shop: Shop) -> None:
    content = poslog(transaction(retail(below=customer(PHONE))))
    shop.drop("a.xml", content)
    assert shop.spool.step() == 1
    assert shop.sink.numbers == ["1"]
    assert shop.left() == []
    (sealed,) = shop.kept("archive")
    assert sealed.parent.name == "2026-11-22"
    assert PHONE.encode() not in sealed.read_bytes()
    assert shop.keeping.open(sealed) == content
    status = shop.spool.status
    assert (status.captured_files, status.captured_sales, status.waiting) == (1, 1, 0)
    assert status.last_file_at == shop.clock.now()


def test_files_are_taken_oldest_first_then_by_name(shop: Shop) -> None:
    names = ("z.xml", "a.xml", "m.xml")
    for number, name in enumerate(names):
        shop.drop(name, number=str(number))
    for name in ("y.xml", "b.xml"):
        path = shop.drop(name, number=name)
        os.utime(path, ns=(SECOND_NS, SECOND_NS))
    shop.spool.step()
    assert shop.sink.numbers == ["b.xml", "y.xml", "0", "1", "2"]


@pytest.mark.parametrize("name", [".a.xml", "~a.xml", "$a.xml", "a.xml.part", "a.tmp", "a.xml~"])
def test_unfinished_names_are_left_alone(shop: Shop, name: str) -> None:
    (shop.folder / name).write_bytes(poslog(transaction()))
    assert shop.settle() == 0
    assert shop.left() == [name]


def test_upper_case_names_are_taken(shop: Shop) -> None:
    shop.drop("A.XML")
    assert shop.spool.step() == 1


def test_a_file_that_changes_while_it_is_read_is_read_again(shop: Shop) -> None:
    """A till that begins its one file anew keeps it open, wherever we have moved it to."""
    claimed = shop.claimed / "a.xml"

    class Overtaken(LedgerSink):
        def captured(self, sales: Sequence[CapturedSale]) -> None:
            if not self.calls:
                claimed.write_bytes(poslog(transaction(number="23")))
            super().captured(sales)

    shop.sink = Overtaken()
    shop.restarted()
    shop.drop("a.xml")
    shop.spool.step()
    shop.spool.step()
    assert shop.sink.numbers == ["1", "23"]
    assert shop.left() == []


def test_links_and_folders_are_not_files(shop: Shop, tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_bytes(poslog(transaction()))
    (shop.folder / "link.xml").symlink_to(secret)
    (shop.folder / "folder.xml").mkdir()
    assert shop.settle() == 0
    assert secret.exists()


def test_a_file_that_is_still_written_is_waited_for(shop: Shop) -> None:
    content = poslog(transaction())
    path = shop.folder / "a.xml"
    path.write_bytes(content[:100])
    assert shop.spool.step() == 0
    for end in range(150, len(content), 50):
        shop.clock.move(SETTLE_S * 0.9)
        path.write_bytes(content[:end])
        assert shop.spool.step() == 0
    path.write_bytes(content)
    assert shop.spool.step() == 1
    assert shop.spool.status.quarantined == 0


def test_a_file_that_looks_whole_and_is_not_gets_its_time_too(shop: Shop) -> None:
    """Blocks of a file may arrive out of order on a share."""
    content = poslog(transaction())
    holed = content[:100] + b"\x00" * 50 + content[150:]
    shop.drop("a.xml", holed)
    assert shop.spool.step() == 0
    assert shop.spool.status.waiting == 1
    (shop.claimed / "a.xml").write_bytes(content)
    assert shop.spool.step() == 1
    assert shop.spool.status.quarantined == 0


def test_of_a_file_cut_off_for_ever_the_rest_is_quarantined_with_a_note(shop: Shop) -> None:
    whole = transaction(retail(below=customer(PHONE)))
    content = poslog(whole, transaction(retail(below=customer(PHONE)), number="2"))[:-40]
    shop.drop("cut.xml", content)
    assert shop.settle() == 1
    assert shop.left() == []
    assert shop.sink.numbers == ["1"]
    (archived,) = shop.kept("archive")
    assert shop.keeping.open(archived) == content
    (sealed,) = shop.kept("quarantine")
    rest = shop.keeping.open(sealed)
    assert content.endswith(rest)
    assert rest.startswith(b"<Transaction")
    note = json.loads(sealed.with_suffix(".json").read_bytes())
    assert note["file"] == "cut.xml"
    assert (note["offset"], note["size"]) == (len(content) - len(rest), len(rest))
    assert note["file_sha256"] == sha256(content).hexdigest()
    assert note["reason"].startswith("cut.xml: not well-formed XML")
    assert note["sha256"].startswith(sealed.name[:16])
    assert PHONE not in json.dumps(note)
    assert shop.spool.status.quarantined == 1


def test_a_file_that_is_completed_later_counts_nothing_twice(shop: Shop) -> None:
    content = poslog(transaction(number="1"), transaction(number="2"))
    shop.drop("a.xml", content[:-40])
    assert shop.settle() == 1
    shop.drop("a.xml", content)
    assert shop.settle() == 1
    assert shop.sink.numbers == ["1", "2"]


@pytest.mark.parametrize("bad", [b"", b"garbage", b"<Inventory></Inventory>", b"<POSLog>"])
def test_one_bad_file_never_stops_the_next(shop: Shop, bad: bytes) -> None:
    shop.drop("1-bad.xml", bad)
    shop.drop("2-good.xml", number="2")
    assert shop.spool.step() == 1
    assert shop.sink.numbers == ["2"]
    shop.clock.move(SETTLE_S)
    assert shop.spool.step() == 1
    assert shop.spool.status.quarantined == 1


def test_one_bad_record_is_quarantined_alone(shop: Shop) -> None:
    keyless = transaction(number="2", leave_out="WorkstationID")
    content = poslog(transaction(number="1"), keyless, transaction(number="3"))
    shop.drop("a.xml", content)
    assert shop.settle() == 1
    assert shop.sink.numbers == ["1", "3"]
    assert len(shop.kept("archive")) == 1
    (sealed,) = shop.kept("quarantine")
    assert shop.keeping.open(sealed) == poslog(keyless)
    note = json.loads(sealed.with_suffix(".json").read_bytes())
    assert note["reason"] == "a.xml: transaction 2: WorkstationID is missing"
    assert (note["record"], note["key"]) == (2, "1001/?/2025-11-07/2")
    assert content[note["offset"] :].startswith(keyless.encode())
    assert note["file_sha256"] == sha256(content).hexdigest()
    status = shop.spool.status
    assert (status.captured_files, status.captured_sales, status.quarantined) == (1, 2, 1)


def test_a_file_of_nothing_but_bad_records_is_kept_as_one(shop: Shop) -> None:
    """A wrong profile must not fill the quarantine with a day's receipts one by one."""
    bad = [transaction(number=str(n), leave_out="WorkstationID") for n in range(150)]
    content = poslog(*bad, transaction(number="good"))
    shop.drop("day.xml", content)
    assert shop.settle() == 1
    assert shop.sink.numbers == ["good"]
    kept = shop.kept("quarantine")
    assert len(kept) == 101
    assert content in [shop.keeping.open(path) for path in kept]
    assert shop.kept("archive") == []


def test_a_days_file_is_handed_over_in_parts(shop: Shop) -> None:
    day = [transaction(number=str(n)) for n in range(1, 1202)]
    shop.drop("day.xml", poslog(*day))
    assert shop.settle() == 1
    assert [len(call) for call in shop.sink.calls] == [500, 500, 201]


def test_a_reprint_adds_nothing(shop: Shop) -> None:
    shop.drop("a.xml")
    shop.drop("a_R1.xml")
    assert shop.spool.step() == 2
    assert len(shop.sink.stored) == 1


def test_a_till_that_uses_one_name_for_ever_loses_nothing(shop: Shop) -> None:
    for number in range(5):
        shop.drop("current.xml", number=str(number))
        shop.spool.step()
    assert shop.sink.numbers == ["0", "1", "2", "3", "4"]
    assert len(shop.kept("archive")) == 5


def test_a_file_waits_while_its_name_is_held(shop: Shop) -> None:
    shop.drop("current.xml", b"<POSLog>\x00</POSLog>")
    assert shop.spool.step() == 0
    shop.drop("current.xml", number="2")
    assert shop.spool.step() == 0
    assert shop.left() == ["current.xml", "current.xml"]
    shop.clock.move(SETTLE_S)
    assert shop.spool.step() == 2
    assert shop.sink.numbers == ["2"]
    assert len(shop.kept("quarantine")) == 1


# --- when the sink or the disk cannot take more


def test_while_the_sink_is_busy_the_folder_keeps_everything_in_order(shop: Shop) -> None:
    for number in "123":
        shop.drop(f"{number}.xml", number=number)
    shop.sink.refuse_with = OutboxBusy("outbox is locked")
    for _ in range(3):
        with pytest.raises(OutboxBusy):
            shop.spool.step()
    assert shop.left() == ["1.xml", "2.xml", "3.xml"]
    assert [path.name for path in shop.claimed.iterdir()] == ["1.xml"]
    shop.sink.refuse_with = None
    assert shop.spool.step() == 3
    assert shop.sink.numbers == ["1", "2", "3"]


class PowerCut(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("crash", [PowerCut(), OutboxBusy("now"), DiskUnusable("full")])
def test_dying_between_sink_and_archive_adds_nothing_twice(
    shop: Shop, crash: BaseException
) -> None:
    shop.drop("a.xml", number="1")
    shop.drop("b.xml", number="2")
    shop.sink.die_after = crash
    with pytest.raises(type(crash)):
        shop.spool.step()
    assert shop.sink.numbers == ["1"]
    assert shop.restarted().step() == 2
    assert shop.sink.numbers == ["1", "2"]
    assert [len(call) for call in shop.sink.calls] == [1, 1, 1]
    assert shop.left() == []


def test_what_a_crash_left_claimed_comes_first(shop: Shop) -> None:
    shop.drop("new.xml", number="2")
    shop.claimed.mkdir(parents=True)
    (shop.claimed / "old.xml").write_bytes(poslog(transaction(number="1")))
    assert shop.restarted().step() == 2
    assert shop.sink.numbers == ["1", "2"]


def test_another_agents_claims_are_not_ours(shop: Shop) -> None:
    other = shop.claimed.with_name("pos-2")
    other.mkdir(parents=True)
    (other / "theirs.xml").write_bytes(poslog(transaction()))
    assert shop.settle() == 0
    assert (other / "theirs.xml").exists()


def test_a_full_disk_keeps_the_file_claimed(shop: Shop) -> None:
    shop.drop("a.xml")
    shop.data.parent.joinpath("data").write_bytes(b"a file where the data folder should be")
    with pytest.raises(DiskUnusable, match="nothing was lost"):
        shop.spool.step()
    assert shop.left() == ["a.xml"]
    shop.data.unlink()
    assert shop.spool.step() == 1
    assert len(shop.sink.stored) == 1


def test_an_unreadable_file_stays_until_quarantine_has_it(shop: Shop) -> None:
    shop.drop("bad.xml", b"bad")
    shop.data.write_bytes(b"in the way")
    with pytest.raises(DiskUnusable):
        shop.settle()
    assert shop.left() == ["bad.xml"]
    shop.data.unlink()
    assert shop.spool.step() == 1
    assert len(shop.kept("quarantine")) == 1


def test_a_claimed_file_that_vanishes_stops_nobody(shop: Shop) -> None:
    shop.claimed.mkdir(parents=True)
    for name in ("a.xml", "b.xml", "c.xml"):
        (shop.claimed / name).write_bytes(poslog(transaction(number=name)))
        os.utime(shop.claimed / name, ns=(SECOND_NS, SECOND_NS))

    class Thief(LedgerSink):
        def captured(self, sales: Sequence[CapturedSale]) -> None:
            (shop.claimed / "b.xml").unlink(missing_ok=True)
            super().captured(sales)

    shop.sink = Thief()
    assert shop.restarted().step() == 2
    assert shop.sink.numbers == ["a.xml", "c.xml"]


def test_an_error_of_the_system_in_the_sink_stops_the_order_too(shop: Shop) -> None:
    shop.drop("a.xml", number="1")
    shop.drop("b.xml", number="2")
    shop.sink.refuse_with = OSError("no space left")
    with pytest.raises(OSError, match="no space"):
        shop.spool.step()
    assert [path.name for path in shop.claimed.iterdir()] == ["a.xml"]


def test_a_mistake_of_ours_in_one_file_is_quarantined_like_any_other(shop: Shop) -> None:
    class Clumsy:
        def read(
            self, source: BinaryIO, file_name: str, raw_sha256: str
        ) -> Iterator[CapturedSale | Refused]:
            if b">13<" in source.read():
                raise UnreadableInput(f"{file_name}: our reader failed on it")
            source.seek(0)
            yield from reader().read(source, file_name, raw_sha256)

    shop.reader = Clumsy()
    shop.drop("a.xml", number="13")
    shop.drop("b.xml", number="14")
    shop.restarted()
    assert shop.settle() == 2
    assert shop.sink.numbers == ["14"]


# --- when the folder is not as it should be


def test_a_missing_folder_is_waited_for_and_never_made(shop: Shop) -> None:
    shop.folder.rmdir()
    assert shop.spool.step() == 0
    assert not shop.spool.status.folder_present
    assert not shop.folder.exists()
    shop.folder.mkdir()
    shop.drop("a.xml")
    assert shop.spool.step() == 1
    assert shop.spool.status.folder_present


@pytest.mark.skipif(os.geteuid() == 0, reason="root may do anything")
def test_a_folder_that_we_may_not_change_says_what_to_do(shop: Shop) -> None:
    shop.drop("a.xml")
    shop.folder.chmod(0o500)
    try:
        with pytest.raises(DiskUnusable, match="rename the till's files"):
            shop.spool.step()
    finally:
        shop.folder.chmod(0o700)


def test_a_folder_where_no_claims_can_be_made_says_what_to_do(shop: Shop) -> None:
    shop.drop("a.xml")
    (shop.folder / ".lianke").write_bytes(b"in the way")
    with pytest.raises(DiskUnusable, match="make folders in it"):
        shop.spool.step()
    assert (shop.folder / "a.xml").exists()


def test_a_file_too_large_to_hold_is_left_where_it_is(shop: Shop) -> None:
    shop.restarted(max_file_bytes=100)
    shop.drop("large.xml")
    assert shop.settle() == 0
    assert shop.left() == ["large.xml"]
    assert shop.spool.status.waiting == 1


def test_a_very_long_name_is_kept_shortened(shop: Shop) -> None:
    name = "收" * 80 + ".xml"
    shop.drop(name[:-4][:75] + ".xml", b"bad")
    assert shop.settle() == 1
    (sealed,) = shop.kept("quarantine")
    assert len(sealed.name.encode()) < 200
    assert json.loads(sealed.with_suffix(".json").read_bytes())["file"].startswith("收")


def test_a_mistake_of_ours_is_said_by_its_kind_and_never_quotes_the_till(shop: Shop) -> None:
    shop.sink.refuse_with = RuntimeError(f"cannot store {PHONE}")
    shop.drop("a.xml")
    spool = shop.restarted(rescan_s=0.01)
    spool.start()
    assert eventually(lambda: spool.status.blocked == "RuntimeError")
    shop.sink.refuse_with = None
    assert eventually(lambda: spool.status.captured_sales == 1)
    spool.stop()
