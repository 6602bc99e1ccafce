"""What becomes of files once they are done with: sealed, out of the till's folder.

Read files go to ``archive/<day of capture>/``, unreadable ones to ``quarantine/``, each beside a
note that says why without quoting it. Both end by their retention period: receipts name people, so
neither may be kept for ever.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from hashlib import sha256
from pathlib import Path
from typing import Final

from agent.errors import DiskUnusable
from models.durable import make_folder, sync_folder
from models.vault.blob import BlobSealer

SEALED: Final = ".sealed"
NOTE: Final = ".json"
_PREFIX_CHARS: Final = 16
_NAME_BYTES: Final = 160  # with prefix and suffixes it stays below the 255 of common file systems


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days what is kept; from the day of capture, in the shop's own calendar."""

    archive_days: int = 30
    quarantine_days: int = 90


class Keeping:
    """Archive and quarantine of one device, below ``root``. Used by one thread.

    Keeping the same file twice replaces it, so a crash in between costs nothing.
    """

    def __init__(
        self, root: Path, sealer: BlobSealer, zone: tzinfo, retention: Retention | None = None
    ) -> None:
        self._root = root
        self._sealer = sealer
        self._zone = zone
        self._retention = retention or Retention()

    def archive(self, name: str, data: bytes, at: datetime) -> Path:
        """Keep a file that was captured; raises DiskUnusable.

        Not forced to disk: the sales in it are durable already, and a power cut may cost the copy.
        """
        path = self._root / "archive" / self._day(at).isoformat() / _sealed_name(name, data)
        self._write(path, self._seal(path, data), durable=False)
        return path

    def quarantine(self, name: str, data: bytes, at: datetime, reason: str) -> Path:
        """Keep a file that could not be read, durably, with its note; raises DiskUnusable."""
        path = self._root / "quarantine" / _sealed_name(name, data)
        note = {
            "reason": reason,
            "at": at.astimezone(UTC).isoformat(timespec="seconds"),
            "file": name,
            "sha256": sha256(data).hexdigest(),
            "size": len(data),
        }
        text = json.dumps(note, ensure_ascii=False, indent=1).encode()
        self._write(path.with_suffix(NOTE), text, durable=True)
        self._write(path, self._seal(path, data), durable=True)
        return path

    def open(self, path: Path) -> bytes:
        """The content of a kept file; raises SealBroken if it was moved, changed or is not ours."""
        return self._sealer.open(path.read_bytes(), self._place(path))

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
            note.unlink()
        return len(notes)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    def _place(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def _seal(self, path: Path, data: bytes) -> bytes:
        return self._sealer.seal(data, self._place(path))

    def _write(self, path: Path, content: bytes, *, durable: bool) -> None:
        draft = path.with_name(f".{path.name}.part")
        try:
            make_folder(path.parent)
            with draft.open("wb") as file:
                file.write(content)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            draft.replace(path)
            if durable:
                sync_folder(path.parent)
        except OSError as error:
            raise _unusable(path, error) from error


def _sealed_name(name: str, data: bytes) -> str:
    short = name.encode()[-_NAME_BYTES:].decode(errors="ignore")
    return f"{sha256(data).hexdigest()[:_PREFIX_CHARS]}-{short}{SEALED}"


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
    at: str = json.loads(note.read_bytes())["at"]
    return datetime.fromisoformat(at)


def _unusable(path: Path, error: OSError) -> DiskUnusable:
    return DiskUnusable(f"{path}: {error.strerror}; free or repair this disk, nothing was lost")
