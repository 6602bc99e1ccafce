"""Camera, detector and counter, put together: pictures in, what was seen out."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import cv2

from agent.capture.footfall.analyst import ANALYSES, Analyst, Learnt
from agent.capture.footfall.camera.frame import Frame
from agent.capture.footfall.camera.opening import Recording, open_camera
from agent.capture.footfall.camera.port import Camera
from agent.capture.footfall.camera.source import kind_of
from agent.capture.footfall.care import Care
from agent.capture.footfall.counting.counter import RULE, Counter
from agent.capture.footfall.counting.line import Line
from agent.capture.footfall.counting.moment import Moment
from agent.capture.footfall.counting.zone import Zone
from agent.capture.footfall.detection.detections import Detections
from agent.capture.footfall.detection.detector import Detector, Picture
from agent.capture.footfall.detection.loading import load_detector
from agent.capture.footfall.governor import Governor
from agent.capture.footfall.leaving import Leaving
from agent.capture.footfall.messages import (
    Ended,
    Job,
    Left,
    Opened,
    Told,
    WatchedLine,
    WatchedZone,
)
from agent.capture.footfall.offline import CutOff, stay_connected
from agent.capture.footfall.pace import Pace
from agent.capture.footfall.sight.checkup import Checkup
from agent.capture.footfall.span import Condition, Span
from agent.capture.footfall.viewfinder.eyepiece import Eyepiece
from agent.capture.footfall.workload import Stopwatches, Workload
from agent.config.camera_source import SourceKind
from agent.networks import InstalledNetwork

Tell = Callable[[Told], None]
Spectate = Callable[[Frame], None]


class Opening(Protocol):
    """Opens a source and waits for its first picture; ``open_camera`` is one."""

    def __call__(
        self, source: str, /, *, login: str, sample_fps: float, source_fps: float, dated: bool
    ) -> Camera:
        """See ``open_camera``."""
        ...


class Counting(Protocol):
    """Turns detections into people and their crossings; ``Counter`` is one."""

    def look(self, detections: Detections, at_s: float, span_s: float) -> Moment:
        """What is known of everybody after one more sample, later than the one before."""
        ...


class Studying(Protocol):
    """Learns more of people's ways; ``Analyst`` is one."""

    def look(self, moment: Moment, picture: Picture) -> Learnt:
        """What one more moment has taught."""
        ...

    def rest(self) -> Learnt:
        """What is known at the end and was not told yet."""
        ...


class Caring(Protocol):
    """Looks after the camera itself; ``Care`` is one."""

    def look(self, frame: Frame, moment: Moment) -> Condition:
        """How the camera does, as far as one more picture tells."""
        ...


def watch(
    job: Job,
    tell: Tell,
    shows_on: socket.socket | None = None,
    opening: Opening = open_camera,
    leaving: Leaving | None = None,
    cut_off: CutOff = stay_connected,
) -> None:
    """Watch until a clip ends; a live camera is watched until it fails. Either until told to stop.

    Args:
        job: what to watch.
        tell: takes every message to the agent.
        shows_on: where somebody may ask what is seen.
        opening: opens the job's source.
        leaving: tells when to stop.
        cut_off: lets no more connections be opened: by nobody where the source needs none, else
            by nobody but the threads that fetch the pictures, which have theirs already.

    Raises:
        CameraUnreadable: the source will never give pictures.
        CameraLost: the source does not answer, or vanished; what was seen has been told.
        BadLine: a line has no length or lies outside the picture.
        BadZone: likewise a zone.
        NetworkMissing: the network's file is not there.
        NetworkMismatch: it is not what the manifest says.
    """
    cv2.setNumThreads(1)
    detector = load_detector(InstalledNetwork(job.network, Path(job.network_file)))
    leaving = leaving or Leaving()
    governor = Governor(job.processor_share) if job.sample_fps is None else None
    sample_fps = governor.fps if governor else job.sample_fps or 0.0
    streamed = kind_of(job.source) is SourceKind.STREAM
    if not streamed:
        cut_off(all_threads=True)
    with opening(
        job.source,
        login=job.login,
        sample_fps=sample_fps,
        source_fps=job.source_fps,
        dated=job.dated,
    ) as camera:
        if streamed:
            cut_off(all_threads=False)
        leaving.then(camera.stop)
        lines = [in_pixels(line, camera.size) for line in job.lines]
        zones = [zone_in_pixels(zone, camera.size) for zone in job.zones]
        counter = Counter(lines, camera.size, zones=zones)
        analyst = Analyst(lines, zones, camera.size, job.badge)
        recording = camera if isinstance(camera, Recording) else None
        pace = Pace(job.speed if recording else 0, time.monotonic, leaving.sleep)
        watches = Stopwatches(decoding_s=lambda: recording.decode_s if recording else 0.0)
        care = Care(Checkup(), Workload(camera, sample_fps, governor, watches))
        eyepiece = Eyepiece(shows_on, time.monotonic) if shows_on else None

        def spectate(frame: Frame) -> None:
            if eyepiece is not None:
                eyepiece.show(frame, counter, analyst.wearers)

        look(
            camera,
            detector,
            counter,
            analyst,
            care=care,
            span=Span(),
            pace=pace,
            tell=tell,
            spectate=spectate,
        )
        tell(_last_word(recording, leaving))


def look(
    camera: Camera,
    detector: Detector,
    counter: Counting,
    analyst: Studying,
    *,
    care: Caring,
    span: Span,
    pace: Pace,
    tell: Tell,
    spectate: Spectate = lambda _frame: None,
) -> None:
    """Look at every picture that the camera gives, and tell what was seen, to its end.

    At that end, whatever its cause, all is told that is known by then. ``spectate`` is shown each
    picture after it was counted. A picture that is not waited for is not looked at.
    """
    opened = False
    try:
        for frame in camera.frames():
            if not opened:
                tell(_opened(camera, frame.at_s))
                opened = True
            if not pace.wait(frame.at_s):
                break
            detections, span_s = detector.detect(frame.picture), span.closely_s(frame.at_s)
            moment = counter.look(detections, frame.at_s, span_s)
            learnt = analyst.look(moment, frame.picture)
            span.note(care.look(frame, moment))
            if (seen := span.add(frame.at_s, moment.crossings, learnt)) is not None:
                tell(seen)
            spectate(frame)
            del frame  # its memory serves for the next one
    finally:
        if (rest := span.rest(analyst.rest())) is not None:
            tell(rest)


def in_pixels(line: WatchedLine, size: tuple[int, int]) -> Line:
    """A line of the configuration over a picture of this (width, height).

    Raises:
        BadLine: it has no length.
    """
    width, height = size
    ends = (line.x1 * width, line.y1 * height, line.x2 * width, line.y2 * height)
    return Line(line.name, *ends, kind=line.kind)


def zone_in_pixels(zone: WatchedZone, size: tuple[int, int]) -> Zone:
    """A zone of the configuration over a picture of this (width, height).

    Raises:
        BadZone: its corners make no area.
    """
    width, height = size
    return Zone(zone.name, zone.kind, tuple((x * width, y * height) for x, y in zone.corners))


def _last_word(recording: Recording | None, leaving: Leaving) -> Ended | Left:
    if leaving.told:
        return Left()
    if recording is None:
        return Ended()
    return Ended(truncated=recording.truncated, pictures=recording.frames_read)


def _opened(camera: Camera, at_s: float) -> Opened:
    width, height = camera.size
    return Opened(
        width=width, height=height, fps=camera.fps, at_s=at_s, rule=RULE, analyses=ANALYSES
    )
