"""A camera's last audit, and whether it says anything of what is counted now.

An audit holds for a camera, its lines and what is left out of its picture, how often it looks, who
is taken for staff, the rule and the network. It lies in a file of its own, which ``audit score --keep`` and the end of a live audit
write; the running agent notices it, tells it once, and lets the counts bear its id for as long as
nothing of that has changed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import msgspec

from agent.config import CameraSettings
from agent.errors import DiskUnusable
from models.durable import write_whole
from models.runtime.logs import get_logger
from models.wire.events.footfall import ZoneKind
from models.wire.events.footfall_audit import FootfallAudited

_LOG = get_logger(__name__)
_DIGITS: Final = 32


class KeptAudit(msgspec.Struct, frozen=True):
    """What lies in the file."""

    holds_for: str
    audited: FootfallAudited


def holds_for(camera: CameraSettings, rule: str, network: str) -> str:
    """What an audit of this camera is said of, as a digest."""
    lines = sorted([line.name, line.kind, line.begin, line.end] for line in camera.line)
    zones = sorted(
        [zone.kind, zone.corners]
        for zone in camera.zone
        if zone.kind in {ZoneKind.EXCLUDED, ZoneKind.STAFF}
    )
    how = [camera.steady_fps, camera.staff]
    said = msgspec.json.encode([camera.name, camera.source, lines, zones, how, rule, network])
    return hashlib.sha256(said).hexdigest()[:_DIGITS]


def audit_id(said_of: str, audited: FootfallAudited) -> str:
    """An audit's id: of what it holds for, and what it found."""
    content = msgspec.json.encode(msgspec.structs.replace(audited, audit=""))
    return hashlib.sha256(said_of.encode() + content).hexdigest()[:_DIGITS]


def keep_audit(folder: Path, kept: KeptAudit) -> Path:
    """Make it the camera's last one; raises DiskUnusable."""
    path = _file(folder, kept.audited.camera)
    _write(path, msgspec.json.encode(kept))
    return path


class LastAudit:
    """One camera's, read again whenever its file was replaced. Used by one thread."""

    def __init__(self, folder: Path, camera: CameraSettings) -> None:
        """``folder`` is that of all cameras' audits; it need not be there."""
        self._file = _file(folder, camera.name)
        self._told_file = self._file.with_suffix(".told")
        self._camera = camera
        self._read_at: tuple[int, int] | None = None
        self._kept: KeptAudit | None = None
        self._told = self._read_told()

    def id(self, rule: str, network: str) -> str:
        """The id that counts made so bear; empty where no audit holds for them."""
        kept = self._look()
        if kept is None or kept.holds_for != holds_for(self._camera, rule, network):
            return ""
        return kept.audited.audit

    def news(self) -> FootfallAudited | None:
        """An audit that was not told yet."""
        kept = self._look()
        return None if kept is None or kept.audited.audit == self._told else kept.audited

    def told(self, audit: str) -> None:
        """It is durable in the outbox. Forgotten, it would be told again under the same id."""
        self._told = audit
        try:
            _write(self._told_file, audit.encode())
        except DiskUnusable as error:
            _LOG.warning("camera_audit_mark_not_kept", camera=self._camera.name, error=str(error))

    def _look(self) -> KeptAudit | None:
        try:
            there = self._file.stat()
        except OSError:
            return self._kept
        if (there.st_mtime_ns, there.st_ino) != self._read_at:
            self._read_at = there.st_mtime_ns, there.st_ino
            self._kept = self._read()
        return self._kept

    def _read(self) -> KeptAudit | None:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=KeptAudit)
        except (OSError, ValueError) as error:
            _LOG.warning("camera_audit_unreadable", path=str(self._file), error=str(error))
            return None

    def _read_told(self) -> str:
        try:
            return self._told_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""


def _file(folder: Path, camera: str) -> Path:
    return folder / f"{camera}.json"


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content, private=True)
    except OSError as error:
        raise DiskUnusable(
            f"{path}: {error.strerror}; run this as the user of the agent"
        ) from error
