"""What a bad disk does to an outbox's file: pages blanked, ends cut off, noise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent.outbox.pages import Pages
from agent.outbox.spans import shelf
from models.wire.topics import Stream

PAGE = 4096

Harm = Callable[[bytes], bytes]


def blank(number: int) -> Harm:
    """A sector that reads as zeros, page numbers from 1."""
    return lambda content: content[: PAGE * (number - 1)] + bytes(PAGE) + content[PAGE * number :]


def harm(path: Path, how: Harm) -> bytes:
    """Damage a closed file; returns what it is now."""
    harmed = how(path.read_bytes())
    path.write_bytes(harmed)
    return harmed


def sale(number: int) -> int:
    """The position of a sale in a file that was never re-homed."""
    return shelf(Stream.SALE)[0] - 1 + number


def page_with(path: Path, position: int) -> int:
    """The number of the page that holds the event at a position."""
    with Pages(path) as pages:
        for number in range(2, len(pages.numbers) + 1):
            if any(found == position for found, _ in pages.rows_of(pages.read(number))):
                return number
    raise AssertionError(f"no page holds an event at {position}")
