"""Runs in an environment of its own that has thingsboard-gateway: see ``outbox_peers``.

Reads names of files with one event a line from stdin; answers each with a line once all of its
events are on the disk; an empty line ends it. Imports nothing of ours.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
import time
from pathlib import Path


class Silent:
    """The gateway's loggers have a level of their own."""

    def __getattr__(self, name: str):  # type: ignore[no-untyped-def]  # noqa: ANN204 - any level
        return lambda *_args, **_more: None


def main(folder: str) -> None:
    from thingsboard_gateway.storage.sqlite.sqlite_event_storage import (  # type: ignore[import-not-found]  # noqa: PLC0415 - not ours
        SQLiteEventStorage,
    )

    storage = SQLiteEventStorage({"data_file_path": folder}, Silent(), threading.Event())
    database = Path(folder) / "data.db"
    reader = sqlite3.connect(f"file:{database}?mode=ro", uri=True, isolation_level=None)
    stored = 0
    for line in sys.stdin:
        if not line.strip():
            break
        events = Path(line.strip()).read_text().split("\n")
        for event in events:
            if not storage.put(event):
                raise SystemExit("the storage refused an event")
        stored += len(events)
        while (reader.execute("SELECT max(id) FROM messages").fetchone()[0] or 0) < stored:
            time.sleep(0.001)
        for side in ("-wal", ""):
            sync(database.with_name(database.name + side))
        print("on the disk", flush=True)
    storage.stop()


def sync(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


if __name__ == "__main__":
    main(sys.argv[1])
