"""``lianke-agent quarantine``: what could not be read, looked at and dealt with by a person.

It works beside the running agent and touches nothing of its: a retry is a mark beside the record,
and the agent reads it again where it lies, with the profile of today (``aside.again``). What is
shown is what is kept, without card data; it may name members.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TextIO

from agent.capture.aside.told import ToldFolder
from agent.capture.pos.keeping import NOTE, SEALED, Keeping
from agent.errors import BadConfiguration, DiskUnusable, UnreadableInput
from models.durable import write_whole
from models.vault.errors import SealBroken
from models.wire.events.capture import ReleasedHow

ASKED: Final = ".again"
_SHOWN_BYTES: Final = 64 * 1024
_COLUMNS: Final = "{:<16}  {:<20}  {:>7}  {:>9}  {:<30}  {}\n"


@dataclass(frozen=True, slots=True, order=True)
class Kept:
    """One thing in quarantine, as its note tells.

    Attributes:
        at: since when it lies here as it is: when it was put here, or last read in vain; aware UTC.
        name: by which it is asked for, here and in the cloud.
        file: what the till called the file.
        size: in bytes.
        record: its number in the file; 0 for the rest of one, or a whole one.
        key: what names the transaction, as far as that could be read.
        source: which one set it aside; empty in notes of agents that did not say so.
        raw_sha256: of the original file.
    """

    at: datetime
    name: str
    file: str
    size: int
    record: int
    key: str
    reason: str
    path: Path
    source: str = ""
    raw_sha256: str = ""


class Quarantine:
    """The quarantine of one device's data folder."""

    def __init__(self, data_dir: Path, keeping: Keeping) -> None:
        self._folder = data_dir / "quarantine"
        self._keeping = keeping
        self.told = ToldFolder(data_dir / "quarantine-told")

    def kept(self) -> list[Kept]:
        """Everything in it, the oldest first; what has no readable note is left out."""
        notes = self._folder.glob(f"*{NOTE}")
        return sorted(kept for note in notes if (kept := self._read(note)) is not None)

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

    def ask_again(self, kept: Kept) -> None:
        """Have the running agent read it again; durable, and the same when asked twice.

        Raises:
            DiskUnusable: that cannot be written down.
        """
        path = kept.path.with_suffix(ASKED)
        try:
            write_whole(path, b"")
        except OSError as error:
            raise DiskUnusable(f"{path}: {error.strerror}; nothing was asked for") from error

    def asked_again(self) -> list[Kept]:
        """What is to be read again, the oldest first."""
        return [kept for kept in self.kept() if kept.path.with_suffix(ASKED).exists()]

    def answered(self, kept: Kept) -> None:
        """It was read again, in vain, and stays."""
        kept.path.with_suffix(ASKED).unlink(missing_ok=True)

    def drop(self, kept: Kept, how: ReleasedHow, at: datetime) -> None:
        """Remove it for good, and leave word how and when; does nothing the second time."""
        self.told.leave_word(kept.name, how, at)
        for path in (kept.path, kept.path.with_suffix(NOTE), kept.path.with_suffix(ASKED)):
            path.unlink(missing_ok=True)

    def _read(self, note: Path) -> Kept | None:
        path = note.with_suffix(SEALED)
        try:
            noted = json.loads(note.read_bytes())
            return _kept(noted, self._keeping.name_of(path), path)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _only(self, name: str) -> Kept:
        found = [kept for kept in self.kept() if kept.name.startswith(name)]
        if len(found) != 1:
            many = f"{len(found)} begin with it" if found else "there is nothing of that name"
            raise BadConfiguration(f"quarantine: {name!r}: {many}; see `quarantine ls`")
        return found[0]


def _kept(noted: dict[str, Any], name: str, path: Path) -> Kept:
    return Kept(
        at=datetime.fromisoformat(noted.get("since") or noted["at"]),
        name=name,
        file=noted["file"],
        size=noted["size"],
        record=noted.get("record", 0),
        key=noted.get("key", ""),
        reason=noted["reason"],
        path=path,
        source=noted.get("source", ""),
        raw_sha256=noted.get("file_sha256") or noted["sha256"],
    )


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
