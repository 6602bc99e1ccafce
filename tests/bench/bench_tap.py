"""What a tap adds to a print job, against a direct connection to the same printer.

    python -m tests.bench.bench_tap

A job is what a till does: connect, send a receipt with a logo (10 kB), ask the printer how it is,
hear its answer, say that this was all, and wait until the printer has closed. Direct and tapped
jobs alternate in pairs, who goes first alternates too; till, printer and tap are three processes.
``pos.tap`` is how much later the 99th percentile of jobs ends with a tap, the median of five blocks
of jobs; its ratio is that over the promised 2 ms. The tap writes every receipt down meanwhile,
sealed and synced. It needs an idle machine: with other work on it, a direct job's own 99th
percentile is several times the promise.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, sleep
from typing import Any, Final

from tests.simulators.printing_till import PrintingTill, logo, receipt
from tests.simulators.processes import ROOT

LIMIT_MS: Final = 2.0
BLOCKS: Final = 5
PAIRS: Final = 200
_PAUSE_S: Final = 0.01  # a till does not print without a pause; the recorder is done by then

Figure = dict[str, Any]


def measure() -> list[Figure]:
    """The figure, and the medians of both sides."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _program("network_printer") as printer,
        _program("tap_program", folder, f"{printer}") as tap,
    ):
        blocks = list(_jobs(printer, tap))[1:]
    added_ms = statistics.median(_p99(tapped) - _p99(direct) for direct, tapped in blocks)
    middle_ms = statistics.median(
        statistics.median(tapped) - statistics.median(direct) for direct, tapped in blocks
    )
    direct_ms = statistics.median(_p99(direct) for direct, _ in blocks)
    return [
        _figure("pos.tap", added_ms, "p99 of a print job, tapped less direct; over 2 ms"),
        _figure("pos.tap.p50", middle_ms, "median of the same"),
        _figure("pos.tap.direct", direct_ms, "p99 of a direct job, for comparison"),
    ]


def _jobs(printer: int, tap: int) -> Iterator[tuple[list[float], list[float]]]:
    """Times of direct and of tapped jobs, block by block; the first block warms up."""
    for _ in range(BLOCKS + 1):
        direct_ms: list[float] = []
        tapped_ms: list[float] = []
        for number in range(PAIRS):
            job = logo(48, 190) + receipt(number)
            sides = ((printer, direct_ms), (tap, tapped_ms))
            for port, times_ms in sides if number % 2 else sides[::-1]:
                times_ms.append(_print(port, job))
                sleep(_PAUSE_S)
        yield direct_ms, tapped_ms


def _print(port: int, job: bytes) -> float:
    """Milliseconds until the printer is done."""
    began = perf_counter()
    with PrintingTill(port) as till:
        till.print(job)
        till.ask()
        till.finish()
    return (perf_counter() - began) * 1000


def _p99(times_ms: list[float]) -> float:
    return sorted(times_ms)[int(len(times_ms) * 0.99)]


def _figure(name: str, value_ms: float, against: str) -> Figure:
    return {
        "name": name,
        "value": round(value_ms, 3),
        "unit": "ms",
        "ratio": round(value_ms / LIMIT_MS, 3) if name == "pos.tap" else None,
        "against": against,
    }


@contextmanager
def _program(name: str, *arguments: str) -> Iterator[int]:
    """A simulator in a process of its own; the port that it prints first."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.simulators.{name}", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


if __name__ == "__main__":
    for figure in measure():
        print(json.dumps(figure))
