"""How long do the footfall pages' reads take beside a year of minutes of fifty stores?

    python -m tests.bench footfall_year    # SQLite and PostgreSQL: 10 GB of disk, ten minutes

Every store's camera at the door has told each of fourteen hours a day for a year, minute by minute
and in the order of the ledger, so that one store's rows lie apart; for the last four weeks it has a
second camera, lines, zones and heat. One more camera was audited and has never told anything since.
"""

from __future__ import annotations

import re
import statistics
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Engine, text

from cloud.footfall.detail import packed
from cloud.insight import read_crowd, read_drift, read_footfall
from cloud.organisation import Store
from cloud.storage import write
from models.wire.ids import StoreId, TenantId
from tests.bench.racing import Figure, timed
from tests.simulators.databases import Databases, PostgresDatabases, SqliteDatabases
from tests.simulators.facts import an_audit
from tests.simulators.postgres import DURABLE, PostgresCluster

STORES: Final = 50
DAYS: Final = 365
DETAILED_DAYS: Final = 28
OPEN_MIN: Final = 14 * 60
LIMIT_MS: Final = 300
ROUNDS: Final = 9
LAST: Final = date(2026, 11, 21)
NOW: Final = datetime(2026, 11, 22, 4, tzinfo=UTC)
ZONE: Final = ZoneInfo("Asia/Shanghai")
AUDIT: Final = "a" * 32

_OPENS: Final = datetime(LAST.year, LAST.month, LAST.day, 8, tzinfo=ZONE)
_FIRST_MS: Final = round((_OPENS - timedelta(days=DAYS - 1)).timestamp()) * 1000

_MINUTES: Final = """
WITH RECURSIVE minute(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM minute WHERE n + 1 < :until),
 shop(s) AS (SELECT 0 UNION ALL SELECT s + 1 FROM shop WHERE s + 1 < :stores)
"""
_PART: Final = """
INSERT INTO footfall_part (position, tenant, store, device, camera, begin_at_ms, duration_s,
 observed_ms, samples, ingress, egress, gaps, ignored, flags, event_id, replaces, superseded, audit,
 door_lines, passing_lines, staff_ingress, staff_egress, groups_in, groups_out, again, passers,
 analyses, marks, marked_ms)
"""
_PARTS: Final = """
SELECT 2 * (n * :stores + s) + :place, 'demo', 'sh-' || (1000 + s), 'sh-' || (1000 + s) || '-cam1',
 CAST(:camera AS VARCHAR),
 CAST(:first_ms AS BIGINT) + (n / 840) * CAST(86400000 AS BIGINT) + (n % 840) * 60000,
 60, 60000, 300,
 CASE WHEN :doors = 1 THEN (n * 7 + s) % 5 ELSE 0 END,
 CASE WHEN :doors = 1 THEN (n * 5 + s) % 5 ELSE 0 END,
 '{}', FALSE, '', '', 0, FALSE, CAST(:audit AS VARCHAR), :doors, :doors, 0, 0, 1, 1, 0, 6,
 'crowd-1', '{}', 0 FROM minute, shop
"""
_LINE: Final = """
INSERT INTO footfall_line (position, line, ingress, egress, kind, staff_ingress, staff_egress,
 groups_in, groups_out, again)
"""
_LINES: Final = """
SELECT 2 * (n * :stores + s), CAST(:line AS VARCHAR), (n * 7 + s) % 5, (n * 5 + s) % 5,
 CAST(:kind AS VARCHAR), 0, 0, 1, 1, 0 FROM minute, shop
"""
_ZONE: Final = """
INSERT INTO footfall_zone (position, zone, kind, person_ms, staff_ms, most, stays, cut)
"""
_ZONES: Final = """
SELECT 2 * (n * :stores + s) + :place, CAST(:zone AS VARCHAR), CAST(:kind AS VARCHAR), 90000, 1000,
 3, CAST(:stays AS VARCHAR), 0 FROM minute, shop
"""
_HEAT: Final = "INSERT INTO footfall_heat (position, cells)"
_HEATS: Final = "SELECT 2 * (n * :stores + s), :cells FROM minute, shop"
_AUDIT: Final = """
INSERT INTO footfall_audit (position, tenant, store, device, camera, audit, audited_at_ms, figures)
"""
_AUDITS: Final = """
SELECT -1000 * :place - s, 'demo', 'sh-' || (1000 + s), 'sh-' || (1000 + s) || '-cam1',
 CAST(:camera AS VARCHAR), CAST(:audit AS VARCHAR), :first_ms, CAST(:figures AS VARCHAR) FROM shop
"""


