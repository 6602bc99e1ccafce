"""How fast a recorded clip is played."""

from __future__ import annotations

from collections.abc import Callable


class Pace:
    """Holds a clip's frames back until their time has come.

    Frames that are late are not held back, so a clip that fell behind catches up.

    Args:
        speed: 1 as it was recorded, 2 twice as fast, 0 as fast as it goes.
        clock: monotonic seconds.
        sleep: waits for so many seconds.
    """

    def __init__(
        self, speed: float, clock: Callable[[], float], sleep: Callable[[float], object]
    ) -> None:
        self._speed = speed
        self._clock = clock
        self._sleep = sleep
        self._began: tuple[float, float] | None = None

    def wait(self, at_s: float) -> None:
        """Return when the frame of this time of the clip is due; the first one always is."""
        if self._speed <= 0:
            return
        if self._began is None:
            self._began = (self._clock(), at_s)
        began_s, first_s = self._began
        early_s = began_s + (at_s - first_s) / self._speed - self._clock()
        if early_s > 0:
            self._sleep(early_s)
