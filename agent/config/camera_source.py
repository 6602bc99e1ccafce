"""What a camera's source may be, as it is written in the configuration."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from agent.config.bounds import parts_of

_DEVICE: Final = re.compile(r"\d{1,2}|/dev/\S+")
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_DEFAULT_PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_PATTERN: Final = re.compile(r"[*?]|%(0\d+)?d|/$")


class SourceKind(StrEnum):
    """Where a camera's pictures come from."""

    CLIP = "clip"
    DEVICE = "device"
    STREAM = "stream"
    SEQUENCE = "sequence"


RECORDED: Final = frozenset({SourceKind.CLIP, SourceKind.SEQUENCE})
"""What was seen before and plays by a time of its own."""


def kind_of(source: str) -> SourceKind:
    """What a source is, by its form alone."""
    if _ADDRESS.match(source):
        return SourceKind.STREAM
    if _DEVICE.fullmatch(source):
        return SourceKind.DEVICE
    return SourceKind.SEQUENCE if _PATTERN.search(source) else SourceKind.CLIP


def file_of(source: str) -> Path:
    """The file behind a clip or a device; the folder behind a sequence of pictures."""
    name = f"/dev/video{source}" if source.isdigit() else source
    path = Path(name).expanduser()
    within = kind_of(source) is SourceKind.SEQUENCE and not name.endswith("/")
    return path.parent if within else path


def address_of(source: str) -> tuple[str, int]:
    """Host and port behind a stream."""
    parts = urlsplit(source)
    return parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme.lower()]


def check_source(camera: str, source: str) -> None:
    """Refuse what cannot be watched, never quoting a password; raises ValueError."""
    if not source.strip():
        raise ValueError(f"camera {camera}: source is empty; name a device, address or clip")
    if kind_of(source) is not SourceKind.STREAM:
        return
    parts = parts_of(
        source, f"camera {camera}: source is no address; write rtsp://host[:port]/path"
    )
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            f"camera {camera}: source holds a login; write user:password into a file of "
            "mode 0600, name it in login_file, and leave it out of the address"
        )
    if parts.scheme.lower() not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(
            f"camera {camera}: source is no address that can be watched; write "
            "rtsp://host[:port]/path, or rtsps, http or https"
        )
