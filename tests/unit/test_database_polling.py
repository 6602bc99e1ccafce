from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from agent.capture.pos.database import (
    DatabaseProfile,
    DatabaseReader,
    TillDatabaseUnreachable,
)
from agent.capture.pos.database.reaching import TillDatabase
from agent.capture.pos.family import Adapter
from agent.capture.pos.profile import Operators
from agent.capture.pos.sink import CapturedSale
from agent.config.databases import Login, TillDatabaseSettings
from agent.errors import BadConfiguration, OutboxBusy
from models.runtime.settings import parse
from models.wire.events.sale import Flag, LineKind
from tests.simulators.capturing import SHANGHAI, context
from tests.simulators.clocks import HandClock
from tests.simulators.polled_till import NOON, PolledTill, sqlite_till, unicenta_profile
from tests.simulators.till_tables import ARTICLES, CASHIER, CUSTOMER

_COFFEE, _BREAD, _APPLES, _SOAP, _WINE, _NEWSPAPER = ARTICLES


@pytest.fixture
def shop(tmp_path: Path) -> PolledTill:
    return sqlite_till(tmp_path)


@pytest.mark.parametrize("upper", [False, True])
def test_sales_come_out_as_the_customers_paid_them(tmp_path: Path, *, upper: bool) -> None:
    shop = sqlite_till(tmp_path, upper=upper)
    rung = [
        shop.till.ring(NOON, [(_COFFEE, "1"), (_BREAD, "1")]),
        shop.till.ring(NOON, [(_SOAP, "3"), (_APPLES, "0.355")], cards=[100], handed_minor=500),
        shop.till.ring(NOON, [(_WINE, "2")], refund=True),
    ]
    assert shop.wait() == 3
    for each in rung:
        sale = shop.sales[each.id]
        assert sale.total_minor == each.total_minor
        assert sum(tender.amount_minor for tender in sale.tenders) == each.handed_minor
        assert sum(tender.change_minor for tender in sale.tenders) == each.change_minor
        assert not [flag for flag in sale.capture.flags if flag.endswith("disagree")]
    assert {line.kind for line in shop.sales[rung[2].id].lines} == {LineKind.RETURN}


def test_a_sale_is_named_by_the_tills_own_uuid(shop: PolledTill) -> None:
    rung = shop.till.ring(NOON, [(_SOAP, "1")])
    shop.wait()
    sale = shop.sales[rung.id]
    assert sale.natural_key == f"sh-0001/uuid/{rung.id}"
    assert (sale.workstation_id, sale.sequence_number) == ("TILL-01", str(rung.number))


def test_nobody_is_named(shop: PolledTill) -> None:
    shop.till.ring(NOON, [(_SOAP, "1")], member=True)
    shop.wait()
    (captured,) = shop.sink.stored.values()
    assert [each.value for each in captured.sale.loyalty] == ["+8613800138000", "M-000117"]
    for name in (CASHIER, CUSTOMER[2], CUSTOMER[3], "p-1"):
        assert name.encode() not in captured.body


def test_names_that_are_not_kept_are_not_even_read(tmp_path: Path) -> None:
    shop = sqlite_till(tmp_path)
    shop.till.ring(NOON, [(_SOAP, "1")], member=True)
    (dated,) = shop.database.page(shop.clock.now() - timedelta(days=1), None, 10)
    assert CUSTOMER[3].encode() not in dated.receipt.data


def test_names_that_are_kept_come_with_the_member(tmp_path: Path) -> None:
    shop = sqlite_till(tmp_path, profile=unicenta_profile(keep_names=True))
    rung = shop.till.ring(NOON, [(_SOAP, "1")], member=True)
    shop.wait()
    assert shop.sales[rung.id].loyalty[0].given_name == CUSTOMER[3]


def test_what_was_read_is_not_handed_over_again(shop: PolledTill) -> None:
    shop.till.ring(NOON, [(_SOAP, "1")])
    assert [shop.wait() for _ in range(4)] == [1, 0, 0, 0]


