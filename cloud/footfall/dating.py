"""When a camera's interval was, by our clock. Pure.

An interval says when it began by its device's wall clock, the one clock that may have been wrong;
its event is dated by ours (``LedgerEntry.corrected``). What an event of the same moment is moved by
moves the interval, too, in whole steps: an interval never begins beside its grid.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

from cloud.ledger.entry import LedgerEntry
from models.wire.events.footfall import FootfallCounted

SAME_CLOCK_WITHIN: Final = timedelta(minutes=2)
"""An interval is told within seconds of its end. One that ended longer before its event has another
clock's times, such as those of a recording, and is left alone."""

_LONGEST_STEP_S: Final = 900
"""Every zone's hour begins on a quarter of an hour."""


def dated(entry: LedgerEntry, counted: FootfallCounted) -> FootfallCounted:
    """The interval where it belongs; as it stands where its clock was right or is not known.

    One whose duration makes no sense is left to be flagged.
    """
    if entry.corrected is None or counted.duration_s <= 0:
        return counted
    since = entry.time - counted.begin_at
    if not timedelta() < since <= timedelta(seconds=counted.duration_s) + SAME_CLOCK_WITHIN:
        return counted
    step = timedelta(seconds=min(counted.duration_s, _LONGEST_STEP_S))
    shift = round((entry.corrected - entry.time) / step) * step
    return msgspec.structs.replace(counted, begin_at=counted.begin_at + shift) if shift else counted
