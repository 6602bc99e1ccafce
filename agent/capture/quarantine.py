"""``lianke-agent quarantine``: what could not be read, looked at and dealt with by a person.

It works beside the running agent and touches nothing of its: a retry puts the record back into the
folder it came from (``retrying``), where the agent finds it like any file of the till, with the
profile of today. What it still cannot read comes back here with a reason of today. What is shown is
what is kept, without card data; it may name members.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TextIO

from agent.capture.pos.keeping import NOTE, SEALED, Keeping
from agent.errors import BadConfiguration, DiskUnusable, UnreadableInput
from models.durable import sync_folder
from models.vault.errors import SealBroken

_NAME_CHARS: Final = 16
_SHOWN_BYTES: Final = 64 * 1024
_COLUMNS: Final = "{:<16}  {:<20}  {:>7}  {:>9}  {:<30}  {}\n"


@dataclass(frozen=True, slots=True, order=True)
class Kept:
    """One thing in quarantine, as its note tells.

    Attributes:
        at: when it was put here, aware UTC.
        name: by which it is asked for; the beginning of its digest.
        file: what the till called the file.
        size: in bytes.
        record: its number in the file; 0 for the rest of one, or a whole one.
        key: what names the transaction, as far as that could be read.
    """

    at: datetime
    name: str
    file: str
    size: int
    record: int
    key: str
    reason: str
    path: Path


class Quarantine:
    """The quarantine of one device's data folder."""

    def __init__(self, data_dir: Path, keeping: Keeping) -> None:
        self._folder = data_dir / "quarantine"
        self._keeping = keeping

    def kept(self) -> list[Kept]:
        """Everything in it, the oldest first; what has no readable note is left out."""
        notes = self._folder.glob(f"*{NOTE}")
        return sorted(kept for note in notes if (kept := _read(note)) is not None)

    def find(self, names: Sequence[str]) -> list[Kept]:
        """The things of these names, or of which one is the only beginning.

        Raises:
            BadConfiguration: there is none of a name, or several begin so.
        """
        return [self._only(name) for name in names]

    def content(self, kept: Kept) -> Iterator[bytes]:
        """Its bytes, masked.

        Raises:
            UnreadableInput: the sealed file is gone, or was changed.
        """
        try:
            yield from self._keeping.pieces(kept.path)
        except (SealBroken, OSError) as error:
            raise UnreadableInput(f"{kept.name}: cannot be opened: {error}") from error

    def retry(self, kept: Kept, till_folder: Path) -> Path:
        """Put it back into its source's folder, then forget it here; returns the new file.

        In this order, so that a crash leaves it twice and never loses it; events that are known
        already count once.

        Raises:
            UnreadableInput: as ``content``.
            DiskUnusable: the till's folder cannot be written to.
        """
        path = till_folder / f"retry-{kept.name}-{kept.file}"
        draft = till_folder / f".{path.name}.part"
        try:
            with draft.open("wb") as file:
                file.writelines(self.content(kept))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            sync_folder(till_folder)
        except OSError as error:
            raise DiskUnusable(f"{path}: {error.strerror}; nothing was removed") from error
        self.drop(kept)
        return path

    def drop(self, kept: Kept) -> None:
        """Remove it for good; does nothing the second time."""
        kept.path.unlink(missing_ok=True)
        kept.path.with_suffix(NOTE).unlink(missing_ok=True)

    def _only(self, name: str) -> Kept:
        found = [kept for kept in self.kept() if kept.name.startswith(name)]
        if len(found) != 1:
            many = f"{len(found)} begin with it" if found else "there is nothing of that name"
            raise BadConfiguration(f"quarantine: {name!r}: {many}; see `quarantine ls`")
        return found[0]


def write_list(kept: Sequence[Kept], stdout: TextIO) -> None:
    """``ls``: a table without anything of the content."""
    stdout.write(_COLUMNS.format("name", "since", "record", "bytes", "transaction", "reason"))
    for each in kept:
        since = each.at.isoformat(timespec="seconds")
        record = str(each.record or "-")
        row = (each.name, since[:20], record, each.size, each.key or each.file, each.reason)
        stdout.write(_COLUMNS.format(*row))
    stdout.write(f"{len(kept)} in quarantine\n")


def write_content(quarantine: Quarantine, kept: Kept, stdout: TextIO) -> None:
    """``show``: the reason, then what is kept, up to 64 KiB of it."""
    stdout.write(f"{kept.file}, {kept.size} bytes: {kept.reason}\n")
    shown = b""
    for piece in quarantine.content(kept):
        shown += piece
        if len(shown) >= _SHOWN_BYTES:
            break
    stdout.write(shown[:_SHOWN_BYTES].decode(errors="replace") + "\n")
    if kept.size > _SHOWN_BYTES:
        stdout.write(f"... {kept.size - _SHOWN_BYTES} bytes more\n")


def _read(note: Path) -> Kept | None:
    try:
        told: dict[str, Any] = json.loads(note.read_bytes())
        return Kept(
            at=datetime.fromisoformat(told["at"]),
            name=note.name[:_NAME_CHARS],
            file=told["file"],
            size=told["size"],
            record=told.get("record", 0),
            key=told.get("key", ""),
            reason=told["reason"],
            path=note.with_suffix(SEALED),
        )
    except (OSError, ValueError, KeyError):
        return None
