"""Other queues that keep events in SQLite, with the same events on the same disk.

``persist-queue`` (a development dependency) commits every put under a lock, with SQLite's default
of ``synchronous=FULL``: as durable as the outbox, without ids, order by stream, or seals.

``thingsboard-gateway`` puts into memory and lets a thread write groups of up to a thousand, with
``synchronous=NORMAL``: what it has accepted may be lost in a kill -9, and a power cut takes more.
It is timed until its last event can be read from the file and the file is synced. Its package
brings much with it, so it gets an environment of its own (``.cache/peers``) without its
dependencies, which its storage does not use, and runs there as a process (``thingsboard_peer``).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.outbox import Draft
from models.wire.topics import Stream
from tests.bench.outbox_sides import Crew, Row, Sides, append_each, settle_all
from tests.bench.racing import Figure, Pair, figure

PRODUCERS = 64
EVENTS_EACH = 12
GROUP = 100
GROUPED = 10_000
ROUNDS = 7
THINGSBOARD = "thingsboard-gateway==3.8.0"

_ROOT = Path(__file__).resolve().parents[2]


def measure(sides: Sides) -> list[Figure]:
    """The figures of both; one whose package cannot be had is left out, with a word to stderr."""
    figures = []
    for peer in (_persist_queue, _thingsboard):
        try:
            figures.append(peer(sides))
        except (ImportError, OSError, subprocess.CalledProcessError) as error:
            print(f"{peer.__name__[1:]}: not to be had ({error})", file=sys.stderr)
    return figures


def _persist_queue(sides: Sides) -> Figure:
    from persistqueue import SQLiteQueue  # noqa: PLC0415 - a figure, no need, for those without it

    events = PRODUCERS * EVENTS_EACH
    with tempfile.TemporaryDirectory() as folder:
        queue = SQLiteQueue(folder, multithreading=True)

        def put_each(rows: list[Row]) -> None:
            for _, body in rows:
                queue.put(body)

        def once() -> Pair:
            drafts, rows = sides.fresh(events, loyal=False)
            return (
                Crew(lambda part: append_each(sides.outbox, part), drafts, PRODUCERS),
                Crew(put_each, rows, PRODUCERS),
            )

        against = f"persist-queue SQLiteQueue, {PRODUCERS} producers, every put on the disk"
        found = figure("outbox.append.vs_persist_queue", events, once, against, rounds=ROUNDS)
        queue.close()
    return found


def _thingsboard(sides: Sides) -> Figure:
    with tempfile.TemporaryDirectory() as folder, ThingsBoard(Path(folder)) as peer:

        def once() -> Pair:
            settle_all(
                sides.outbox
            )  # a shop drains; the index of what is kept stays as it is there
            drafts, _ = sides.fresh(GROUPED, loyal=False)
            return (lambda: _append_groups(sides, drafts)), (lambda: peer.put(drafts))

        against = f"{THINGSBOARD} SQLite storage, until its last event is on the disk"
        return figure("outbox.append.vs_thingsboard", GROUPED, once, against, rounds=ROUNDS)


def _append_groups(sides: Sides, drafts: list[Draft]) -> None:
    for start in range(0, len(drafts), GROUP):
        sides.outbox.append(Stream.SALE, drafts[start : start + GROUP])


class ThingsBoard:
    """The gateway's storage in a process of its own. Use it as a context manager."""

    def __init__(self, folder: Path) -> None:
        self._lines = folder / "events.jsonl"
        script = Path(__file__).with_name("thingsboard_peer.py")
        self._process = subprocess.Popen(
            [str(_environment()), str(script), f"{folder}/"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate("\n")

    def put(self, drafts: list[Draft]) -> None:
        """Put the events one by one and return when all are on the disk."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._lines.write_bytes(b"\n".join(draft.body for draft in drafts))
        self._process.stdin.write(f"{self._lines}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "on the disk\n"


def _environment() -> Path:
    """The interpreter that has the gateway, made at the first time."""
    home = _ROOT / ".cache" / "peers" / THINGSBOARD
    python = home / "bin" / "python"
    done = home / "installed"
    if not done.exists():
        venv.create(home, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", THINGSBOARD]
        subprocess.run(command, check=True, capture_output=True)
        done.touch()
    return python
