"""Writes a file of marks while somebody watches: each entry is durable before the next one.

An audit that was interrupted goes on where it was. What was watched is noted by the pictures that
were shown, not by what the person says: a stretch ends where the pictures jump.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec

from agent.capture.footfall.audit.marks import (
    Begun,
    Entry,
    Mark,
    Told,
    Undone,
    Watched,
    read_unfinished,
)
from agent.capture.footfall.audit.watched import Stretches
from agent.capture.footfall.counting.line import Direction
from agent.errors import DiskUnusable, InvalidInput
from models.durable import make_folder, sync_folder

_NOTED_EVERY_S: Final = 5.0
_SHOWN: Final = 6
_DIGITS: Final = 3
_LONGEST_GROUP: Final = 1_000_000
_MARKS: Final = msgspec.json.Decoder(Mark)


class Standing(msgspec.Struct, frozen=True):
    """What the person who marks is told: their own marks, and nothing of the counter's.

    Attributes:
        counts: marks in and out by line.
        last: the latest marks, the newest first.
        group: the highest number of a group so far.
        through_s: the furthest moment that was watched; None at the beginning.
    """

    marks: int
    counts: dict[str, tuple[int, int]]
    last: list[Mark]
    watched_s: float
    group: int
    through_s: float | None


class MarkBook:
    """One file. Safe from any thread; closed once.

    Args:
        path: made when it is not there, readable by its owner alone.
        begun: what is watched; an audit of something else in the file is refused.
        gap_s: pictures further apart than this are not one stretch.

    Raises:
        InvalidInput: the file holds an audit of other lines, or of something else.
        UnreadableInput: it holds no audit.
        DiskUnusable: it cannot be written.
    """

    def __init__(self, path: Path, begun: Begun, gap_s: float = 1.0) -> None:
        self._path = path
        self._begun = begun
        self._gap_s = gap_s
        self._lock = threading.Lock()
        self._marks: list[Mark] = []
        self._spans: list[tuple[float, float]] = []
        self._now: tuple[float, float] | None = None
        self._descriptor = self._opened()

    def saw(self, at_s: float) -> None:
        """The picture of this moment was shown."""
        at_s = round(at_s, _DIGITS)
        with self._lock:
            if self._now is not None and 0 <= at_s - self._now[1] <= self._gap_s:
                self._now = self._now[0], at_s
            else:
                self._note()
                self._now = at_s, at_s
            if at_s - self._now[0] >= _NOTED_EVERY_S:
                self._note()

    def jot(self, said: bytes) -> None:
        """Take a mark, as JSON without its type.

        Raises:
            InvalidInput: it is none, of another line, or of a moment that was not shown.
            DiskUnusable: it is not on the disk, and does not stand.
        """
        try:
            mark = _MARKS.decode(said)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidInput(f"no mark: {error}") from None
        mark = msgspec.structs.replace(mark, t=round(mark.t, _DIGITS))
        with self._lock:
            self._check(mark)
            self._note()
            self._write(mark)
            self._marks.append(mark)

    def undo(self) -> None:
        """Take the last mark back; does nothing when there is none. Raises DiskUnusable."""
        with self._lock:
            if self._marks:
                self._write(Undone())
                self._marks.pop()

    def tell(self, told: Told) -> None:
        """Note what the counter told. Raises DiskUnusable."""
        with self._lock:
            self._write(told)

    def standing(self) -> bytes:
        """What stands now, as JSON for a browser."""
        return msgspec.json.encode(self.stands())

    def stands(self) -> Standing:
        """What stands now."""
        with self._lock:
            ways = Counter((mark.line, mark.direction) for mark in self._marks)
            watched = self._watched()
            return Standing(
                marks=len(self._marks),
                counts={
                    line: (ways[line, Direction.IN], ways[line, Direction.OUT])
                    for line in self._begun.lines
                },
                last=self._marks[: -_SHOWN - 1 : -1],
                watched_s=round(watched.seconds, 1),
                group=max((mark.group for mark in self._marks), default=0),
                through_s=watched.spans[-1][1] if watched.spans else None,
            )

    def close(self) -> None:
        """Note what was watched last, and let go of the file. Idempotent; raises DiskUnusable."""
        with self._lock:
            if self._descriptor < 0:
                return
            try:
                self._note()
            finally:
                os.close(self._descriptor)
                self._descriptor = -1

    def _opened(self) -> int:
        try:
            make_folder(self._path.parent)
            there = self._path.exists() and self._path.stat().st_size > 0
            if there:
                self._resume()
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, 0o600)
            if not there:
                self._write(self._begun)
                sync_folder(self._path.parent)
        except OSError as error:
            raise DiskUnusable(f"{self._path}: {error.strerror}") from error
        return self._descriptor

    def _resume(self) -> None:
        """Read what is there; a line that a power cut has torn is cut off."""
        known = read_unfinished(self._path)
        begun = known.begun
        if (begun.source, begun.lines) != (self._begun.source, self._begun.lines):
            raise InvalidInput(
                f"{self._path} is an audit of {begun.source} with the lines "
                f"{', '.join(begun.lines)}; name another file for this one"
            )
        os.truncate(self._path, known.size)
        self._marks, self._spans = list(known.marks), list(known.spans)

    def _watched(self) -> Stretches:
        return Stretches.of([*self._spans, *([self._now] if self._now else [])])

    def _check(self, mark: Mark) -> None:
        if self._begun.lines and mark.line not in self._begun.lines:
            raise InvalidInput(f"there is no line {mark.line!r} here")
        if not 0 <= mark.group <= _LONGEST_GROUP:
            raise InvalidInput(f"group {mark.group} is no group's number")
        if not self._watched().near(mark.t):
            raise InvalidInput(f"the picture of {mark.t:g} s was not shown")

    def _note(self) -> None:
        """What was shown since the last time; what follows begins where it ends."""
        if self._now is None:
            return
        begin_s, end_s = self._now
        if end_s > begin_s or not Stretches.of(self._spans).near(end_s):
            self._write(Watched(begin_s=begin_s, end_s=end_s))
        self._spans.append(self._now)
        self._spans = list(Stretches.of(self._spans).spans)
        self._now = end_s, end_s

    def _write(self, entry: Entry) -> None:
        line = msgspec.json.encode(entry) + b"\n"
        try:
            os.write(self._descriptor, line)
            os.fsync(self._descriptor)
        except OSError as error:
            raise DiskUnusable(
                f"{self._path}: {error.strerror}; what was marked before is there"
            ) from error
