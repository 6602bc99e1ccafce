"""The last words of a watcher that is asked to leave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agent.capture.footfall.messages import Told
from agent.capture.footfall.process import Watcher
from agent.errors import CameraLost
from models.runtime.clock import Clock

_LISTEN_S: Final = 0.1


def farewell(watcher: Watcher, clock: Clock, patience_s: float) -> Iterator[Told]:
    """Ask it to leave; all that it says from then on, for so long, or until it is gone.

    Whoever hears its last word stops listening. One that hangs or dies has none.
    """
    watcher.ask_to_leave()
    until_s = clock.monotonic_s() + patience_s
    while clock.monotonic_s() < until_s:
        try:
            told = watcher.receive(_LISTEN_S)
        except CameraLost:
            return
        if told is not None:
            yield told
