"""The names of our connections, and whether a welcome is for one of them.

Every connection is born under a random name, and the cloud's welcome repeats it. The cloud hears of
every birth, so it knows when another box was born in between and says so. And the broker keeps one
session for our name: what the cloud says to the other box can reach us. Neither sign depends on the
broker, many of which do not tell who ended a connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from models.wire.ack import Welcome

KEPT: Final = 1000
"""Births remembered. No welcome comes so many connections late."""

_BYTES: Final = 16


class Births:
    """Names the connections of one process. Owned by the sync thread."""

    def __init__(self, random: Callable[[int], bytes], on_rival: Callable[[], None]) -> None:
        """``on_rival`` is told of every sign of another box under our name."""
        self._random = random
        self._on_rival = on_rival
        self._ours: deque[str] = deque(maxlen=KEPT)
        self._welcomed = False
        self._told_at = ""

    def __contains__(self, birth: object) -> bool:
        """Whether it is one of this process's."""
        return birth in self._ours

    def new(self) -> str:
        """The name of the next connection."""
        birth = self._random(_BYTES).hex()
        self._ours.append(birth)
        return birth

    def heard(self, welcome: Welcome) -> None:
        """A welcome came; it may come twice.

        Before the first that is ours, the broker may still hold those of this box's last run.
        """
        ours = welcome.birth in self._ours
        strange = self._welcomed and not ours
        self._welcomed |= ours
        if (strange or (ours and welcome.rival)) and welcome.birth != self._told_at:
            self._told_at = welcome.birth
            self._on_rival()
