"""How far a recorded clip was told, kept in a file: a clip played again is not counted again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from agent.errors import DiskUnusable
from models.durable import write_whole
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)


class Played(msgspec.Struct, frozen=True):
    """What is told of a clip.

    Attributes:
        through_ms: Unix time; minutes that begin before it were told.
        ended: all of it.
    """

    through_ms: int = 0
    ended: bool = False


class _Kept(msgspec.Struct, frozen=True):
    clip: str
    played: Played


class PlayedMark:
    """One camera's mark. Another clip under the camera's name begins anew."""

    def __init__(self, path: Path, clip: Path, begin_at: datetime) -> None:
        """``path`` is the mark's own file; a clip is told from others by place, size and time."""
        self._path = path
        self._clip = clip
        self._begin_at = begin_at
        self._kept = self._read()
        self._written = self._kept

    def played(self) -> Played:
        """How far the clip that is there now was told; a missing one is taken for the last."""
        clip = self._identity()
        if clip not in ("", self._kept.clip):
            self._kept = _Kept(clip, Played())
        return self._kept.played

    def keep(self, played: Played) -> None:
        """Remember how far this clip was told; not durable before ``write``."""
        self._kept = _Kept(self._kept.clip, played)

    def write(self) -> None:
        """Durable on return; does nothing where nothing changed. Raises DiskUnusable."""
        if self._kept == self._written:
            return
        try:
            write_whole(self._path, msgspec.json.encode(self._kept))
        except OSError as error:
            raise DiskUnusable(
                f"{self._path}: {error.strerror}; free or repair the disk, for after a restart "
                "minutes of the clip may be told twice"
            ) from error
        self._written = self._kept

    def _read(self) -> _Kept:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except FileNotFoundError:
            return _Kept("", Played())
        except (OSError, msgspec.DecodeError) as error:
            _LOG.warning("clip_mark_unreadable", path=str(self._path), error=str(error))
            return _Kept("", Played())

    def _identity(self) -> str:
        try:
            size = self._clip.stat().st_size
        except OSError:
            return ""
        return f"{self._clip} {size} {self._begin_at.isoformat()}"
