"""Bytes of a code page to text. What the page does not have becomes U+FFFD, one for a character."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

from agent.capture.pos.escpos.codepages import DOUBLE_BYTE, KATAKANA, katakana_table

UNDEFINED: Final = "\ufffd"
Decode = Callable[[bytes], str]

_HANDLER: Final = "lianke.undefined_pairs"
_FIRST_LEAD: Final = 0x81
_FIRST_TRAIL: Final = 0x40
# GB 18030 and Microsoft's Japanese page map makers' own characters to the private use area, which
# is no text. GBK agrees with GB 18030 in all else; the other has no such subset, hence ASCII.
_PRIVATE: Final = re.compile("[\ue000-\uf8ff]")
_STRICT: Final = {"gb18030": "gbk", "cp932": "ascii"}


@lru_cache
def decoder(encoding: str) -> Decode:
    """What reads text of this encoding; raises LookupError for one that nobody knows."""
    if encoding == KATAKANA:
        table = katakana_table()
        return lambda data: codecs.charmap_decode(data, "replace", table)[0]
    codecs.lookup(encoding)
    if encoding not in DOUBLE_BYTE:
        return lambda data: data.decode(encoding, "replace")
    codecs.register_error(_HANDLER, _undefined_pair)
    return partial(_pairs, encoding, _STRICT.get(encoding, encoding))


def _pairs(encoding: str, strict: str, data: bytes) -> str:
    try:
        return data.decode(strict)
    except UnicodeDecodeError:
        return _PRIVATE.sub(UNDEFINED, data.decode(encoding, _HANDLER))


def _undefined_pair(error: UnicodeError) -> tuple[str, int]:
    """Step over both bytes of an undefined pair, as the printer does.

    After one byte alone the rest of the line would be read out of step. Digits are never stepped
    over: they begin no pair, and amounts are made of them.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    pair = error.object[error.start : error.start + 2]
    whole = len(pair) > 1 and pair[0] >= _FIRST_LEAD and pair[1] >= _FIRST_TRAIL
    return UNDEFINED, error.start + (2 if whole else 1)
