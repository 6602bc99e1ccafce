"""The port through which the page learns whether the cloud can be reached."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol


class LineState(NamedTuple):
    """Whether the cloud answers, and since when that has been so (aware UTC)."""

    online: bool
    since: datetime


class Line(Protocol):
    """The line to the cloud. Asked from the page's thread, every few seconds; must not block."""

    def online(self) -> LineState:
        """How the line is now."""
        ...
