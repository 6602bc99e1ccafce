"""Are the cameras where the configuration says they are?

Only the way to them: opening a camera would take it from the running agent.
"""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from typing import Final

from agent.config import AgentConfig, CameraSettings, SourceKind
from agent.health.check import Finding, Verdict

_NAME: Final = "camera"
_TIMEOUT_S: Final = 3.0


def cameras_present(config: AgentConfig) -> Finding:
    """Every clip and device can be opened, every address accepts a connection."""
    if not config.camera:
        return Finding(_NAME, Verdict.OK, "this box has no camera")
    troubles = [trouble for camera in config.camera if (trouble := _trouble(camera))]
    if troubles:
        return Finding(
            _NAME,
            Verdict.FAULT,
            "; ".join(troubles),
            "correct [[camera]], or mend the camera; the tills go on meanwhile",
        )
    return Finding(_NAME, Verdict.OK, "; ".join(_sound(camera) for camera in config.camera))


def _trouble(camera: CameraSettings) -> str:
    """What is wrong with a camera, empty when nothing is; its login is never quoted."""
    if found := _login_trouble(camera):
        return found
    match camera.kind:
        case SourceKind.STREAM:
            return _stream_trouble(camera)
        case SourceKind.DEVICE:
            return _file_trouble(camera, stat.S_ISCHR, "device")
        case SourceKind.CLIP:
            return _file_trouble(camera, stat.S_ISREG, "clip")
        case SourceKind.SEQUENCE:
            return _file_trouble(camera, stat.S_ISDIR, "folder")


def _stream_trouble(camera: CameraSettings) -> str:
    host, port = camera.address
    try:
        socket.create_connection((host, port), _TIMEOUT_S).close()
    except OSError as error:
        return f"{camera.name}: {host}:{port} does not answer ({error})"
    return ""


def _file_trouble(camera: CameraSettings, is_kind: Callable[[int], bool], what: str) -> str:
    path = camera.file
    if not path.exists() or not is_kind(path.stat().st_mode):
        return f"{camera.name}: there is no {what} {path}"
    if not os.access(path, os.R_OK):
        return f"{camera.name}: this user may not read {path}"
    return ""


def _login_trouble(camera: CameraSettings) -> str:
    path = camera.login_file
    if path is None:
        return ""
    if not os.access(path, os.R_OK):
        return f"{camera.name}: login_file {path} cannot be read"
    if os.name == "posix" and path.stat().st_mode & 0o077:
        return f"{camera.name}: login_file {path} is readable by others; chmod 600 {path}"
    return ""


def _sound(camera: CameraSettings) -> str:
    return f"{camera.name} is there, to count at {', '.join(line.name for line in camera.line)}"
