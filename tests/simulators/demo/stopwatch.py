"""How long from the till's rename to the guide's page: measured at the page's own live stream."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable

import requests


class Stopwatch:
    """Listens to the shop's live stream and notes when each sale was on the page."""

    def __init__(self, url: str) -> None:
        self._began_ns: dict[str, int] = {}
        self._seen_ns: dict[str, int] = {}
        self._listening = threading.Event()
        self._answer = requests.get(f"{url}/live", stream=True, timeout=(5, None))
        self._answer.raise_for_status()
        threading.Thread(target=self._listen, name="stopwatch", daemon=True).start()

    def began(self, sale_ids: Iterable[str], instant_ns: int) -> None:
        """The till renamed a file with these sales."""
        for sale_id in sale_ids:
            self._began_ns.setdefault(sale_id, instant_ns)

    def saw(self, sale_id: str) -> bool:
        """Whether the page has shown it."""
        return sale_id in self._seen_ns

    def latencies_ms(self) -> list[float]:
        """One figure for each sale that was begun and seen, sorted."""
        both = self._began_ns.keys() & self._seen_ns.keys()
        return sorted((self._seen_ns[i] - self._began_ns[i]) / 1e6 for i in both)

    def close(self) -> None:
        """Stop listening."""
        self._answer.close()

    def _listen(self) -> None:
        try:
            for line in self._answer.iter_lines(chunk_size=1):
                if line.startswith(b"data:"):
                    now_ns = time.perf_counter_ns()
                    self._seen_ns.setdefault(json.loads(line[5:])["sale_id"], now_ns)
        except (requests.RequestException, AttributeError, ValueError):
            return  # the stream was closed under us, which is how it ends


def percentile(sorted_values: list[float], share: float) -> float | None:
    """The nearest-rank percentile of sorted values; None when there are none."""
    if not sorted_values:
        return None
    rank = max(0, min(len(sorted_values) - 1, round(share * len(sorted_values) + 0.5) - 1))
    return round(sorted_values[rank], 2)
