"""From a path to an owned, migrated, loaded outbox file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from agent.errors import DiskUnusable, OutboxDamaged
from agent.outbox import aside
from agent.outbox.connection import OutboxFile, connect
from agent.outbox.examination import examine, examine_log
from agent.outbox.faults import in_our_words
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.making import make_if_new
from agent.outbox.migrations import migrate, migrations
from agent.outbox.moments import unix_ms
from agent.outbox.names import Names
from agent.outbox.ownership import Ownership
from agent.outbox.rows import EPOCH_BYTES, add_lane, load, open_epoch
from agent.outbox.salvage import Salvage
from agent.outbox.settlement import load_ledger
from models.durable import make_folder
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.ids import new_epoch
from models.wire.topics import Stream


class Opened(NamedTuple):
    """An open file, and what was read of it; ``ledger`` is the one that it last heard of."""

    file: OutboxFile
    lanes: Lanes
    names: Names
    ledger: str


def open_file(
    path: Path, clock: Clock, random: Callable[[int], bytes], salvage: Salvage | None = None
) -> tuple[Ownership, Opened]:
    """Open or make an outbox, and own it.

    Args:
        path: the file.
        clock: dates an epoch that is made.
        random: makes epochs.
        salvage: mends the file where it is damaged; without it damage is raised.

    Raises:
        OutboxBusy, OutboxCorrupt, DiskUnusable: as ``Outbox.open``; nothing stays open then.
    """
    _make_folder(path)
    ownership = Ownership(path)
    try:
        aside.complete(path)
        opened = _open_sound(path, clock, random, salvage)
    except BaseException:
        ownership.release()
        raise
    return ownership, opened


def _open_sound(
    path: Path, clock: Clock, random: Callable[[int], bytes], salvage: Salvage | None
) -> Opened:
    try:
        return _open(path, clock, random)
    except OutboxDamaged as damage:
        if salvage is None:
            raise
        salvage.run(str(damage.__cause__ or damage))
    return _open(path, clock, random)


def _open(path: Path, clock: Clock, random: Callable[[int], bytes]) -> Opened:
    _make_if_new(path)
    with in_our_words(path):
        examine_log(path)
    _migrate(path)
    file = OutboxFile(path)
    try:
        lanes, ledger = _load(file, clock, random)
        with file.read() as db:
            examine(db, path, lanes)
            names = Names(db)
    except BaseException:
        file.close()
        raise
    return Opened(file, lanes, names, ledger)


def _make_folder(path: Path) -> None:
    try:
        make_folder(path.parent)
    except OSError as error:
        raise _not_writable(path, error) from error


def _make_if_new(path: Path) -> None:
    try:
        if make_if_new(path):
            get_logger(__name__).info("outbox_made", path=str(path))
    except OSError as error:
        raise _not_writable(path, error) from error


def _not_writable(path: Path, error: OSError) -> DiskUnusable:
    return DiskUnusable(
        f"outbox {path}: {error.strerror}; make the file and its folder writable for this user"
    )


def _migrate(path: Path) -> None:
    with in_our_words(path):
        db = connect(path)
        try:
            taken = migrate(db, path, migrations())
        finally:
            db.close()
    if taken:
        get_logger(__name__).info("outbox_migrated", path=str(path), steps=taken)


def _load(file: OutboxFile, clock: Clock, random: Callable[[int], bytes]) -> tuple[Lanes, str]:
    with file.lock, file.durable as db:
        lanes = load(db)
        if lanes:
            lanes += _missing(db, lanes)
        else:
            lanes = open_epoch(db, new_epoch(random(EPOCH_BYTES)), unix_ms(clock.now()), {})
        return Lanes(lanes), load_ledger(db)


def _missing(db: sqlite3.Connection, lanes: list[Lane]) -> list[Lane]:
    """Lanes for streams that this agent knows and the one before it did not."""
    epoch = lanes[-1].epoch
    present = {lane.stream for lane in lanes if lane.epoch == epoch}
    return [add_lane(db, epoch, stream) for stream in Stream if stream not in present]
