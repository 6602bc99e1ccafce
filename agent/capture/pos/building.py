"""Elements as they are parsed: local names, one transaction at a time, and where each stood."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder

from defusedxml.ElementTree import DefusedXMLParser

from agent.capture.pos.malformed import Malformed

ROOT: Final = "POSLog"
TRANSACTION: Final = "Transaction"
_BODY_DEPTH: Final = 3  # of what stands below a transaction's body


@dataclass(frozen=True, slots=True)
class Built:
    """A finished transaction, and from where to where its tags stood."""

    element: Element
    start: int
    end_tag: int


class TransactionBuilder:
    """Builds elements with local names, and keeps finished transactions apart.

    Attributes:
        namespaces: those that the root declares.
        open_at: where the transaction begins that is being built; None between two.
        first_at: where the first element below the root begins; None before it.
    """

    def __init__(self) -> None:
        self.namespaces: list[str] = []
        self.open_at: int | None = None
        self.first_at: int | None = None
        self.origin = 0
        self._tree = TreeBuilder()
        self._parser: DefusedXMLParser | None = None
        self._finished: list[Built] = []
        self._root: Element | None = None
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
        """Whether the root was seen."""
        return self._root is not None

    def take(self) -> Iterator[Built]:
        """The transactions finished since the last call; the root forgets them."""
        finished, self._finished = self._finished, []
        if self._root is not None:
            self._root.clear()
        while finished:
            yield finished.pop(0)

    def _start_namespace(self, _prefix: str | None, uri: str | None) -> None:
        """Note the namespaces that the root declares; they come before it."""
        if self._root is None:
            self.namespaces.append(uri or "")

    def _start(self, tag: str, attrs: dict[str, str]) -> None:
        """Open an element under its local name.

        Raises:
            Malformed: the first is no root of a POSLog, or a transaction was not closed.
        """
        name = self._local.get(tag) or self._shorten(tag)
        if attrs:
            attrs = {self._local.get(key) or self._shorten(key): attrs[key] for key in attrs}
        if self._depth <= _BODY_DEPTH:
            self._note_start(name)
        element = self._tree.start(name, attrs)
        self._depth += 1
        if self._root is None:
            self._root = element

    def _end(self, tag: str) -> None:
        """Close an element; below the root, keep a transaction and let anything else go."""
        element = self._tree.end(self._local[tag])
        self._depth -= 1
        if self._depth == 1 and element.tag == TRANSACTION and self.open_at is not None:
            self._finished.append(Built(element, self.open_at, self._place()))
            self.open_at = None

    def _note_start(self, name: str) -> None:
        if self._root is None and name != ROOT:
            raise Malformed(f"its root element is not {ROOT}")
        if self._depth == 1 and self.first_at is None:
            self.first_at = self._place()
        if name != TRANSACTION:
            return
        if self._depth == 1:
            self.open_at = self._place()
        elif self._depth > 1:
            raise Malformed("not well-formed XML: a transaction is not closed")

    def _place(self) -> int:
        assert self._parser is not None
        place: int = self._parser.parser.CurrentByteIndex
        return self.origin + place

    def _shorten(self, name: str) -> str:
        self._local[name] = short = name.rpartition("}")[2]
        return short
