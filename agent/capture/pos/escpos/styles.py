"""How text stands, as bits, so that the commands that restyle are tables and cost next to nothing.

Bits 0-2: width - 1; bit 3: emphasis; bit 4: small font; bits 5-6: justification.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from agent.capture.pos.escpos.printed import Justify, Style

_WIDTH: Final = 0x07
_EMPHASIS: Final = 0x08
_SMALL: Final = 0x10
_JUSTIFY: Final = 0x60
_JUSTIFY_AT: Final = 5
_PLACES: Final = (Justify.LEFT, Justify.CENTRE, Justify.RIGHT, Justify.LEFT)

PLAIN: Final = 0
STYLES: Final = tuple(
    Style(
        justify=_PLACES[bits >> _JUSTIFY_AT],
        emphasis=bool(bits & _EMPHASIS),
        width=(bits & _WIDTH) + 1,
        small=bool(bits & _SMALL),
    )
    for bits in range(128)
)
"""By their bits."""


class Restyle(NamedTuple):
    """What one operand does: ``bits = bits & keeps | sets[operand]``."""

    keeps: int
    sets: bytes


def _restyle(changes: int, sets: Callable[[int], int]) -> Restyle:
    return Restyle(~changes, bytes(sets(operand) for operand in range(256)))


PRINT_MODE: Final = _restyle(
    _WIDTH | _EMPHASIS | _SMALL,
    lambda mode: (mode >> 5 & 1) | (_EMPHASIS if mode & 8 else 0) | (_SMALL if mode & 1 else 0),
)
SIZE: Final = _restyle(_WIDTH, lambda size: size >> 4 & _WIDTH)
EMPHASIS: Final = _restyle(_EMPHASIS, lambda on: _EMPHASIS if on & 1 else 0)
FONT: Final = _restyle(_SMALL, lambda font: _SMALL if font & 1 else 0)
JUSTIFY: Final = _restyle(
    _JUSTIFY, lambda place: (place & 0x0F if place & 0x0F < len(_PLACES) else 0) << _JUSTIFY_AT
)


def widened(bits: int, width: int) -> int:
    """These bits with another width."""
    return bits & ~_WIDTH | width - 1
