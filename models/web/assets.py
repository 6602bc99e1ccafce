"""Style sheet, script and mark: read once, served from memory, so no path can lead elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Final

from starlette.responses import Response

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Assets:
    """The files by name.

    Attributes:
        address: under which they are served, without a slash at its end.
    """

    address: str
    bodies: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def load(cls, folder: Path, address: str) -> Assets:
        """Read the style sheets, scripts and marks of a folder; other files are not served."""
        files = [path for path in folder.iterdir() if path.suffix in _TYPES]
        return cls(address, {path.name: path.read_bytes() for path in files})

    def url(self, name: str) -> str:
        """An address that changes with the content, so that browsers may keep it for ever."""
        return f"{self.address}/{name}?v={sha256(self.bodies[name]).hexdigest()[:12]}"

    def answer(self, name: str) -> Response | None:
        """The file as an answer; None when there is none of that name."""
        if name not in self.bodies:
            return None
        headers = {"Cache-Control": _FOR_EVER}
        return Response(
            self.bodies[name], media_type=_TYPES[PurePath(name).suffix], headers=headers
        )