def test_a_restart_repeats_and_counts_nothing_twice(shop: PolledTill) -> None:
    shop.till.ring(NOON, [(_SOAP, "1")])
    shop.wait()
    shop.restart()
    shop.wait()
    assert len(shop.sink.calls) == 2
    assert len(shop.sink.stored) == 1


def test_a_receipt_that_is_committed_late_is_found(shop: PolledTill) -> None:
    with shop.till.writing() as slow:
        late = shop.till.ring(NOON, [(_SOAP, "1")], into=slow)
        assert shop.wait(1) == 0
    shop.till.ring(NOON + timedelta(seconds=60), [(_WINE, "1")])
    shop.wait(60)
    assert late.id in shop.sales
    assert len(shop.sales) == 2


def test_a_clock_that_was_set_back_is_found_by_the_next_sweep(shop: PolledTill) -> None:
    shop.till.ring(NOON, [(_SOAP, "1")])
    shop.wait()
    back = shop.till.ring(NOON - timedelta(hours=3), [(_WINE, "1")])
    assert shop.wait() == 0
    assert shop.wait(shop.polling.sweep_s) == 1
    assert back.id in shop.sales


def test_a_receipt_of_the_future_hides_no_other(shop: PolledTill) -> None:
    ahead = shop.till.ring(NOON + timedelta(days=400), [(_SOAP, "1")])
    shop.wait()
    after = shop.till.ring(NOON, [(_WINE, "1")])
    shop.wait()
    shop.restart()
    later = shop.till.ring(NOON + timedelta(seconds=5), [(_WINE, "1")])
    shop.wait()
    assert {ahead.id, after.id, later.id} == set(shop.sales)
    assert shop.poller.status.ahead == 1


def test_a_corrected_receipt_becomes_a_new_revision(shop: PolledTill) -> None:
    rung = shop.till.ring(NOON, [(_SOAP, "1")])
    shop.wait()
    first = shop.sales[rung.id]
    shop.till.execute("UPDATE <payments> SET payment = 'magcard' WHERE receipt = :id", id=rung.id)
    assert shop.wait() == 1
    assert shop.sales[rung.id].natural_key == first.natural_key
    assert shop.sales[rung.id].revision != first.revision
    assert shop.poller.status.revised == 1


def test_a_receipt_that_the_till_deletes_is_told_of(shop: PolledTill) -> None:
    rung = shop.till.ring(NOON, [(_SOAP, "1")])
    shop.wait()
    for table, column in (("receipts", "id"), ("tickets", "id")):
        shop.till.execute(f"DELETE FROM <{table}> WHERE {column} = :id", id=rung.id)
    shop.wait(shop.polling.sweep_s)
    assert shop.poller.status.vanished == 1


def test_a_row_that_cannot_be_mapped_is_set_aside_alone_and_once(shop: PolledTill) -> None:
    bad = shop.till.ring(NOON, [(_SOAP, "1")])
    good = shop.till.ring(NOON, [(_WINE, "1")])
    shop.till.execute("UPDATE <ticketlines> SET units = 'many' WHERE ticket = :id", id=bad.id)
    for _ in range(3):
        shop.wait()
    assert set(shop.sales) == {good.id}
    (item,) = shop.aside.kept.values()
    assert item.key == bad.id
    assert "many" not in item.reason
    assert shop.poller.status.set_aside == 1
    shop.till.execute("UPDATE <ticketlines> SET units = 1 WHERE ticket = :id", id=bad.id)
    shop.wait()
    assert set(shop.sales) == {good.id, bad.id}


def test_a_receipt_whose_moment_is_a_number_among_texts_is_set_aside(shop: PolledTill) -> None:
    """SQLite takes it, and has it stand before every text."""
    bad = shop.till.ring(NOON, [(_SOAP, "1")])
    good = shop.till.ring(NOON, [(_WINE, "1")])
    shop.till.execute("UPDATE <receipts> SET datenew = 17 WHERE id = :id", id=bad.id)
    shop.wait()
    assert set(shop.sales) == {good.id}
    assert [item.key for item in shop.aside.kept.values()] == [bad.id]


