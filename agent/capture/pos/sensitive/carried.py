"""Receipts that a record carries inside, in base64: masked within, as long as they were."""

from __future__ import annotations

import base64
import binascii
import re
import string
from collections.abc import Callable, Iterator
from functools import cache

_SHORTEST = 48
"""Fewer letters hold no more than a line, and long words would be taken for base64."""

_ALPHABET = string.ascii_letters + string.digits + "+/"
_LETTERS = "a"


def mask_carried(text: str, mask: Callable[[bytes], bytes]) -> str:
    """Bytes as Latin-1 with everything masked that stands in base64 in them.

    What is packed, a picture or encrypted inside stays as it is: no digits can be seen there.
    """
    if _LETTERS * _SHORTEST not in text.translate(_letters()):
        return text
    pieces: list[str] = []
    done = 0
    for start, end, again in _changed(text, mask):
        pieces += (text[done:start], again)
        done = end
    return "".join((*pieces, text[done:])) if pieces else text


def _changed(text: str, mask: Callable[[bytes], bytes]) -> Iterator[tuple[int, int, str]]:
    for match in _base64().finditer(text):
        written = match[0]
        letters = re.sub(r"\s+", "", written)
        try:
            plain = base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
        except binascii.Error:
            continue
        hidden = mask(plain)
        if hidden != plain:
            yield match.start(), match.end(), _as_written(written, base64.b64encode(hidden))


def _as_written(written: str, encoded: bytes) -> str:
    """The new letters in the lines of the old ones."""
    letters = iter(encoded.decode())
    return "".join(char if char.isspace() else next(letters) for char in written)


@cache
def _base64() -> re.Pattern[str]:
    return re.compile(rf"[A-Za-z0-9+/]{{{_SHORTEST},}}(?:\s+[A-Za-z0-9+/]{{4,}})*={{0,2}}")


@cache
def _letters() -> str:
    """Turns all letters of base64 into one, so that a plain search finds a long row of them."""
    return "".join(_LETTERS if chr(code) in _ALPHABET else " " for code in range(256))
