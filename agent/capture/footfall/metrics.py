"""What the cameras count about themselves. How it is published is decided here alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from prometheus_client import CollectorRegistry

from agent.capture.footfall.minutes import Minute
from agent.capture.footfall.standing import STATES
from agent.metrics import Counted, Measured
from models.wire.events.footfall import MarkKind


class FootfallMetrics:
    """Counters of all cameras of one agent. Names of cameras and lines are the configuration's."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._samples = Counted.PICTURES.make(registry)
        self._crossings = Counted.CROSSINGS.make(registry)
        self._observed = Counted.SECONDS_OBSERVED.make(registry)
        self._missed = Counted.SECONDS_MISSED.make(registry)
        self._starts = Counted.CAMERA_STARTS.make(registry)
        self._marked = Counted.SECONDS_MARKED.make(registry)
        self._rate = Measured.CAMERA_RATE.make(registry)
        self._trouble = Measured.CAMERA_TROUBLE.make(registry)
        self._state = Measured.CAMERA_STATE.make(registry)
        self._held = Measured.MINUTES_HELD.make(registry)
        self._dropped = Counted.MINUTES_DROPPED.make(registry)

    def looked(self, camera: str, samples: int, *, wanted_fps: float, reached_fps: float) -> None:
        """A watcher told of pictures; rates are per second, a wanted one of 0 is every picture."""
        self._samples.labels(camera).inc(samples)
        self._rate.labels(camera, "wanted").set(wanted_fps)
        self._rate.labels(camera, "reached").set(reached_fps)

    def suffers(self, camera: str, troubles: Collection[MarkKind]) -> None:
        """What a camera cannot be trusted for has changed."""
        for each in MarkKind:
            self._trouble.labels(camera, each).set(each in troubles)

    def counted(self, camera: str, minutes: Iterable[Minute]) -> None:
        """Minutes were finished."""
        for minute in minutes:
            self._observed.labels(camera).inc(minute.observed_ms / 1000)
            for gap in minute.gaps:
                self._missed.labels(camera, gap.reason).inc(gap.ms / 1000)
            for mark in minute.marks:
                self._marked.labels(camera, mark.kind).inc(mark.ms / 1000)
            for line in minute.lines:
                self._crossings.labels(camera, "in").inc(line.ingress)
                self._crossings.labels(camera, "out").inc(line.egress)

    def started(self, camera: str) -> None:
        """A watcher was started."""
        self._starts.labels(camera).inc()

    def stands(self, camera: str, state: str) -> None:
        """A camera's state changed."""
        for each in STATES:
            self._state.labels(camera, each).set(each == state)

    def holds(self, minutes: int) -> None:
        """So many minutes wait for the outbox."""
        self._held.set(minutes)

    def dropped(self, minutes: int) -> None:
        """Minutes were given up."""
        self._dropped.inc(minutes)
