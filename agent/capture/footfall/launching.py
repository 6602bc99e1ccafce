"""What must be right before a camera's watcher is started: its network, its clip, its login."""

from __future__ import annotations

import os
from pathlib import Path

from agent.capture.footfall.messages import Job, WatchedLine, WatchedZone
from agent.capture.footfall.process import Watcher, WatcherProcess
from agent.capture.footfall.viewfinder.finder import Viewfinder
from agent.config import CameraSettings, LineSettings, SourceKind, ZoneSettings
from agent.errors import BadConfiguration, CameraUnreadable
from agent.networks import InstalledNetwork, NetworkCache


class Launcher:
    """Starts the watcher of one camera. What may have changed since is read again every time."""

    def __init__(
        self, camera: CameraSettings, networks: NetworkCache, viewfinder: Viewfinder
    ) -> None:
        """``viewfinder`` shows what the watcher sees that was started last."""
        self._camera = camera
        self._networks = networks
        self._viewfinder = viewfinder

    def __call__(self) -> Watcher:
        """A watcher at its job.

        Raises:
            NetworkMissing, NetworkMismatch, BadConfiguration, CameraUnreadable: a person has to
                mend something first.
            CameraLost: the process cannot be started.
        """
        installed = self._networks.find(self._camera.network)
        job = self._job(installed)
        with self._viewfinder.new_pair() as theirs:
            return WatcherProcess(job, named(installed), shows=theirs.fileno())

    def _job(self, installed: InstalledNetwork) -> Job:
        camera = self._camera
        return Job(
            source=_present(camera),
            login=read_login(camera),
            lines=[watched_line(line) for line in camera.line],
            zones=[watched_zone(zone) for zone in camera.zone],
            badge=camera.staff.badge,
            network=installed.network,
            network_file=str(installed.file),
            sample_fps=camera.steady_fps,
            processor_share=camera.processor_share,
            source_fps=camera.source_fps or 0.0,
            speed=camera.speed,
            dated=camera.recorded_at is not None,
        )


def read_login(camera: CameraSettings) -> str:
    """``user:password`` of the camera, empty where it needs none; raises BadConfiguration."""
    path = camera.login_file
    if path is None:
        return ""
    try:
        login = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise BadConfiguration(
            f"camera {camera.name}: login_file {path}: {reason}; write user:password into it"
        ) from error
    if ":" not in login:
        raise BadConfiguration(
            f"camera {camera.name}: login_file {path} does not hold user:password"
        )
    return login


def named(installed: InstalledNetwork) -> str:
    """A network as events name it: with the first digits of its digest."""
    return f"{installed.network.name}@{installed.network.sha256[:8]}"


def _present(camera: CameraSettings) -> str:
    """The source as the watcher opens it; raises CameraUnreadable where there is no such clip.

    A device's stable name (``/dev/v4l/by-id/…``) is a link to the number that it has today.
    """
    match camera.kind:
        case SourceKind.STREAM:
            return camera.source
        case SourceKind.DEVICE:
            return os.path.realpath(camera.file)
        case SourceKind.CLIP:
            return str(_existing(camera.name, camera.file))
        case SourceKind.SEQUENCE:
            # A folder's last slash, which a Path loses, tells it from a clip.
            return f"{camera.file}/{camera.source.rpartition('/')[2]}"


def _existing(camera: str, clip: Path) -> Path:
    if not clip.is_file():
        raise CameraUnreadable(
            f"camera {camera}: there is no clip {clip}; correct source, or put the clip there"
        )
    return clip


def watched_line(line: LineSettings) -> WatchedLine:
    """A line as a watcher is told of it."""
    (x1, y1), (x2, y2) = line.begin, line.end
    return WatchedLine(line.name, x1, y1, x2, y2, line.kind)


def watched_zone(zone: ZoneSettings) -> WatchedZone:
    """A zone as a watcher is told of it."""
    return WatchedZone(zone.name, zone.kind, [(x, y) for x, y in zone.corners])
