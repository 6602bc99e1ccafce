"""What the shim wrote down: one record per change, in the order in which the changes ended.

A record is a header (magic, kind, file, two numbers, two lengths; little-endian), a name and a
rest; shim/shim.h says what each kind puts there. Files and folders are named by inode numbers. An
inode number is used again after its file is gone; ``Created`` begins a new life of it.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MAGIC: Final = 0x7443657750696B
HEADER: Final = struct.Struct("<5Q2I")


class LogUnreadable(Exception):
    """The log has a hole, or bytes that no record begins with: it proves nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file or (without content) a folder that was there, durably, before the recording."""

    node: int
    folder: int
    mode: int
    name: str
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Created:
    """A new empty file or folder."""

    node: int
    folder: int
    mode: int
    name: str
    is_folder: bool


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes at an offset."""

    node: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    """A new size: what lay beyond is gone, what is new is zeros."""

    node: int
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    """A sync that succeeded: what stood in the log before ``began`` is durable for this node."""

    node: int
    began: int


@dataclass(frozen=True, slots=True)
class Renamed:
    """An entry under another name; what had that name before is no longer reached by it."""

    old_folder: int
    old_name: str
    new_folder: int
    new_name: str


@dataclass(frozen=True, slots=True)
class Removed:
    """An entry is gone."""

    folder: int
    name: str


@dataclass(frozen=True, slots=True)
class Linked:
    """A further name of a file."""

    node: int
    folder: int
    name: str


@dataclass(frozen=True, slots=True)
class Marked:
    """A note of the test: what was promised to the outside by now."""

    text: str


@dataclass(frozen=True, slots=True)
class Unmodelled:
    """Something happened that no record can say."""

    function: str


Record = (
    Found
    | Created
    | Written
    | Truncated
    | Synced
    | Renamed
    | Removed
    | Linked
    | Marked
    | Unmodelled
)

_READERS: Final[dict[str, Callable[[tuple[int, int, int], str, bytes], Record]]] = {
    "F": lambda numbers, name, rest: Found(*numbers, name, rest),
    "f": lambda numbers, name, _: Found(*numbers, name, None),
    "C": lambda numbers, name, _: Created(*numbers, name, is_folder=False),
    "D": lambda numbers, name, _: Created(*numbers, name, is_folder=True),
    "W": lambda numbers, _, rest: Written(numbers[0], numbers[1], rest),
    "T": lambda numbers, _, __: Truncated(numbers[0], numbers[1]),
    "S": lambda numbers, _, __: Synced(numbers[0], numbers[1]),
    "R": lambda numbers, name, rest: Renamed(numbers[1], name, numbers[2], os.fsdecode(rest)),
    "U": lambda numbers, name, _: Removed(numbers[1], name),
    "L": lambda numbers, name, _: Linked(numbers[0], numbers[1], name),
    "M": lambda _, __, rest: Marked(rest.decode()),
    "!": lambda _, name, __: Unmodelled(name),
}


def read_records(log: Path) -> Iterator[tuple[int, Record]]:
    """Each record with the position in the log where it begins.

    A record that breaks off at the end is left out: its call had not returned when the process was
    killed.

    Raises:
        LogUnreadable: a record breaks off before the end.
    """
    data = memoryview(log.read_bytes())
    position = 0
    while position + HEADER.size <= len(data):
        magic, kind, node, first, second, name_length, rest_length = HEADER.unpack_from(
            data, position
        )
        if magic != MAGIC:
            raise LogUnreadable(f"{log}: no record begins at byte {position}")
        middle = position + HEADER.size + name_length
        end = middle + rest_length
        if end > len(data):
            return
        name = os.fsdecode(bytes(data[position + HEADER.size : middle]))
        yield position, _READERS[chr(kind)]((node, first, second), name, bytes(data[middle:end]))
        position = end


def append_mark(log: Path, text: str) -> None:
    """Note in a log that something was promised to the outside; from any process, at any time."""
    _append(log, _encoded("M", (0, 0, 0), "", text.encode()))


def append_found(log: Path, found: Found) -> None:
    """Note what was there before."""
    kind = "f" if found.content is None else "F"
    numbers = (found.node, found.folder, found.mode)
    _append(log, _encoded(kind, numbers, found.name, found.content or b""))


def _encoded(kind: str, numbers: tuple[int, int, int], name: str, rest: bytes) -> bytes:
    named = os.fsencode(name)
    return HEADER.pack(MAGIC, ord(kind), *numbers, len(named), len(rest)) + named + rest


def _append(log: Path, record: bytes) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(descriptor, record)  # in one call, between those of others
    finally:
        os.close(descriptor)
