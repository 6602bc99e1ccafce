"""kill -9 while it appends, leases and settles: what was reported as stored is stored."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from agent.outbox import Inspection, Outbox
from models.wire.topics import Stream
from tests.simulators.outbox_parts import Premises, ids_of, take

KILLS = 24
SEED = 20261122
LONGEST_S = 0.08

CHILD = """
import os
import sys
from pathlib import Path
from random import Random
from models.runtime.logs import configure
from models.wire.topics import Stream
from tests.simulators.outbox_parts import Premises, ids_of, some_drafts, take

folder, life = Path(sys.argv[1]), int(sys.argv[2])
random = Random(life)
configure("ERROR")
sys.stdin.readline()
outbox = Premises(folder, random=os.urandom).open()
print("open", flush=True)
number = life * 1_000_000
while True:
    drafts = some_drafts(random.choice([1, 1, 1, 5]), first=number)
    number += len(drafts)
    stored = outbox.append(Stream.SALE, drafts)
    print("stored", *(one.event_id for one in stored), flush=True)
    if random.random() < 0.3:
        lease = take(outbox, max_events=3)
        print("settled", *ids_of(lease), flush=True)
        outbox.settle(lease.epoch, lease.stream, [(lease.first, lease.last)])
    if random.random() < 0.02:
        outbox.rehome("test")
"""


class Life:
    """One process that works on the outbox until it is killed."""

    def __init__(self, folder: Path, number: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(folder), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run_and_kill(self, after_s: float) -> tuple[set[str], set[str]]:
        """Let it work for a while; the ids it reported as stored, and as about to be settled."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "open\n"
        time.sleep(after_s)  # the instant of the kill is what is tested
        self._process.kill()
        told = self._process.stdout.read()
        self.discard()
        return _reported(told, "stored"), _reported(told, "settled")

    def discard(self) -> None:
        self._process.kill()
        self._process.communicate(timeout=10)  # closes the pipes and collects the process


def _reported(told: str, verb: str) -> set[str]:
    whole_lines = told.rpartition("\n")[0].splitlines()
    return {one for line in whole_lines for one in line.split()[1:] if line.startswith(verb)}


@pytest.fixture
def premises(tmp_path: Path) -> Iterator[Premises]:
    one = Premises(tmp_path)
    yield one
    one.close()


@pytest.mark.slow
def test_every_event_reported_as_stored_outlives_the_kill(premises: Premises) -> None:
    moments = Random(SEED)
    stored: set[str] = set()
    settled: set[str] = set()
    following = Life(premises.folder, 0)
    for number in range(1, KILLS + 1):
        life, following = following, Life(premises.folder, number)
        news, about_to_be_settled = life.run_and_kill(moments.uniform(0.0, LONGEST_S))
        stored |= news
        settled |= about_to_be_settled
        with Inspection.open(premises.path) as inspection:
            assert inspection.verify() == [], "no hole, no stray event, no damage"
            pending = {row.event_id for row in inspection.pending(Stream.SALE, limit=1_000_000)}
        assert stored - settled <= pending
    following.discard()
    assert len(stored) > KILLS
    _everything_can_still_be_sent(premises.open(), stored - settled)


def _everything_can_still_be_sent(outbox: Outbox, owed: set[str]) -> None:
    leased: set[str] = set()
    while ids := ids_of(take(outbox, max_events=1000)):
        leased |= set(ids)
    assert owed <= leased
    outbox.close()
