"""What kind of files a folder holds: their names, when one looks whole, and what is in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from agent.capture.pos.claims import SUFFIX, SpooledFile


@dataclass(frozen=True, slots=True)
class FileKind:
    """One kind.

    Attributes:
        suffixes: endings of names, in lower case.
        looks_whole: a hint that nothing more comes; else a file is given time. May raise OSError.
        open: its content as it is to be read and kept. Raises OSError where the file cannot be
            opened; what cannot be read is handed on as it is, for the reader to refuse.
    """

    suffixes: tuple[str, ...]
    looks_whole: Callable[[SpooledFile], bool]
    open: Callable[[Path], BinaryIO]


def _as_it_is(path: Path) -> BinaryIO:
    return path.open("rb")


POSLOG: Final = FileKind((SUFFIX,), SpooledFile.looks_whole, _as_it_is)

PRINTER_FILES: Final = FileKind((".prn", ".bin", ".escpos"), lambda _file: False, _as_it_is)
"""What a print queue drops: nothing in it says that it is whole, so it is given time to settle."""


def sealed_kind(suffix: str, unseal: Callable[[Path], bytes]) -> FileKind:
    """Files of our own that appear whole under their name, and are sealed on the disk."""
    return FileKind((suffix,), lambda _file: True, lambda path: BytesIO(unseal(path)))
