"""What the cameras count about themselves. How it is published is decided here alone."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge

from agent.capture.footfall.minutes import Minute
from agent.capture.footfall.standing import STATES


class FootfallMetrics:
    """Counters of all cameras of one agent. Names of cameras and lines are the configuration's."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._samples = Counter(
            "lianke_footfall_samples", "Pictures looked at.", ["camera"], registry=registry
        )
        self._crossings = Counter(
            "lianke_footfall_crossings",
            "People who crossed a line, in finished minutes.",
            ["camera", "direction"],
            registry=registry,
        )
        self._observed = Counter(
            "lianke_footfall_observed_seconds",
            "Time that was watched closely enough to count, in finished minutes.",
            ["camera"],
            registry=registry,
        )
        self._missed = Counter(
            "lianke_footfall_missed_seconds",
            "Time in which nobody watched, by what explains it, in finished minutes.",
            ["camera", "reason"],
            registry=registry,
        )
        self._starts = Counter(
            "lianke_camera_starts", "Watchers started.", ["camera"], registry=registry
        )
        self._state = Gauge(
            "lianke_camera_state",
            "1 for the state that a camera is in, 0 for the others.",
            ["camera", "state"],
            registry=registry,
        )
        self._held = Gauge(
            "lianke_footfall_minutes_held",
            "Minutes that the outbox could not take yet.",
            registry=registry,
        )
        self._dropped = Counter(
            "lianke_footfall_minutes_dropped",
            "Minutes that were given up: the outbox could not take them for too long.",
            registry=registry,
        )

    def looked(self, camera: str, samples: int) -> None:
        """A watcher told of pictures."""
        self._samples.labels(camera).inc(samples)

    def counted(self, camera: str, minutes: Iterable[Minute]) -> None:
        """Minutes were finished."""
        for minute in minutes:
            self._observed.labels(camera).inc(minute.observed_ms / 1000)
            for gap in minute.gaps:
                self._missed.labels(camera, gap.reason).inc(gap.ms / 1000)
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
