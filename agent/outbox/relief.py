"""What gives way when a budget is spent, a small transaction at a time.

A rung of the ladder lets a few hundred events go and says how many, 0 when it only looked, None
when it has nothing more to give. An append waits for one such step at most, some 10 ms.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from agent.outbox.retention import PAUSE_S, Retention
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.topics import Stream

_LEAST_FIRST: Final = (
    Stream.TELEMETRY,
    Stream.FOOTFALL,
    Stream.GUIDE,
    Stream.MEMBER,
    Stream.SALE,
)

Rung = Callable[[], int | None]


class Relief:
    """All that can give way, in the order in which it does.

    What is settled goes first: it is in the ledger, and kept only in case that is restored from a
    backup. Nobody displaces what is worth more: telemetry only itself, and sales everybody.
    """

    def __init__(self, retention: Retention, *, thin: Rung, drop: Rung, clock: Clock) -> None:
        """``thin`` makes pending footfall coarser, ``drop`` lets pending telemetry go."""

        def settled(*streams: Stream) -> list[Rung]:
            return [partial(retention.cut_short, stream) for stream in streams]

        heartbeats = [*settled(Stream.TELEMETRY), drop]
        footfall = [*settled(Stream.TELEMETRY, Stream.FOOTFALL), drop, thin]
        people = [*footfall, *settled(Stream.GUIDE, Stream.MEMBER)]
        self._own: Mapping[Stream, Sequence[Rung]] = {
            Stream.TELEMETRY: heartbeats,
            Stream.FOOTFALL: [*settled(Stream.FOOTFALL), thin],
        }
        self._all: Mapping[Stream, Sequence[Rung]] = {
            Stream.TELEMETRY: heartbeats,
            Stream.FOOTFALL: footfall,
            Stream.GUIDE: people,
            Stream.MEMBER: people,
            Stream.SALE: [*people, *settled(Stream.SALE)],
        }
        self._ended = settled(*_LEAST_FIRST)
        self._clock = clock
        self._never = threading.Event()
        self._logger = get_logger(__name__)

    def within(self, stream: Stream, enough: Callable[[], bool]) -> bool:
        """Let a stream's own events go until it is enough; whether it was."""
        return self._climb(stream, self._own.get(stream, ()), enough)

    def make_room(self, stream: Stream, enough: Callable[[], bool]) -> bool:
        """Let go what a stream may displace until it is enough; whether it was."""
        return self._climb(stream, self._all[stream], enough)

    def end_retention(self, enough: Callable[[], bool]) -> bool:
        """Let settled events go, nothing that is pending, until it is enough; whether it was."""
        return self._climb(Stream.SALE, self._ended, enough)

    def _climb(self, stream: Stream, rungs: Sequence[Rung], enough: Callable[[], bool]) -> bool:
        went = 0
        for rung in rungs:
            while not enough():
                gone = rung()
                if gone is None:
                    break
                went += gone
                self._clock.wait(self._never, PAUSE_S)
        if went:
            self._logger.warning("outbox_gave_way", room_for=stream, events=went)
        return enough()
