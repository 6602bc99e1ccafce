"""Style sheet, script and mark: read once, served from memory, so no path can lead elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {
    "guide.css": "text/css; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "mark.svg": "image/svg+xml",
}
_FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Assets:
    """The files by name."""

    bodies: Mapping[str, bytes]

    @classmethod
    def load(cls) -> Assets:
        """Read them from the package."""
        return cls({name: (_FOLDER / name).read_bytes() for name in _TYPES})

    def url(self, name: str) -> str:
        """An address that changes with the content, so that browsers may keep it for ever."""
        return f"/static/{name}?v={sha256(self.bodies[name]).hexdigest()[:12]}"

    async def answer(self, request: Request) -> Response:
        """``GET /static/{name}``."""
        name = request.path_params["name"]
        if name not in self.bodies:
            raise HTTPException(404)
        headers = {"Cache-Control": _FOREVER}
        return Response(self.bodies[name], media_type=_TYPES[name], headers=headers)
