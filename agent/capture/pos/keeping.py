"""What becomes of files once they are done with: sealed, out of the till's folder.

Read files go to ``archive/<day of capture>/``, what cannot be read to ``quarantine/``: a record,
the rest of a file or a whole one, each beside a note that says why without quoting it. Both end by
their retention period: receipts name people, so neither may be kept for ever.

Card data is masked in place before anything is sealed. What is kept is as long as the original and
reads the same but for that; digests are always those of the original bytes.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from agent.capture.pos.sealing import opened_pieces, sealed_pieces
from agent.capture.pos.sensitive import Whitelist, masked_pieces, without_cards
from agent.errors import DiskUnusable
from models.durable import make_folder, sync_folder, write_whole
from models.vault.blob import BlobSealer
from models.wire.events import capture

SEALED: Final = ".sealed"
NOTE: Final = ".json"
TILL_FOLDER: Final = capture.TILL_FOLDER
"""What the folder of ``[till]`` is called among sources; no other can have the name."""

_PREFIX_CHARS: Final = 16
_PIECE_BYTES: Final = 1 << 20
_NAME_BYTES: Final = 160  # with prefix and suffixes it stays below the 255 of common file systems


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days what is kept; from the day of capture, in the shop's own calendar."""

    archive_days: int = 30
    quarantine_days: int = 90


@dataclass(frozen=True, slots=True)
class Place:
    """Where in its file something stood that could not be read.

    Attributes:
        record: its number among the file's records, from 1; 0 for a rest or a whole file.
        offset: its first byte.
        key: what names it, as far as that can be read.
        file_sha256: of the original file; empty where that is what is kept.
    """

    record: int = 0
    offset: int = 0
    key: str = ""
    file_sha256: str = ""


