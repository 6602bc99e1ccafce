"""Telling a file that is bad from one that is not finished yet."""

from __future__ import annotations

from collections.abc import Iterable

from agent.capture.pos.claims import SpooledFile


class Settling:
    """Remembers since when files have not changed.

    By our own monotonic clock: a share's clock and ours may differ by minutes, and either may jump.
    """

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._seen: dict[str, tuple[int, int, float]] = {}

    def has_settled(self, file: SpooledFile, now_s: float) -> bool:
        """Whether size and time of change have stood still for the settle time; notes the file."""
        size, mtime_ns, since_s = self._seen.get(file.name, (-1, -1, now_s))
        if (size, mtime_ns) != (file.size, file.mtime_ns):
            since_s = now_s
        self._seen[file.name] = (file.size, file.mtime_ns, since_s)
        return now_s - since_s >= self._settle_s

    def keep_only(self, names: Iterable[str]) -> None:
        """Forget the files that are gone."""
        present = set(names)
        self._seen = {name: seen for name, seen in self._seen.items() if name in present}

    @property
    def is_waiting(self) -> bool:
        """Whether any file is being given time."""
        return bool(self._seen)
