"""The product's quarantine: what could not be read is kept durably, sealed, with a note."""

from __future__ import annotations

import json
import sys
from datetime import UTC
from itertools import count
from pathlib import Path

from agent.capture.pos.keeping import NOTE, SEALED, Keeping
from models.vault.blob import BlobSealer
from models.vault.errors import SealBroken
from models.vault.master import MasterKey
from tests.faults.powercut.scenario import Damaged, promise
from tests.faults.powercut.victim import say_ready
from tests.simulators.facts import NOON


def keeping_in(folder: Path) -> Keeping:
    """The quarantine in a folder, under an unchanging key."""
    return Keeping(folder, BlobSealer(MasterKey(bytes(32)), "quarantine"), UTC)


def work(folder: Path, life: int) -> None:
    """Keep unreadable files for ever and promise each, by its content."""
    keeping = keeping_in(folder)
    say_ready()
    for number in count(life * 1_000_000):
        content = f"unreadable-{number}".encode()
        keeping.quarantine(f"till-{number}.xml", content, NOON, "a test")
        promise([content.decode()])


def there(folder: Path) -> set[str]:
    """The contents of all that is kept; raises Damaged where a seal or a note is broken."""
    keeping = keeping_in(folder)
    try:
        for note in folder.glob(f"quarantine/[!.]*{NOTE}"):
            json.loads(note.read_bytes())
        kept = folder.glob(f"quarantine/[!.]*{SEALED}")
        return {keeping.open(path).decode() for path in kept}
    except (SealBroken, ValueError) as error:
        raise Damaged(str(error)) from error


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]))
