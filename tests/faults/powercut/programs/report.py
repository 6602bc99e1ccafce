"""The product's reported document: its version, once told, never goes back."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from agent.twin.reporter import Reporter
from models.runtime.logs import configure
from tests.faults.powercut.scenario import promise, release
from tests.faults.powercut.victim import say_ready

NAME = "reported.json"


def work(folder: Path, life: int) -> None:
    """Report changing settings for ever; the last version told is what is owed."""
    configure("CRITICAL")
    reporter = Reporter(folder / NAME)
    say_ready()
    told = ""
    for number in count(life * 1_000_000):
        version = _named(reporter.report({"number": str(number)}).version)
        promise([version])
        release([told])
        told = version


def there(folder: Path) -> set[str]:
    """Every version that would not be told a second time for something else."""
    following = Reporter(folder / NAME).report({"number": "after the cut"}).version
    return {_named(version) for version in range(1, following)}


def _named(version: int) -> str:
    return f"version-{version}"


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]))
