"""Words that name secrets, as text and as the bytes of it, and where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_ENCODINGS: Final = ("utf-8", "gbk", "utf-16-le", "utf-16-be")


def in_bytes(words: tuple[str, ...]) -> tuple[str, ...]:
    """Chinese words as text, and as Latin-1 shows their bytes; in small letters.

    Of UTF-16 without its zero bytes, since so it is looked at.
    """
    return words + tuple(
        word.encode(encoding).replace(b"\0", b"").decode("latin-1").lower()
        for encoding in _ENCODINGS
        for word in words
    )


def those_in(text: str, words: tuple[str, ...]) -> list[str]:
    """The words that stand in a text, most often none."""
    plain = text.isascii()
    return [word for word in words if (word.isascii() or not plain) and word in text]


def places_of(word: str, text: str) -> Iterator[int]:
    """Where a word begins in a text: much faster than any pattern."""
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)
