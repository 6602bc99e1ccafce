"""Sequences that count as settled here although no ledger has said so: they are waived.

What is waived was thinned or dropped, has moved to a later epoch, or can be sent no more. So what
a lane holds as settled and has not waived is what a ledger has acknowledged, no more and no less:
that is what the next birth says (see ``forgetting``). Kept in ``memo``, where they are any.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Final

from agent.outbox.lanes import Lane
from models.wire.ranges import RangeSet

_NAME: Final = "waived:{}"


def load_waived(db: sqlite3.Connection, number: int) -> RangeSet:
    """What is waived of the lane with this number."""
    row = db.execute("SELECT value FROM memo WHERE name = ?", (_NAME.format(number),)).fetchone()
    return RangeSet((first, last) for first, last in json.loads(row[0])) if row else RangeSet()


def save_waived(db: sqlite3.Connection, lane: Lane, waived: RangeSet) -> None:
    """Make the lane's row say ``waived``; part of the caller's transaction."""
    if waived != lane.waived:
        db.execute(
            "INSERT OR REPLACE INTO memo (name, value) VALUES (?, ?)",
            (_NAME.format(lane.number), json.dumps(list(waived))),
        )


def forget_waived(db: sqlite3.Connection, number: int) -> None:
    """Drop the row of a lane that is no more."""
    db.execute("DELETE FROM memo WHERE name = ?", (_NAME.format(number),))
