"""POSLog taken apart: by elements where it is XML, else by its tags up to where it is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final
from xml.etree.ElementTree import Element
from xml.parsers.expat import ExpatError, ParserCreate

from agent.capture.aside.piece import Raw

_TAG: Final = re.compile(r"<[^<>]*>?[^<]*(?:</[^<>]*>\s*)*")
_ENDS: Final = re.compile(r"(?:\s*</[\w.:-]*>)+\s*\Z")
_NAMED: Final = re.compile(r"<[/?!]?((?:[\w.-]+:)?[\w.-]+)")
_LONGEST: Final = 2_000


class _Told(str):
    """A text that says when it is looked at: every reader of ours strips what it takes."""

    __slots__ = ("place", "seen")
    place: int
    seen: Callable[[int], None]

    def strip(self, chars: str | None = None, /) -> str:
        """As of a text."""
        self.seen(self.place)
        return str.strip(self, chars)


class _Watched(Element):
    """An element that says which of its attributes are looked at."""

    places: dict[str, int]
    seen: Callable[[int], None]

    def get(self, key: str, default: Any = None) -> Any:
        """As of an element."""
        if key in self.places:
            self.seen(self.places[key])
        return super().get(key, default)


def taken_apart(transaction: Element, seen: Callable[[int], None]) -> tuple[Element, list[Raw]]:
    """The same element, which says what of it is looked at, and its pieces in order.

    Args:
        transaction: stays as it is.
        seen: is told the place of a piece whenever it is looked at.
    """
    pieces: list[Raw] = []

    def add(piece: Raw) -> int:
        pieces.append(replace(piece, row=len(pieces)))
        return len(pieces) - 1

    def watched(element: Element) -> Element:
        copy, tag = _Watched(element.tag), element.tag
        copy.seen = seen
        attributes = [(name, value[:_LONGEST]) for name, value in element.attrib.items()]
        copy.attrib.update(element.attrib)
        copy.places = {
            name: add(Raw(value, name, f"<{tag} {name}=", ">", names=(tag, name)))
            for name, value in attributes
        }
        if (text := (element.text or "").strip()) or not attributes:
            place = add(_leaf(tag, text[:_LONGEST]))
            copy.text = told = _Told(element.text or "")
            told.place, told.seen = place, seen
        copy.extend(watched(child) for child in element)
        return copy

    return watched(transaction), pieces


def _leaf(tag: str, text: str) -> Raw:
    return Raw(text, tag, f"<{tag}>", f"</{tag}>" if text else "", names=(tag,))


def tags_of(data: bytes) -> tuple[list[Raw], int]:
    """The tags of damaged XML, and at which of them it is damaged; -1 where it is not."""
    text = _decoded(data)
    broken = _breaks_at(data)
    pieces, at_fault, begin = [], -1, 0
    for number, found in enumerate(_TAG.finditer(text)):
        if broken is not None and begin <= broken:
            at_fault = number
        begin += len(found[0].encode())
        pieces.append(_tag(found[0].strip()[:_LONGEST], number))
    return pieces or [Raw(text[:_LONGEST])], at_fault


def _tag(text: str, row: int) -> Raw:
    """Of damaged XML nobody can say what a name is: ``names`` stays empty."""
    named = _NAMED.match(text)
    if named is None:
        return Raw(text, row=row)
    ends = _ENDS.search(text, named.end())
    value = text[named.end() : ends.start() if ends else len(text)]
    return Raw(value, named[1].rpartition(":")[2], named[0], ends[0] if ends else "", row)


def _breaks_at(data: bytes) -> int | None:
    """The byte at which a parser gives up; it is told to look no entity up."""
    parser = ParserCreate()
    parser.SetParamEntityParsing(0)
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(data, True)
    except (ExpatError, ValueError):
        return int(parser.ErrorByteIndex)
    return None


def _refuse(*_: Any) -> None:
    raise ValueError("an entity")


def _decoded(data: bytes) -> str:
    wide = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\x00": "utf-16-le"}
    return data.decode(wide.get(data[:2], "utf-8"), "replace")


def words_of_tag(tag: str) -> Iterator[str]:
    """``BusinessDayDate`` as business, day, date."""
    return (each[0].lower() for each in re.finditer(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", tag))
