"""What a camera's ``source`` means, and how it may be shown."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from agent.config.camera_source import SourceKind
from agent.errors import CameraUnreadable

_DEVICE: Final = re.compile(r"\d{1,2}|/dev/\S+")
_PATTERN: Final = re.compile(r"[*?]|%(0\d+)?d|/$")
_ADDRESS: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://")
_SCHEMES: Final = frozenset({"rtsp", "rtsps", "http", "https"})


def kind_of(source: str) -> SourceKind:
    """Read a source: an address, a device's path or number, else files.

    A path that ends in ``/`` or holds a pattern means many pictures, any other one clip.

    Raises:
        CameraUnreadable: it is an address of a kind that no camera is read by.
    """
    address = _ADDRESS.match(source)
    if address is None:
        if _DEVICE.fullmatch(source):
            return SourceKind.DEVICE
        return SourceKind.SEQUENCE if _PATTERN.search(source) else SourceKind.CLIP
    if address["scheme"].lower() not in _SCHEMES:
        raise CameraUnreadable(
            f"{shown(source)}: {address['scheme']} is no way to read a camera; "
            f"use {', '.join(sorted(_SCHEMES))}, /dev/videoN or a file"
        )
    return SourceKind.STREAM


def device_file(source: str) -> str:
    """The device's file; ``0`` stands for ``/dev/video0``."""
    return f"/dev/video{source}" if source.isdigit() else source


def shown(source: str) -> str:
    """A source for logs and errors: of an address neither its login nor its query.

    Where a malformed address leaves open which part is the login, nothing of it but its scheme is
    shown.
    """
    address = _ADDRESS.match(source)
    if address is None:
        return source
    place, *query = re.split("[?#]", source[address.end() :], maxsplit=1)
    if any("@" in each for each in query):
        return f"{address[0]}…"
    return address[0] + place.rpartition("@")[2]


def with_login(source: str, login: str) -> str:
    """An address with ``user:password`` in it; to be kept in memory only and shown to nobody.

    An empty login leaves the source as it is; another one takes the place of the address's own.

    Raises:
        CameraUnreadable: the source is no well-formed address.
    """
    if not login:
        return source
    user, _, password = login.partition(":")
    try:
        parts = urlsplit(source)
    except ValueError as error:
        raise CameraUnreadable(f"{shown(source)} is no well-formed address") from error
    place = parts.netloc.rpartition("@")[2]
    netloc = f"{quote(user, safe='')}:{quote(password, safe='')}@{place}"
    return urlunsplit(parts._replace(netloc=netloc))
