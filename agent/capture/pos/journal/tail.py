"""Follows a growing journal through rotations, and hands its sales over once each.

What it promises:

- The cursor moves only after the sink has the sales and what was set aside is kept. Killed at any
  moment, the next start reads from the last cursor; the sink knows what it has (event ids).
- The cursor never passes the beginning of a transaction that is still open, so a transaction that
  was begun before a restart is read whole after it.
- A rotated file is read to its end before the next one is begun, under whatever name; so is the
  copy that a copy-truncate leaves. What is gone is counted as a break and logged, never silent.
- What stands behind the last line end waits: half a line is never read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from agent.capture.pos.journal.chain import Chain, JournalFile
from agent.capture.pos.journal.cursor import Cursor, CursorFile, Mark
from agent.capture.pos.journal.lines import RawRecord
from agent.capture.pos.journal.reading import Outcome, RecordReader, SetAside
from agent.capture.pos.journal.segment import Layout, Segment
from agent.capture.pos.sink import CapturedSale, SaleSink
from agent.errors import BadConfiguration, TransientError
from models.runtime.clock import Clock
from models.runtime.logs import get_logger

_LOG = get_logger(__name__)

_CHUNK_SALES: Final = 500


class JournalUnreachable(TransientError):
    """A file of the journal cannot be opened or read now."""


class Aside(Protocol):
    """Where records go that cannot be read."""

    def keep(self, item: SetAside, file: str) -> None:
        """Keep it, durable on return; the same item again replaces itself.

        Raises:
            DiskUnusable: it cannot be kept; the journal is not read on.
        """
        ...


@dataclass(frozen=True, slots=True)
class TailSettings:
    """How the journal is read.

    Attributes:
        read_bytes: how much is read between two cursors.
        from_oldest: whether the first start begins with the rotated files; else with the live one.
        most_in_a_row: after so many records set aside with no sale between them the profile is
            wrong, not the records: reading stops and says so.
    """

    read_bytes: int = 1024 * 1024
    from_oldest: bool = False
    most_in_a_row: int = 200


@dataclass(frozen=True, slots=True)
class JournalStatus:
    """What was read since the tail was made, and where it stands.

    Attributes:
        file, offset: the file that is read, and up to where.
        lag_bytes: what the till has written and was not read yet.
        last_record_at: when the last record was read, by the wall clock.
        sales: how many were handed over, repeats after a restart included.
        set_aside: records and transactions that could not be read.
        breaks: how often the journal did not go on where it was left; sales may be missing.
        present: False while there is no journal.
    """

    file: str = ""
    offset: int = 0
    lag_bytes: int = 0
    last_record_at: datetime | None = None
    sales: int = 0
    set_aside: int = 0
    breaks: int = 0
    present: bool = True


class JournalTail:
    """One journal and its reader. Used by one thread, except ``status``."""

    def __init__(
        self,
        chain: Chain,
        reader: RecordReader,
        layout: Layout,
        *,
        sink: SaleSink,
        aside: Aside,
        cursors: CursorFile,
        clock: Clock,
        settings: TailSettings | None = None,
    ) -> None:
        self._chain = chain
        self._reader = reader
        self._layout = layout
        self._sink = sink
        self._aside = aside
        self._cursors = cursors
        self._clock = clock
        self._settings = settings or TailSettings()
        self._segment: Segment | None = None
        self._left: dict[int, Segment] = {}
        self._names: dict[int, str] = {}
        self._numbered = 0
        self._outcomes: list[Outcome] = []
        self._in_a_row = 0
        self._saved: Mark | None = None
        self._status = JournalStatus()

    @property
    def status(self) -> JournalStatus:
        """The latest figures. Safe from any thread."""
        return self._status

    def step(self) -> int:
        """Read to the journal's present end. Returns the number of sales handed over.

        Raises:
            TransientError, FaultyDevice: sink or disk cannot take more, or the file cannot be
                read; call again later, nothing is passed over.
        """
        before = self._status.sales
        self._hand_over()
        try:
            while self._advance():
                self._hand_over()
        except OSError as error:
            raise JournalUnreachable(
                f"journal in {self._chain.folder}: {error.strerror}; let the agent's user read it"
            ) from error
        self._outcomes += self._reader.expire(self._clock.monotonic_s())
        self._hand_over()
        return self._status.sales - before

    def close(self) -> None:
        """Let go of the files. The cursor stands as it was last written."""
        for segment in (self._segment, *self._left.values()):
            if segment is not None:
                segment.close()
        self._segment = None
        self._left.clear()

    def _advance(self) -> bool:
        """Read some; whether there may be more."""
        files = self._chain.files()
        if self._segment is None:
            self._begin(files)
        segment = self._segment
        self._status = replace(self._status, present=segment is not None)
        if segment is None:
            return False
        if not segment.is_intact():
            self._find_again(segment, files)
            return True
        if segment.may_have_been_passed_by and self._turn_back(segment, files):
            return True
        # Looked for before reading: a till that writes to the next file has left this one.
        newer = self._newer(segment, files)
        records, at_end = segment.read(self._settings.read_bytes)
        self._take(records)
        self._note(segment, files)
        if at_end and newer is not None:
            self._go_on(segment, newer)
            return True
        return not at_end

    def _turn_back(self, segment: Segment, files: list[JournalFile]) -> bool:
        """Turn to what was written into an empty file and copied away before we looked again."""
        for file in files:
            if file.identity == segment.identity:
                return False
            if file.size > 0 and file.mtime_ns >= segment.began_at_ns:
                segment.close()
                self._segment = None
                self._open(file)
                return True
        return False

    def _take(self, records: list[RawRecord]) -> None:
        now_s = self._clock.monotonic_s()
        for record in records:
            self._outcomes += self._reader.feed(record, now_s)
        if records:
            self._status = replace(self._status, last_record_at=self._clock.now())

    def _begin(self, files: list[JournalFile]) -> None:
        """Open the file in which the cursor lies, and where there is none, the journal's."""
        cursor = self._cursors.load()
        if cursor is None:
            if files:
                self._open(files[0] if self._settings.from_oldest else files[-1])
            return
        self._reader.header = cursor.header
        mark = cursor.mark
        if mark.offset == 0:
            # Nothing stands before it that could prove anything; read all that came since.
            self._open_since(mark.mtime_ns, files)
            return
        likely = sorted(files, key=lambda file: file.identity != (mark.device, mark.inode))
        for file in likely:
            if self._open_at(file, mark):
                return
        self._break_off(cursor.mark.mtime_ns, files)

    def _open_at(self, file: JournalFile, mark: Mark) -> bool:
        """Open a file if the mark lies in it."""
        if file.size < mark.offset:
            return False
        self._open(file, mark)
        if self._segment is not None and self._segment.holds(mark):
            return True
        self.close()
        return False

    def _break_off(self, since_ns: int, files: list[JournalFile]) -> None:
        """Go on with whatever was written since, if the place is nowhere to be found."""
        self._open_since(since_ns, files)
        self._status = replace(self._status, breaks=self._status.breaks + 1)
        _LOG.warning(
            "journal_broken",
            folder=str(self._chain.folder),
            goes_on_with=self._names.get(self._numbered, ""),
            effect="what was written between is missing where no file holds it",
            next_step="keep more rotated files, unpacked; compare the day's figures with the till",
        )

    def _open_since(self, since_ns: int, files: list[JournalFile]) -> None:
        """Open the oldest file that was written to since; else the newest there is."""
        since = [file for file in files if file.mtime_ns >= since_ns]
        if since or files:
            self._open(since[0] if since else files[-1])

    def _open(self, file: JournalFile, begin: Mark | None = None) -> None:
        self._numbered += 1
        carried = None
        if self._segment is not None and self._layout.lines_may_span:
            carried = self._segment.carried
        self._names[self._numbered] = file.path.name
        self._segment = Segment(self._numbered, file.path, self._layout, begin, carried)

    def _newer(self, segment: Segment, files: list[JournalFile]) -> JournalFile | None:
        """The next file that has anything in it."""
        identities = [file.identity for file in files]
        if segment.identity in identities:
            later = files[identities.index(segment.identity) + 1 :]
        else:
            # Renamed out of sight, removed or packed: what was written since comes after it.
            later = [file for file in files if file.mtime_ns >= segment.mtime_ns]
        return next((file for file in later if file.size > 0), None)

    def _go_on(self, segment: Segment, newer: JournalFile) -> None:
        """Leave a file that was read to its end. It stays open while a transaction needs it."""
        if not self._layout.lines_may_span:
            self._take(segment.finish())
        self._open(newer)
        self._left[segment.number] = segment
        self._close_what_nobody_needs()

    def _find_again(self, segment: Segment, files: list[JournalFile]) -> None:
        """After a truncation: go on in the copy, if there is one; else begin the file anew."""
        for file in reversed(files):
            if file.identity != segment.identity and segment.is_copied_to(file.path):
                self._names[segment.number] = file.path.name
                return
        rest = segment.carried
        if rest.rest:
            reason = "the journal was truncated in the middle of this record"
            self._outcomes.append(SetAside(rest.rest, rest.begin, reason))
        self._outcomes += self._reader.finish()
        same = [file for file in files if file.identity == segment.identity]
        segment.close()
        self._segment = None
        self._break_off(0, same or files[-1:])

    def _hand_over(self) -> None:
        """Give the sink its sales, keep what was set aside, then move the cursor; in this order."""
        sales = [each for each in self._outcomes if isinstance(each, CapturedSale)]
        aside = [each for each in self._outcomes if isinstance(each, SetAside)]
        self._refuse_a_flood()
        for start in range(0, len(sales), _CHUNK_SALES):
            self._sink.captured(sales[start : start + _CHUNK_SALES])
        for item in aside:
            self._aside.keep(item, self._names.get(item.begin.segment, ""))
        self._outcomes.clear()
        status = self._status
        self._status = replace(
            status, sales=status.sales + len(sales), set_aside=status.set_aside + len(aside)
        )
        self._save_cursor()

    def _refuse_a_flood(self) -> None:
        count = self._in_a_row
        for each in self._outcomes:
            count = count + 1 if isinstance(each, SetAside) else 0
            if count > self._settings.most_in_a_row:
                raise BadConfiguration(
                    f"{count} records of {self._status.file} in a row cannot be read, the last one "
                    "because "
                    f"{each.reason if isinstance(each, SetAside) else ''}; correct the till's "
                    "profile and restart. Nothing was passed over"
                )
        self._in_a_row = count

    def _save_cursor(self) -> None:
        segment = self._segment
        if segment is None:
            return
        spot = self._reader.open_from or segment.position
        holder = segment if spot.segment == segment.number else self._left.get(spot.segment)
        if holder is None:
            return
        mark = holder.mark(spot)
        if self._saved is None or _place(mark) != _place(self._saved):
            self._cursors.save(Cursor(mark=mark, header=self._reader.header))
            self._saved = mark
        self._names = {each: self._names[each] for each in self._names if each >= spot.segment}
        self._close_what_nobody_needs()

    def _close_what_nobody_needs(self) -> None:
        """Close the files that no open transaction begins in."""
        segment = self._segment
        if segment is None:
            return
        spot = self._reader.open_from or segment.position
        for number in [number for number in self._left if number < spot.segment]:
            self._left.pop(number).close()

    def _note(self, segment: Segment, files: list[JournalFile]) -> None:
        identities = [file.identity for file in files]
        at = identities.index(segment.identity) if segment.identity in identities else len(files)
        self._status = replace(
            self._status,
            file=segment.path.name,
            offset=segment.read_to,
            lag_bytes=segment.unread_bytes + sum(file.size for file in files[at + 1 :]),
        )


def _place(mark: Mark) -> tuple[int, int, int, str]:
    return mark.device, mark.inode, mark.offset, mark.before
