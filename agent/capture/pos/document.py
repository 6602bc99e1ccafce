"""A stream of POSLog XML to one transaction at a time, defused and flat in memory.

Names lose their namespace, since tills disagree about those more than about names, and are brought
to one spelling (``naming``). The log may stand in an envelope, as a web service sends it, and
transactions may stand without a log, one or several behind one another. Entities, document types
and external references are refused outright: no till needs them, every attack does.

A damaged transaction costs itself alone. Where the parser gives up, the bytes up to the next
``<Transaction`` are set apart, and a new parser goes on from there behind the file's own root
element. What is never guessed is an end: a file that stops before its root is closed is reported as
broken off, with how much of it was whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final
from xml.etree.ElementTree import Element, ParseError
from xml.parsers.expat import ErrorString, ParserCreate

from defusedxml import DefusedXmlException

from agent.capture.pos.building import Built, TransactionBuilder, not_a_poslog
from agent.capture.pos.encodings import transcoded
from agent.capture.pos.malformed import BrokenOff, Malformed
from agent.capture.pos.window import Window

MAX_TRANSACTION_BYTES: Final = 4 * 1024 * 1024
"""A receipt with a picture in it is some hundred kilobytes; what is longer was never closed."""

_MOST_DAMAGES: Final = 10_000
_MOST_BEGUN_INSIDE: Final = 8
# Spelt out: a search that ignores case looks at every byte, and whole files are searched.
_LOG: Final = rb"[Pp][Oo][Ss][Ll][Oo][Gg]"
_NEXT: Final = re.compile(rb"<(?:[\w.-]+:)?(?:[Tt]ransaction|TRANSACTION)[\s/>]")
_ROOT_BEGIN: Final = re.compile(rb"<(?:[\w.-]+:)?%b[\s/>]" % _LOG)
_ROOT_END: Final = re.compile(rb"</(?:[\w.-]+:)?%b\s*>\s*(?:</[\w:.-]+\s*>\s*){0,8}\Z" % _LOG)
_LONE_END: Final = re.compile(rb"(?<=(?:ransaction|RANSACTION)>)\s*\Z")
_NOTHING: Final = re.compile(rb"(?:\s|<\?[^>]*\?>|<!--(?:(?!-->).)*-->)*", re.DOTALL)
_XML_FAULTS: Final = (ParseError, Malformed, UnicodeError, LookupError, ValueError)


@dataclass(frozen=True, slots=True)
class Record:
    """One transaction of a file. Good until the next one is asked for.

    Attributes:
        number: its place among the transactions of the file, from 1.
        start, end: its bytes; in a file that is not in an encoding of expat's, those of the same
            text in UTF-8.
        element: its content; None where it is damaged.
        fault: what is wrong with a damaged one.
    """

    number: int
    start: int
    end: int
    element: Element | None
    fault: str = ""


def declared_namespaces(source: BinaryIO) -> list[str]:
    """The namespaces that the root element declares.

    Raises:
        Malformed: the beginning is not XML, or not that of a POSLog.
    """
    pieces, is_other = transcoded(source)
    builder = TransactionBuilder()
    parser = builder.parser("utf-8" if is_other else None, 0)
    try:
        for piece in pieces:
            parser.feed(piece)
            if builder.begun:
                return builder.namespaces
        parser.close()
    except (DefusedXmlException, *_XML_FAULTS) as error:
        if not builder.begun:
            raise Malformed(_fault(error)) from error
    if not builder.begun:
        raise not_a_poslog()
    return builder.namespaces


class Document:
    """One file while it is read."""

    def __init__(self, source: BinaryIO) -> None:
        self._pieces, self._is_other = transcoded(source)
        self._window = Window()
        self._head: bytes | None = None
        self._begun = False
        self._is_alone = False
        self._any_whole = False
        self._fed = 0
        self._whole_until = 0
        self._number = 0
        self._damages = 0
        self._fault = ""
        self._was_open = False
        self._resumed_at = -1
        self._opened = -1
        self._begun_inside = 0
        self._restart(0)

    def records(self) -> Iterator[Record]:
        """The transactions, damaged ones in their place.

        Raises:
            BrokenOff: the file ends before its root is closed, or nothing can be read any more.
            Malformed: not XML, not a POSLog, or it holds entities or a document type.
        """
        for piece in self._pieces:
            self._window.add(piece)
            yield from self._read_on()
            self._forget()
        yield from self._finish()

    def alone(self, record: Record) -> bytes:
        """A file that holds nothing but this record, so that it can be read again by itself."""
        head = self._head or b""
        return head + self._window.between(record.start, record.end) + _closing(head)

    def _restart(self, at: int) -> None:
        """A new parser that takes the file from a place on, behind the file's own beginning."""
        self._fed = at
        self._fault = ""
        self._builder = TransactionBuilder()
        encoding = "utf-8" if self._is_other else None
        self._parser = self._builder.parser(encoding, at - len(self._head or b""))
        if self._head:
            self._parser.feed(self._head)

    def _read_on(self) -> Iterator[Record]:
        """Read what has come; behind damage, go on where the next transaction begins."""
        while True:
            if self._fault:
                found = self._window.search(_NEXT, self._behind_damage())
                if found < 0:
                    return
                if not self._was_open and self._is_next_file(found):
                    self._damages -= 1
                elif self._is_the_damage(found):
                    self._whole_until = self._resumed_at = found
                    continue
                else:
                    yield self._damaged(found)
                self._whole_until = self._resumed_at = found
                self._restart(found)
            stop = self._next_stop()
            self._fault = self._feed(stop) or self._unclosed(stop)
            yield from self._taken()
            if self._fault:
                self._give_up()
            elif self._fed == self._window.end:
                return

    def _behind_damage(self) -> int:
        """Where to look for the next transaction: never again where reading failed at once."""
        return max(self._whole_until + self._was_open, self._resumed_at + 1)

    def _is_the_damage(self, found: int) -> bool:
        """Whether the transaction that was found is the one with the broken tag, not the next."""
        between = self._window.between(self._whole_until, found)
        return not self._was_open and _NOTHING.fullmatch(between) is not None

    def _next_stop(self) -> int:
        """How far to feed at once: in a file with damage, to where the next transaction begins."""
        found = self._window.search(_NEXT, self._fed + 1) if self._damages else -1
        return self._window.end if found < 0 else found

    def _unclosed(self, stop: int) -> str:
        """In a file with damage, a transaction in which many seem to begin swallows them.

        That is how a section or a comment without an end looks. Going on to the end of the file
        each time would take for ever.
        """
        opened = self._builder.open_at
        if not self._damages or opened is None or stop == self._window.end:
            return ""
        self._begun_inside = self._begun_inside + 1 if opened == self._opened else 1
        self._opened = opened
        many = self._begun_inside > _MOST_BEGUN_INSIDE
        return "not well-formed XML: something in it is not closed" if many else ""

    def _feed(self, stop: int) -> str:
        """Give the parser what it does not have yet; why it gave up, or nothing."""
        fresh = self._window.between(self._fed, stop)
        self._fed = stop
        try:
            self._parser.feed(fresh)
        except DefusedXmlException as error:
            raise Malformed(_fault(error)) from error
        except _XML_FAULTS as error:
            return self._of_a_poslog(error)
        self._note_begin()
        opened = self._builder.open_at
        too_long = opened is not None and self._fed - opened > MAX_TRANSACTION_BYTES
        return f"it is longer than {MAX_TRANSACTION_BYTES} bytes" if too_long else ""

    def _of_a_poslog(self, error: Exception) -> str:
        """What is wrong with a part of it; raises Malformed where this is no POSLog at all."""
        self._note_begin()
        if not self._begun:
            raise Malformed(_fault(error)) from error
        return _fault(error)

    def _note_begin(self) -> None:
        self._begun = self._begun or self._builder.begun
        self._is_alone = self._is_alone or self._builder.is_alone

    def _taken(self) -> Iterator[Record]:
        """What the parser has finished; the window still holds it."""
        if self._head is None and self._builder.first_at is not None:
            self._head = self._window.between(0, self._builder.first_at)
        for built in self._builder.take():
            self._any_whole = True
            self._number += 1
            self._whole_until = self._end_of(built)
            yield Record(self._number, built.start, self._whole_until, built.element)

    def _end_of(self, built: Built) -> int:
        end = self._window.find(b">", built.end_tag) + 1
        # In UTF-16 the sign's second byte belongs to it; elsewhere a zero behind it is damage.
        is_wide = self._window.between(end - 2, end - 1) == b"\x00"
        return end + 1 if is_wide and self._window.between(end, end + 1) == b"\x00" else end

    def _give_up(self) -> None:
        """What cannot be read begins with the transaction that is open, or behind the last."""
        self._damages += 1
        self._head = self._head or self._beginning()
        if self._damages > _MOST_DAMAGES or self._head is None:
            raise self._broken_off()
        opened = self._builder.open_at
        self._was_open = opened is not None
        behind_head = max(self._whole_until, len(self._head))
        self._whole_until = behind_head if opened is None else opened

    def _beginning(self) -> bytes | None:
        """The file up to its log's own tag: behind it stood nothing whole; None where unclear."""
        root = self._window.search(_ROOT_BEGIN, 0)
        if root < 0 or not self._begun:
            return None
        head = self._window.between(0, self._window.find(b">", root) + 1)
        builder = TransactionBuilder()
        try:
            builder.parser("utf-8" if self._is_other else None, 0).feed(head)
        except (DefusedXmlException, *_XML_FAULTS):
            return None
        return head if builder.begun and not builder.is_alone else None

    def _is_next_file(self, found: int) -> bool:
        """Whether a till wrote a whole new POSLog behind the first, which is no damage.

        Nor is a transaction behind a transaction, where the file has no POSLog around them.
        """
        if 0 <= self._window.search(_ROOT_BEGIN, self._whole_until) < found:
            return True
        between = self._window.between(self._whole_until, found)
        return self._is_alone and _NOTHING.fullmatch(between) is not None

    def _damaged(self, end: int) -> Record:
        self._number += 1
        return Record(self._number, self._whole_until, end, None, self._fault)

    def _forget(self) -> None:
        """Keep what may still be wanted as bytes: what is open, and damage of unknown length."""
        if self._fault:
            if self._window.end - self._whole_until > 2 * MAX_TRANSACTION_BYTES:
                raise self._broken_off()
            return
        opened = self._builder.open_at
        self._whole_until = max(self._whole_until, self._window.end - MAX_TRANSACTION_BYTES)
        if self._head is not None:
            self._window.forget_before(self._whole_until if opened is None else opened)

    def _finish(self) -> Iterator[Record]:
        """The end of the stream: it must be that of the root element."""
        while not self._fault:
            self._fault = self._close()
            if not self._fault:
                if not self._begun:
                    raise not_a_poslog()
                return
            self._give_up()
            yield from self._read_on()
        pattern = _LONE_END if self._is_alone else _ROOT_END
        root_end = self._window.search(pattern, self._whole_until)
        # A file without one whole transaction may not have come wholly yet: it gets its time.
        if root_end < 0 or not self._any_whole:
            raise self._broken_off()
        yield self._damaged(root_end)

    def _close(self) -> str:
        """Tell the parser that this was all; what it misses, or nothing."""
        try:
            self._parser.close()
        except _XML_FAULTS as error:
            return self._of_a_poslog(error)
        return ""

    def _broken_off(self) -> BrokenOff:
        read_on = self._any_whole and not self._is_other
        return BrokenOff(self._fault, self._whole_until if read_on else 0)


def _fault(error: Exception) -> str:
    """What is wrong with a file, without quoting it as the parsers' own messages would."""
    match error:
        case Malformed():
            return str(error)
        case DefusedXmlException():
            return "it declares a document type or entities, which no till needs"
        case ParseError():
            return f"not well-formed XML: {ErrorString(error.code)}"
        case UnicodeError() | LookupError():
            return "its text is not in the encoding that it declares"
        case _:
            return "it declares an encoding that cannot be read"


def _closing(head: bytes) -> bytes:
    """The end tags for all that a file's beginning opens, in its encoding."""
    names: list[str] = []
    parser = ParserCreate()  # the beginning was read by the defused parser before
    parser.StartElementHandler = lambda name, _attributes: names.append(name)
    parser.EndElementHandler = lambda _name: names.pop()
    parser.Parse(head, False)
    ends = "".join(f"</{name}>" for name in reversed(names))
    return ends.encode(_utf16_of(head) or "latin-1", "xmlcharrefreplace")


def _utf16_of(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"<\x00")):
        return "utf-16-le"
    return "utf-16-be" if head.startswith((b"\xfe\xff", b"\x00<")) else ""
