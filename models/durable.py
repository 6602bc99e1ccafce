"""Files and names that outlive a power cut.

A name is on the disk once the folder it stands in is synced. Journalling file systems sync a new
file's name along with the file; POSIX does not promise it, and no file system syncs a rename by
itself.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; does nothing where the system has no such call."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, content: bytes, *, private: bool = False) -> None:
    """Make a file, or replace it: durable on return, and whole at every moment in between.

    Missing folders are made. The draft lies beside it under a hidden name, so that whoever watches
    the folder does not take it for a file; one writer at a time. A ``private`` file is its owner's
    alone (0600) from its first byte on.

    Raises:
        OSError: the disk does not take it; what was there before still is.
    """
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.part")
    if private:
        draft.touch(0o600)
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def make_folder(folder: Path, mode: int = 0o700) -> None:
    """Make a folder with its missing parents, durably. Idempotent.

    The name of a folder that is there already is synced, too: who made it may have been killed.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True, mode=mode)
    for each in missing:
        sync_folder(each.parent)
    if not missing:
        with suppress(PermissionError):  # a parent that we may not read was not made by us
            sync_folder(folder.parent)
