"""What becomes of files once they are done with: sealed, out of the till's folder.

Read files go to the archive, by the day on which they were captured; unreadable ones to quarantine,
each beside a note that says why without quoting it. Both end by their retention period: receipts
name people, so neither may be kept for ever.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from hashlib import sha256
from pathlib import Path
from typing import Final

from agent.errors import DiskUnusable
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
        path = self._root / "quarantine" / self._day(at).isoformat() / _sealed_name(name, data)
        note = {
            "reason": reason,
            "at": at.isoformat(timespec="seconds"),
            "file": name,
            "sha256": sha256(data).hexdigest(),
            "size": len(data),
        }
        self._write(path, self._seal(path, data), durable=True)
        text = json.dumps(note, ensure_ascii=False, indent=1).encode()
        self._write(path.with_suffix(NOTE), text, durable=True)
        return path

    def open(self, path: Path) -> bytes:
        """The content of a kept file; raises SealBroken where it was moved, changed or is not ours."""
        return self._sealer.open(path.read_bytes(), self._place(path))

    def housekeep(self, now: datetime) -> int:
        """Remove the days that are past their retention; returns the number of files removed.

        Raises:
            DiskUnusable: a day cannot be removed.
        """
        today = self._day(now)
        return self._expire("archive", today - timedelta(self._retention.archive_days)) + (
            self._expire("quarantine", today - timedelta(self._retention.quarantine_days))
        )

    def _expire(self, shelf: str, oldest: date) -> int:
        removed = 0
        for folder in sorted(self._root.glob(f"{shelf}/????-??-??")):
            if _day_of(folder) >= oldest:
                continue
            try:
                removed += _remove(folder)
            except OSError as error:
                raise _unusable(folder, error) from error
        return removed

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    def _place(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def _seal(self, path: Path, data: bytes) -> bytes:
        return self._sealer.seal(data, self._place(path))

    def _write(self, path: Path, content: bytes, *, durable: bool) -> None:
        draft = path.with_name(f".{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with draft.open("wb") as file:
                file.write(content)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            draft.replace(path)
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


def _remove(folder: Path) -> int:
    files = list(folder.iterdir())
    for file in files:
        file.unlink()
    folder.rmdir()
    return sum(file.suffix == SEALED for file in files)


def _unusable(path: Path, error: OSError) -> DiskUnusable:
    return DiskUnusable(f"{path}: {error.strerror}; free or repair this disk, nothing was lost")