def test_a_wrong_profile_stops_instead_of_setting_a_day_aside(tmp_path: Path) -> None:
    shop = sqlite_till(tmp_path, profile=unicenta_profile(kinds={"1": "retail"}))
    for _ in range(201):
        shop.till.ring(NOON, [(_SOAP, "1")])
    with pytest.raises(BadConfiguration, match="in a row"):
        shop.wait()
    assert shop.poller.status.sales == 0


def test_the_watermark_waits_for_the_sink(shop: PolledTill) -> None:
    rung = shop.till.ring(NOON, [(_SOAP, "1")])
    shop.sink.refuse_with = OutboxBusy("another process")
    with pytest.raises(OutboxBusy):
        shop.wait()
    assert shop.marks.load() is None
    shop.sink.refuse_with = None
    shop.wait()
    assert rung.id in shop.sales
    mark = shop.marks.load()
    assert mark is not None
    assert mark.id == rung.id


def test_a_watermark_that_cannot_be_read_costs_a_second_reading(shop: PolledTill) -> None:
    shop.till.ring(NOON, [(_SOAP, "1")])
    shop.wait()
    shop.marks.path.write_bytes(b"\x00not json")
    shop.restart()
    shop.wait()
    assert len(shop.sink.stored) == 1


def test_a_long_history_comes_in_batches_in_the_order_of_the_till(shop: PolledTill) -> None:
    rung = [shop.till.ring(NOON - timedelta(seconds=500 - n // 7), [(_SOAP, "1")])
            for n in range(250)]  # fmt: skip
    assert shop.wait() == 250
    assert [len(call) for call in shop.sink.calls] == [100, 100, 50]
    assert {each.id for each in rung} == set(shop.sales)


def test_a_locked_database_is_waited_for(tmp_path: Path, shop: PolledTill) -> None:
    rung = shop.till.ring(NOON, [(_SOAP, "1")])
    with closing(sqlite3.connect(tmp_path / "till.db", isolation_level=None)) as till:
        till.execute("BEGIN EXCLUSIVE")
        with pytest.raises(TillDatabaseUnreachable, match="locked"):
            shop.wait()
        till.execute("ROLLBACK")
    shop.wait()
    assert rung.id in shop.sales


def test_a_write_ahead_log_is_read_and_left_alone(tmp_path: Path, shop: PolledTill) -> None:
    with closing(sqlite3.connect(tmp_path / "till.db", isolation_level=None)) as till:
        assert till.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
        till.execute("SELECT count(*) FROM receipts").fetchall()
        rung = shop.till.ring(NOON, [(_SOAP, "1")])
        till.execute("BEGIN IMMEDIATE")  # a writer does not stop readers of a log
        shop.wait()
        till.execute("ROLLBACK")
    assert rung.id in shop.sales


def test_nothing_can_be_written(shop: PolledTill) -> None:
    shop.wait()
    engine = shop.database._opened()
    with engine.connect() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.execute(text("DELETE FROM receipts"))


def test_a_statement_that_takes_too_long_is_given_up(shop: PolledTill) -> None:
    shop.wait()
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with shop.database._opened().connect() as connection:
        shop.clock.move(60)
        with pytest.raises(OperationalError, match="interrupted"):
            connection.execute(text(endless))


def test_a_database_that_is_not_there_is_waited_for(tmp_path: Path, shop: PolledTill) -> None:
    path = tmp_path / "till.db"
    path.rename(tmp_path / "away.db")
    with pytest.raises(TillDatabaseUnreachable, match="no file"):
        shop.wait()
    (tmp_path / "away.db").rename(path)
    assert shop.wait() == 0


def test_columns_that_a_version_lacks_may_be_missing_where_the_profile_says_so(
    tmp_path: Path,
) -> None:
    shop = sqlite_till(tmp_path, tendered=False)
    rung = shop.till.ring(NOON, [(_SOAP, "1")], handed_minor=500)
    shop.wait()
    assert shop.sales[rung.id].tenders[0].amount_minor == 100


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    shop = sqlite_till(tmp_path, profile=unicenta_profile(moment="sold_at"))
    with pytest.raises(BadConfiguration, match=r"sold_at.*receipts"):
        shop.wait()


def test_another_adapters_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="adapter"):
        DatabaseProfile(name="x", version=1, adapter=Adapter.JOURNAL, operators=Operators.OMIT)


def test_a_box_without_such_a_till_loads_no_sqlalchemy() -> None:
    program = (
        "import sys, agent.app, agent.capture.pos.database\n"
        "sys.exit(sorted(each for each in sys.modules if each.startswith('sqlalchemy'))[:3] or 0)"
    )
    environment = dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)


