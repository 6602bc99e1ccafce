"""A journal that grows, rotates, is emptied and replaced: every sale once, nothing twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent.capture.pos.journal import Chain, TailSettings
from agent.errors import BadConfiguration, OutboxBusy
from models.wire.events.sale import SaleRecorded
from tests.simulators.journal_shop import JournalShop, journal_profile
from tests.simulators.journal_writer import Article, Basket, flow_file, german_csv

AT = datetime(2026, 11, 20, 9, 0)  # noqa: DTZ001 - the till's own wall clock
MILK = Article("鲜牛奶", 2000, 129, 258)


def receipt(number: int) -> bytes:
    return flow_file([Basket(number, AT + timedelta(minutes=number), (MILK, MILK), cash=600)])


def numbers(*expected: int) -> list[str]:
    return [f"{each:06}" for each in expected]


Opening = Callable[..., JournalShop]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opening]:
    with ExitStack() as stack:
        yield lambda name, settings=None: stack.enter_context(
            JournalShop(tmp_path, journal_profile(name), settings)
        )


@pytest.fixture
def shop(opened: Opening) -> JournalShop:
    return opened("journal-fixed")


def test_sales_are_taken_as_the_till_appends_them(shop: JournalShop) -> None:
    shop.tail.step()
    assert not shop.tail.status.present
    shop.write(receipt(1))
    assert shop.tail.step() == 1
    shop.write(receipt(2) + receipt(3))
    assert shop.tail.step() == 2
    assert shop.numbers == numbers(1, 2, 3)
    assert shop.tail.status.lag_bytes == 0
    assert shop.tail.status.present


def test_half_a_line_waits_even_in_the_middle_of_a_character(shop: JournalShop) -> None:
    data = receipt(1)
    for cut in range(1, len(data)):
        shop.write(data[cut - 1 : cut])
        assert shop.tail.step() == 0, cut
    shop.write(data[-1:])
    assert shop.tail.step() == 1
    assert not shop.aside.kept


def test_a_restart_goes_on_where_it_was(shop: JournalShop) -> None:
    shop.write(receipt(1) + receipt(2)[:80])
    shop.tail.step()
    shop.restart()
    shop.write(receipt(2)[80:])
    shop.tail.step()
    assert shop.numbers == numbers(1, 2)
    assert [len(call) for call in shop.sink.calls] == [1, 1]


def test_a_crash_between_sink_and_cursor_repeats_and_adds_nothing(shop: JournalShop) -> None:
    shop.write(receipt(1))
    shop.sink.die_after = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        shop.tail.step()
    shop.restart()
    shop.tail.step()
    assert shop.numbers == numbers(1)
    assert len(shop.sink.calls) == 2


def test_what_the_sink_refuses_is_offered_again(shop: JournalShop) -> None:
    shop.write(receipt(1))
    shop.sink.refuse_with = OutboxBusy("busy")
    with pytest.raises(OutboxBusy):
        shop.tail.step()
    shop.sink.refuse_with = None
    assert shop.tail.step() == 1
    assert shop.numbers == numbers(1)


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("how", ["rename", "copy_truncate"])
def test_a_rotation_loses_nothing(shop: JournalShop, how: str, *, restart: bool) -> None:
    shop.write(receipt(1))
    shop.tail.step()
    shop.write(receipt(2))
    getattr(shop, how)()
    shop.write(receipt(3))
    getattr(shop, how)()
    shop.write(receipt(4))
    if restart:
        shop.restart()
    shop.tail.step()
    assert shop.numbers == numbers(1, 2, 3, 4)
    assert shop.tail.status.breaks == 0


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("how", ["rename", "copy_truncate"])
def test_a_transaction_may_span_a_rotation(shop: JournalShop, how: str, *, restart: bool) -> None:
    lines = receipt(2).splitlines(keepends=True)
    shop.write(receipt(1) + lines[0] + lines[1])
    shop.tail.step()
    getattr(shop, how)()
    shop.write(lines[2])
    shop.tail.step()
    if restart:
        shop.restart()
    shop.write(b"".join(lines[3:]))
    shop.tail.step()
    assert shop.numbers == numbers(1, 2)
    assert [line.description for line in _sale(shop, 1).lines] == ["鲜牛奶", "鲜牛奶"]
    assert not shop.aside.kept


def test_the_last_line_of_a_rotated_file_needs_no_line_end(shop: JournalShop) -> None:
    shop.write(receipt(1).removesuffix(b"\r\n"))
    assert shop.tail.step() == 0
    shop.rename()
    shop.write(receipt(2))
    shop.tail.step()
    assert shop.numbers == numbers(1, 2)
    assert not shop.aside.kept


def test_what_a_till_writes_to_a_renamed_file_is_read_before_the_new_one(shop: JournalShop) -> None:
    shop.write(receipt(1))
    shop.tail.step()
    held = shop.path.open("ab")
    shop.rename()
    shop.path.touch()
    shop.tail.step()
    with held:
        held.write(receipt(2))
    shop.write(receipt(3))
    shop.tail.step()
    assert shop.numbers == numbers(1, 2, 3)


def test_a_rotated_file_that_is_removed_at_once_is_still_read_to_its_end(shop: JournalShop) -> None:
    shop.write(receipt(1))
    shop.tail.step()
    shop.write(receipt(2))
    shop.rename()
    shop.path.with_name("journal.txt.1").unlink()
    shop.write(receipt(3))
    shop.tail.step()
    assert shop.numbers == numbers(1, 2, 3)


def test_a_new_file_with_the_same_inode_is_begun_at_its_beginning(shop: JournalShop) -> None:
    shop.write(receipt(1))
    shop.tail.step()
    with shop.path.open("r+b") as file:
        file.truncate()
        file.write(receipt(2) + receipt(3))  # longer than before, so its size tells nothing
    shop.tail.step()
    assert shop.numbers == numbers(1, 2, 3)
    assert shop.tail.status.breaks == 1


def test_an_emptied_journal_is_a_break_that_is_counted(shop: JournalShop) -> None:
    shop.write(receipt(1) + b"H90")
    shop.tail.step()
    shop.truncate()
    shop.write(receipt(2))
    shop.tail.step()
    assert shop.numbers == numbers(1, 2)
    assert shop.tail.status.breaks == 1
    assert [each.reason for each in shop.aside.kept.values()] == [
        "the journal was truncated in the middle of this record"
    ]


def test_rotated_files_that_are_gone_are_a_break(shop: JournalShop) -> None:
    shop.write(receipt(1))
    shop.tail.step()
    shop.tail.close()
    shop.path.unlink()
    shop.write(receipt(3))
    shop.start()
    shop.tail.step()
    assert shop.numbers == numbers(1, 3)
    assert shop.tail.status.breaks == 1


def test_an_unfinished_transaction_is_taken_after_its_time_and_again_when_it_grew(
    opened: Opening,
) -> None:
    shop = opened("journal-csv")
    rows = german_csv([Basket(1, AT, (MILK_DE, MILK_DE), cash=516)]).splitlines(keepends=True)
    shop.write(rows[0] + rows[1])
    shop.wait(59)
    assert shop.numbers == []
    shop.wait(61)
    assert shop.numbers == ["1"]
    shop.wait(600)
    shop.restart()
    shop.write(rows[2])
    shop.tail.step()
    shop.wait(61)
    first, second = (each.sale for each in shop.sink.stored.values())
    assert first.natural_key == second.natural_key
    assert [len(each.lines) for each in (first, second)] == [1, 2]
    assert second.capture.flags[2:] == []


MILK_DE = Article("Milch", 2000, 129, 258)


def test_the_header_is_known_after_a_restart_in_the_middle(opened: Opening) -> None:
    shop = opened("journal-csv")
    shop.write(german_csv([Basket(1, AT, (MILK_DE,), cash=258)]))
    shop.wait(1)
    shop.restart()
    more = [Basket(each, AT, (MILK_DE,), cash=258) for each in (2, 3)]
    shop.write(german_csv(more, header=False))
    shop.tail.step()
    shop.wait(61)
    assert shop.numbers == ["1", "2", "3"]


def test_a_wrong_profile_stops_and_says_so_instead_of_emptying_the_journal_into_quarantine(
    opened: Opening,
) -> None:
    shop = opened("journal-fixed", TailSettings(most_in_a_row=5))
    shop.write(b"something else\n" * 50)
    for _ in range(2):
        with pytest.raises(BadConfiguration, match="in a row cannot be read"):
            shop.tail.step()
    assert not shop.aside.kept


def test_a_cursor_that_cannot_be_read_costs_a_second_reading(shop: JournalShop) -> None:
    shop.write(receipt(1))
    shop.tail.step()
    cursor = shop.path.parent / "cursor.json"
    assert json.loads(cursor.read_bytes())["mark"]["offset"] == len(receipt(1))
    cursor.write_bytes(b"{")
    shop.restart()
    shop.write(receipt(2))
    shop.tail.step()
    assert shop.numbers == numbers(1, 2)


def test_the_status_tells_position_lag_and_age(opened: Opening) -> None:
    shop = opened("journal-fixed", TailSettings(read_bytes=64))
    shop.write(receipt(1) + receipt(2))
    shop.sink.refuse_with = OutboxBusy("busy")
    with pytest.raises(OutboxBusy):
        shop.tail.step()
    status = shop.tail.status
    assert status.file == "journal.txt"
    assert status.lag_bytes + status.offset == len(receipt(1) + receipt(2))
    assert status.lag_bytes > 0
    shop.sink.refuse_with = None
    shop.tail.step()
    assert shop.tail.status.lag_bytes == 0
    assert shop.tail.status.last_record_at == shop.clock.now()


def test_a_till_that_begins_a_file_a_day_is_followed_by_name(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "EJ*.txt")
    for name in ("EJ20261119.txt", "EJ20261121.txt", "EJ20261120.txt", "EJ20261120.txt.gz", "x"):
        (tmp_path / name).touch()
    assert [file.path.name for file in chain.files()] == [
        "EJ20261119.txt",
        "EJ20261120.txt",
        "EJ20261121.txt",
    ]


def test_rotated_names_are_ordered_by_what_they_mean(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "journal.csv")
    names = (
        "journal.csv",
        "journal.csv.1",
        "journal.csv.10",
        "journal.csv.2",
        "journal-20261101.csv",
        "journal.csv-20261102",
        "journal.csv.3.gz",
        "other.csv",
    )
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / "journal.csv.7").symlink_to(tmp_path / "other.csv")
    assert [file.path.name for file in chain.files()] == [
        "journal-20261101.csv",
        "journal.csv-20261102",
        "journal.csv.10",
        "journal.csv.2",
        "journal.csv.1",
        "journal.csv",
    ]


def _sale(shop: JournalShop, place: int) -> SaleRecorded:
    return list(shop.sink.stored.values())[place].sale
