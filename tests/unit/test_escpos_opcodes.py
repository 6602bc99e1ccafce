"""The table of commands: names spell bytes, and every length is what the makers' references say."""

from __future__ import annotations

import pytest

from agent.capture.pos.escpos.grammar import make_grammar
from agent.capture.pos.escpos.layouts import Branch
from agent.capture.pos.escpos.opcodes import CONTROLS, STANDARD, VENDORS, code_of, name_of
from agent.capture.pos.escpos.parser import Parser
from agent.capture.pos.escpos.printed import Line, Oddity
from agent.capture.pos.escpos.profile import PrinterProfile

WHOLE = {
    "initialise": b"\x1b@",
    "print mode": b"\x1b!\x30",
    "position": b"\x1b$\x10\x00",
    "user characters": b"\x1b&\x03\x41\x42\x02abcdef\x01abc",
    "no user characters": b"\x1b&\x03\x42\x41",
    "band of 8 dots": b"\x1b*\x00\x04\x00abcd",
    "band of 24 dots": b"\x1b*\x21\x02\x00abcdef",
    "tab stops": b"\x1bD\x08\x10\x18\x00",
    "panel keys": b"\x1bc5\x00",
    "drawer": b"\x1bp\x00\x19\xfa",
    "drawer at once": b"\x10\x14\x01\x00\x01",
    "power off": b"\x10\x14\x02\x01\x08",
    "status": b"\x10\x04\x01",
    "status of ink": b"\x10\x04\x07\x01",
    "page area": b"\x1bW" + bytes(8),
    "kanji mode": b"\x1c&\x1c.",
    "kanji size": b"\x1c!\x0c",
    "user kanji": b"\x1c2\xfe\xa1" + b"k" * 72,
    "NV pictures": b"\x1cq\x02\x01\x00\x01\x00" + b"p" * 8 + b"\x02\x00\x01\x00" + b"q" * 16,
    "stored picture": b"\x1cp\x01\x00",
    "user memory": b"\x1cg1\x00\x00\x00\x00\x00\x03\x00abc",
    "character size": b"\x1d!\x11",
    "download": b"\x1d*\x01\x02" + b"d" * 16,
    "downloaded bitmap": b"\x1dD0C0  01BM\x0a\x00\x00\x00abcd",
    "raster": b"\x1dv0\x00\x02\x00\x03\x00abcdef",
    "graphics": b"\x1d(L\x04\x000pab",
    "large graphics": b"\x1d8L\x04\x00\x00\x000pab",
    "macro": b"\x1d:\x1d^\x01\x00\x00",
    "counter": b"\x1dC0\x04\x00\x1dC1" + bytes(6) + b"\x1dC2\x00\x00",
    "cut": b"\x1dV\x00",
    "cut with a feed": b"\x1dVB\x03",
    "old cuts": b"\x1bi\x1bm",
    "bar code of one size": b"\x1dk\x02400638133393\x00",
    "bar code counted": b"\x1dkE\x04A-12",
    "two-dimensional code": b"\x1d(k\x04\x001A2\x00",
    "maker's functions": b"\x1d(A\x02\x00\x00\x02\x1b(A\x02\x00ab\x1c(E\x02\x00ab",
    "paper status": b"\x1dr\x01\x1da\xff\x1dI\x01",
    "UTF-8": b"\x1c(C\x02\x000\x02",
}


@pytest.mark.parametrize("command", WHOLE.values(), ids=WHOLE.keys())
def test_a_command_ends_where_its_reference_says(command: bytes) -> None:
    parser = Parser(PrinterProfile())
    things = parser.feed(command + b"TOTAL 14.25\n")
    lines = [thing.text for thing in things if isinstance(thing, Line)]
    assert lines == ["TOTAL 14.25"]
    assert not [thing for thing in things if isinstance(thing, Oddity)]


def test_names_spell_bytes_and_back() -> None:
    assert code_of("GS V 41h") == b"\x1dVA"
    assert code_of("ESC SP") == b"\x1b "
    assert name_of(b"\x1d\xf9") == "GS F9h"
    rows = [*CONTROLS, *STANDARD, *(row for vendor in VENDORS.values() for row in vendor)]
    for name, _, _ in rows:
        assert code_of(name_of(code_of(name))) == code_of(name)


def test_a_name_that_spells_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="ESCAPE"):
        code_of("ESCAPE a")


@pytest.mark.parametrize("vendors", [(), tuple(VENDORS)])
def test_no_command_stands_twice_or_branches_nowhere(vendors: tuple[str, ...]) -> None:
    rows = [*CONTROLS, *STANDARD, *(row for vendor in vendors for row in VENDORS[vendor])]
    codes = [code_of(name) for name, _, _ in rows]
    assert len(codes) == len(set(codes))
    entries = make_grammar(vendors).entries
    for code in entries:
        if len(code) == 3:
            assert isinstance(entries[code[:2]].layout, Branch)
