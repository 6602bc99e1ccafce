"""The table of one printer, made ready for reading: its standard commands and its vendors'."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from agent.capture.pos.escpos.effects import (
    EFFECTS,
    PAYLOAD_EFFECTS,
    RESTYLES,
    Effect,
    PayloadEffect,
)
from agent.capture.pos.escpos.layouts import Branch, Fixed, Layout
from agent.capture.pos.escpos.opcodes import CONTROLS, STANDARD, VENDORS, Row, code_of
from agent.capture.pos.escpos.styles import Restyle

TEXT: Final = rb"[^\x00-\x08\x0b\x0c\x0e-\x1f]"
"""A byte of text: no control character but tabs and line ends; any second byte of a character."""

_OPCODE: Final = 2
_LONG_OPCODE: Final = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One command of the table.

    Attributes:
        restyle: what its operand does to the style, where it does nothing else.
        effect: with operands only; ``payload_effect`` where there is a payload.
        vendor: whose command it is; empty for the makers' common ones.
    """

    layout: Layout
    restyle: Restyle | None
    effect: Effect | None
    payload_effect: PayloadEffect | None
    vendor: str


@dataclass(frozen=True, slots=True)
class Grammar:
    """What is known of a printer's commands.

    Most of a receipt is text and common commands of two or three bytes and a fixed number of
    operands; these have a fast way. All others are looked up in ``entries``.

    Attributes:
        token: text as far as it goes, then one such command with its operands; either may be empty.
        restyles: such a command as a whole, to what it keeps of the style's bits and what it sets.
        effects: such a command without its operands, to what it does and how many bytes it has.
        entries: all commands, by their one, two or three bytes.
    """

    token: re.Pattern[bytes]
    restyles: Mapping[bytes, tuple[int, int]]
    effects: Mapping[bytes, tuple[Effect, int]]
    entries: Mapping[bytes, Entry]


@lru_cache
def make_grammar(vendors: tuple[str, ...]) -> Grammar:
    """The common commands, and over them those of the vendors. Made once for each printer."""
    entries = dict(_entries((*CONTROLS, *STANDARD), ""))
    for vendor in vendors:
        entries.update(_entries(VENDORS[vendor], vendor))
    plain = {code: entry for code, entry in entries.items() if _is_plain(code, entry, entries)}
    return Grammar(
        token=_token(plain),
        restyles=dict(_restyled(plain)),
        effects={
            code: (entry.effect, len(code))
            for code, entry in plain.items()
            if entry.effect is not None
        },
        entries=entries,
    )


def _is_plain(code: bytes, entry: Entry, entries: Mapping[bytes, Entry]) -> bool:
    """Whether a command has the fast way."""
    if entry.vendor or not isinstance(entry.layout, Fixed):
        return False
    if len(code) == _LONG_OPCODE:
        return isinstance(entries[code[:_OPCODE]].layout, Branch)
    return len(code) == _OPCODE


def _token(plain: Mapping[bytes, Entry]) -> re.Pattern[bytes]:
    """By first byte, then one alternative for every further prefix and number of operands.

    An alternative is a set of last bytes, and dots.
    """
    lasts: dict[bytes, dict[tuple[bytes, int], bytes]] = {}
    for code, entry in sorted(plain.items(), key=lambda each: len(each[0])):
        assert isinstance(entry.layout, Fixed)
        groups = lasts.setdefault(code[:1], {})
        group = (code[1:-1], entry.layout.count)
        groups[group] = groups.get(group, b"") + code[-1:]
    commands = (
        re.escape(first) + b"(?:" + b"|".join(_alternatives(groups)) + b")"
        for first, groups in lasts.items()
    )
    return re.compile(b"(" + TEXT + b"*)(" + b"|".join(commands) + b"|)", re.DOTALL)


def _alternatives(groups: Mapping[tuple[bytes, int], bytes]) -> Iterable[bytes]:
    for (prefix, count), last in groups.items():
        yield re.escape(prefix) + b"[" + re.escape(last) + b"]" + b"." * count


def _restyled(plain: Mapping[bytes, Entry]) -> Iterable[tuple[bytes, tuple[int, int]]]:
    for code, entry in plain.items():
        if entry.restyle is not None:
            keeps, sets = entry.restyle
            for operand in range(256):
                yield code + bytes([operand]), (keeps, sets[operand])


def _entries(rows: Iterable[Row], vendor: str) -> Iterable[tuple[bytes, Entry]]:
    for name, shape, does in rows:
        layout = Fixed(shape) if isinstance(shape, int) else shape
        yield (
            code_of(name),
            Entry(layout, RESTYLES.get(does), EFFECTS.get(does), PAYLOAD_EFFECTS.get(does), vendor),
        )
