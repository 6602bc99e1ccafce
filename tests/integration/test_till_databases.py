"""The same day on every server that tills keep their sales in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from agent.capture.pos.database import TillDatabaseUnreachable
from agent.config.databases import Login, TillDatabaseSettings
from agent.errors import BadConfiguration
from tests.simulators.mariadb import MariadbServer, mariadb_server
from tests.simulators.polled_till import NOON, PolledTill, sqlite_till
from tests.simulators.postgres import PostgresCluster, postgres_cluster
from tests.simulators.till_tables import ARTICLES, Rung

_SOAP, _WINE = ARTICLES[3], ARTICLES[4]
_SECRET = "hunter2-secret"


@dataclass(frozen=True)
class Servers:
    """The servers of this module's tests; each is made when it is first asked for."""

    postgres: PostgresCluster | None = None
    mariadb: MariadbServer | None = None


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresCluster]:
    with postgres_cluster() as cluster:
        cluster.command(f"CREATE ROLE reader LOGIN PASSWORD '{_SECRET}'")
        yield cluster


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariadbServer]:
    with mariadb_server() as server:
        server.command(f"CREATE USER 'reader'@'127.0.0.1' IDENTIFIED BY '{_SECRET}'")
        yield server


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PolledTill]:
    match request.param:
        case "sqlite":
            shop = sqlite_till(tmp_path)
        case "postgresql":
            shop = _on_postgres(request.getfixturevalue("postgres"), tmp_path)
        case _:
            shop = _on_mariadb(request.getfixturevalue("mariadb"), tmp_path)
    yield shop
    shop.close()


def _on_postgres(cluster: PostgresCluster, folder: Path) -> PolledTill:
    url = cluster.create_database()
    name = make_url(url).database or ""
    socket = str(make_url(url).query["host"]).replace("/", "%2F")
    settings = TillDatabaseSettings("till", f"postgresql://{socket}/{name}")
    shop = PolledTill(create_engine(url), settings, folder, login=Login("reader", _SECRET))
    shop.till.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    return shop


def _on_mariadb(server: MariadbServer, folder: Path) -> PolledTill:
    name = f"till_{folder.name[-20:].replace('-', '_').replace('[', '').replace(']', '')}"
    server.command(f"CREATE DATABASE {name}", f"GRANT SELECT ON {name}.* TO 'reader'@'127.0.0.1'")
    settings = TillDatabaseSettings("till", f"mariadb://127.0.0.1:{server.port}/{name}")
    engine = create_engine(server.url(name))
    return PolledTill(engine, settings, folder, login=Login("reader", _SECRET))


def _play_a_day(shop: PolledTill, receipts: int = 60) -> list[Rung]:
    """Receipts of every kind, a minute apart, up to the till's noon."""
    chance = Random(7)
    rung = []
    for at in range(receipts):
        basket = [
            (chance.choice(ARTICLES), chance.choice(("1", "2", "3", "0.355", "1.210")))
            for _ in range(chance.randint(1, 8))
        ]
        refund = at % 11 == 10
        note = None if refund or at % 3 else 50_000
        cards = [1] if at % 5 == 4 and not refund else []
        moment = NOON - timedelta(minutes=receipts - at)
        rung.append(
            shop.till.ring(moment, basket, cards=cards, handed_minor=note, refund=refund,
                           member=at % 2 == 0)
        )  # fmt: skip
    return rung


def test_a_day_comes_out_to_the_cent_on_every_server(shop: PolledTill) -> None:
    rung = _play_a_day(shop)
    shop.till.move_cash(NOON, 10_000)
    assert shop.wait() == len(rung) + 1
    assert not shop.aside.kept
    for each in rung:
        sale = shop.sales[each.id]
        assert sale.total_minor == each.total_minor
        assert sum(tender.amount_minor for tender in sale.tenders) == each.handed_minor
        assert sum(tender.change_minor for tender in sale.tenders) == each.change_minor
        assert len(sale.lines) == each.lines
        assert not [flag for flag in sale.capture.flags if flag.endswith("disagree")]
    assert shop.wait() == 0


def test_a_transaction_that_is_committed_late_is_found_on_every_server(shop: PolledTill) -> None:
    with shop.till.writing() as slow:
        late = shop.till.ring(NOON, [(_SOAP, "1")], into=slow)
        assert shop.wait(1) == 0
    with shop.till.writing() as other:
        early = shop.till.ring(NOON + timedelta(seconds=30), [(_WINE, "1")], into=other)
    shop.wait(30)
    assert {late.id, early.id} == set(shop.sales)


