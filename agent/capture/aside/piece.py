"""A record taken apart for the eye: what stands where, before anybody asks what it means."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

_LONGEST: Final = 2_000
_DEEPEST: Final = 20


@dataclass(frozen=True, slots=True)
class Raw:
    """A line, an element, a cell or a member.

    Attributes:
        value: what the till wrote there.
        name: what it is called; empty for a line.
        before, after: the structure around the value.
        names: what the structure names: the element or member, and those around it.
        row: those of one record, element or object share it.
    """

    value: str
    name: str = ""
    before: str = ""
    after: str = ""
    row: int = 0
    names: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Without the value, which may name a customer."""
        return f"Raw({self.name!r}, {len(self.value)} characters)"

    @property
    def text(self) -> str:
        """As it is shown in the shop."""
        return f"{self.before}{self.value}{self.after}"


def lines_of(texts: Sequence[str]) -> list[Raw]:
    """One piece per line that holds anything."""
    shown = (each[:_LONGEST].rstrip("\r\n") for each in texts)
    return [Raw(text, row=row) for row, text in enumerate(shown) if text.strip()]


def cells_of(cells: Sequence[tuple[str, str]], row: int) -> list[Raw]:
    """One piece per cell that is not empty; without a name it is what nobody could take apart."""
    return [
        Raw(value[:_LONGEST], name, f"{name} = ", row=row, names=(name,))
        if name
        else Raw(value[:_LONGEST], row=row)
        for name, value in cells
        if value.strip()
    ]


def members_of(document: bytes) -> list[Raw]:
    """One piece per text, number or truth in a JSON document; raises ValueError if it is none."""
    found = json.loads(document, parse_float=str, parse_int=str)
    rows: dict[tuple[str, ...], int] = {}
    return [
        Raw(
            value[:_LONGEST],
            path[-1] if path else "",
            f"{'.'.join(path)} = ",
            row=rows.setdefault(path[:-1], len(rows)),
            names=path,
        )
        for path, value in _leaves(found, ())
    ]


def _leaves(found: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    match found:
        case dict() if len(path) < _DEEPEST:
            for name, value in found.items():
                yield from _leaves(value, (*path, name))
        case list() if len(path) < _DEEPEST:
            for place, value in enumerate(found, 1):
                yield from _leaves(value, (*path, str(place)))
        case None | "" | [] | {}:
            return
        case bool():
            yield path, str(found).lower()
        case _:
            yield path, str(found)
