"""POSLog XML to one ``Transaction`` element at a time, defused and flat in memory.

Names lose their namespace, since tills disagree about those more than about names. Entities,
document types and external references are refused outright: no till needs them, every attack does.
Bytes go through the parser in small pieces, and each transaction is let go once it was used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers.expat import ErrorString

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from agent.capture.pos.malformed import Malformed

ROOT: Final = "POSLog"
_TRANSACTION: Final = "Transaction"
_CHUNK_BYTES: Final = 64 * 1024
_HEAD_BYTES: Final = 256
_DECLARED: Final = re.compile(rb"""^<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# expat reads single-byte encodings and Unicode only. GB 18030 is a superset of the other two.
_MULTI_BYTE: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(("gb2312", "gbk", "gb18030"), "gb18030")
    | {name: name for name in ("big5", "shift_jis", "euc-jp", "euc-kr")}
)


def transactions(data: bytes) -> Iterator[Element]:
    """The transactions of a file, in document order.

    An element may be used until the next one is asked for. What was yielded proves nothing about
    the rest of the file: take them all before believing any.

    Raises:
        Malformed: not XML, not whole, not a POSLog, or holds entities or a document type.
    """
    builder = _TransactionBuilder()
    with _faults_named():
        for _ in _feed(data, builder):
            yield from builder.take()


def declared_namespaces(data: bytes) -> list[str]:
    """The namespaces that the root element declares; raises Malformed as ``transactions``."""
    builder = _TransactionBuilder()
    with _faults_named():
        for _ in _feed(data, builder):
            if builder.begun:
                break
    return builder.namespaces


@contextmanager
def _faults_named() -> Iterator[None]:
    """Say what is wrong with a file without quoting it, as the parsers' own messages would."""
    try:
        yield
    except DefusedXmlException as error:
        raise Malformed("it declares a document type or entities, which no till needs") from error
    except ParseError as error:
        line, column = error.position
        fault = ErrorString(error.code)
        raise Malformed(f"not well-formed XML: {fault}, line {line}, column {column}") from error
    except (UnicodeError, LookupError) as error:
        raise Malformed("its text is not in the encoding that it declares") from error
    except ValueError as error:
        raise Malformed("it declares an encoding that cannot be read") from error


def _feed(data: bytes, builder: _TransactionBuilder) -> Iterator[None]:
    text, encoding = _readable(data)
    parser = DefusedXMLParser(target=builder, encoding=encoding, forbid_dtd=True)
    for start in range(0, len(text), _CHUNK_BYTES):
        parser.feed(text[start : start + _CHUNK_BYTES])
        yield
    parser.close()
    yield


def _readable(data: bytes) -> tuple[bytes, str | None]:
    """The bytes in an encoding that expat knows, and its name where it overrides the declared."""
    declared = _DECLARED.match(data[:_HEAD_BYTES])
    if declared is None:
        return data, None
    codec = _MULTI_BYTE.get(declared[1].decode().lower())
    return (data, None) if codec is None else (data.decode(codec).encode(), "utf-8")


class _TransactionBuilder(TreeBuilder):
    """Builds elements with local names, and keeps finished transactions apart."""

    def __init__(self) -> None:
        super().__init__()
        self.namespaces: list[str] = []
        self._finished: list[Element] = []
        self._root: Element | None = None
        self._depth = 0
        self._local: dict[str, str] = {}

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
        """Open an element under its local name; the first must be the root of a POSLog."""
        name = self._local.get(tag) or self._shorten(tag)
        if attrs:
            attrs = {self._local.get(key) or self._shorten(key): attrs[key] for key in attrs}
        element = super().start(name, attrs)
        self._depth += 1
        if self._root is None:
            if name != ROOT:
                raise Malformed(f"its root element is not {ROOT}")
            self._root = element
        return element

    def end(self, tag: str) -> Element:
        """Close an element; below the root, keep a transaction and let anything else go."""
        element = super().end(self._local[tag])
        self._depth -= 1
        if self._depth == 1 and element.tag == _TRANSACTION:
            self._finished.append(element)
        return element

    def take(self) -> Iterator[Element]:
        """The transactions finished since the last call; the root forgets them."""
        finished, self._finished = self._finished, []
        if self._root is not None:
            self._root.clear()
        while finished:
            yield finished.pop(0)

    def _shorten(self, name: str) -> str:
        self._local[name] = short = name.rpartition("}")[2]
        return short
