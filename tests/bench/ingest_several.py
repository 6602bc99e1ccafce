"""Whether a second worker, for other parts of the stores, makes PostgreSQL's ledger faster.

Each worker is a process of its own with a shop of its own, as ``lianke-cloud ingest`` is, on one
database and one keyring. They start each round together; it lasts until the slower one has its
last acknowledgement.
"""

from __future__ import annotations

import logging
import multiprocessing
import tempfile
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from typing import Any

import structlog

from cloud.storage import open_engine
from cloud.storage.migrations import upgrade
from models.wire.ids import DeviceId, DevicePath, StoreId
from tests.bench.ingest_load import ROUND, Sales, worker
from tests.simulators.facts import SHOP
from tests.simulators.postgres import DURABLE, postgres_cluster

ROUNDS = 4
WARM_UP = 2

_DEADLINE_S = 300.0


def several_workers(workers: int = 2, rounds: int = ROUNDS) -> dict[str, Any]:
    """Events per second of several workers together, as a multiple of what one does."""
    with postgres_cluster(DURABLE) as cluster:
        rates = [_rate(cluster.create_database(), count, rounds) for count in (1, workers)]
    return {
        "name": f"ingest.postgres.workers.{workers}",
        "value": round(rates[-1]),
        "unit": "events/s",
        "ratio": round(rates[-1] / rates[0], 3),
        "against": f"one worker, measured the same way: {rates[0]:.0f} events/s",
    }


def _rate(url: str, workers: int, rounds: int) -> float:
    """Events per second of so many workers together."""
    upgrade(open_engine(url))
    with tempfile.TemporaryDirectory() as folder:
        times = _run(url, folder, workers, WARM_UP + rounds)
    slowest = [max(of_round) for of_round in zip(*times, strict=True)]
    seconds: float = median(slowest[WARM_UP:])
    return workers * ROUND / seconds


def _run(url: str, folder: str, workers: int, rounds: int) -> Sequence[Sequence[float]]:
    """Each worker's seconds per round."""
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(workers)
    pipes = [context.Pipe(duplex=False) for _ in range(workers)]
    processes = [
        context.Process(target=_work, args=(url, folder, number, rounds, (together, answer)))
        for number, (_, answer) in enumerate(pipes)
    ]
    for process in processes:
        process.start()
    try:
        assert all(pipe.poll(_DEADLINE_S) for pipe, _ in pipes), "a worker has not finished"
        return [pipe.recv() for pipe, _ in pipes]
    finally:
        for process in processes:
            process.kill()
            process.join()


def _work(
    url: str, folder: str, number: int, rounds: int, ends: tuple[Barrier, Connection]
) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    together, answer = ends
    store = f"sh-{number:04d}"
    shop = DevicePath(SHOP.tenant, StoreId(store), DeviceId(f"{store}-pos1"))
    sales = Sales(shop, seed=number)
    times: list[float] = []
    with worker(open_engine(url), Path(folder), shop) as counter:
        for _ in range(rounds):
            payloads = sales.round()
            together.wait(_DEADLINE_S)
            times.append(counter.settle(payloads, ROUND))
    answer.send(times)
