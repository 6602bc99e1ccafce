"""A damaged file steps aside for the salvaged one, and is never deleted.

The salvaged file is finished and on the disk under a name of its own before the damaged one is
touched. From then on the exchange is only renaming, and whoever opens the outbox next completes an
exchange that a power cut interrupted. The log goes first: beside a fresh database it would be
replayed into it.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.errors import DiskUnusable
from models.durable import sync_folder

_SIDES: Final = ("-wal", "-shm", "-journal", "")
_READY: Final = ".salvaged-"
_DAMAGED: Final = ".damaged-"


def draft_of(path: Path) -> Path:
    """Where a salvaged file is built, with nothing left there of an earlier attempt."""
    draft = path.with_name(f"{path.name}.salvaging")
    discard(draft)
    return draft


def discard(draft: Path) -> None:
    """Remove an unfinished salvage: the damaged file still holds everything."""
    for side in _SIDES:
        draft.with_name(f"{draft.name}{side}").unlink(missing_ok=True)


def exchange(path: Path, draft: Path, now: datetime) -> Path:
    """Put a finished draft in the damaged file's place; returns where that one is now.

    Both must be closed.

    Raises:
        DiskUnusable: the draft's log could not be folded into it, and nothing has happened; or a
            rename failed, and ``complete`` goes on from there.
    """
    _refuse_a_log(draft)
    try:
        _sync(draft)
        draft.rename(path.with_name(f"{path.name}{_READY}{_stamp(path, now)}"))
        sync_folder(path.parent)
    except OSError as error:
        raise _unusable(path, error) from error
    aside = complete(path)
    assert aside is not None
    return aside


def complete(path: Path) -> Path | None:
    """Finish an exchange that has begun; the damaged file's new place, None where none has.

    Raises:
        DiskUnusable: a rename failed.
    """
    ready = next(iter(sorted(path.parent.glob(f"{path.name}{_READY}*"))), None)
    if ready is None:
        return None
    aside = path.with_name(ready.name.replace(_READY, _DAMAGED))
    try:
        for side in _SIDES:
            source = path.with_name(f"{path.name}{side}")
            if source.exists():
                source.rename(aside.with_name(f"{aside.name}{side}"))
        ready.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise _unusable(path, error) from error
    return aside


def set_aside(path: Path) -> list[Path]:
    """The damaged files that lie beside an outbox, the oldest first; without their logs."""
    found = sorted(path.parent.glob(f"{path.name}{_DAMAGED}*"))
    return [each for each in found if not each.name.endswith(_SIDES[:3])]


def _stamp(path: Path, now: datetime) -> str:
    """The moment in UTC, numbered where an earlier salvage has it: nothing is written over."""
    moment = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    taken = {each.name for each in set_aside(path)}
    names = (moment, *(f"{moment}-{number}" for number in range(2, len(taken) + 2)))
    return next(name for name in names if f"{path.name}{_DAMAGED}{name}" not in taken)


def _refuse_a_log(draft: Path) -> None:
    """SQLite says nothing where a closing connection finds no room to fold its log in."""
    log = draft.with_name(f"{draft.name}-wal")
    if log.exists() and log.stat().st_size:
        raise DiskUnusable(
            f"outbox {draft}: the end of the salvaged file is still in its log ({log.name}), which "
            "could not be folded in; make room on the disk and start again, nothing is lost"
        )


def _sync(draft: Path) -> None:
    """Most of a draft was written without a sync."""
    with draft.open("r+b") as file:
        os.fsync(file.fileno())


def _unusable(path: Path, error: OSError) -> DiskUnusable:
    return DiskUnusable(
        f"outbox {path}: the salvaged file cannot take its place ({error.strerror}); make the "
        "folder writable and start again, nothing is lost meanwhile"
    )
