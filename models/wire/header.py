"""What a batch says of itself before its events: enough to refuse it by name."""

from __future__ import annotations

import msgspec


class BatchHeader(msgspec.Struct, frozen=True):
    """What a batch says of itself: ``count`` events of one stream from sequence ``first`` on."""

    v: int
    epoch: str
    stream: str
    first: int
    count: int

    @property
    def last(self) -> int:
        """The sequence of the last event."""
        return self.first + self.count - 1
