"""``make bench``: every benchmark, one JSON line a figure.

    make bench                         all of them
    make bench ARGS="outbox ingest"    those whose module's name contains a word

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
    bench_ingest,
    bench_outbox,
    bench_poslog,
    bench_till_to_dom,
    bench_tracker,
    bench_vision,
)

Measure = Callable[[], list[dict[str, object]]]

BENCHMARKS: dict[str, Measure] = {
    "outbox": bench_outbox.measure,
    "ingest": bench_ingest.measure,
    "poslog": bench_poslog.measure,
    "till_to_dom": bench_till_to_dom.measure,
    "vision": bench_vision.measure,
    "vision_tracker": bench_tracker.measure,
}


def main(words: list[str]) -> None:
    """Run the benchmarks that the words name, or all of them."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for name, measure in BENCHMARKS.items():
        if not words or any(word in name for word in words):
            for figure in measure():
                print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