def test_the_till_of_the_page_is_read_by_the_profile_of_the_page(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/poll-a-tills-database.md").read_text("utf-8")
    (told,) = [part.partition("```")[0] for part in page.split("```toml\n") if "[lines]" in part]
    head = (
        'name = "page"\nversion = 1\nadapter = "database"\ncurrency = "EUR"\nmoment = "sold_at"\n'
    )
    shown = 'prices = "as_shown"\n'
    none = '[payments]\ntable = ""\n[taxes]\ntable = ""\n'
    profile = parse(tomllib.loads(head + shown + told + none), DatabaseProfile, "page")
    path = tmp_path / "page.db"
    with closing(sqlite3.connect(path)) as till, till:
        till.executescript(
            "CREATE TABLE Sales (id INTEGER PRIMARY KEY, uuid, sold_at, till, number, extra);"
            "CREATE TABLE TILLS (id, name);"
            "CREATE TABLE items (sale, position, pieces, value, text);"
            "INSERT INTO sales VALUES"
            " (1, '5ffd5b1e-8a3c-4d19-8f3b-1d2f3a4b5c6d', '2025-11-07 11:59:59', 7, 41, NULL);"
            "INSERT INTO tills VALUES (7, 'Bar');"
            "INSERT INTO items VALUES (1, 2, 1, 0.7, 'Tea'), (1, 1, 3, 0.1 + 0.2, 'Mint');"
        )
    clock = HandClock(NOON.replace(tzinfo=SHANGHAI))
    settings = TillDatabaseSettings("page", f"sqlite://{path}")
    database = TillDatabase(settings, profile, zone=SHANGHAI, login=Login, clock=clock)
    (dated,) = database.page(clock.now() - timedelta(days=1), None, 10)
    captured = DatabaseReader(profile, context()).read(dated.receipt)
    assert isinstance(captured, CapturedSale)
    assert [line.extended_amount_minor for line in captured.sale.lines] == [30, 70]
    assert captured.sale.workstation_id == "Bar"
    assert captured.sale.total_minor == 100
    assert not [flag for flag in captured.sale.capture.flags if flag.endswith("disagree")]


def test_a_receipt_that_is_written_in_pieces_comes_out_whole(shop: PolledTill) -> None:
    """Tables without transactions (MyISAM) show a receipt before its lines are there."""
    whole = shop.till.ring(NOON, [(_SOAP, "1"), (_WINE, "1")])
    shop.till.execute("UPDATE <ticketlines> SET ticket = 'later' WHERE ticket = :id", id=whole.id)
    shop.wait()
    assert shop.sales[whole.id].lines == []
    assert Flag.LINES_DISAGREE in shop.sales[whole.id].capture.flags
    shop.till.execute("UPDATE <ticketlines> SET ticket = :id WHERE ticket = 'later'", id=whole.id)
    shop.wait()
    assert [line.extended_amount_minor for line in shop.sales[whole.id].lines] == [100, 1099]
    assert len({each.sale_id for each in shop.sink.stored.values()}) == 1


def test_a_text_that_is_none_does_not_keep_the_others_from_being_read(shop: PolledTill) -> None:
    """SQLite stores whatever it is given, and its driver would refuse the whole page."""
    first, second = (shop.till.ring(NOON, [(ARTICLES[at], "1")]) for at in (0, 1))
    shop.till.execute(
        "UPDATE <payments> SET payment = CAST(x'fffe' AS TEXT) WHERE receipt = :id", id=first.id
    )
    shop.wait()
    assert shop.sales[second.id].total_minor == second.total_minor
    known = {each.decode(errors="replace") for each in shop.aside.kept}
    assert first.id in shop.sales or any(first.id in each for each in known)
