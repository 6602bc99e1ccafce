"""What watching costs, measured, and the camera aimed at a rate that the box can afford."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from agent.capture.footfall.governor import Effort, Governor


class Aimed(Protocol):
    """The part of a camera that is told how often to give a picture."""

    def aim(self, sample_fps: float) -> None:
        """Give so many pictures a second from now on."""
        ...


@dataclass(frozen=True, slots=True)
class Stopwatches:
    """Seconds of this process; each only grows.

    Attributes:
        wall_s: monotonic.
        looking_s: processor time of the thread that looks at pictures.
        all_s: of all threads.
        decoding_s: how much of the former went into reading a recording; of a live camera none,
            which a thread of its own reads.
    """

    wall_s: Callable[[], float] = time.monotonic
    looking_s: Callable[[], float] = time.thread_time
    all_s: Callable[[], float] = time.process_time
    decoding_s: Callable[[], float] = lambda: 0.0


class Workload:
    """One camera's. ``looked`` is called by the thread that looks at pictures.

    Args:
        camera: what is aimed.
        fixed_fps: what it was opened with, 0 for every picture; not used with a governor.
        governor: chooses the rate; None where it is fixed.
        watches: how costs are measured.
    """

    def __init__(
        self,
        camera: Aimed,
        fixed_fps: float,
        governor: Governor | None,
        watches: Stopwatches | None = None,
    ) -> None:
        self._camera = camera
        self._governor = governor
        self._watches = watches or Stopwatches()
        self._pictures = 0
        self.wanted_fps = governor.fps if governor else fixed_fps

    def looked(self) -> None:
        """One more picture was looked at."""
        if self._governor is None:
            return
        self._pictures += 1
        watches = self._watches
        looking_s = watches.looking_s() - watches.decoding_s()
        effort = Effort(watches.wall_s(), looking_s, watches.all_s(), self._pictures)
        fps = self._governor.account(effort)
        if fps != self.wanted_fps:
            self.wanted_fps = fps
            self._camera.aim(fps)
