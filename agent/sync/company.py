"""Waiting for company: the newest events of a stream may travel together.

As Nagle's algorithm does with bytes: where little is on its way an event leaves at once; else it
waits until a batch is full, until some of what is on its way has landed, or until it has waited as
long as an event may. So a quiet shop has the latency of the line, and a busy one few batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from models.wire.topics import Stream


class Company:
    """Knows which streams' newest events wait, and since when. Times come in, in seconds."""

    def __init__(
        self,
        streams: Iterable[Stream],
        last: Callable[[Stream], int],
        *,
        batch_events: int,
        max_age_s: float,
    ) -> None:
        """``last`` gives the newest sequence of a stream; what is there now waits for nobody."""
        self._last = last
        self._batch_events = batch_events
        self._max_age_s = max_age_s
        self._left = {stream: last(stream) for stream in streams}
        self._since: dict[Stream, float] = {}

    def awaits(self, stream: Stream, now_s: float, *, on_the_way: bool) -> bool:
        """Whether the stream's newest events stay for now; ``on_the_way``: much is unsettled.

        What was sent before and must go again waits for nobody but them.
        """
        waiting = self._last(stream) - self._left[stream]
        if waiting <= 0 or waiting >= self._batch_events or not on_the_way:
            return False
        return now_s - self._since.setdefault(stream, now_s) < self._max_age_s

    def leaves(self, stream: Stream, last: int) -> None:
        """A batch up to this sequence left; what came behind it begins to wait anew."""
        if last >= self._left[stream]:
            self._left[stream] = last
            self._since.pop(stream, None)

    def due_s(self) -> float | None:
        """When the first of those who wait has waited long enough; None when nobody waits."""
        return min(self._since.values(), default=0.0) + self._max_age_s if self._since else None
