"""What one camera's process costs: ours and mesopic's, on the same film, in turns.

The film is a real clip at 1280 x 720. Both look at five pictures a second of it, once at the pace
of a camera and once as fast as they can. Compared are whole processes from start to end, imports
and loading included: our watcher, told what to do as the agent does it, and mesopic's camera
worker alone, without the supervisor, store and web server that its ``run`` starts around it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import psutil

from agent.capture.footfall.camera.clip import Clip
from agent.capture.footfall.counting.line import Line
from agent.capture.footfall.messages import Job, WatchedLine, encode
from agent.capture.footfall.process import watcher_environment
from agent.networks import InstalledNetwork
from tests.bench.peers.mesopic import Mesopic

SIZE: Final = (1280, 720)
FILM_S: Final = 25.0
FPS: Final = 5.0
LINE: Final = Line("door", 500, 188, 500, 525)
_CODECS: Final = ("avc1", "mp4v")
_EVERY_S: Final = 0.05
_MB: Final = 1e6


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a process and its children: processor seconds, and the most memory seen (MB)."""

    cpu_s: float
    resident_mb: float


@dataclass(frozen=True, slots=True)
class Side:
    """A program to be measured: its words, its environment, what it reads first."""

    command: Sequence[str]
    environment: Mapping[str, str]
    told: bytes = b""


@dataclass(frozen=True, slots=True)
class Race:
    """Rounds of both at one pace, in the order in which they ran."""

    ours: Sequence[Cost]
    theirs: Sequence[Cost]

    def ratio(self, of: Callable[[Cost], float]) -> float:
        """Ours over theirs; the median of the rounds."""
        pairs = zip(self.ours, self.theirs, strict=True)
        return statistics.median(of(ours) / of(theirs) for ours, theirs in pairs)


def make_film(clip: Path, folder: Path) -> tuple[Path, str]:
    """The clip's beginning at 720p, and the codec that this OpenCV could write."""
    with Clip(clip) as camera:
        for codec in _CODECS:
            film = folder / f"film-{codec}.mp4"
            code = cv2.VideoWriter.fourcc(*codec)
            writer = cv2.VideoWriter(str(film), code, camera.fps, SIZE)
            if writer.isOpened():
                break
        for frame in camera.frames():
            if frame.at_s > FILM_S:
                break
            writer.write(cv2.resize(frame.picture, SIZE))
        writer.release()
    return film, codec


def race(
    film: Path, network: InstalledNetwork, peer: Mesopic, *, speed: float, rounds: int
) -> Race:
    """Both in turns; who goes first alternates."""
    sides = (_ours(film, network, speed), _theirs(film, peer, speed))
    costs: tuple[list[Cost], list[Cost]] = ([], [])
    for number in range(rounds):
        for which in (0, 1) if number % 2 == 0 else (1, 0):
            costs[which].append(measured(sides[which]))
    return Race(*costs)


def measured(side: Side) -> Cost:
    """Run it to its end.

    Raises:
        RuntimeError: it failed.
    """
    process = subprocess.Popen(
        side.command, env=side.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert process.stdin is not None
    process.stdin.write(side.told)
    process.stdin.flush()  # and stays open: our watcher leaves when it closes
    resident_mb = 0.0
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        resident_mb = max(resident_mb, sum(_resident(process.pid)))
        time.sleep(_EVERY_S)
    process.stdin.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{side.command[0]} ended with exit code {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, resident_mb)


def _resident(pid: int) -> Iterator[float]:
    """MB of a process and of each of its children."""
    try:
        whole = psutil.Process(pid)
        for each in (whole, *whole.children(recursive=True)):
            yield each.memory_info().rss / _MB
    except psutil.Error:
        return  # it ended while we looked


def _ours(film: Path, network: InstalledNetwork, speed: float) -> Side:
    width, height = SIZE
    ends = (LINE.x1 / width, LINE.y1 / height, LINE.x2 / width, LINE.y2 / height)
    job = Job(
        source=str(film),
        lines=[WatchedLine(LINE.name, *ends)],
        network=network.network,
        network_file=str(network.file),
        sample_fps=FPS,
        speed=speed,
    )
    command = [sys.executable, "-P", "-m", "agent.capture.footfall.watcher"]
    return Side(command, watcher_environment(os.environ), encode(job))


def _theirs(film: Path, peer: Mesopic, speed: float) -> Side:
    return Side(peer.command(film, SIZE, [LINE], FPS, speed=speed), peer.environment)
