"""Says how far a download is: a bar on a terminal, now and then a line in a log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, TextIO

_BAR_CHARS: Final = 30
_REDRAW_S: Final = 0.2
_LINE_S: Final = 10.0
_MEGABYTE: Final = 1_000_000


class Progress(Protocol):
    """Whom a source tells how far it is."""

    def note(self, text: str) -> None:
        """Say something that has no measure."""
        ...

    def at(self, what: str, done_bytes: int, total_bytes: int) -> None:
        """So much is here; called after every piece, so it has to be cheap."""
        ...


class Meter:
    """Writes progress to a stream, which is stderr: stdout is for results."""

    def __init__(self, stream: TextIO, monotonic: Callable[[], float]) -> None:
        """A meter that has said nothing yet.

        Args:
            stream: where to; a terminal gets a bar, anything else gets lines.
            monotonic: seconds of a clock that never goes back.
        """
        self._stream = stream
        self._monotonic = monotonic
        self._terminal = stream.isatty()
        self._said_at_s = float("-inf")

    def note(self, text: str) -> None:
        """Write a line of its own."""
        print(text, file=self._stream, flush=True)

    def at(self, what: str, done_bytes: int, total_bytes: int) -> None:
        """Redraw the bar, or write a line, when enough time has passed or all is done."""
        now_s = self._monotonic()
        complete = done_bytes >= total_bytes
        if not complete and now_s - self._said_at_s < (_REDRAW_S if self._terminal else _LINE_S):
            return
        self._said_at_s = float("-inf") if complete else now_s
        share = min(1.0, done_bytes / total_bytes)
        amount = f"{done_bytes / _MEGABYTE:.1f} of {total_bytes / _MEGABYTE:.1f} MB"
        if not self._terminal:
            self.note(f"{what}: {share:.0%}, {amount}")
            return
        bar = "#" * round(share * _BAR_CHARS)
        end = "\n" if complete else ""
        self._stream.write(f"\r{what} [{bar:<{_BAR_CHARS}}] {share:4.0%} {amount}{end}")
        self._stream.flush()
