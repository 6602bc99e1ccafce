"""Receipt text as people read it: full-width digits are digits, and a wide space is a space."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LONGEST_LINE: Final = 512  # characters; paper holds 48, and A4 about 130

_FULL_WIDTH: Final = range(0xFF01, 0xFF5F)
_TO_ASCII: Final = 0xFEE0
_CONTROLS: Final = (*range(32), 0x7F, 0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF)
_FOLDED: Final[Mapping[int, int]] = MappingProxyType(
    {code: code - _TO_ASCII for code in _FULL_WIDTH}
    | dict.fromkeys(_CONTROLS, 32)
    | dict.fromkeys((0x3000, 0xA0, 0x202F), 32)
)


def folded(text: str) -> str:
    """The text in half-width forms, without control characters, and no longer than a line can be.

    Names of goods are folded, too: （大） becomes (大). Nothing else is changed; in particular no
    letters are composed or taken apart.
    """
    return text[:LONGEST_LINE].translate(_FOLDED).strip()
