"""Which frames are looked at."""

from __future__ import annotations


class Sampler:
    """Picks frames at a rate, by their times.

    Moments when a frame is due lie on a grid of ``1 / sample_fps``; the first frame that reaches
    one, or misses it by half a frame, is picked. So 5 of 10 frames a second are every second one,
    and 3.5 of 10 are 3.5 on average. Frames that fail to come are not made up for.

    Args:
        sample_fps: frames to pick per second; 0 picks every one.
        period_s: the source's usual time between frames; 0 where it is not known.
    """

    def __init__(self, sample_fps: float, period_s: float = 0.0) -> None:
        self._period_s = period_s
        self._due_s: float | None = None
        self.aim(sample_fps)

    def aim(self, sample_fps: float) -> None:
        """Pick so many frames a second from now on. Safe from another thread than ``picks``."""
        interval_s = 1 / sample_fps if sample_fps > 0 else 0.0
        # A quarter of the interval is the most, or a container that lies about its rate would have
        # frames picked long before they are due.
        self._early_s = min(self._period_s / 2, interval_s / 4)
        self._interval_s = interval_s

    def picks(self, at_s: float) -> bool:
        """Whether the frame of this time is due; asked once per frame, in order of time."""
        if not self._interval_s:
            return True
        if self._due_s is not None and at_s < self._due_s - self._early_s:
            return False
        on_grid_s = at_s if self._due_s is None else self._due_s
        self._due_s = on_grid_s + self._interval_s
        if self._due_s <= at_s:
            self._due_s = at_s + self._interval_s
        return True