def test_the_same_receipt_gives_the_same_bytes_on_every_server(
    postgres: PostgresCluster, mariadb: MariadbServer, tmp_path: Path
) -> None:
    folders = [tmp_path / name for name in ("lite", "pg", "maria")]
    for folder in folders:
        folder.mkdir()
    shops = [
        sqlite_till(folders[0]),
        _on_postgres(postgres, folders[1]),
        _on_mariadb(mariadb, folders[2]),
    ]
    found = []
    for shop in shops:
        _play_a_day(shop, 12)
        shop.wait()
        found.append(set(shop.sink.stored))
        shop.close()
    assert found[0] == found[1] == found[2]


def test_nothing_can_be_written_on_any_server(shop: PolledTill) -> None:
    shop.wait()
    with shop.database._opened().connect() as connection, pytest.raises(DBAPIError):
        connection.execute(text("CREATE TABLE ours (x INTEGER)"))


def test_no_transaction_stays_open_between_two_looks(shop: PolledTill) -> None:
    shop.till.ring(NOON, [(_SOAP, "1")])
    shop.wait()
    # Waits for ever where a reader still holds the table.
    shop.till.execute("ALTER TABLE <tickets> ADD COLUMN fresh INTEGER")
    later = shop.till.ring(NOON + timedelta(seconds=1), [(_WINE, "1")])
    shop.wait()
    assert later.id in shop.sales


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_a_statement_that_takes_too_long_is_ended_by_the_server(
    server: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if server == "postgresql":
        shop = _on_postgres(request.getfixturevalue("postgres"), tmp_path)
        slow = "SELECT pg_sleep(20)"
    else:
        shop = _on_mariadb(request.getfixturevalue("mariadb"), tmp_path)
        slow = "SELECT SLEEP(20) FROM receipts"
    shop.till.ring(NOON, [(_SOAP, "1")])
    shop.settings = replace(shop.settings, statement_timeout_s=0.2)
    shop.restart()
    with shop.database._opened().connect() as connection, pytest.raises(DBAPIError):
        connection.execute(text(slow))
    shop.close()


def test_a_wrong_login_is_named_and_never_quoted(
    postgres: PostgresCluster, mariadb: MariadbServer, tmp_path: Path
) -> None:
    del postgres  # trusts everybody on its socket
    shop = _on_mariadb(mariadb, tmp_path)
    shop.login = Login("reader", _SECRET + "-wrong")
    with pytest.raises(BadConfiguration, match="login is refused") as caught:
        shop.wait()
    assert _SECRET not in str(caught.value)
    assert _SECRET not in repr(caught.value.__cause__)
    shop.close()


def test_a_login_without_rights_is_told_what_it_lacks(
    postgres: PostgresCluster, tmp_path: Path
) -> None:
    shop = _on_postgres(postgres, tmp_path)
    shop.till.execute("REVOKE SELECT ON payments FROM reader")
    with pytest.raises(BadConfiguration, match="grant SELECT"):
        shop.wait()
    shop.close()


def test_a_server_that_goes_away_is_found_again(mariadb: MariadbServer, tmp_path: Path) -> None:
    shop = _on_mariadb(mariadb, tmp_path)
    first = shop.till.ring(NOON, [(_SOAP, "1")])
    shop.wait()
    shop.engine.dispose()
    mariadb.stop()
    with pytest.raises(TillDatabaseUnreachable):
        shop.wait()
    mariadb.start()
    second = shop.till.ring(NOON + timedelta(seconds=5), [(_WINE, "1")])
    shop.wait()
    assert {first.id, second.id} == set(shop.sales)
    shop.close()


def test_a_server_that_is_locked_does_not_hold_the_agent(
    mariadb: MariadbServer, tmp_path: Path
) -> None:
    shop = _on_mariadb(mariadb, tmp_path)
    shop.settings = replace(shop.settings, statement_timeout_s=1.0)
    shop.restart()
    with shop.engine.connect() as till:
        till.execute(text("LOCK TABLES receipts WRITE"))
        with pytest.raises(TillDatabaseUnreachable):
            shop.wait()
        till.execute(text("UNLOCK TABLES"))
    assert shop.wait() == 0
    shop.close()
