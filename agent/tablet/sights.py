"""Who is looking at whom: an opaque token in the address, the member in the server's memory.

So that neither browser history, nor a proxy's log, nor a photograph of the address bar says which
member it was. A token ends with the server, by disuse, or when too many others were made.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from agent.replica import Change, MemberRef
from models.runtime.clock import Clock

_TOKEN_BYTES: Final = 16
_MOST: Final = 500


@dataclass(slots=True)
class Sight:
    """What one address shows: a member, or several to choose from.

    Attributes:
        used_at_s, shown_until_s: on the monotonic clock.
    """

    token: str
    refs: tuple[MemberRef, ...]
    used_at_s: float
    shown_until_s: float = 0.0


class Sights:
    """All open sights. For one thread, the server's event loop."""

    def __init__(self, clock: Clock, random: Callable[[int], bytes], idle_s: float) -> None:
        self._clock = clock
        self._random = random
        self._idle_s = idle_s
        self._open: OrderedDict[str, Sight] = OrderedDict()

    def open(self, refs: Sequence[MemberRef]) -> Sight:
        """A fresh sight of these members."""
        token = urlsafe_b64encode(self._random(_TOKEN_BYTES)).decode().rstrip("=")
        sight = Sight(token, tuple(refs), self._clock.monotonic_s())
        self._open[token] = sight
        if len(self._open) > _MOST:
            self._open.popitem(last=False)
        return sight

    def find(self, token: str) -> Sight | None:
        """The sight, which is thereby in use; None when it has ended or never was."""
        sight = self._open.get(token)
        now = self._clock.monotonic_s()
        if sight is None or sight.used_at_s + self._idle_s < now:
            self._open.pop(token, None)
            return None
        sight.used_at_s = now
        self._open.move_to_end(token)
        return sight

    def show(self, sight: Sight, seconds: float) -> None:
        """Let the sight be unmasked for so long."""
        sight.shown_until_s = self._clock.monotonic_s() + seconds

    def hide(self, sight: Sight) -> None:
        """Mask the sight again."""
        sight.shown_until_s = 0.0

    def shown_for_s(self, sight: Sight) -> float:
        """How much longer the sight is unmasked, 0 when it is masked."""
        return max(0.0, sight.shown_until_s - self._clock.monotonic_s())

    def follow(self, change: Change) -> None:
        """Sights of a provisional card go on with the card that took it over."""
        if change.formerly is None:
            return
        for sight in self._open.values():
            if change.formerly in sight.refs:
                sight.refs = tuple(
                    change.ref if ref == change.formerly else ref for ref in sight.refs
                )
