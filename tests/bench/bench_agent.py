"""What a running agent costs its box: memory, with and without a backlog, and processor.

    python -m tests.bench.bench_agent

A real ``lianke-agent run`` with a till and the guide's page, without vision, against Mosquitto and
``lianke-cloud ingest``. The page is asked for and one sale a second is written, as a till writes;
the processor's share is counted over those seconds, the memory (RSS) after them. Then the line is
gone, a million sales are put into the outbox's file, and the agent is started again.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import requests

from agent.outbox import Inspection
from models.wire.topics import Stream
from tests.bench.bench_edge import PLAN
from tests.bench.outbox_scale import fill_file
from tests.simulators.demo.boxes import Shop
from tests.simulators.demo.stage import Ports
from tests.simulators.poslog_writer import poslog, transaction
from tests.simulators.processes import eventually, free_port
from tests.simulators.split_cloud import SplitCloud

SALES = 20
BACKLOG = 1_000_000
RSS_LIMIT_MB = 90.0
BACKLOG_LIMIT_MB = 10.0
CPU_LIMIT_PERCENT = 2.0
SETTLE_S = 5.0
MB = 1024 * 1024
BUDGET_BYTES = 4096 * MB

Figure = dict[str, Any]


def measure() -> list[Figure]:
    """Memory, memory beside a backlog, processor; takes about a minute and a gigabyte of disk."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cloud = SplitCloud(folder / "cloud", [PLAN])
        cloud.broker.start()
        cloud.start_ingest()
        ports = Ports(http=free_port(), broker=cloud.broker_port)
        shop = Shop(folder / "shop", PLAN, ports, cloud.secrets[PLAN.store], free_port())
        try:
            steady_mb, percent = _a_quiet_day(shop)
            cloud.stop()
            backlog_mb = _with_a_backlog(shop)
        finally:
            shop.stop()
            cloud.stop()
    return [
        _figure("agent.rss", steady_mb, "MB", RSS_LIMIT_MB),
        _figure("agent.rss.backlog", backlog_mb - steady_mb, "MB more", BACKLOG_LIMIT_MB),
        _figure("agent.cpu", percent, "% of a core", CPU_LIMIT_PERCENT),
    ]


def _a_quiet_day(shop: Shop) -> tuple[float, float]:
    """RSS in MB and percent of a core, at one sale a second."""
    shop.start()
    process = psutil.Process(shop.program.pid)
    _look_at_the_page(shop)
    _sell(shop, 1)
    assert eventually(lambda: _owed(shop) == (1, 0), 30)
    began_s, used_s = time.monotonic(), _processor_s(process)
    for n in range(2, SALES + 2):
        _sell(shop, n)
        time.sleep(max(0.0, began_s + (n - 1) - time.monotonic()))
    percent = 100 * (_processor_s(process) - used_s) / (time.monotonic() - began_s)
    assert eventually(lambda: _owed(shop) == (SALES + 1, 0), 30)
    return process.memory_info().rss / MB, percent


def _with_a_backlog(shop: Shop) -> float:
    """RSS in MB of an agent that finds a million sales in its outbox."""
    shop.stop()
    with shop.config.open("a", encoding="utf-8") as config:
        config.write(f"\n[outbox]\nbudget_bytes = {BUDGET_BYTES}\n")
    fill_file(shop.outbox_file, SALES + 1, BACKLOG)
    shop.start()
    _look_at_the_page(shop)
    for n in range(SALES + 2, SALES + 7):
        _sell(shop, n)
    whole = BACKLOG + SALES + 6
    assert eventually(lambda: _owed(shop) == (whole, BACKLOG + 5), 30)
    time.sleep(SETTLE_S)
    return float(psutil.Process(shop.program.pid).memory_info().rss / MB)


def _sell(shop: Shop, number: int) -> None:
    part = shop.till / f"{number}.part"
    part.write_bytes(poslog(transaction(number=str(number))))
    part.rename(shop.till / f"{number}.xml")


def _look_at_the_page(shop: Shop) -> None:
    for _ in range(10):
        assert requests.get(shop.url, timeout=5).ok


def _owed(shop: Shop) -> tuple[int, int]:
    """The last sale's sequence, and how many are not settled."""
    with Inspection.open(shop.outbox_file) as look:
        [sales] = [depth for depth in look.depths() if depth.stream is Stream.SALE]
    return sales.last, sales.pending


def _processor_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _figure(name: str, value: float, unit: str, limit: float) -> Figure:
    return {
        "name": name,
        "value": round(value, 2),
        "unit": unit,
        "ratio": round(value / limit, 3),
        "against": f"at most {limit:g} {unit}",
    }


if __name__ == "__main__":
    for figure in measure():
        print(json.dumps(figure))
