"""How fast a recorded clip is played."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_HOLE_S: Final = 10.0
"""Of the clip's time; a recording without a date has none that is longer (``timeline``)."""


class Pace:
    """Holds a clip's frames back until their time has come.

    Frames that are late are not held back, so a clip that fell behind catches up. Nobody waits
    through a hole in its time: there is nothing to see.

    Args:
        speed: 1 as it was recorded, 2 twice as fast, 0 as fast as it goes.
        clock: monotonic seconds.
        sleep: waits for so many seconds; it answers True where it was broken off.
    """

    def __init__(
        self, speed: float, clock: Callable[[], float], sleep: Callable[[float], bool | None]
    ) -> None:
        self._speed = speed
        self._clock = clock
        self._sleep = sleep
        self._began: tuple[float, float] | None = None
        self._last_s = 0.0

    def wait(self, at_s: float) -> bool:
        """Return when the frame of this time of the clip is due; the first one always is.

        False where the waiting was broken off: then it is not due.
        """
        if self._speed <= 0:
            return True
        if self._began is None or at_s - self._last_s > _HOLE_S:
            self._began = (self._clock(), at_s)
        self._last_s = at_s
        began_s, first_s = self._began
        early_s = began_s + (at_s - first_s) / self._speed - self._clock()
        return early_s <= 0 or not self._sleep(early_s)
