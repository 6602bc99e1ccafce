"""Whose turn it is: fresh events keep their share of the batches while a backlog drains.

A debt in thousandths of a batch, so that no rounding adds up: a fresh batch pays ``1000 - share``
off, a historical one borrows ``share``. The debt never leaves the bounds that it keeps while both
sides wait, so neither side hoards turns while the other is idle. Hence, over any N batches in a row
during which fresh events wait, at least floor(share x N) are fresh; and while history waits, at
least floor((1 - share) x N) are history: the backlog always progresses.
"""

from __future__ import annotations

from typing import Final

_WHOLE: Final = 1000


class FreshShare:
    """Takes turns between fresh events and history."""

    def __init__(self, share: float) -> None:
        """``share`` is from 0 to below 1, kept in thousandths."""
        self._share = min(round(share * _WHOLE), _WHOLE - 1)
        self._credit = min(0, self._share - 1)

    def turns(self) -> tuple[bool, bool]:
        """Which side is asked first and which second; True is fresh."""
        fresh_first = self._credit >= 0
        return fresh_first, not fresh_first

    def took(self, *, fresh: bool) -> None:
        """A batch of this side left."""
        credit = self._credit + self._share - _WHOLE * fresh
        self._credit = min(self._share - 1, max(self._share - _WHOLE, credit))
