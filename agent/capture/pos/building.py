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


class TransactionBuilder(TreeBuilder):
    """Builds elements with local names, and keeps finished transactions apart.

    Attributes:
        namespaces: those that the root declares.
        open_at: where the transaction begins that is being built; None between two.
        first_at: where the first element below the root begins; None before it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.namespaces: list[str] = []
        self.open_at: int | None = None
        self.first_at: int | None = None
        self.origin = 0
        self._parser: DefusedXMLParser | None = None
        self._finished: list[Built] = []
        self._root: Element | None = None
        self._depth = 0
        self._local: dict[str, str] = {}

    def parser(self, encoding: str | None, origin: int) -> DefusedXMLParser:
        """The parser that builds with this; its first byte is at ``origin`` of the file."""
        self._parser = DefusedXMLParser(target=self, encoding=encoding, forbid_dtd=True)
        self.origin = origin
        return self._parser

    @property
    def begun(self) -> bool:
        """Whether the root was seen."""
        return self._root is not None

    def start_ns(self, prefix: str, uri: str) -> None:
        """Note the namespaces that the root declares; they come before it."""
        del prefix
        if self._root is None:
            self.namespaces.append(uri)

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        """Open an element under its local name.

        Raises:
            Malformed: the first is no root of a POSLog, or a transaction was not closed.
        """
        name = self._local.get(tag) or self._shorten(tag)
        if attrs:
            attrs = {self._local.get(key) or self._shorten(key): attrs[key] for key in attrs}
        if self._depth <= _BODY_DEPTH:
            self._note_start(name)
        element = super().start(name, attrs)
        self._depth += 1
        if self._root is None:
            self._root = element
        return element

    def end(self, tag: str) -> Element:
        """Close an element; below the root, keep a transaction and let anything else go."""
        element = super().end(self._local[tag])
        self._depth -= 1
        if self._depth == 1 and element.tag == TRANSACTION and self.open_at is not None:
            self._finished.append(Built(element, self.open_at, self._place()))
            self.open_at = None
        return element

    def take(self) -> Iterator[Built]:
        """The transactions finished since the last call; the root forgets them."""
        finished, self._finished = self._finished, []
        if self._root is not None:
            self._root.clear()
        while finished:
            yield finished.pop(0)

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
