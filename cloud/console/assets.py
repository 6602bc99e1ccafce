"""Style sheet, script and mark: read once, served from memory, so no path can lead elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.responses import Response

from cloud.console.places import STATIC

_FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {
    "console.css": "text/css; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "mark.svg": "image/svg+xml",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Assets:
    """The files by name."""

    bodies: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def load(cls) -> Assets:
        """Read them from the package."""
        return cls({name: (_FOLDER / name).read_bytes() for name in _TYPES})

    def url(self, name: str) -> str:
        """An address that changes with the content, so that browsers may keep it for ever."""
        return f"{STATIC}/{name}?v={sha256(self.bodies[name]).hexdigest()[:12]}"

    def answer(self, name: str) -> Response | None:
        """The file as an answer; None when there is none of that name."""
        if name not in self.bodies:
            return None
        headers = {"Cache-Control": _FOR_EVER}
        return Response(self.bodies[name], media_type=_TYPES[name], headers=headers)
