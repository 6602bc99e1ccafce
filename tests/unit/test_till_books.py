"""The till's books: gaps, repeats and late transactions, as one shop meets them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from agent.capture.books.entry import entry_of
from models.wire.events.sale import Flag
from tests.simulators.booked_shop import TODAY, BookedShop, a_booked_shop, event, numbered
from tests.simulators.capturing import captured, real_poslog

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
HOURS = timedelta(hours=1)


@pytest.fixture
def shop() -> Iterator[BookedShop]:
    with a_booked_shop() as made:
        yield made


def late(shop: BookedShop) -> list[str]:
    return [number for number, flags in shop.flags().items() if Flag.LATE in flags]


def test_a_number_that_never_came_is_a_gap_and_one_that_comes_later_is_none(
    shop: BookedShop,
) -> None:
    shop.capture(numbered(each) for each in (101, 102, 104))
    assert shop.missing() == ["22: 103-103"]
    shop.capture([numbered(103)])
    assert shop.missing() == []


def test_controls_count(shop: BookedShop) -> None:
    shop.capture([numbered(1), numbered(2, control="OperatorSignOff: end"), numbered(3)])
    assert shop.missing() == []


def test_files_that_overtake_each_other_are_no_gap(shop: BookedShop) -> None:
    shop.capture([numbered(1), numbered(9)])
    shop.wait(500)
    [found] = shop.books.findings()
    assert (found.missing, found.is_ripening) == (0, True)
    for number in range(8, 1, -1):
        shop.capture([numbered(number)])
        shop.wait(500)
        assert shop.books.findings()[0].missing == 0, "it is still coming"
    [found] = shop.settled()
    assert (found.missing, found.is_ripening) == (0, False)


def test_the_gap_of_the_real_till_is_told_and_its_controls_close_it(shop: BookedShop) -> None:
    """Ten of 51 transactions, then all: the other seven workstations lack none."""
    some = captured(real_poslog("ncr_acs_selected.xml"), "ncr-acs-2.1")
    shop.intake.take("", some)
    gaps = {f.till.workstation_id: [(g.first, g.last) for g in f.gaps] for f in shop.settled()}
    assert {till: each for till, each in gaps.items() if each} == {
        "3": [("93", "93")],
        "34": [("102", "104")],
    }
    shop.intake.take("", captured(real_poslog("ncr_acs_full_nosig.xml.gz"), "ncr-acs-2.1"))
    found = shop.settled()
    assert len(found) == 7
    assert sum(each.missing for each in found) == 0
    assert not any(each.repeats or each.late for each in found)


def test_the_real_till_without_its_controls_would_lack_two(shop: BookedShop) -> None:
    every = captured(real_poslog("ncr_acs_full_nosig.xml.gz"), "ncr-acs-2.1")
    shop.intake.take("", [sale for sale in every if sale.sale.kind == "retail"])
    assert shop.missing("34") == ["01: 103-104"]


def test_the_number_of_another_transaction_is_a_repeat(shop: BookedShop) -> None:
    shop.capture([numbered(7), numbered(7, at=3 * HOURS, total_minor=99)])
    [found] = shop.settled()
    assert [(each.day, each.first) for each in found.repeats] == [(TODAY, "7")]


def test_a_resend_and_a_correction_are_no_repeat(shop: BookedShop) -> None:
    shop.capture([numbered(7), numbered(7), numbered(7, total_minor=99)])
    [found] = shop.settled()
    assert not found.repeats
    assert len(shop.flags()) == 1, "the correction is a revision"


def test_the_same_number_of_two_adapters_is_one_transaction(shop: BookedShop) -> None:
    shop.capture([numbered(7)], "poslog")
    other = numbered(7, profile="unicenta", natural_key="sh-0001/uuid/5b1f", at=HOURS)
    shop.capture([other], "database")
    assert not shop.settled()[0].repeats


def test_receipts_numbers_count_alone_and_not_beside_a_sequence(shop: BookedShop) -> None:
    taps = [numbered(each, flags=[Flag.DERIVED_KEY]) for each in (1, 2, 4)]
    shop.capture(taps, "taps")
    assert shop.missing() == ["22: 3-3"]
    shop.capture([numbered(each) for each in (51, 52, 53)])
    assert shop.missing() == []


def test_two_tills_of_one_number_space_each_lack_nothing(shop: BookedShop) -> None:
    for number in range(1, 9):
        shop.capture([numbered(number, workstation_id=str(1 + number % 2))])
    assert shop.missing("1") == shop.missing("2") == []


def test_what_has_no_number_is_captured_all_the_same(shop: BookedShop) -> None:
    shop.capture([numbered("", natural_key="a"), numbered("id-of-a-platform", natural_key="b")])
    assert len(shop.flags()) == 2
    [found] = shop.settled()
    assert (found.missing, found.since) == (0, None)


def test_what_comes_after_the_till_s_settlement_is_late(shop: BookedShop) -> None:
    shop.clock.set_wall(timedelta(hours=-4))
    shop.capture([numbered(1)])
    shop.clock.move(8 * 3600)
    shop.capture([numbered(3, control="TillSettle: DayEnd", at=8 * HOURS)])
    shop.capture([numbered(2)])
    assert late(shop) == [], "it only overtook the settlement"
    shop.clock.move(2 * 3600)
    shop.capture([numbered(4, at=2 * HOURS), numbered(5, at=10 * HOURS)])
    assert late(shop) == ["4"], "the till went on with its day after it"
    assert shop.intake.taken("").late == 1
    [found] = shop.settled()
    assert (found.late, found.late_days) == (1, [TODAY])


@pytest.mark.parametrize(
    ("control", "closes"),
    [
        ("TillSettle: DayEnd", True),
        ("BusinessEOD", True),
        ("EndOfDay", True),
        ("CloseBusinessDay", True),
        ("StoreClose", True),
        ("Tagesabschluss", True),
        ("Clôture de caisse", True),
        ("日结", True),
        ("OperatorSignOff: Normal SignOff", False),
        ("NoSale", False),
        ("Loan", False),
        ("", False),
    ],
)
def test_the_end_of_a_day_has_many_names(control: str, *, closes: bool) -> None:
    assert entry_of(numbered(1, control=control)).closes is closes


def test_what_comes_after_a_newer_day_has_begun_is_late(shop: BookedShop) -> None:
    shop.capture([numbered(1), numbered(2)])
    shop.clock.move(86_400)
    shop.capture([numbered(1, day=TOMORROW, raw="t1")])
    shop.clock.move(3600)
    shop.capture([numbered(9), numbered(1, total_minor=3), numbered(2, day=TOMORROW, raw="t2")])
    assert late(shop) == ["9"], "a correction of what we had is none"
    assert shop.intake.taken("").captured == 6


def test_a_folder_of_old_files_read_in_any_order_is_not_late(shop: BookedShop) -> None:
    days = [TODAY - timedelta(days=back) for back in (3, 9, 1, 8, 2)]
    for day in days:
        shop.capture(numbered(each, day=day, raw=f"{day}{each}") for each in range(1, 5))
        shop.clock.move(3600)
    shop.capture([numbered(9, day=days[1], raw="old")])
    assert late(shop) == []


def test_history_is_not_late_either_once_the_till_is_live(shop: BookedShop) -> None:
    shop.capture([numbered(1)])
    shop.clock.move(86_400)
    shop.capture([numbered(1, day=TOMORROW, raw="t1")])
    shop.clock.move(3600)
    shop.capture([numbered(each, day=YESTERDAY, raw="old") for each in range(1, 9)])
    assert late(shop) == []


def test_one_file_with_several_days_is_not_late(shop: BookedShop) -> None:
    shop.capture([numbered(1, raw="live")])
    shop.clock.move(86_400)
    shop.capture([numbered(1, day=TOMORROW, raw="week")])
    shop.clock.move(3600)
    shop.capture([numbered(5, raw="week")])
    assert late(shop) == []


def test_what_is_marked_late_is_the_same_event(shop: BookedShop) -> None:
    shop.capture([numbered(1)])
    shop.clock.move(86_400)
    shop.capture([numbered(1, day=TOMORROW, raw="t1")])
    shop.clock.move(3600)
    sale = event(numbered(5))
    shop.intake.take("", [sale])
    assert late(shop) == ["5"]
    assert shop.outbox.depths()[0].pending == 3
    shop.intake.take("", [sale])
    assert shop.outbox.depths()[0].pending == 3, "its id is that of its content"


def test_a_restart_forgets_nothing(shop: BookedShop) -> None:
    shop.capture([numbered(1), numbered(3), numbered(3, at=5 * HOURS)])
    shop.clock.move(86_400)
    shop.capture([numbered(1, day=TOMORROW, raw="t1")])
    shop.clock.move(3600)
    shop.capture([numbered(5)])
    before = shop.settled()
    shop.restart()
    assert shop.books.findings()[0].is_ripening, "what was a gap is unclear for a while"
    assert shop.settled() == before
    assert (before[0].missing, len(before[0].repeats), before[0].late) == (2, 1, 1)


def test_what_a_power_cut_took_from_the_books_is_read_from_the_outbox(shop: BookedShop) -> None:
    shop.capture([numbered(1), numbered(2)])
    shop.restart()
    assert shop.mend() == 2
    assert shop.mend() == 0, "there is nothing behind it any more"
    kept = shop.books_file.read_bytes()
    shop.books.close()
    kept = shop.books_file.read_bytes()
    shop.open_books()
    shop.capture([numbered(3), numbered(5)])
    shop.books.close()
    for suffix in ("-wal", "-shm"):
        shop.books_file.with_name(shop.books_file.name + suffix).unlink(missing_ok=True)
    shop.books_file.write_bytes(kept)
    shop.open_books()
    shop.capture([numbered(6)])
    assert shop.missing() == ["22: 3-5"], "it is not mended yet"
    assert shop.mend() == 5
    assert shop.missing() == ["22: 4-4"]


def test_books_that_are_damaged_are_set_aside_and_filled_again(shop: BookedShop) -> None:
    shop.capture([numbered(1), numbered(3)])
    shop.books.close()
    shop.books_file.write_bytes(b"no database at all" * 500)
    shop.open_books()
    assert shop.books_file.with_name("books.sqlite3.damaged").exists()
    shop.capture([numbered(4)])
    shop.mend()
    assert shop.missing() == ["22: 2-2"]


def test_rows_that_make_no_sense_are_damage_too(shop: BookedShop) -> None:
    shop.capture([numbered(1)])
    shop.books.close()
    with sqlite3.connect(shop.books_file) as db:
        db.execute("UPDATE page SET day = 'yesterday'")
    db.close()
    shop.open_books()
    assert shop.books.findings() == []
    assert shop.books.fault == ""
    shop.mend()
    assert len(shop.books.findings()) == 1


def test_sales_go_on_while_the_books_cannot_be_written(shop: BookedShop) -> None:
    shop.capture([numbered(1)])
    other = sqlite3.connect(shop.books_file, isolation_level=None, timeout=0.1)
    other.execute("DROP TABLE number")
    other.close()
    shop.capture([numbered(2), numbered(4)])
    assert len(shop.flags()) == 3
    assert shop.missing() == ["22: 3-3"], "they are kept in memory"
    assert "no such table" in shop.books.fault
    shop.books_file.unlink()
    shop.books.tidy()
    assert shop.books.fault == ""
    shop.mend()
    shop.restart()
    assert shop.missing() == ["22: 3-3"]


def test_days_that_are_too_old_are_forgotten(shop: BookedShop) -> None:
    old = [TODAY - timedelta(days=back) for back in range(40)]
    for day in old:
        shop.capture([numbered(1, day=day, raw=str(day)), numbered(3, day=day, raw=f"{day}b")])
    shop.books.tidy()
    [found] = shop.settled()
    assert len(found.gaps) == 35
    assert min(gap.day for gap in found.gaps) == old[34]
    shop.restart()
    assert len(shop.settled()[0].gaps) == 35


def test_only_the_last_days_of_a_till_in_use_are_an_alarm(shop: BookedShop) -> None:
    for back in (20, 6):
        day = TODAY - timedelta(days=back)
        shop.capture([numbered(1, day=day, raw=f"{back}"), numbered(3, day=day, raw=f"{back}c")])
    shop.capture([numbered(1)])
    assert [each.is_recent for each in shop.settled()[0].gaps] == [False, True]
    shop.wait(8 * 86_400)
    assert not any(each.is_recent for each in shop.books.findings()[0].gaps)
    shop.wait(40 * 86_400)
    shop.books.tidy()
    assert shop.books.findings() == [], "it went out of use"


def test_the_share_that_does_not_add_up_is_of_the_last_sales_of_a_profile(
    shop: BookedShop,
) -> None:
    odd = [Flag.LINES_DISAGREE]
    shop.capture((numbered(each, flags=odd) for each in range(1, 31)), "ej")
    shop.capture((numbered(each) for each in range(31, 41)), "ej")
    shop.capture([numbered(41, control="NoSale"), numbered(42, workstation_id="2")], "other")
    [balance] = shop.intake.taken("ej").balances
    assert (balance.profile, balance.judged, balance.unbalanced) == ("test", 40, 30)
    shop.capture((numbered(each) for each in range(43, 243)), "ej")
    [balance] = shop.intake.taken("ej").balances
    assert (balance.judged, balance.unbalanced) == (200, 0)
    shop.capture((numbered(each, flags=odd) for each in range(1, 31)), "ej")
    assert shop.intake.taken("ej").balances == (balance,), "what was known is not judged again"


def test_a_clock_that_is_wrong_makes_nothing_late(shop: BookedShop) -> None:
    shop.clock.set_wall(timedelta(days=-20_000))
    shop.capture([numbered(1)])
    shop.clock.move(86_400)
    shop.capture([numbered(1, day=TOMORROW, raw="t1")])
    shop.clock.move(3600)
    shop.capture([numbered(5)])
    assert late(shop) == []


def test_a_day_far_in_the_future_closes_nothing(shop: BookedShop) -> None:
    shop.capture([numbered(1)])
    shop.capture([numbered(2, day=date(2027, 3, 1), raw="wrong clock")])
    shop.clock.move(3600)
    shop.capture([numbered(3)])
    assert late(shop) == []
