"""A watcher that is told to stop looks at no further picture, says what it still knows, and goes.

It is told by SIGTERM. A thread of its own waits for that: a handler would run within the main
thread, and could break into the very lock that it needs.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable


class Leaving:
    """Whether the watcher was told to stop, and what is to be done then. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told = threading.Event()
        self._acts: list[Callable[[], None]] = []

    @property
    def told(self) -> bool:
        """Whether it was."""
        return self._told.is_set()

    def tell(self) -> None:
        """Stop. Idempotent."""
        with self._lock:
            self._told.set()
            acts, self._acts = self._acts, []
        for act in acts:
            act()

    def then(self, act: Callable[[], None]) -> None:
        """Do this when it is told, in the thread that tells it; now where it was told before."""
        with self._lock:
            if not self._told.is_set():
                self._acts.append(act)
                return
        act()

    def sleep(self, seconds: float) -> bool:
        """Wait for so long; True, and at once, when it is told or was."""
        return self._told.wait(seconds)


def heed_sigterm(leaving: Leaving) -> None:
    """Have SIGTERM tell it; called by the main thread while there is no other one."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Thread(target=_wait, args=(leaving,), name="sigterm", daemon=True).start()


def _wait(leaving: Leaving) -> None:
    signal.sigwait({signal.SIGTERM})
    leaving.tell()