class Keeping:
    """Archive and quarantine of one device, below ``root``. Used by one thread.

    Keeping the same file twice replaces it, so a crash in between costs nothing. What is kept may
    be bytes or a stream, which is taken from where it stands to its end.
    """

    def __init__(
        self,
        root: Path,
        sealer: BlobSealer,
        zone: tzinfo,
        retention: Retention | None = None,
        whitelist: Whitelist = (),
    ) -> None:
        """``whitelist`` names elements that are called a card's and hold a member's number."""
        self._root = root
        self._sealer = sealer
        self._zone = zone
        self._retention = retention or Retention()
        self._whitelist = whitelist
        self._source = ""

    def serving(self, source: str) -> Self:
        """The same for one source, whose name then stands in the notes; for one thread."""
        serving = copy.copy(self)
        serving._source = source  # noqa: SLF001 - a copy of ourselves
        return serving

    def name_of(self, path: Path) -> str:
        """By which something in quarantine is asked for: the same as long as it lies there.

        Made with this device's key, so that it says nothing of what is in it, wherever it goes.
        """
        return self._sealer.mark(path.stem)

    def archive(self, name: str, data: bytes | BinaryIO, at: datetime) -> Path:
        """Keep a file that was captured; raises DiskUnusable.

        Not forced to disk: the sales in it are durable already, and a power cut may cost the copy.
        """
        source, digest, _ = _looked_at(data)
        path = self._root / "archive" / self._day(at).isoformat() / _sealed_name(name, digest)
        self._write(path, self._sealed(path, source), durable=False)
        return path

    def quarantine(
        self,
        name: str,
        data: bytes | BinaryIO,
        at: datetime,
        reason: str,
        place: Place | None = None,
    ) -> Path:
        """Keep what could not be read, durably, with its note; raises DiskUnusable."""
        source, digest, size = _looked_at(data)
        path = self._root / "quarantine" / _sealed_name(name, digest)
        note = {
            "reason": without_cards(reason),
            "at": at.astimezone(UTC).isoformat(timespec="seconds"),
            "file": without_cards(name),
            "source": self._source,
            "sha256": digest,
            "size": size,
            **asdict(place or Place()),
        }
        self._write_note(path, note)
        self._write(path, self._sealed(path, source), durable=True)
        return path

    def renote(self, path: Path, at: datetime, reason: str) -> None:
        """What lies in quarantine was read again, in vain: say so; raises DiskUnusable.

        It began a new stay then. It still ends by the day on which it was captured.
        """
        note: dict[str, Any] = json.loads(path.with_suffix(NOTE).read_bytes())
        note["reason"] = without_cards(reason)
        note["since"] = at.astimezone(UTC).isoformat()
        self._write_note(path, note)

    def open(self, path: Path) -> bytes:
        """The content of a kept file; raises SealBroken if it was moved, changed or is not ours."""
        return b"".join(self.pieces(path))

    def pieces(self, path: Path) -> Iterator[bytes]:
        """As ``open``, for files that are larger than memory."""
        with path.open("rb") as source:
            yield from opened_pieces(source, self._sealer, self._place(path))

    def housekeep(self, now: datetime) -> int:
        """Remove the days that are past their retention; returns the number of files removed.

        Raises:
            DiskUnusable: a day cannot be removed.
        """
        try:
            return self._expire_archive(now) + self._expire_quarantine(now)
        except OSError as error:
            raise _unusable(self._root, error) from error

    def _expire_archive(self, now: datetime) -> int:
        oldest = self._day(now) - timedelta(days=self._retention.archive_days)
        folders = [path for path in self._root.glob("archive/*") if _day_of(path) < oldest]
        return sum(_remove_folder(folder) for folder in folders)

    def _expire_quarantine(self, now: datetime) -> int:
        oldest = now - timedelta(days=self._retention.quarantine_days)
        notes = [path for path in self._root.glob(f"quarantine/*{NOTE}") if _noted(path) < oldest]
        for note in notes:
            # The note goes last: a sealed file without one would never expire.
            note.with_suffix(SEALED).unlink(missing_ok=True)
            note.unlink(missing_ok=True)
        return len(notes)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    def _place(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def _sealed(self, path: Path, source: BinaryIO) -> Iterator[bytes]:
        masked = masked_pieces(source, self._whitelist)
        return sealed_pieces(masked, self._sealer, self._place(path))

    def _write_note(self, path: Path, note: dict[str, Any]) -> None:
        note_path = path.with_suffix(NOTE)
        try:
            write_whole(note_path, json.dumps(note, ensure_ascii=False, indent=1).encode())
        except OSError as error:
            raise _unusable(note_path, error) from error

    def _write(self, path: Path, content: Iterable[bytes], *, durable: bool) -> None:
        """As ``write_whole``, for content that is larger than memory or need not outlive much."""
        draft = path.with_name(f".{path.name}.part")
        try:
            make_folder(path.parent)
            with draft.open("wb") as file:
                file.writelines(content)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            draft.replace(path)
            if durable:
                sync_folder(path.parent)
        except OSError as error:
            raise _unusable(path, error) from error


def _looked_at(data: bytes | BinaryIO) -> tuple[BinaryIO, str, int]:
    """The stream from where it stands, with its digest in hex and its size in bytes."""
    source = BytesIO(data) if isinstance(data, bytes) else data
    start, digest = source.tell(), sha256()
    while piece := source.read(_PIECE_BYTES):  # file_digest takes all of a BytesIO, from 0 on
        digest.update(piece)
    size = source.tell() - start
    source.seek(start)
    return source, digest.hexdigest(), size


def _sealed_name(name: str, digest: str) -> str:
    short = without_cards(name).encode()[-_NAME_BYTES:].decode(errors="ignore")
    return f"{digest[:_PREFIX_CHARS]}-{short}{SEALED}"


def _day_of(folder: Path) -> date:
    try:
        return date.fromisoformat(folder.name)
    except ValueError:
        return date.max  # not ours


def _remove_folder(folder: Path) -> int:
    files = list(folder.iterdir())
    for file in files:
        file.unlink()
    folder.rmdir()
    return len(files)


def _noted(note: Path) -> datetime:
    """When it was captured; of a note that was damaged, when it was written."""
    try:
        return datetime.fromisoformat(json.loads(note.read_bytes())["at"])
    except (ValueError, KeyError, TypeError):
        return datetime.fromtimestamp(note.stat().st_mtime, UTC)


def _unusable(path: Path, error: OSError) -> DiskUnusable:
    return DiskUnusable(f"{path}: {error.strerror}; free or repair this disk, nothing was lost")
