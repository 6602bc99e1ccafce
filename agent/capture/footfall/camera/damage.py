"""For how long a camera's pictures are damaged, from what their decoder says of them. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

_REORDERED_S: Final = 0.5
"""Decoders take pictures in another order than they give them, so far apart at most: what is
said now may be of a picture that comes after the next whole one."""

_LONGEST_S: Final = 30.0
"""Whole pictures come more often, or never: then every part of the picture was sent anew."""


class Damage:
    """Follows one source.

    Most pictures are told as what has changed since others, so that a damage is handed down from
    picture to picture. It ends with the first that stands by itself.

    Args:
        complaints: how often the decoder has complained so far.
    """

    def __init__(self, complaints: Callable[[], int]) -> None:
        self._complaints = complaints
        self._heard = complaints()
        self._said_s = -math.inf
        self._damaged = False

    def shows(self, at_s: float, *, whole: bool) -> bool:
        """Whether the picture taken last is damaged; asked of every one, in order.

        Args:
            at_s: its time.
            whole: it is told by itself (an intra picture).
        """
        heard = self._complaints()
        if heard != self._heard:
            self._heard, self._said_s, self._damaged = heard, at_s, True
        elif self._damaged:
            since_s = at_s - self._said_s
            self._damaged = since_s < (_REORDERED_S if whole else _LONGEST_S)
        return self._damaged
