from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from agent.capture.intake import Intake
from agent.capture.pos.database import (
    DatabaseFollower,
    DatabasePoller,
    DatabaseReader,
    QuarantinedReceipts,
    StoredReceipt,
    database_follower,
)
from agent.capture.pos.database.following import FollowingSettings
from agent.capture.pos.database.polling import Dated, Position
from agent.capture.pos.keeping import Keeping
from agent.capture.pos.records import Refused
from agent.config import AgentConfig, DeviceSettings
from agent.config.databases import (
    Login,
    TillDatabaseSettings,
    database_login,
)
from agent.errors import BadConfiguration
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey
from models.wire.envelope import open_envelope
from models.wire.events.sale import SaleRecorded
from tests.simulators.capturing import PROFILES, LedgerSink, context
from tests.simulators.clocks import HandClock, StoppedClock
from tests.simulators.outbox_parts import Premises, take
from tests.simulators.polled_till import NOON, sqlite_till
from tests.simulators.till_tables import ARTICLES, Basket

_DEVICE = DeviceSettings("demo", "sh-0001", "sh-0001-pos1")
_ADDRESS = "mysql://till.example/unicentaopos"


def _keeping(folder: Path) -> Keeping:
    return Keeping(folder, BlobSealer(MasterKey(bytes(32)), "till file"), ZoneInfo("UTC"))


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_built_follower_captures_and_stops(tmp_path: Path) -> None:
    shop = sqlite_till(tmp_path)
    rung = shop.till.ring(NOON, [(ARTICLES[3], "1")])
    sink = LedgerSink()
    follower = database_follower(
        TillDatabaseSettings("main", f"sqlite://{tmp_path / 'till.db'}", currency="EUR"),
        context(),
        sink=sink,
        keeping=_keeping(tmp_path / "kept"),
        data_dir=tmp_path / "data",
        profiles=PROFILES,
        clock=StoppedClock(shop.clock.now()),
    )
    assert follower.status.at_ease is False
    follower.start()
    _until(lambda: follower.status.at_ease)
    follower.stop()
    follower.stop()
    (captured,) = sink.stored.values()
    assert captured.sale.transaction_id == rung.id
    assert captured.sale.currency == "EUR"
    assert follower.status.polling.sales == 1
    assert (tmp_path / "data" / "till_databases" / "main.json").is_file()


def test_a_database_that_is_away_is_told_of_once_and_found_again(tmp_path: Path) -> None:
    shop = sqlite_till(tmp_path)
    path = tmp_path / "till.db"
    path.rename(tmp_path / "away")
    clock = StoppedClock()
    follower = DatabaseFollower(
        "main", shop.poller, clock=clock, settings=FollowingSettings(poll_s=7.0)
    )
    follower.start()
    _until(lambda: "no file" in follower.status.blocked)
    _until(lambda: len(clock.waits_s) > 8)
    (tmp_path / "away").rename(path)
    _until(lambda: follower.status.at_ease)
    follower.stop()
    assert follower.status.blocked == ""
    assert clock.waits_s[:7] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0]
    assert clock.waits_s[-1] == 7.0


class _Breaking:
    """Receipts whose reading fails in a way that nobody foresaw."""

    closed = 0

    def page(self, since: datetime, after: Position | None, limit: int) -> Sequence[Dated]:
        raise RuntimeError(f"row of Wang Xiaoming, {limit} {since} {after}")

    def close(self) -> None:
        self.closed += 1


def test_an_error_nobody_foresaw_ends_nothing_and_quotes_nothing(tmp_path: Path) -> None:
    shop = sqlite_till(tmp_path)
    breaking = _Breaking()
    shop.poller._receipts = breaking
    follower = DatabaseFollower("main", shop.poller, clock=StoppedClock())
    follower.start()
    _until(lambda: follower.status.blocked == "RuntimeError")
    follower.stop()
    assert breaking.closed >= 2


def test_what_is_set_aside_lies_sealed_and_can_be_read_again(tmp_path: Path) -> None:
    keeping = _keeping(tmp_path)
    stored = StoredReceipt(id="r-1", receipt={"family_name": "Wang"})
    aside = QuarantinedReceipts(keeping, HandClock(), "main")
    for _ in range(2):
        aside.keep(Refused(stored.data, "quantity is not a number", 1, 0, "r-1"))
    (sealed,) = (tmp_path / "quarantine").glob("*.sealed")
    assert StoredReceipt.of_data(keeping.open(sealed)).data == stored.data
    (note,) = (tmp_path / "quarantine").glob("*.json")
    assert "quantity is not a number" in note.read_text()
    assert "Wang" not in note.read_text()


