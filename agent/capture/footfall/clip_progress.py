"""How far a recount has come, on a terminal; nothing elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Self, TextIO

from agent.capture.footfall.recount import Glance

_EVERY_S: Final = 0.25
_CLEAR: Final = "\r\x1b[K"


class ClipProgress:
    """A spectator of ``recount`` that keeps one line on a terminal, and clears it at the end.

    Args:
        stream: where to write; a stream that is no terminal stays untouched.
        now_s: a stop-watch, in seconds.
    """

    def __init__(self, stream: TextIO, now_s: Callable[[], float]) -> None:
        self._stream = stream
        self._now_s = now_s
        self._shown = stream.isatty()
        self._told_at_s = self._began_s = now_s()
        self._crossings = 0

    def __call__(self, glance: Glance) -> None:
        """Count what is told, and tell it four times a second."""
        self._crossings += len(glance.crossings)
        now_s = self._now_s()
        if self._shown and now_s - self._told_at_s >= _EVERY_S:
            self._told_at_s = now_s
            self._tell(glance, now_s - self._began_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._stream.write(_CLEAR)
            self._stream.flush()

    def _tell(self, glance: Glance, elapsed_s: float) -> None:
        frames = glance.frame.index + 1
        self._stream.write(
            f"{_CLEAR}{frames} frames, {glance.frame.at_s:.0f} s of video, "
            f"{self._crossings} crossed, {frames / elapsed_s:.0f} frames a second"
        )
        self._stream.flush()
