"""``make bench``: every benchmark, one JSON line a figure.

    make bench                         all of them
    make bench ARGS="outbox ingest"    those whose module's name contains a word
    make bench ARGS=ten_million        the outbox beside 10^7 events: 10 GB of disk, some minutes
    make bench ARGS=footfall_year      footfall's pages beside a year of 50 stores: 10 GB of disk
    make bench ARGS=footfall_peer      footfall beside mesopic (make peers): five minutes or more
    make bench ARGS=footfall_hard      footfall on pictures that were made harder: twenty minutes

Each line is ``{"name", "value", "unit", "ratio", "against"}``. A ratio comes from one run that
alternates both sides with the same durability; of a latency it is the value over its limit.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable

import structlog

from tests.bench import (
    bench_agent,
    bench_company,
    bench_edge,
    bench_escpos,
    bench_floor,
    bench_footfall_peer,
    bench_ingest,
    bench_latency,
    bench_outbox,
    bench_poslog,
    bench_tap,
    bench_till_to_dom,
    bench_tracker,
    bench_uplink,
    bench_vision,
    footfall_hard,
    footfall_year,
    outbox_scale,
)

Measure = Callable[[], list[dict[str, object]]]

BENCHMARKS: dict[str, Measure] = {
    "outbox": bench_outbox.measure,
    "uplink": bench_uplink.measure,
    "edge": bench_edge.measure,
    "latency": bench_latency.measure,
    "agent": bench_agent.measure,
    "ingest": bench_ingest.measure,
    "poslog": bench_poslog.measure,
    "escpos": bench_escpos.measure,
    "tap": bench_tap.measure,
    "till_to_dom": bench_till_to_dom.measure,
    "vision": bench_vision.measure,
    "vision_tracker": bench_tracker.measure,
    "vision_floor": bench_floor.measure,
    "company": bench_company.measure,
}

ASKED_FOR: dict[str, Measure] = {
    "ten_million": outbox_scale.measure_ten_million,
    "footfall_year": footfall_year.measure,
    "footfall_peer": bench_footfall_peer.measure,
    "footfall_hard": footfall_hard.measure,
}
"""Run only when a word names them."""


def main(words: list[str]) -> None:
    """Run the benchmarks that the words name, or all of them."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    asked = {name: measure for name, measure in ASKED_FOR.items() if name in words}
    for name, measure in (BENCHMARKS | asked).items():
        if name in asked or not words or any(word in name for word in words):
            for figure in measure():
                print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
