"""Checkpoints beside the writers: commits reach the file itself, and nobody waits."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from cloud.storage import open_engine, read, write
from cloud.storage.checkpoints import Checkpoints
from models.runtime.clock import SystemClock
from tests.simulators.processes import eventually


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(f"sqlite:///{tmp_path / 'cloud.db'}")
    with write(opened) as connection:
        connection.execute(text("CREATE TABLE sale (number INTEGER PRIMARY KEY)"))
    yield opened
    opened.dispose()


def sell(engine: Engine, number: int) -> None:
    with write(engine) as connection:
        connection.execute(text("INSERT INTO sale VALUES (:number)"), {"number": number})


def in_the_file_itself(folder: Path) -> int:
    """How many sales a copy of the file without its log holds; 0 where there is no table yet."""
    shutil.copy(folder / "cloud.db", folder / "copy.db")
    alone = sqlite3.connect(folder / "copy.db")
    try:
        return int(alone.execute("SELECT count(*) FROM sale").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        alone.close()


def test_what_was_committed_is_copied_into_the_file(engine: Engine, tmp_path: Path) -> None:
    sell(engine, 1)
    assert in_the_file_itself(tmp_path) == 0
    assert Checkpoints(engine, SystemClock()).take()
    assert in_the_file_itself(tmp_path) == 1


def test_an_open_reader_or_writer_is_not_waited_for(engine: Engine) -> None:
    checkpoints = Checkpoints(engine, SystemClock())
    with read(engine) as reader:
        reader.execute(text("SELECT count(*) FROM sale"))
        sell(engine, 1)
        assert checkpoints.take()
    with write(engine) as writer:
        writer.execute(text("INSERT INTO sale VALUES (2)"))
        assert checkpoints.take()
    with read(engine) as reader:
        assert reader.execute(text("SELECT count(*) FROM sale")).scalar_one() == 2


def test_the_log_stays_short_while_sales_go_on(engine: Engine, tmp_path: Path) -> None:
    stop = threading.Event()
    thread = threading.Thread(
        target=Checkpoints(engine, SystemClock(), every_s=0.01).run, args=(stop,)
    )
    thread.start()
    sell(engine, 1)
    try:
        assert eventually(lambda: in_the_file_itself(tmp_path) == 1)
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()


def test_a_file_that_cannot_be_copied_to_is_said_and_stops_nothing(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'cloud.db'}")
    (tmp_path / "cloud.db").write_bytes(b"this is not a database, and never was one" * 100)
    assert not Checkpoints(engine, SystemClock()).take()
    assert not Checkpoints(engine, SystemClock()).take()
    engine.dispose()
