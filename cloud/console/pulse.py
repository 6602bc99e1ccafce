"""Says whether a page's facts have changed, without reading them.

Every open page asks several times a second; the database is asked once for all of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Engine, func, select

from cloud.capture.tables import QUARANTINED, RELEASED
from cloud.devices import Fleet
from cloud.footfall.tables import AUDIT, PART
from cloud.ingest.alarms import CloudAlarms
from cloud.sales.tables import SALE
from cloud.storage import read
from models.runtime.clock import Clock

FRESH_S: Final = 0.25
"""How old an answer may be; a sale is on the screen this much later at most."""


class LivePage(StrEnum):
    """Pages that change while somebody looks."""

    TODAY = "today"
    FOOTFALL = "footfall"
    DRIFT = "drift"
    CAPTURE = "capture"
    DEVICES = "devices"
    ALARMS = "alarms"


class Pulse:
    """A stamp per page that changes with its facts. Safe for several threads."""

    def __init__(self, engine: Engine, fleet: Fleet, alarms: CloudAlarms, clock: Clock) -> None:
        """Every page counts the alarms in its head, so their stamp is in each page's."""
        self._clock = clock
        self._lock = threading.Lock()
        self._stamps: dict[LivePage, tuple[float, str]] = {}
        self._ask: dict[LivePage, Callable[[], str]] = {
            LivePage.TODAY: lambda: f"{_newest_of_shops(engine)}.{alarms.stamp()}",
            LivePage.FOOTFALL: lambda: f"{_newest_of_doors(engine)}.{alarms.stamp()}",
            # Days that are over: whoever looks is told of what came late within the minute.
            LivePage.DRIFT: alarms.stamp,
            LivePage.CAPTURE: lambda: (
                f"{_newest_of_capture(engine)}.{fleet.stamp()}.{alarms.stamp()}"
            ),
            LivePage.DEVICES: lambda: f"{fleet.stamp()}.{alarms.stamp()}",
            LivePage.ALARMS: alarms.stamp,
        }

    def stamp(self, page: LivePage) -> str:
        """The page's stamp, at most ``FRESH_S`` old."""
        with self._lock:
            now_s = self._clock.monotonic_s()
            asked_s, stamp = self._stamps.get(page, (-FRESH_S, ""))
            if not stamp or now_s - asked_s >= FRESH_S:
                stamp = self._ask[page]()
                self._stamps[page] = (now_s, stamp)
            return stamp


def _newest_of_shops(engine: Engine) -> str:
    """The last sale that changed, and the last report of a camera."""
    return _newest(engine, SALE.c.changed_position, PART.c.position)


def _newest_of_doors(engine: Engine) -> str:
    """The same, and the last audit of a camera."""
    return _newest(engine, SALE.c.changed_position, PART.c.position, AUDIT.c.position)


def _newest_of_capture(engine: Engine) -> str:
    """The last sale that changed, and the last record that came into quarantine or left it.

    By its arrival: that alone has an index of its own.
    """
    return _newest(
        engine, SALE.c.changed_position, QUARANTINED.c.received_ms, RELEASED.c.received_ms
    )


def _newest(engine: Engine, *marks: ColumnElement[int]) -> str:
    query = select(*(select(func.max(mark)).scalar_subquery() for mark in marks))
    with read(engine) as connection:
        return "-".join(str(mark or 0) for mark in connection.execute(query).one())
