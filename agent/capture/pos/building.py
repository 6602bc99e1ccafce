"""Elements as they are parsed: local names, one transaction at a time, and where each stood."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder

from defusedxml.ElementTree import DefusedXMLParser

from agent.capture.pos.malformed import Malformed
from agent.capture.pos.mixed import hide_cards
from agent.capture.pos.naming import standard_name

ROOT: Final = "POSLog"
TRANSACTION: Final = "Transaction"
_BODY_DEPTH: Final = 2  # of what stands below a transaction's body, seen from the transaction
_DEEPEST_ENVELOPE: Final = 8
_MOST_AROUND: Final = 1_000
"""Elements outside of any POSLog: an envelope has a header, and no envelope has more."""


@dataclass(frozen=True, slots=True)
class Built:
    """A finished transaction, and from where to where its tags stood."""

    element: Element
    start: int
    end_tag: int


class TransactionBuilder:
    """Builds elements with local names, and keeps finished transactions apart.

    They stand below a ``POSLog``, wherever that stands: at the root, or in an envelope such as
    SOAP's. Where a ``Transaction`` comes before any ``POSLog``, it stands for itself.

    Attributes:
        namespaces: those that are declared where transactions begin.
        open_at: where the transaction begins that is being built; None between two.
        first_at: where the first element below the ``POSLog`` begins; None before it.
    """

    def __init__(self) -> None:
        self.namespaces: list[str] = []
        self.open_at: int | None = None
        self.first_at: int | None = None
        self.origin = 0
        self._tree = TreeBuilder()
        self._parser: DefusedXMLParser | None = None
        self._finished: list[Built] = []
        self._around: list[Element] = []
        self._outside = 0
        self._level: int | None = None
        self._near = sys.maxsize
        self._log: Element | None = None
        self._depth = 0
        self._local: dict[str, str] = {}

    def parser(self, encoding: str | None, origin: int) -> DefusedXMLParser:
        """The parser that builds with this; its first byte is at ``origin`` of the file.

        What it refuses is defusedxml's. Tags it hands straight to this builder: the parser's own
        way first spells every name with its namespace, which is dropped here at once, and takes
        nearly half of the time to read a file.
        """
        self._parser = DefusedXMLParser(target=self._tree, encoding=encoding, forbid_dtd=True)
        expat = self._parser.parser
        expat.ordered_attributes = False
        expat.StartNamespaceDeclHandler = self._start_namespace
        expat.StartElementHandler = self._start
        expat.EndElementHandler = self._end
        self.origin = origin
        return self._parser

    @property
    def begun(self) -> bool:
        """Whether the place of the transactions was seen."""
        return self._level is not None

    @property
    def is_alone(self) -> bool:
        """Whether a transaction is the root."""
        return self._level == 0

    def take(self) -> Iterator[Built]:
        """The transactions finished since the last call; what holds them forgets them."""
        finished, self._finished = self._finished, []
        if self._log is not None:
            self._log.clear()
        while finished:
            yield finished.pop(0)

    def _start_namespace(self, _prefix: str | None, uri: str | None) -> None:
        """Note the namespaces that are declared before any transaction."""
        if self._level is None:
            self.namespaces.append(uri or "")

    def _start(self, tag: str, attrs: dict[str, str]) -> None:
        """Open an element under its local name.

        Raises:
            Malformed: this is no POSLog, or a transaction was not closed.
        """
        name = self._local.get(tag) or self._shorten(tag)
        if attrs:
            attrs = {self._local.get(key) or self._shorten(key): attrs[key] for key in attrs}
        if self._depth <= self._near:
            self._start_near(name, attrs)
        else:
            self._tree.start(name, attrs)
        self._depth += 1

    def _end(self, tag: str) -> None:
        """Close an element; keep a transaction and let anything else beside it go."""
        element = self._tree.end(self._local[tag])
        if len(element) and element.text and not element.text.isspace():
            hide_cards(element)
        self._depth -= 1
        if self._depth == self._level and element.tag == TRANSACTION and self.open_at is not None:
            self._finished.append(Built(element, self.open_at, self._place()))
            self.open_at = None
        elif self._level is None:
            self._around.pop()

    def _start_near(self, name: str, attrs: dict[str, str]) -> None:
        """Open what is not deep inside of a transaction."""
        if self._level is None:
            self._look_for_level(name)
        if self._level is None or self._depth < self._level:
            self._count_outside()
        else:
            self._note_start(name, self._depth - self._level)
        element = self._tree.start(name, attrs)
        if self._level is None:
            self._around.append(element)
        elif self._depth == self._level - 1:
            self._log = element

    def _look_for_level(self, name: str) -> None:
        if name == ROOT:
            self._level = self._depth + 1
        elif name == TRANSACTION:
            self._level = self._depth
            self._log = self._around[-1] if self._around else None
        elif self._depth > _DEEPEST_ENVELOPE:
            raise not_a_poslog()
        if self._level is not None:
            self._near = self._level + _BODY_DEPTH

    def _count_outside(self) -> None:
        self._outside += 1
        if self._outside > _MOST_AROUND:
            raise not_a_poslog()

    def _note_start(self, name: str, below: int) -> None:
        if below == 0 and self.first_at is None:
            self.first_at = self._place()
        if name != TRANSACTION:
            return
        if below == 0:
            self.open_at = self._place()
        else:
            raise Malformed("not well-formed XML: a transaction is not closed")

    def _place(self) -> int:
        assert self._parser is not None
        place: int = self._parser.parser.CurrentByteIndex
        return self.origin + place

    def _shorten(self, name: str) -> str:
        self._local[name] = short = standard_name(name.rpartition("}")[2])
        return short


def not_a_poslog() -> Malformed:
    """What is wrong with a file that holds no POSLog."""
    return Malformed(f"its root element is not {ROOT}, and none stands in an envelope below it")