def measure() -> list[Figure]:
    """The figures of both databases."""
    with tempfile.TemporaryDirectory() as folder:
        figures = list(_figures("sqlite", SqliteDatabases(hasty=True), Path(folder)))
    cluster = PostgresCluster(DURABLE)
    try:
        cluster.start()
        figures += _figures("postgresql", PostgresDatabases(cluster), Path("year"))
    finally:
        cluster.close()
    return figures


def _figures(name: str, databases: Databases, folder: Path) -> Iterator[Figure]:
    engine = databases.open(folder)
    fill(engine)
    for page, read in (("today", _today), ("footfall", _footfall), ("drift", _drift)):
        median_ms = statistics.median(_ms(engine, read, shop) for shop in range(ROUNDS))
        yield {
            "name": f"footfall_year.{page}.{name}",
            "value": round(median_ms),
            "unit": "ms",
            "ratio": round(median_ms / LIMIT_MS, 3),
            "against": f"{LIMIT_MS} ms",
        }
    engine.dispose()


def _ms(engine: Engine, read: Callable[[Engine, Store], object], shop: int) -> float:
    """The first look at one shop: no page of it was read a moment before."""
    store = a_store(shop)
    return 1000 * timed(lambda: read(engine, store))


def _today(engine: Engine, store: Store) -> object:
    return read_footfall(engine, store, LAST, NOW)


def _footfall(engine: Engine, store: Store) -> object:
    return read_crowd(engine, store, LAST, NOW)


def _drift(engine: Engine, store: Store) -> object:
    return read_drift(engine, store, LAST, DETAILED_DAYS, NOW)


def a_store(number: int) -> Store:
    """One of the fifty."""
    name = f"sh-{1000 + number}"
    return Store(TenantId("demo"), StoreId(name), name, str(ZONE), "CNY", "CN")


def fill(engine: Engine) -> None:
    """The whole year, past the fold: what it would have written."""
    span: dict[str, object] = {"stores": STORES, "first_ms": _FIRST_MS, "until": DAYS * OPEN_MIN}
    year = span | {"first": 0}
    weeks = span | {"first": (DAYS - DETAILED_DAYS) * OPEN_MIN}
    door, till = {"place": 0, "camera": "door"}, {"place": 1, "camera": "till"}
    stays = {"stays": '{"4":1,"7":1}'}
    heat = packed((cell, 4_000) for cell in range(100, 500, 28))
    for into, rows, facts in (
        (_PART, _PARTS, year | door | {"doors": 1, "audit": AUDIT}),
        (_PART, _PARTS, weeks | till | {"doors": 0, "audit": ""}),
        (_LINE, _LINES, weeks | {"line": "doorstep", "kind": "entrance"}),
        (_LINE, _LINES, weeks | {"line": "street", "kind": "passing"}),
        (_ZONE, _ZONES, weeks | stays | {"place": 0, "zone": "shelf", "kind": "dwell"}),
        (_ZONE, _ZONES, weeks | stays | {"place": 1, "zone": "till", "kind": "queue"}),
        (_HEAT, _HEATS, weeks | {"cells": heat}),
    ):
        _insert(engine, f"{into}{_MINUTES}{rows}", facts)
    for place, camera in enumerate(("door", "gone"), 1):
        figures = msgspec.json.encode(an_audit(AUDIT, camera=camera)).decode()
        said = {"place": place, "camera": camera, "audit": AUDIT, "figures": figures}
        _insert(engine, f"{_AUDIT}{_MINUTES}{_AUDITS}", year | said)


def _insert(engine: Engine, statement: str, facts: dict[str, object]) -> None:
    """Numbers stand in the text: PostgreSQL would take a small one for a small integer."""
    for name, value in facts.items():
        if isinstance(value, int):
            statement = re.sub(rf":{name}\b", str(value), statement)
    named = {name: value for name, value in facts.items() if re.search(rf":{name}\b", statement)}
    with write(engine) as connection:
        connection.execute(text(statement), named)
