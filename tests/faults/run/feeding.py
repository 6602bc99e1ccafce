"""A till that sells while faults happen: files appear in its folder from a thread of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Self

from tests.simulators.till import Delivery, Player, SystemPlayerClock

LONGEST_PAUSE_S = 0.1


class Feeder:
    """Writes files as it is allowed to, with short seeded pauses. Use it with ``with``."""

    def __init__(self, folder: Path, deliveries: Sequence[Delivery], random: Random) -> None:
        self.given: list[Delivery] = []
        self._random = Random(random.random())
        self._left = len(deliveries)
        self._files = Player(folder, SystemPlayerClock()).play(deliveries)
        self._allowed = threading.Semaphore(0)
        self._hurry = threading.Event()
        self._thread = threading.Thread(target=self._run, name="till", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def sell(self, files: int) -> None:
        """Write some more files; returns at once."""
        for _ in range(files):
            self._allowed.release()

    def finish(self) -> None:
        """Write all that is left without pausing, and wait for it."""
        self._hurry.set()
        self.sell(self._left)
        self._thread.join()

    def _run(self) -> None:
        for _ in range(self._left):
            self._allowed.acquire()
            played = next(self._files)
            self.given.append(played.delivery)
            if not self._hurry.is_set():
                time.sleep(self._random.uniform(0.0, LONGEST_PAUSE_S))
