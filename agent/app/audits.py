"""Audits of live cameras for the set-up page: begun, gone on with, and scored at their end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from agent.capture.footfall.audit.beside import LiveAudit
from agent.capture.footfall.overheard import Overheard
from agent.capture.footfall.process import watcher_environment
from agent.errors import FaultyDevice
from agent.tablet.marking.book import Book
from agent.twin.drawings import Drawings
from models.runtime.logs import get_logger
from models.wire.events.footfall_audit import FootfallAudited

_LOG = get_logger(__name__)
_PROGRAM: Final = (sys.executable, "-P", "-m", "agent.capture.footfall.audit.closing")
_LONGEST_S: Final = 60.0


class LiveAudits:
    """One audit per camera at a time, whoever of those with the PIN goes on with it."""

    def __init__(
        self,
        overheard: Callable[[str], Overheard],
        drawings: Drawings,
        folder: Path,
        now: Callable[[], datetime],
    ) -> None:
        """``overheard`` by the camera's name; ``folder`` is that of all cameras' audits."""
        self._overheard = overheard
        self._drawings = drawings
        self._folder = folder
        self._now = now
        self._lock = threading.Lock()
        self._running: dict[str, LiveAudit] = {}

    def running(self, camera: str) -> Book | None:
        """The one that was begun and not ended."""
        with self._lock:
            return self._running.get(camera)

    def begin(self, camera: str) -> Book:
        """Begin one, or go on with the one that runs.

        Raises:
            CameraLost: nobody watches the camera now.
            DiskUnusable: its file cannot be written.
        """
        with self._lock:
            if camera not in self._running:
                settings = self._drawings.settings(camera)
                self._running[camera] = LiveAudit(
                    settings, self._overheard(camera), self._folder, self._now()
                )
                _LOG.info("camera_audit_begun", camera=camera)
            return self._running[camera]

    def end(self, camera: str) -> FootfallAudited | None:
        """End it; blocks for some seconds while its figures are made.

        Returns:
            What it found, which is the camera's last audit now; None where none ran, or the camera
            was counted otherwise on the way, so that it says nothing.

        Raises:
            DiskUnusable: not everything is in its file.
            FaultyDevice: its figures could not be made; the marks are in their file.
        """
        with self._lock:
            audit = self._running.pop(camera, None)
        if audit is None or not audit.end(self._drawings.settings(camera)):
            return None
        found = self._scored(audit.path, camera)
        _LOG.info("camera_audit_ended", camera=camera, audit=found.audit)
        return found

    def _scored(self, marks: Path, camera: str) -> FootfallAudited:
        try:
            ended = subprocess.run(  # noqa: S603 - our own program, no shell
                [*_PROGRAM, str(marks), str(self._folder), camera],
                env=watcher_environment(os.environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_LONGEST_S,
                check=True,
            )
            return msgspec.json.decode(ended.stdout, type=FootfallAudited)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            said = getattr(error, "stderr", None) or b""
            raise FaultyDevice(
                f"the audit {marks} could not be scored: {said.decode(errors='replace').strip()}; "
                "try lianke-agent audit score with it"
            ) from error
