"""Whether a camera still points where its lines were drawn, remembered beyond its watcher's life.

A watcher that starts knows only what it sees now. That its camera had moved before is kept here, in
a small file without any picture, until the camera is seen to be back, the lines or zones are drawn
anew, or somebody confirms that they are right as they are.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from agent.capture.footfall.messages import Marked, Seen
from agent.config import CameraSettings
from models.durable import write_whole
from models.runtime.logs import get_logger
from models.wire.events.footfall import MarkKind

_LOG = get_logger(__name__)


class _Kept(msgspec.Struct, frozen=True):
    drawn: str
    moved: bool


class Placement:
    """One camera's. Used by one thread."""

    def __init__(self, path: Path, camera: CameraSettings) -> None:
        """``path`` is the placement's own file; lines drawn anew are those of a new place."""
        self._path = path
        self._camera = camera.name
        self._drawn = _fingerprint(camera)
        self._seen_moved = False
        kept = self._read()
        self._moved = kept.moved and kept.drawn == self._drawn

    @property
    def moved(self) -> bool:
        """Whether the camera was moved, and nobody has put that right."""
        return self._moved

    def opened(self) -> None:
        """A watcher begins: it has not seen the camera move."""
        self._seen_moved = False

    def seen(self, *, moved: bool) -> None:
        """What the watcher says now. Only one that saw the camera go can see it come back."""
        if moved == self._seen_moved:
            return
        self._seen_moved = moved
        self._becomes(moved=moved)

    def marked(self, message: Seen) -> Seen:
        """What the watcher says now, marked where an earlier one saw the camera go."""
        sees_it = MarkKind.MOVED in message.troubles
        self.seen(moved=sees_it)
        if sees_it or not self._moved:
            return message
        mark = Marked(MarkKind.MOVED, message.first_s, message.last_s)
        troubles = [*message.troubles, MarkKind.MOVED]
        return msgspec.structs.replace(message, marks=[*message.marks, mark], troubles=troubles)

    def confirm(self) -> None:
        """Lines and zones are right as they are; the next watcher learns what is usual anew."""
        self._becomes(moved=False)

    def _becomes(self, *, moved: bool) -> None:
        if moved == self._moved:
            return
        self._moved = moved
        try:
            write_whole(self._path, msgspec.json.encode(_Kept(self._drawn, moved)))
        except OSError as error:
            _LOG.warning("camera_placement_not_kept", camera=self._camera, error=error.strerror)

    def _read(self) -> _Kept:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except (OSError, msgspec.DecodeError):
            return _Kept("", moved=False)


def _fingerprint(camera: CameraSettings) -> str:
    """Of all that is drawn on the camera's picture."""
    lines = [[line.name, line.begin, line.end] for line in camera.line]
    zones = [[zone.name, zone.corners] for zone in camera.zone]
    return hashlib.sha256(msgspec.json.encode([camera.source, lines, zones])).hexdigest()[:16]
