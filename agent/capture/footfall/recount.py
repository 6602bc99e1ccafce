"""A recorded clip through the counting of the shop floor: the same parts, without the agent.

The pipeline is the watcher's: a clip, a detector, a counter. Nothing of it depends on which clip it
is. What it took is measured as it goes, per picture that was looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

from agent.capture.footfall.analyst import Analyst, Learnt
from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.camera.port import Camera
from agent.capture.footfall.counting.counter import Counter, Walkers
from agent.capture.footfall.counting.facts import Fact
from agent.capture.footfall.counting.line import Crossing, Line
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.settling import Settled
from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.detection.detector import Detector
from agent.capture.footfall.sight.garbling import Garbling
from agent.capture.footfall.span import Span
from agent.config import BadgeSettings


class Recording(Camera, Protocol):
    """A camera that has an end, and says how far it came."""

    @property
    def frames_read(self) -> int:
        """Frames decoded so far, due or not."""
        ...

    @property
    def sampled(self) -> int:
        """Frames given so far."""
        ...

    @property
    def seconds_of_video(self) -> float:
        """From the first frame to the end of the last one read so far, in the container's time."""
        ...

    @property
    def truncated(self) -> bool:
        """Whether it ended before its container says; ask at its end."""
        ...


@dataclass(frozen=True, slots=True)
class Glance:
    """What a spectator is shown after each picture.

    Attributes:
        frame: the picture; it must not be written into.
        walkers: who is followed now.
        crossings: who crossed a line, told with this picture.
        staff: whoever of them is staff, by id.
    """

    frame: Frame
    walkers: Walkers
    crossings: Sequence[Crossing]
    staff: AbstractSet[int] = frozenset()


Spectator = Callable[[Glance], None]
"""Watches a recount; the time it takes is counted to nobody."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Milliseconds per picture that was looked at.

    Attributes:
        decode: reading and decoding, of the frames in between as well.
        detect: finding people.
        track: following them, the lines, and what else is learnt of their ways.
        total: everything but the spectators.
    """

    decode: float
    detect: float
    track: float
    total: float


@dataclass(frozen=True, slots=True)
class Recount:
    """What a clip gave.

    Attributes:
        frames: read from the container.
        sampled: of these, looked at.
        seconds_of_video: the clip's length in its own time.
        lines: as they were given.
        crossings: in the order in which they were told; none of a time that was not observed.
        pace: what it took.
        truncated: the clip ended before its container says; what there was is counted.
        zones: as they were given.
        observed_s: how much of the clip was looked at closely enough to count.
        garbled_s: for how long of it pictures were damaged; who crossed then is in doubt.
        settled: what else is known of the crossings.
        facts: what is known of zones and heat.
    """

    frames: int
    sampled: int
    seconds_of_video: float
    lines: tuple[Line, ...]
    crossings: tuple[Crossing, ...]
    pace: Pace
    truncated: bool
    zones: tuple[Zone, ...] = ()
    observed_s: float = 0.0
    garbled_s: float = 0.0
    settled: tuple[Settled, ...] = ()
    facts: tuple[Fact, ...] = ()


def recount(
    recording: Recording,
    detector: Detector,
    lines: Sequence[Line],
    *,
    now_s: Callable[[], float],
    spectators: Sequence[Spectator] = (),
    zones: Sequence[Zone] = (),
    badge: BadgeSettings | None = None,
) -> Recount:
    """Count a recording to its end.

    The time between pictures that are too far apart is a hole: who crosses then is not counted, as
    on the shop floor.

    Args:
        recording: an open one, of which no frame was taken yet.
        detector: finds people.
        lines: checked against the recording's size; their names differ.
        now_s: a stop-watch, in seconds.
        spectators: shown every picture after it was counted.
        zones: checked as the lines are.
        badge: that staff wear.

    Raises:
        CameraUnreadable: the pictures change their size on the way.
    """
    counter = Counter(lines, recording.size, zones=zones)
    analyst = Analyst(lines, zones, recording.size, badge)
    laps, found = _Laps(now_s), _Found()
    for frame in recording.frames():
        laps.decode_s += laps.lap()
        detections = detector.detect(frame.picture)
        laps.detect_s += laps.lap()
        moment = counter.look(detections, frame.at_s, found.span.closely_s(frame.at_s))
        learnt = analyst.look(moment, frame.picture)
        laps.track_s += laps.lap()
        counted = found.take(frame, moment, learnt)
        _show(Glance(frame, counter.tracks, counted, analyst.staff), spectators)
        laps.lap()
    found.learn(analyst.rest())
    return Recount(
        frames=recording.frames_read,
        sampled=recording.sampled,
        seconds_of_video=recording.seconds_of_video,
        lines=tuple(lines),
        crossings=tuple(found.crossings),
        pace=laps.pace(recording.sampled),
        truncated=recording.truncated,
        zones=tuple(zones),
        observed_s=found.observed_s,
        garbled_s=found.garbled_s,
        settled=tuple(found.settled),
        facts=tuple(found.facts),
    )


class _Found:
    """What was found so far."""

    def __init__(self) -> None:
        self.span = Span()
        self.observed_s = self.garbled_s = 0.0
        self.crossings: list[Crossing] = []
        self.settled: list[Settled] = []
        self.facts: list[Fact] = []
        self._garbling = Garbling()

    def take(self, frame: Frame, moment: Moment, learnt: Learnt) -> Sequence[Crossing]:
        """One more picture; who crossed by it and counts."""
        self.span.add(frame.at_s)
        self.observed_s += moment.span_s
        for mark in self._garbling.look(frame.at_s, damaged=frame.damaged):
            self.garbled_s += mark.end_s - mark.begin_s
        counted = self.span.observed(moment.crossings)
        self.crossings += counted
        self.learn(learnt)
        return counted

    def learn(self, learnt: Learnt) -> None:
        """What else is known."""
        self.settled += learnt.settled
        self.facts += learnt.facts


def _show(glance: Glance, spectators: Sequence[Spectator]) -> None:
    for spectator in spectators:
        spectator(glance)


class _Laps:
    """Where the time went; ``lap`` is what passed since the last one."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._last_s = now_s()
        self.decode_s = self.detect_s = self.track_s = 0.0

    def lap(self) -> float:
        last_s, self._last_s = self._last_s, self._now_s()
        return self._last_s - last_s

    def pace(self, pictures: int) -> Pace:
        parts = (self.decode_s, self.detect_s, self.track_s)
        decode, detect, track = (1000 * part_s / max(1, pictures) for part_s in parts)
        return Pace(decode, detect, track, decode + detect + track)