def test_a_shop_without_a_currency_is_told_at_start(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="currency"):
        database_follower(
            TillDatabaseSettings("main", _ADDRESS),
            context(),
            sink=LedgerSink(),
            keeping=_keeping(tmp_path),
            data_dir=tmp_path,
            profiles=PROFILES,
            clock=HandClock(),
        )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"address": "mysql://till:secret@host/db"}, "holds a login"),
        ({"address": "oracle://host/db"}, "address must be"),
        ({"address": "mysql://host"}, "address must be"),
        ({"address": "sqlite://host/db"}, "address must be"),
        ({"address": "mysql://host:port/db"}, "address is none"),
        ({"name": "Main Till"}, "database name"),
        ({"poll_s": 0.0}, "poll_s"),
        ({"overlap_s": 90_000.0}, "overlap_s"),
        ({"batch": 0}, "batch"),
        ({"currency": "euro"}, "currency"),
    ],
)
def test_settings_that_cannot_work_are_refused_without_quoting_a_login(
    changes: dict[str, object], told: str
) -> None:
    values = {"name": "main", "address": _ADDRESS} | changes
    with pytest.raises(ValueError, match=told) as caught:
        TillDatabaseSettings(**values)  # type: ignore[arg-type] # wrong ones are the point
    assert "secret" not in str(caught.value)


def test_two_databases_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="given twice"):
        AgentConfig(_DEVICE, database=(TillDatabaseSettings("main", _ADDRESS),) * 2)


def test_a_login_comes_from_its_file_or_the_environment_and_is_printed_nowhere(
    tmp_path: Path,
) -> None:
    path = tmp_path / "login"
    path.write_text("reader:a:b\n")
    from_file = TillDatabaseSettings("main", _ADDRESS, login_file=path)
    login = database_login(from_file, {})
    assert (login.user, login.password) == ("reader", "a:b")
    assert "a:b" not in repr(login)
    from_variable = TillDatabaseSettings("main", _ADDRESS, login_variable="TILL_LOGIN")
    assert database_login(from_variable, {"TILL_LOGIN": "reader:c"}).password == "c"
    nobody = database_login(TillDatabaseSettings("main", _ADDRESS), {})
    assert (nobody.user, nobody.password) == (Login().user, Login().password)
    with pytest.raises(BadConfiguration, match="TILL_LOGIN"):
        database_login(from_variable, {})
    path.write_text("a-password-alone")
    with pytest.raises(BadConfiguration) as caught:
        database_login(from_file, {})
    assert "a-password-alone" not in str(caught.value)
    path.unlink()
    with pytest.raises(BadConfiguration, match="user:password"):
        database_login(from_file, {})


def test_what_waits_for_the_ledger_is_the_tills_day_to_the_cent(tmp_path: Path) -> None:
    shop = sqlite_till(tmp_path)
    premises = Premises(tmp_path / "box")
    outbox = premises.open()
    baskets: list[Basket] = [
        [(ARTICLES[n % 6], "1"), (ARTICLES[n % 5], "0.355"), (ARTICLES[0], "3")] for n in range(40)
    ]
    rung = [shop.till.ring(NOON - timedelta(minutes=n), each) for n, each in enumerate(baskets)]
    for _ in range(2):  # the second one is a restart that has lost its watermark
        poller = DatabasePoller(
            shop.database,
            DatabaseReader(shop.profile, context()),
            sink=Intake(outbox, lambda _sale: None, CollectorRegistry()),
            aside=shop.aside,
            watermarks=shop.marks,
            clock=shop.clock,
        )
        poller.step()
        shop.marks.path.unlink()
    lease = take(outbox, max_events=1000)
    assert lease is not None
    envelopes = [open_envelope(event) for event in lease.events]
    sales = [msgspec.json.decode(each.data, type=SaleRecorded) for each in envelopes]
    assert {each.transaction_id: each.total_minor for each in sales} == {
        each.id: each.total_minor for each in rung
    }
    assert len(sales) == len(rung)
    outbox.close()
    premises.close()
