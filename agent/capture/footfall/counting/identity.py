"""Whom the tracker lost or mixed up, and who they probably are: *persons* beside tracks.

Somebody who stands and vanishes for good, while somebody new appears at the same place soon after,
has not been replaced: the newcomer is the *heir*, the same person. And where one who stood sets
off while one who walked stops, they have met and *exchanged* tracks: each person goes on in the
other's. Both are guesses from places and times alone (``docs/explanation/footfall.md`` has the
figures); they touch how long people stayed, hardly how many were there.
"""

from __future__ import annotations

import numpy as np

from agent.capture.footfall.counting.floor_tuning import FloorTuning
from agent.capture.footfall.counting.tracks import Flags, Floats, Table


def find_heir(table: Table, lost: int, tuning: FloorTuning) -> None:
    """Let somebody new go on as the person of this row, who is gone. Changes the table.

    The lost one is present until the heir was born. One who was walking, or was never proven to be
    a person, has none.
    """
    gone = table[lost]
    if not (gone["slow"] and gone["proven"]):
        return
    off = _apart(table["birthplace"], gone["foot"]) / gone["height"]
    alike = np.abs(np.log(table["height"] / gone["height"])) < tuning.heir_shape
    # Somebody who was seen but once is a phantom.
    later = (table["born_s"] > gone["until_s"]) & (table["until_s"] > table["born_s"])
    heir = _nearest(off, alike & later & ~table["heir"])
    if off[heir] < tuning.heir_reach:
        _inherit(table, heir, lost)


def exchange(table: Table, turned: int, tuning: FloorTuning) -> None:
    """Exchange persons with somebody whom this row, which just set off or stopped, met.

    Changes the table; a turn serves once.
    """
    one = table[turned]
    off = _apart(table["turned_at"], one["turned_at"]) / one["height"]
    lately = table["turned_s"] >= one["turned_s"] - tuning.exchange_s
    other = _nearest(off, lately & (table["slow"] != one["slow"]))
    if off[other] < tuning.heir_reach:
        table["person"][[turned, other]] = table["person"][[other, turned]]
        table["turned_s"][[turned, other]] = -np.inf


def _inherit(table: Table, heir: int, lost: int) -> None:
    table["person"][heir] = table["person"][lost]
    for flag in ("heir", "proven", "slow", "paced"):
        table[flag][heir] = True
    table["staff"][[heir, lost]] = table["staff"][[heir, lost]].any()
    table["until_s"][lost] = np.nextafter(table["born_s"][heir], -np.inf)


def _nearest(off: Floats, possible: Flags) -> int:
    """The row of the smallest; those that are not possible become infinite."""
    off[~possible] = np.inf
    return int(off.argmin())


def _apart(places: Floats, place: Floats) -> Floats:
    apart = places - place
    distance: Floats = np.hypot(apart[:, 0], apart[:, 1])
    return distance
