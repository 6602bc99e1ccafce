"""How far a recording was told, kept in a file: a clip played again is not counted again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from agent.capture.footfall.recording_files import Files, RecordingFiles
from agent.errors import DiskUnusable
from models.durable import write_whole
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)


class Played(msgspec.Struct, frozen=True):
    """What is told of a recording.

    Attributes:
        through_ms: Unix time; minutes that begin before it were told.
        ended: all of it.
    """

    through_ms: int = 0
    ended: bool = False


class _Kept(msgspec.Struct, frozen=True):
    """What lies in the file.

    Attributes:
        clip: which recording.
        played: what is told of it.
        files: how many it had at its end; 0 before.
        last: the name of the last of these.
    """

    clip: str
    played: Played
    files: int = 0
    last: str = ""


class PlayedMark:
    """One camera's mark. Another recording under the camera's name begins anew.

    Pictures that were added behind those of a folder are more of the same recording: it is played
    again, and what was not told of it is.
    """

    def __init__(self, path: Path, source: str, begin_at: datetime) -> None:
        """``path`` is the mark's own; a recording is known by its place, content and time."""
        self._path = path
        self._recording = RecordingFiles(source)
        self._begin_at = begin_at.isoformat()
        self._kept = self._read()
        self._written = self._kept

    def played(self) -> Played:
        """How far the clip that is there now was told; a missing one is taken for the last."""
        files = self._recording.look()
        if files is None:
            return self._kept.played
        self._recognise(files)
        if self._kept.played.ended and len(files.names) > max(1, self._kept.files):
            told = msgspec.structs.replace(self._kept.played, ended=False)
            self._kept = msgspec.structs.replace(self._kept, played=told)
        return self._kept.played

    def keep(self, played: Played) -> None:
        """Remember how far this clip was told; not durable before ``write``."""
        self._kept = msgspec.structs.replace(self._kept, played=played)

    def end(self, pictures: int) -> None:
        """All of it is told; of a folder these were so many."""
        told = msgspec.structs.replace(self.played(), ended=True)
        files = self._recording.look()
        names = files.names[: max(1, pictures)] if files else []
        self._kept = _Kept(self._kept.clip, told, len(names), names[-1] if names else "")

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

    def _recognise(self, files: Files) -> None:
        """Is it the recording that was told, or another one?"""
        clip = f"{files.imprint} {self._begin_at}"
        kept = self._kept
        if kept.clip == f"{files.before} {self._begin_at}":
            self._kept = msgspec.structs.replace(kept, clip=clip)
        elif kept.clip != clip or not _begins_with(files.names, kept):
            self._kept = _Kept(clip, Played())

    def _read(self) -> _Kept:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except FileNotFoundError:
            return _Kept("", Played())
        except (OSError, msgspec.DecodeError) as error:
            _LOG.warning("clip_mark_unreadable", path=str(self._path), error=str(error))
            return _Kept("", Played())


def _begins_with(names: Sequence[str], kept: _Kept) -> bool:
    """Whether the files that were told are still the first ones."""
    return not kept.files or names[kept.files - 1 : kept.files] == [kept.last]
