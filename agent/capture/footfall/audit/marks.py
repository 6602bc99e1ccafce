"""The file of an audit: what a person saw at the lines, one JSON line each.

    {"type":"audit","version":1,"source":"vtest.avi","lines":{"a":"300,150,300,420"}}
    {"type":"mark","t":7.1,"line":"a","direction":"in"}
    {"type":"told","t":7.3,"line":"a","direction":"in"}
    {"type":"undone"}
    {"type":"watched","begin_s":0.0,"end_s":79.5}

A ``mark`` is a person's, a ``told`` is the counter's: an audit of a live camera notes both while it
runs, of a clip the counter's are made when it is scored. ``undone`` takes the last mark back that
stands. Entries are only ever appended, as they come.

What was watched is what the ``watched`` entries say together, whether anything happened or not: a
time without marks is a time in which nobody crossed. A file that somebody else wrote may say it at
once, with ``begin_s`` and ``end_s`` in its first line.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from agent.capture.footfall.audit.watched import Stretches
from agent.capture.footfall.counting.line import Direction, Line
from agent.errors import UnreadableInput

VERSION: Final = 1


class Begun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="audit"):
    """The first line: what was watched.

    Attributes:
        source: the clip's file name or the camera's name.
        begin_s, end_s: from then to then was watched, on the clock of the marks (container time of
            a clip); both 0 where ``watched`` entries say it.
        lines: by name, as ``x1,y1,x2,y2`` in pixels. Empty where the camera's own were meant.
        began_at: of a live camera, UTC in ISO 8601.
        by: who counted, as they like to be called; empty for nobody in particular.
        holds_for: of a live camera, what it is said of (``standing.holds_for``).
        rule, network: what counted beside.
    """

    source: str
    begin_s: float = 0.0
    end_s: float = 0.0
    lines: dict[str, str] = {}
    version: int = VERSION
    began_at: str = ""
    by: str = ""
    holds_for: str = ""
    rule: str = ""
    network: str = ""


class Mark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="mark"):
    """A person saw somebody cross.

    Attributes:
        t: seconds on the clock of ``Begun``.
        sure: False where it could be argued about: it may be told or not, and counts neither way.
        staff: who crossed works here.
        group: the number of the group that they came with; 0 for nobody said.
    """

    t: float
    line: str
    direction: Direction
    sure: bool = True
    staff: bool = False
    group: int = 0


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="told"):
    """The counter told that somebody crossed.

    Attributes:
        staff: it took them for staff.
        leads: the first of a group of visitors; somebody alone is one.
    """

    t: float
    line: str
    direction: Direction
    staff: bool = False
    leads: bool = False


class Undone(msgspec.Struct, frozen=True, tag="undone"):
    """The last mark that stands was a mistake."""


class Watched(msgspec.Struct, frozen=True, kw_only=True, tag="watched"):
    """From then to then somebody watched."""

    begin_s: float
    end_s: float


Entry = Begun | Mark | Told | Undone | Watched
_OfALine = TypeVar("_OfALine", Mark, Told)
_ENTRY: Final[msgspec.json.Decoder[Entry]] = msgspec.json.Decoder(Entry)


@dataclass(frozen=True, slots=True)
class Audit:
    """A file of marks, read and checked; marks and what was told are in order of time."""

    begun: Begun
    marks: tuple[Mark, ...]
    told: tuple[Told, ...]
    spans: tuple[tuple[float, float], ...] = ()

    @property
    def watched(self) -> Stretches:
        """The time that was watched."""
        return Stretches.of(self.spans or [(self.begun.begin_s, self.begun.end_s)])

    @property
    def lines(self) -> list[Line]:
        """The lines in pixels; none where the camera's own were meant."""
        return [Line.parse(f"{name}={ends}") for name, ends in self.begun.lines.items()]

    @property
    def names(self) -> list[str]:
        """The lines' names: those that were given, else those that were marked."""
        named = {mark.line for mark in self.marks} | {told.line for told in self.told}
        return list(self.begun.lines) or sorted(named)


