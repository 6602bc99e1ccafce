"""What the roster shows: workers that have died, parts that nobody serves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import Connection, select

from cloud.config import spell_parts
from cloud.devices.tables import DEVICE
from cloud.ingest.alarms.deciding import Sign, Trouble
from cloud.ingest.alarms.vocabulary import AlarmKind
from cloud.ingest.roster import Board
from cloud.ingest.shift import Sightings
from cloud.ingest.tables import INGEST_ABSENCE
from models.wire.ids import StoreId, part_of

GRACE: Final = 3.0
"""Leases for which a part may be without a worker: a restart and a hand-over take about one."""


def gone(
    connection: Connection,
    marks: Mapping[AlarmKind, int],
    standing: frozenset[str],
    board: Board,
) -> Sign:
    """Workers that others have struck from the roster; one that is back was put right."""
    kind = AlarmKind.WORKER_GONE
    newer = select(INGEST_ABSENCE).where(INGEST_ABSENCE.c.number > marks.get(kind, 0))
    troubles: dict[str, Trouble] = {}
    for row in connection.execute(newer.order_by(INGEST_ABSENCE.c.number)):
        before = troubles.get(row.worker)
        troubles[row.worker] = Trouble(
            about=row.worker,
            facts={"parts": row.parts or "-", "heir": row.heir},
            mark=row.number,
            times=before.times + 1 if before else 1,
        )
    return Sign(kind, list(troubles.values()), gone=standing & board.workers.keys())


def needed_parts(connection: Connection) -> frozenset[int]:
    """The parts in which a device may speak."""
    live = select(DEVICE.c.store).where(DEVICE.c.revoked_ms.is_(None)).distinct()
    return frozenset(part_of(StoreId(store)) for store in connection.execute(live).scalars())


class Attendance:
    """Since when which parts have nobody who gives signs of life, by our own monotonic clock."""

    def __init__(self, lease_s: float) -> None:
        self._grace_s = GRACE * lease_s
        self._sightings = Sightings(lease_s)
        self._since_s: dict[int, float] = {}

    def sign(self, board: Board, needed: Collection[int], now_s: float) -> Sign:
        """Judge a board; ``now_s`` must have been read after it. Nothing is told before the grace.

        So a process that has only just begun to look leaves an alarm of before as it is.
        """
        self._sightings.note(board, now_s)
        alive = board.workers.keys() - self._sightings.dead(now_s)
        served = {part for part, who in board.holders.items() if who in alive}
        self._since_s = {
            part: self._since_s.get(part, now_s) for part in needed if part not in served
        }
        missing = [part for part, since_s in self._since_s.items() if self._is_over(since_s, now_s)]
        troubles = [Trouble(facts={"parts": spell_parts(missing)})] if missing else []
        unclear = frozenset({""}) if self._since_s and not missing else frozenset[str]()
        return Sign(AlarmKind.INGEST_STOPPED, troubles, unclear)

    def _is_over(self, since_s: float, now_s: float) -> bool:
        return now_s - since_s >= self._grace_s
