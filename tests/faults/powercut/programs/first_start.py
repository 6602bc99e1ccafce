"""The product's outbox on the first day of a box: made, and nothing promised yet."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path

from agent.outbox.alarms import read_alarms
from models.runtime.logs import configure
from tests.faults.powercut.programs import outbox
from tests.faults.powercut.scenario import Damaged
from tests.faults.powercut.victim import say_ready
from tests.simulators.outbox_parts import Premises


def work(folder: Path) -> None:
    """Start for the first time, again and again: what is made stays, so only once it is made."""
    configure("ERROR")
    with closing(Premises(folder, random=os.urandom)) as premises:
        premises.open().close()
        say_ready()


def there(folder: Path) -> set[str]:
    """Nothing was promised; raises Damaged where the next start would raise an alarm."""
    outbox.there(folder)
    with closing(Premises(folder, random=os.urandom)) as premises:
        alarms = [alarm.message for alarm in read_alarms(premises.path)]
    if alarms:
        raise Damaged(f"a false alarm: {alarms}")
    return set()


if __name__ == "__main__":
    work(Path(sys.argv[1]))
