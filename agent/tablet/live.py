"""Changes reach the screens that show them, within milliseconds, by Server-Sent Events.

The replica tells us of a change in a till's or the network's thread; the hub wakes the streams in
the event loop; a stream renders its card anew and sends it if it looks different. Nothing is
queued for a card: whoever was away gets the present state on reconnecting.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import msgspec

from agent.replica import Change, Changes
from agent.tablet.sights import Sight, Sights
from models.wire.envelope import utc_ms

_RETRY: Final = b"retry: 1000\n\n"
_HEARTBEAT: Final = b": here\n\n"
_MOST_WAITING: Final = 1_000
GONE: Final = b"event: gone\ndata:\n\n"


class SaleSeen(msgspec.Struct, frozen=True):
    """What ``GET /live`` tells of a sale: no member, no amount."""

    sale_id: str
    at: str


@dataclass(eq=False, slots=True)
class Ear:
    """One open stream.

    Attributes:
        sight: what it shows; None for one that hears of every sale.
    """

    sight: Sight | None
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    changes: deque[Change] = field(default_factory=lambda: deque(maxlen=_MOST_WAITING))


class LiveHub:
    """Wakes the streams a change concerns. Lives in the server's event loop."""

    def __init__(self, changes: Changes, sights: Sights, heartbeat_s: float) -> None:
        self._changes = changes
        self._sights = sights
        self._heartbeat_s = heartbeat_s
        self._ears: set[Ear] = set()
        self._closing = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hear of changes while the server runs."""
        loop = asyncio.get_running_loop()

        def heard(change: Change) -> None:
            with suppress(RuntimeError):  # the loop has just ended: nobody looks any more
                loop.call_soon_threadsafe(self._deliver, change)

        cancel = self._changes.subscribe(heard)
        try:
            yield
        finally:
            cancel()

    def close(self) -> None:
        """End every stream, so that the server can stop. Call it in the event loop."""
        self._closing = True
        for ear in self._ears:
            ear.woken.set()

    def wake(self, sight: Sight) -> None:
        """Something other than the card changed for whoever looks by this sight."""
        for ear in self._ears:
            if ear.sight is sight:
                ear.woken.set()

    async def states(self, sight: Sight, render: Callable[[], str | None]) -> AsyncIterator[bytes]:
        """The stream of one sight: its state now and after every change, as ``card`` events.

        Args:
            sight: whom it shows, and for how long unmasked.
            render: the state as HTML; None when the sight or its member is gone, which ends it.
        """
        sent = ""
        yield _RETRY
        with self._listening(sight) as ear:
            while not self._closing:
                ear.woken.clear()
                state = render()
                if state is None:
                    yield GONE
                    return
                yield _event("card", state) if state != sent else _HEARTBEAT
                sent = state
                await self._rest(ear)

    async def sales(self) -> AsyncIterator[bytes]:
        """The stream of every local sale as it reaches the cards, as ``sale`` events."""
        yield _RETRY
        with self._listening(None) as ear:
            while not self._closing:
                ear.woken.clear()
                while ear.changes:
                    yield _sale_event(ear.changes.popleft())
                if not await self._rest(ear):
                    yield _HEARTBEAT

    def _deliver(self, change: Change) -> None:
        self._sights.follow(change)
        for ear in self._ears:
            if ear.sight is None and change.sale_id is not None:
                ear.changes.append(change)
                ear.woken.set()
            elif ear.sight is not None and change.ref in ear.sight.refs:
                ear.woken.set()

    @contextmanager
    def _listening(self, sight: Sight | None) -> Iterator[Ear]:
        ear = Ear(sight)
        self._ears.add(ear)
        try:
            yield ear
        finally:
            self._ears.discard(ear)

    async def _rest(self, ear: Ear) -> bool:
        """Wait until the ear is woken, or until it is time for a sign of life."""
        longest_s = self._heartbeat_s
        if ear.sight is not None:
            shown_for_s = self._sights.shown_for_s(ear.sight)
            longest_s = min(longest_s, shown_for_s) if shown_for_s else longest_s
        try:
            await asyncio.wait_for(ear.woken.wait(), longest_s)
        except TimeoutError:
            return False
        return True


def _event(name: str, text: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in text.splitlines())
    return f"event: {name}\n{lines}\n".encode()


def _sale_event(change: Change) -> bytes:
    seen = SaleSeen(change.sale_id or "", utc_ms(change.at))
    return b"event: sale\ndata: %b\n\n" % msgspec.json.encode(seen)