def read_audit(file: Path) -> Audit:
    """Read a file of marks.

    Raises:
        UnreadableInput: it is missing, or a line of it is no entry, names a line that was not
            watched, or lies outside the time that was. The message says which one.
    """
    entries = list(_entries(file, _bytes_of(file).splitlines()))
    begun = _begun(file, entries)
    spans = tuple((each.begin_s, each.end_s) for _, each in entries if isinstance(each, Watched))
    _check_begun(file, begun, spans)
    audit = Audit(
        begun,
        tuple(_in_order(_standing(each for _, each in entries))),
        tuple(_in_order(each for _, each in entries if isinstance(each, Told))),
        spans,
    )
    for number, entry in entries[1:]:
        _check_entry(file, number, entry, audit)
    return audit


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An audit that somebody goes on with; ``size`` is that of its whole lines, in bytes."""

    begun: Begun
    marks: tuple[Mark, ...]
    spans: tuple[tuple[float, float], ...]
    size: int


def read_unfinished(file: Path) -> Unfinished:
    """What an audit holds so far; a last line that a power cut has torn is passed over.

    Raises:
        UnreadableInput: it is missing, or a line of it is no entry.
    """
    whole, end, _torn = _bytes_of(file).rpartition(b"\n")
    entries = list(_entries(file, whole.splitlines()))
    return Unfinished(
        _begun(file, entries),
        tuple(_standing(each for _, each in entries)),
        tuple((each.begin_s, each.end_s) for _, each in entries if isinstance(each, Watched)),
        len(whole + end),
    )


def _standing(entries: Iterable[Entry]) -> list[Mark]:
    """The marks that nobody took back."""
    marks: list[Mark] = []
    for entry in entries:
        if isinstance(entry, Mark):
            marks.append(entry)
        elif isinstance(entry, Undone) and marks:
            marks.pop()
    return marks


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UnreadableInput(f"{file} cannot be read: {error.strerror}") from error


def _begun(file: Path, entries: Sequence[tuple[int, Entry]]) -> Begun:
    begun = entries[0][1] if entries else None
    if not isinstance(begun, Begun):
        raise UnreadableInput(
            f"{file}, line 1: an audit begins with what was watched "
            '({"type":"audit",…}); was it written by lianke-agent audit record?'
        )
    return begun


def _entries(file: Path, written: Sequence[bytes]) -> Iterator[tuple[int, Entry]]:
    for number, line in enumerate(written, 1):
        if not line.strip():
            continue
        try:
            yield number, _ENTRY.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UnreadableInput(f"{file}, line {number}: no entry of an audit: {error}") from None


def _check_begun(file: Path, begun: Begun, spans: Sequence[tuple[float, float]]) -> None:
    if begun.version != VERSION:
        raise UnreadableInput(
            f"{file} is of version {begun.version}; this program reads version {VERSION}"
        )
    told = spans or [(begun.begin_s, begun.end_s)]
    wrong = next((span for span in told if not _is_span(span)), None)
    if wrong is None and not Stretches.of(told).seconds:
        wrong = told[0]
    if wrong is not None:
        raise UnreadableInput(f"{file}: watched from {wrong[0]:g} to {wrong[1]:g} s is no time")


def _is_span(span: tuple[float, float]) -> bool:
    begin_s, end_s = span
    return math.isfinite(begin_s) and math.isfinite(end_s) and begin_s <= end_s


def _check_entry(file: Path, number: int, entry: Entry, audit: Audit) -> None:
    begun = audit.begun
    if isinstance(entry, Begun):
        raise UnreadableInput(f"{file}, line {number}: one file is one audit; split it here")
    if not isinstance(entry, Mark | Told):
        return
    if begun.lines and entry.line not in begun.lines:
        raise UnreadableInput(
            f"{file}, line {number}: line {entry.line!r} is not among {', '.join(begun.lines)}"
        )
    if isinstance(entry, Mark) and not audit.watched.near(entry.t):
        watched = ", ".join(f"{begin_s:g} to {end_s:g}" for begin_s, end_s in audit.watched.spans)
        raise UnreadableInput(
            f"{file}, line {number}: {entry.t:g} s lies outside the time that was watched, "
            f"{watched} s"
        )


def _in_order(entries: Iterable[_OfALine]) -> list[_OfALine]:
    return sorted(entries, key=lambda entry: entry.t)
