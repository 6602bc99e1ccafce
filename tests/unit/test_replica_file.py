"""The replica's file: sealed, bounded in trouble, and begun anew rather than mended."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agent.errors import DiskUnusable
from agent.replica import MemberRef, Query, Replica, ReplicaBusy
from agent.replica.file import CacheFile
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey
from models.wire.cards import CardPage
from tests.simulators.clocks import HandClock
from tests.simulators.facts import NOON, a_sale
from tests.simulators.shop_cards import (
    OTHER_PHONE,
    PHONE,
    WANG,
    a_card,
    a_delta,
    a_purchase,
    id_of,
)

KEY = MasterKey(b"k" * 32)


def opened(path: Path, key: MasterKey = KEY) -> Replica:
    return Replica.open(path, key, clock=HandClock())


def filled(path: Path) -> Replica:
    replica = opened(path)
    replica.apply(a_delta(1, a_card(member_codes=["VIP-77"], purchases=[a_purchase()])))
    for sale in (a_sale(1, phone=PHONE), a_sale(2, phone=OTHER_PHONE, family_name="李")):
        replica.lay_over(sale, id_of(sale), NOON)
    return replica


def test_the_file_shows_nothing_without_the_key(tmp_path: Path) -> None:
    replica = filled(tmp_path / "r.sqlite3")
    bytes_on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    replica.close()
    for secret in (
        *("13916825678", "13787655678", "8800001234", "VIP-77", "vip77", "王", "小明", "李"),
        *("康师傅红烧牛肉面", "伊利纯牛奶", "2026-11-21", "CNY", "5678|王"),
    ):
        assert secret.encode() not in bytes_on_disk


def test_a_forgotten_card_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    replica = filled(path)
    replica.close()
    with sqlite3.connect(path) as db:
        (sealed,) = db.execute("SELECT sealed FROM member WHERE ref = ?", (WANG,)).fetchone()
    db.close()
    replica = opened(path)
    replica.forget()
    replica.close()
    assert sealed[:64] not in path.read_bytes()


def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    path.write_bytes(b"these are not the cards you are looking for" * 400)
    replica = opened(path)
    assert replica.through == 0
    assert replica.apply(a_delta(1, a_card()))
    replica.close()
    assert (tmp_path / "r.sqlite3.corrupt").exists()


def test_a_replica_sealed_under_another_key_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    filled(path).close()
    replica = opened(path, MasterKey(b"x" * 32))
    assert (replica.through, replica.find(Query.typed(PHONE))) == (0, [])
    replica.close()


def test_a_replica_of_another_version_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    filled(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    replica = opened(path)
    assert replica.through == 0
    replica.close()


def test_damage_found_while_running_costs_the_cache_and_not_the_call(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    replica = filled(path)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE member SET sealed = x'00ff'")
    db.close()
    assert replica.view(MemberRef(WANG)) is None
    assert replica.through == 0
    sale = a_sale(3, phone=PHONE)
    ref = replica.lay_over(sale, id_of(sale), NOON)
    assert ref is not None
    assert ref.provisional
    replica.close()


def test_torn_pages_are_noticed_while_running(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    filled(path).close()
    damaged = bytearray(path.read_bytes())
    damaged[4096:] = b"\xff" * (len(damaged) - 4096)
    path.write_bytes(damaged)
    replica = opened(path)
    assert replica.find(Query.typed(PHONE)) == []
    assert replica.through == 0
    replica.close()


def test_a_folder_that_cannot_be_made_is_for_a_person(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DiskUnusable, match=r"r\.sqlite3"):
        opened(tmp_path / "file" / "r.sqlite3")


def test_a_path_that_is_a_folder_is_for_a_person(tmp_path: Path) -> None:
    (tmp_path / "r.sqlite3").mkdir()
    with pytest.raises(DiskUnusable, match=r"r\.sqlite3"):
        opened(tmp_path / "r.sqlite3")


def test_a_second_agent_is_told_to_end(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    filled(path).close()
    file = CacheFile(path, BlobSealer(KEY, "replica"), busy_timeout_s=0.01)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ReplicaBusy, match="another process"):
        file.write(lambda db: db.execute("DELETE FROM member"))
    other.execute("ROLLBACK")
    other.close()
    file.close()


def test_work_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    file = CacheFile(tmp_path / "r.sqlite3", BlobSealer(KEY, "replica"))

    def half(db: sqlite3.Connection) -> None:
        db.execute("UPDATE feed SET through = 5")
        raise KeyError("half way")

    with pytest.raises(KeyError):
        file.write(half)
    assert file.read(lambda db: db.execute("SELECT through FROM feed").fetchone()) == (0,)
    file.close()


def test_readers_and_writers_do_not_disturb_one_another(tmp_path: Path) -> None:
    replica = opened(tmp_path / "r.sqlite3")
    replica.apply(a_delta(1, a_card()))
    people = [a_card(f"m{n}", phone=f"+86137{n + 55_000_000:08d}", cards=[]) for n in range(2, 202)]
    page = CardPage(deltas=[a_delta(n, c) for n, c in enumerate(people, 2)], through=201, head=201)

    def sell(number: int) -> None:
        sale = a_sale(number, phone=PHONE, total_minor=100)
        replica.lay_over(sale, id_of(sale), NOON)

    with ThreadPoolExecutor(4) as threads:
        catching_up = threads.submit(replica.apply_page, page)
        selling = threads.map(sell, range(50))
        views = threads.map(lambda _: replica.view(MemberRef(WANG)), range(50))
        catching_up.result()
        list(selling)
        assert all(view is not None for view in views)
    view = replica.view(MemberRef(WANG))
    assert view is not None
    assert (view.visits, view.spend[0].amount_minor) == (62, 128_450)
    assert replica.through == 201
    replica.close()
