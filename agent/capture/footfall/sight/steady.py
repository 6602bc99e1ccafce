"""A finding becomes a trouble when it lasts, and is over when it has been absent for as long."""

from __future__ import annotations


class Steady:
    """Hysteresis in seconds.

    Args:
        onset_s: for how long it must be found without a break.
        relief_s: for how long it must then be absent without a break.
        hole_s: findings further apart begin anew.
    """

    def __init__(self, onset_s: float, relief_s: float, hole_s: float) -> None:
        self._onset_s = onset_s
        self._relief_s = relief_s
        self._hole_s = hole_s
        self._standing = False
        self._turned_s: float | None = None
        self._looked_s = -float("inf")

    @property
    def stands(self) -> bool:
        """Whether the trouble is there."""
        return self._standing

    def find(self, at_s: float, found: bool | None) -> float | None:
        """Take one finding; None is none at all: the state stays, and waiting begins anew.

        Returns:
            Since when the trouble stands, where it has just become one.
        """
        if at_s - self._looked_s > self._hole_s or found is None:
            self._turned_s = None
        self._looked_s = at_s
        if found is None or found == self._standing:
            self._turned_s = None
            return None
        if self._turned_s is None:
            self._turned_s = at_s
        since_s = self._turned_s
        if at_s - since_s < (self._relief_s if self._standing else self._onset_s):
            return None
        self._standing, self._turned_s = found, None
        return since_s if found else None
