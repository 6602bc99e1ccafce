"""The till's books: what every workstation of this box has numbered, day by day.

All sales meet here on their way into the outbox. Before that they are asked whether they are late,
and after it they are noted: in memory at once, in the file some dozens at a time or at the next
look, with no sync. The books are derived: what a kill, a power cut, a full disk or a damaged file
takes from them is noted again from the outbox (``mend``), and no trouble of theirs ever holds up a
sale.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from agent.capture.books.counters import Ripening, absent_numbers, open_gaps
from agent.capture.books.course import Course, DayCourse
from agent.capture.books.entry import Entry, Till, entry_of
from agent.capture.books.file import BooksFile, Contents, Mark, is_damage
from agent.capture.books.findings import Findings, findings_of
from agent.capture.books.page import Page, PageKey
from models.runtime.clock import Clock
from models.runtime.logs import get_logger
from models.wire.events.sale import SaleRecorded
from models.wire.ranges import RangeSet

_LOG = get_logger(__name__)

Item = TypeVar("Item")

KEPT_DAYS: Final = 35
"""Business days of every workstation: a month, and what is sent in after it."""

_CHUNK: Final = 200
"""Sales that are mended at a time: those that are just being captured wait for no more."""

_MOST_UNWRITTEN: Final = 64
"""Sales that wait in memory for their place in the file: together they cost a tenth each."""

_TROUBLE: Final = (sqlite3.Error, OSError)


@dataclass(frozen=True, slots=True)
class Noted:
    """A captured sale, as the books take it.

    Attributes:
        is_late: it was marked so.
        seen_s: when it was captured, in Unix time; now where absent.
    """

    sale: SaleRecorded
    is_late: bool = False
    seen_s: float | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    """What the file is to take of a sale; ``day`` where it changed that."""

    entry: Entry
    day: DayCourse | None
    is_late: bool


ReadBehind = Callable[[Mark], Iterable[tuple[Noted, Mark]]]
"""The sales of the outbox behind a mark, in order."""


class TillBooks:
    """The books of one box. Safe from any thread; never raises for its file."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Open the file, or go without it until it can be opened."""
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._file: BooksFile | None = None
        self._pages: dict[PageKey, Page] = {}
        self._courses: dict[tuple[Till, str], Course] = {}
        self._mark = Mark()
        self._absent: dict[PageKey, RangeSet] | None = None
        self._ripening = Ripening()
        self._unwritten: list[_Line] = []
        self._through: Mark | None = None
        self._is_behind = True
        self._stopping = threading.Event()
        self.fault = ""
        self._open()

    def is_late(self, sale: SaleRecorded) -> bool:
        """Whether it belongs to a business day that was closed before it came.

        One whose number was captured already comes again, or corrected, or by another way.
        """
        entry = entry_of(sale)
        with self._lock:
            course = self._courses.get((entry.till, entry.profile))
            if course is None or self._has(entry):
                return False
            return course.is_late(entry, self._clock.now().timestamp())

    def note(self, sales: Sequence[Noted], through: Mark | None = None) -> None:
        """Take up sales that are in the outbox. Idempotent; their order does not matter.

        Args:
            sales: captured just now.
            through: the last of them in the outbox, where one of them is new there.
        """
        self._note(sales, None if self._is_behind else through)

    def findings(self) -> list[Findings]:
        """What is wrong with each workstation, the worst first; those without a fault last."""
        with self._lock:
            self._write()
            if self._absent is None:
                self._absent = absent_numbers(self._pages)
            ripe = self._ripening.ripe(self._absent, self._pages, self._clock.monotonic_s())
            gaps = open_gaps(self._absent, ripe)
            return findings_of(self._pages, self._courses, gaps, self._clock.now())

    def tidy(self) -> None:
        """Forget old days, fold the file's log in, and open it again where it was lost."""
        with self._lock:
            self._write()
            pages, days = self._outdated()
            rows = [self._pages.pop(key).row for key in pages]
            for till, profile, day in days:
                del self._courses[till, profile].days[day]
            self._courses = {whose: each for whose, each in self._courses.items() if each.days}
            self._absent = None
            if self._file is None:
                self._open()
            if self._file is None:
                return
            try:
                with self._file.writing():
                    self._file.drop(filter(None, rows), days)
                self._file.tidy()
            except _TROUBLE as error:
                self._fail(error)

    def mend(self, read: ReadBehind) -> int:
        """Note what the outbox holds behind the last noted sale; returns how many sales it read.

        Does nothing where nothing can be missing: once after every opening of the file. Sales may
        be captured meanwhile.

        Args:
            read: sales of the outbox behind a mark, with the mark of each.

        Raises:
            AgentError: the outbox cannot be read now; call again.
        """
        if not self._is_behind or self._file is None:
            return 0
        count = 0
        for chunk in batches(read(self._mark), _CHUNK):
            if self._stopping.is_set():
                return count
            self._note([noted for noted, _ in chunk], chunk[-1][1])
            count += len(chunk)
        self._is_behind = self._file is None
        return count

    def stop_mending(self) -> None:
        """End ``mend`` soon; what it has not come to is for the next start."""
        self._stopping.set()

    def close(self) -> None:
        """Close the file. May be called twice."""
        with self._lock:
            self._write()
            self._let_go()

    def _open(self) -> None:
        """Open the file anew; what it lacks is then to be noted from the outbox."""
        try:
            self._file = BooksFile(self._path)
            self._join(self._file, self._file.load())
            self._mark = self._file.mark()
        except _TROUBLE as error:
            self._fail(error)
        else:
            self._is_behind, self.fault = True, ""

    def _join(self, file: BooksFile, kept: Contents) -> None:
        """Memory and file know the same afterwards, but for numbers that were noted without it."""
        for page in self._pages.values():
            page.row = 0  # the file may be another one than before
        for key, page in kept.pages.items():
            self._pages.setdefault(key, page).join(page)
        for whose, course in kept.courses.items():
            self._courses.setdefault(whose, course).join(course)
        with file.writing():
            for (till, profile), course in self._courses.items():
                for day, each in course.days.items():
                    file.save_course(till, profile, day, each)

    def _has(self, entry: Entry) -> bool:
        page = self._pages.get(_key(entry)) if entry.numbered else None
        return (
            page is not None
            and entry.numbered is not None
            and entry.numbered.number in page.numbers
        )

    def _note(self, sales: Sequence[Noted], through: Mark | None) -> None:
        entries = [(entry_of(each.sale), each) for each in sales]
        with self._lock:
            now_s = self._clock.now().timestamp()
            for entry, noted in entries:
                day = self._remember(entry, noted, now_s)
                self._unwritten.append(_Line(entry, day, noted.is_late))
            self._absent = None
            self._through = through or self._through
            if len(self._unwritten) >= _MOST_UNWRITTEN:
                self._write()

    def _write(self) -> None:
        """What was noted goes into the file, all of it or nothing."""
        lines, through = self._unwritten, self._through
        self._unwritten, self._through = [], None
        if self._file is None:
            return
        try:
            with self._file.writing():
                for line in lines:
                    self._keep(self._file, line)
                if through is not None:
                    self._file.save_mark(through)
        except _TROUBLE as error:
            self._fail(error)

    def _remember(self, entry: Entry, noted: Noted, now_s: float) -> DayCourse | None:
        """Into memory; the business day if that changed it."""
        course = self._courses.setdefault((entry.till, entry.profile), Course())
        changed = course.note(entry, now_s if noted.seen_s is None else noted.seen_s)
        if noted.is_late:
            course.days[entry.day].late.add(entry.identity)
        if entry.numbered is not None:
            page = self._pages.setdefault(_key(entry), Page())
            page.add(entry.numbered.number, entry.at_s, self._clock.monotonic_s())
        return changed

    def _keep(self, file: BooksFile, line: _Line) -> None:
        entry = line.entry
        if line.day is not None:
            file.save_course(entry.till, entry.profile, entry.day, line.day)
        if line.is_late:
            file.add_late(entry)
        if entry.numbered is not None:
            self._keep_number(file, entry, entry.numbered.number)

    def _keep_number(self, file: BooksFile, entry: Entry, number: int) -> None:
        page = self._pages[_key(entry)]
        if not page.row:
            page.row = file.add_page(_key(entry))
        if file.add_number(page.row, number, entry):
            page.repeats.add(number)
            file.add_repeat(page.row, number)

    def _fail(self, error: Exception) -> None:
        """The sale goes on; the file is let go and opened again by the next ``tidy``."""
        self._let_go()
        reason = f"{self._path}: {error}"
        if reason != self.fault:
            self.fault = reason
            _LOG.error(
                "till_books_not_kept",
                reason=reason,
                damaged=is_damage(error),
                effect="sales go on; what is missed is noted again from the outbox",
            )

    def _let_go(self) -> None:
        if self._file is not None:
            with suppress(*_TROUBLE):
                self._file.close()
            self._file = None

    def _outdated(self) -> tuple[list[PageKey], list[tuple[Till, str, date]]]:
        """What lies behind the days that are kept, and workstations that went out of use."""
        first = self._first_kept()
        pages = [key for key in self._pages if key.day < first.get(key.till, date.max)]
        days = [
            (till, profile, day)
            for (till, profile), course in self._courses.items()
            for day in course.days
            if day < first[till]
        ]
        return pages, days

    def _first_kept(self) -> dict[Till, date]:
        now_s = self._clock.now().timestamp()
        days: dict[Till, dict[date, float]] = {}
        for (till, _), course in self._courses.items():
            for day, each in course.days.items():
                days.setdefault(till, {})[day] = each.seen_s or now_s
        in_use_s = now_s - KEPT_DAYS * 86_400.0
        return {
            till: sorted(seen)[-KEPT_DAYS:][0] if max(seen.values()) >= in_use_s else date.max
            for till, seen in days.items()
        }


def _key(entry: Entry) -> PageKey:
    assert entry.numbered is not None, "only what is numbered has a page"
    return PageKey(entry.till, entry.lane, entry.numbered.series, entry.day)


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of so many items, the last perhaps shorter."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
