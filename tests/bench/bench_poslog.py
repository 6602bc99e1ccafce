"""Reading and mapping real receipts against bare XML parsing, and a till file's way to the sink.

    python -m tests.bench.bench_poslog

``pos.poslog`` is transactions a second from bytes to composed events (parse, map, check, digest,
event id), over the 51 transactions of the full NCR file; its ratio is the time that defusedxml's
``iterparse`` takes over the same bytes, doing nothing with them, divided by ours. ``pos.spool`` is
the time from the till's rename to the sink's call, one receipt at a time, through the real folder
watch; it has nothing to be compared with, so the figure stands for itself.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

from defusedxml.ElementTree import iterparse

from agent.capture.pos import CaptureContext, CapturedSale, PoslogReader, Spool, load_profile
from agent.capture.pos.keeping import Keeping
from models.runtime.clock import SystemClock
from models.runtime.logs import configure
from models.vault.blob import BlobSealer
from models.vault.master import MasterKey
from models.wire.envelope import Moment
from models.wire.ids import DevicePath, device_id, store_id, tenant_id
from tests.simulators.till import Player, ShopDay, SystemPlayerClock

ROOT = Path(__file__).parents[2]
PROFILES = ROOT / "device_configs" / "till_profiles"
REAL = "poslog/ncr_acs_full_nosig.xml.gz"
ROUNDS = 9
RECEIPTS = 300
PAUSE_S = 0.004

Figure = dict[str, Any]


def measure() -> list[Figure]:
    """Every figure; the first needs the project's data folder and is left out without it."""
    data = _real_file()
    return [*([_reading(data)] if data else []), *_spooling()]


def _reading(data: bytes) -> Figure:
    reader = PoslogReader(load_profile(PROFILES, "ncr-acs-2.1"), _context())
    rounds = [
        (_seconds(lambda: _bare(data)), _seconds(lambda: _ours(reader, data)))
        for _ in range(ROUNDS)
    ]
    bare_s, ours_s = (min(side) for side in zip(*rounds, strict=True))
    transactions = _ours(reader, data)
    return {
        "name": "pos.poslog",
        "value": round(transactions / ours_s),
        "unit": "transactions/s",
        "ratio": round(bare_s / ours_s, 3),
        "against": "defusedxml iterparse over the same bytes",
    }


def _bare(data: bytes) -> int:
    return sum(1 for _ in iterparse(io.BytesIO(data)))


def _ours(reader: PoslogReader, data: bytes) -> int:
    return sum(1 for _ in reader.read(io.BytesIO(data), "full.xml", ""))


def _spooling() -> list[Figure]:
    configure("WARNING")
    with tempfile.TemporaryDirectory() as folder:
        latencies_ms = sorted(_latencies_ms(Path(folder)))
    return [
        {
            "name": f"pos.spool.{name}",
            "value": round(value, 3),
            "unit": "ms",
            "ratio": None,
            "against": "rename in the till's folder to the sink's call",
        }
        for name, value in (
            ("p50", statistics.median(latencies_ms)),
            ("p99", latencies_ms[int(len(latencies_ms) * 0.99)]),
        )
    ]


class _StopWatch:
    """A sink that notes when it was called."""

    def __init__(self) -> None:
        self.called_ns = 0
        self.called = Event()

    def captured(self, sales: Sequence[CapturedSale]) -> None:
        self.called_ns = time.perf_counter_ns()
        assert sales
        self.called.set()


def _latencies_ms(root: Path) -> list[float]:
    till, sink = root / "till", _StopWatch()
    till.mkdir()
    spool = _spool(root, till, sink)
    spool.start()
    time.sleep(0.2)
    found = []
    deliveries = ShopDay(seed=7, sales=RECEIPTS).deliveries()[:RECEIPTS]
    for played in Player(till, SystemPlayerClock()).play(deliveries):
        assert sink.called.wait(5), "the spool did not see a file"
        found.append((sink.called_ns - played.renamed_ns) / 1e6)
        time.sleep(PAUSE_S)
        sink.called.clear()
    spool.stop()
    return found


def _spool(root: Path, till: Path, sink: _StopWatch) -> Spool:
    sealer = BlobSealer(MasterKey(b"b" * 32), "files")
    return Spool(
        till,
        device_id("pos-1"),
        reader=PoslogReader(load_profile(PROFILES, "lianke-till"), _context()),
        sink=sink,
        keeping=Keeping(root / "data", sealer, ZoneInfo("Asia/Shanghai")),
        clock=SystemClock(),
    )


def _context() -> CaptureContext:
    device = DevicePath(tenant_id("bench"), store_id("bench"), device_id("pos-1"))
    zone = ZoneInfo("Asia/Shanghai")
    return CaptureContext(
        device, zone, lambda: Moment(datetime.now(UTC), 0, "boot"), "CN", lambda: b"k"
    )


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _real_file() -> bytes | None:
    folder = Path(os.environ.get("LIANKE_DATA", ROOT.parent / "shared" / "data"))
    path = folder / REAL
    return gzip.decompress(path.read_bytes()) if path.is_file() else None


if __name__ == "__main__":
    for figure in measure():
        print(json.dumps(figure))
