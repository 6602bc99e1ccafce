"""What the cloud has been told of the quarantine: a small file per stay, and words left for it.

    <name>.told    since when; written behind the event, so a crash tells it again and never less
    <name>.left    how it went and when, left by whoever removes the record

Whoever removes a record need not run in the agent. What went without a word ended by its days of
retention or by somebody's hand.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from agent.errors import DiskUnusable
from models.durable import make_folder, sync_folder
from models.wire.events.capture import ReleasedHow

_TOLD: Final = ".told"
_LEFT: Final = ".left"


class Word(NamedTuple):
    """How a record left, and when, aware UTC."""

    how: ReleasedHow
    at: datetime


class ToldFolder:
    """Used by the agent's own thread, and by commands beside it for ``leave_word``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def stays(self) -> Mapping[str, datetime]:
        """What was told and has not been ended: by name, since when it lies there.

        A damaged file is as none: its stay is told again.
        """
        return {
            path.stem: since
            for path in self._folder.glob(f"*{_TOLD}")
            if (since := _since(path)) is not None
        }

    def tell(self, name: str, since: datetime) -> None:
        """A stay was told; durable. Raises DiskUnusable."""
        self._write(f"{name}{_TOLD}", since.isoformat())

    def leave_word(self, name: str, how: ReleasedHow, at: datetime) -> None:
        """Say how a record went, before it goes; nothing where nobody was told of it.

        Raises:
            DiskUnusable: that cannot be written.
        """
        if (self._folder / f"{name}{_TOLD}").exists():
            self._write(f"{name}{_LEFT}", f"{how.value} {at.isoformat()}")

    def word(self, name: str) -> Word | None:
        """How it went, if somebody said so."""
        try:
            how, _, at = (self._folder / f"{name}{_LEFT}").read_text().strip().partition(" ")
            return Word(ReleasedHow(how), datetime.fromisoformat(at).astimezone(UTC))
        except (OSError, ValueError):
            return None

    def forget(self, name: str) -> None:
        """The end of a stay was told."""
        for suffix in (_LEFT, _TOLD):
            (self._folder / f"{name}{suffix}").unlink(missing_ok=True)

    def _write(self, name: str, text: str) -> None:
        path = self._folder / name
        draft = path.with_name(f".{name}.part")
        try:
            make_folder(self._folder)
            with draft.open("w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            sync_folder(self._folder)
        except OSError as error:
            raise DiskUnusable(f"{path}: {error.strerror}; free or repair this disk") from error


def _since(path: Path) -> datetime | None:
    try:
        since = datetime.fromisoformat(path.read_text().strip())
    except (OSError, ValueError):
        return None
    return since if since.tzinfo else None
