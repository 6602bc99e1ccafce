"""From a path to an owned, migrated, loaded outbox file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from agent.errors import DiskUnusable
from agent.outbox.connection import OutboxFile, connect
from agent.outbox.faults import in_our_words
from agent.outbox.lanes import Lane, Lanes
from agent.outbox.migrations import migrate, migrations
from agent.outbox.moments import unix_ms
from agent.outbox.ownership import Ownership
from agent.outbox.rows import EPOCH_BYTES, add_lane, load, open_epoch
from agent.outbox.settlement import load_ledger
from models.durable import make_folder, sync_folder
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.ids import new_epoch
from models.wire.topics import Stream


def open_file(
    path: Path, clock: Clock, random: Callable[[int], bytes]
) -> tuple[Ownership, OutboxFile, Lanes, str]:
    """Open or make an outbox: its ownership, its file, its lanes, the ledger it last heard of.

    Raises:
        OutboxBusy, OutboxCorrupt, DiskUnusable: as ``Outbox.open``; nothing stays open then.
    """
    _make_file(path)
    ownership = Ownership(path)
    try:
        _migrate(path)
        file = OutboxFile(path)
    except BaseException:
        ownership.release()
        raise
    try:
        lanes, ledger = _load(file, clock, random)
    except BaseException:
        file.close()
        ownership.release()
        raise
    return ownership, file, lanes, ledger


def _make_file(path: Path) -> None:
    """An empty file for this user alone; SQLite gives its WAL the same mode."""
    try:
        make_folder(path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        sync_folder(path.parent)
    except OSError as error:
        raise DiskUnusable(
            f"outbox {path}: {error.strerror}; make the file and its folder writable for this user"
        ) from error


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
