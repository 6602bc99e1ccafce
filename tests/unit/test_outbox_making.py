"""A new outbox appears whole or not at all, and no real one is ever taken for a new one."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.outbox.alarms import read_alarms
from agent.outbox.aside import set_aside
from agent.outbox.making import make_if_new
from agent.outbox.migrations import migrations
from models.wire.topics import Stream
from tests.simulators.outbox_parts import Premises, a_draft, some_drafts


@pytest.fixture
def premises(tmp_path: Path) -> Iterator[Premises]:
    one = Premises(tmp_path)
    one.path.parent.mkdir()
    yield one
    one.close()


def journal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-journal")


def half_made(path: Path, cut_off: int) -> None:
    """What a power cut left of a file that was made in its place, as earlier versions did.

    The tables are on their way into the file, before the commit; ``cut_off`` bytes of them are
    forgotten. The rollback journal says that there was nothing before.
    """
    model = path.with_name("model")
    with closing(sqlite3.connect(model, isolation_level=None)) as db:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        db.execute("PRAGMA cache_size = 1")  # so that pages are written before the commit
        db.execute("BEGIN IMMEDIATE")
        for statement in migrations()[0].script.split(";")[:-1]:
            db.execute(statement)
        db.execute("INSERT INTO memo VALUES ('a', zeroblob(100000))")
        shutil.copy(model, path)
        shutil.copy(journal_of(model), journal_of(path))
        db.execute("ROLLBACK")
    model.unlink()
    content = path.read_bytes()
    assert len(content) > cut_off
    path.write_bytes(content[: len(content) - cut_off])


def test_a_new_outbox_is_whole_from_its_first_moment_and_leaves_nothing_beside(
    premises: Premises,
) -> None:
    assert make_if_new(premises.path)
    assert [path.name for path in premises.path.parent.iterdir()] == [premises.path.name]
    assert stat.S_IMODE(premises.path.stat().st_mode) == 0o600
    with closing(sqlite3.connect(premises.path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    assert not make_if_new(premises.path)


def test_a_draft_that_a_power_cut_left_is_thrown_away(premises: Premises) -> None:
    draft = premises.path.with_name(f"{premises.path.name}.making")
    draft.write_bytes(b"half")
    journal_of(draft).write_bytes(b"half")
    outbox = premises.open()
    assert outbox.append(Stream.SALE, [a_draft(1)])[0].sequence == 1
    outbox.close()
    assert not read_alarms(premises.path)
    assert not draft.exists()
    assert not journal_of(draft).exists()


@pytest.mark.parametrize("cut_off", [0, 1, 4096, 20_000])
def test_what_an_earlier_version_never_finished_making_is_made_anew_without_an_alarm(
    premises: Premises, cut_off: int
) -> None:
    half_made(premises.path, cut_off)
    outbox = premises.open()
    assert outbox.append(Stream.SALE, [a_draft(1)])[0].sequence == 1
    outbox.close()
    assert not read_alarms(premises.path)
    assert not set_aside(premises.path)
    assert not journal_of(premises.path).exists()


def test_a_journal_without_its_file_is_not_rolled_back_into_the_new_one(
    premises: Premises,
) -> None:
    half_made(premises.path, 0)
    premises.path.unlink()
    outbox = premises.open()
    assert outbox.append(Stream.SALE, [a_draft(1)])[0].sequence == 1
    outbox.close()
    assert not journal_of(premises.path).exists()


def test_an_outbox_that_became_empty_is_no_new_one(premises: Premises) -> None:
    """Somebody should know: its events are gone, and the ledger waits for some of them."""
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(5))
    epoch = outbox.epoch
    outbox.close()
    premises.path.write_bytes(b"")
    outbox = premises.open()
    assert outbox.epoch != epoch
    outbox.close()
    [alarm] = read_alarms(premises.path)
    assert "the file is empty" in alarm.message
    assert len(set_aside(premises.path)) == 1


def test_an_outbox_beside_a_journal_of_nothing_stays_as_it_is(premises: Premises) -> None:
    outbox = premises.open()
    outbox.append(Stream.SALE, some_drafts(5))
    epoch = outbox.epoch
    outbox.close()
    journal_of(premises.path).write_bytes(bytes(512))
    outbox = premises.open()
    assert (outbox.epoch, outbox.last_sequence(Stream.SALE)) == (epoch, 5)
    outbox.close()
    assert not read_alarms(premises.path)
