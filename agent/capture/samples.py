"""Sample receipts for the tools that make and check profiles: text, or what went to a printer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.capture.pos.escpos import Ending, PaperRoll, PrinterProfile
from agent.capture.pos.receipts.reading import text_sha256
from agent.errors import UnreadableInput

_TEXT: Final = frozenset({".txt", ".text", ".rcpt"})
_MOST_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class Sample:
    """One receipt.

    Attributes:
        name: of its file, and its place in it where that holds several.
        sha256: of its bytes.
    """

    name: str
    lines: Sequence[str]
    sha256: str


def read_samples(path: Path, printer: PrinterProfile, encoding: str) -> list[Sample]:
    """The receipts in a file.

    Args:
        path: ``.txt`` is the text of one receipt; anything else is bytes as a printer got them.
        printer: reads the latter.
        encoding: of the former.

    Raises:
        UnreadableInput: the file cannot be opened, is too large, or is not in that encoding.
    """
    data = _content(path)
    if path.suffix.lower() in _TEXT:
        return [_of_text(path, data, encoding)]
    return list(_of_print(path, data, printer))


def _of_text(path: Path, data: bytes, encoding: str) -> Sample:
    try:
        lines = data.decode(encoding).splitlines()
    except (UnicodeError, LookupError) as error:
        raise UnreadableInput(f"{path.name}: is not in {encoding}; name its encoding") from error
    return Sample(path.name, lines, text_sha256(lines))


def _of_print(path: Path, data: bytes, printer: PrinterProfile) -> Iterator[Sample]:
    roll = PaperRoll(printer, None)
    printed = [*roll.feed(data), roll.tear(Ending.CLOSED)]
    receipts = [each for each in printed if each is not None and each.text.strip()]
    for number, receipt in enumerate(receipts, 1):
        name = path.name if len(receipts) == 1 else f"{path.name}#{number}"
        yield Sample(name, [line.text for line in receipt.lines], receipt.sha256)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UnreadableInput(f"{path.name}: larger than {_MOST_BYTES} bytes; split it")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableInput(f"{path.name}: {error.strerror}") from error
