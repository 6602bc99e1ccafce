"""The product's replica: cards come in, sales lie over them. It promises order, not durability."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from itertools import count
from pathlib import Path
from uuid import UUID

from agent.errors import AgentError
from agent.replica import MemberRef, Replica
from models.runtime.logs import configure
from models.vault.master import MasterKey
from tests.faults.powercut.recording import mark
from tests.faults.powercut.scenario import Damaged
from tests.faults.powercut.victim import say_ready
from tests.simulators.clocks import HandClock
from tests.simulators.facts import NOON, a_sale
from tests.simulators.shop_cards import a_card, a_delta, id_of

NAME = "replica.sqlite3"


def opened(folder: Path) -> Replica:
    """The replica in a folder, under an unchanging key."""
    return Replica.open(folder / NAME, MasterKey(bytes(32)), clock=HandClock())


def work(folder: Path) -> None:
    """Take in card after card for ever, a sale now and then; tidied as the agent does it."""
    configure("CRITICAL")
    replica = opened(folder)
    say_ready()
    for sequence in count(replica.through + 1):
        card = a_card(str(UUID(int=sequence)), phone=_phone(sequence), cards=[], member_codes=[])
        replica.apply(a_delta(sequence, card))
        mark(f"applied {sequence}")
        if sequence % 7 == 0:
            sale = a_sale(sequence, phone=_phone(sequence))
            replica.lay_over(sale, id_of(sale), NOON)
        if sequence % 20 == 0:
            replica.housekeep()


def _phone(sequence: int) -> str:
    return f"+861380013{sequence % 10_000:04}"


def there(folder: Path) -> set[str]:
    """Nothing was promised; but the feed must be whole as far as it says. Raises Damaged."""
    try:
        replica = opened(folder)
        through = replica.through
        for sequence in range(1, through + 1):
            if replica.view(MemberRef(str(UUID(int=sequence)))) is None:
                raise Damaged(f"card {sequence} of {through} is not there")
        replica.close()
    except AgentError as error:
        raise Damaged(str(error)) from error
    for spoiled in folder.glob("*.corrupt"):
        _check_empty(spoiled)
    return set()


def _check_empty(spoiled: Path) -> None:
    """A file that was cut before it had any tables is begun anew, and nothing was in it."""
    try:
        with closing(sqlite3.connect(spoiled)) as db:
            tables = db.execute("SELECT name FROM sqlite_schema").fetchall()
    except sqlite3.DatabaseError as error:
        raise Damaged(f"set aside: {error}") from error
    if tables:
        raise Damaged(f"set aside with {len(tables)} tables and indices in it")


if __name__ == "__main__":
    work(Path(sys.argv[1]))
