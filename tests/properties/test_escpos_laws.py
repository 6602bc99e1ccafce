"""Whatever comes out of a till: no exception, no hang, little memory, the same in any pieces."""

from __future__ import annotations

import time
from hashlib import sha256

from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.capture.pos.escpos import Ending, PaperRoll, Parser, PrinterProfile, ReceiptPrint
from agent.capture.pos.escpos.opcodes import CONTROLS, STANDARD, VENDORS, code_of
from agent.capture.pos.escpos.parser import LINE_BYTES
from tests.simulators.printing_till import CUT, logo, receipt

PROFILES = (
    PrinterProfile(),
    PrinterProfile(cr_feeds=True, initialise_ends=False, vendors=tuple(VENDORS)),
    PrinterProfile(pages="chinese", double_byte="gb18030", double_byte_on=True),
    PrinterProfile(double_byte="shift_jis", page=1),
    PrinterProfile(encoding="utf_8"),
)
CODES = [code_of(name) for name, _, _ in (*CONTROLS, *STANDARD)]
LARGEST = 300

pieces = st.one_of(
    st.binary(max_size=24),
    st.sampled_from(CODES),
    st.sampled_from([b"\x1b@", CUT, b"\n", b"\r\n", b"\t", b"\x1c&", b"\x1c.", b"\x1d8L\xff\xff"]),
    st.sampled_from(["合计：68.00\r\n".encode("gbk"), "Québec\n".encode("cp850"), "ｶﾅ".encode()]),
    st.text(max_size=20).map(str.encode),
    st.sampled_from([receipt(1), logo(2, 3), b"x" * (LINE_BYTES - 1), b"y" * (LINE_BYTES * 2)]),
)
streams = st.lists(pieces, max_size=12).map(b"".join)


def read(data: bytes, profile: PrinterProfile, sizes: list[int]) -> list[ReceiptPrint]:
    """Everything in a stream that comes in pieces of these sizes, then in one."""
    roll, seen, position = PaperRoll(profile), [], 0
    for size in sizes:
        seen += roll.feed(data[position : position + size])
        position += size
    seen += roll.feed(data[position:])
    last = roll.tear(Ending.CLOSED)
    return [*seen, *([last] if last is not None else [])]


@given(streams, st.sampled_from(PROFILES), st.lists(st.integers(0, LARGEST), max_size=40))
@example(b"\x1bwx" * 3, PROFILES[0], [1] * 9)
@example(b" \x1bD\x1b@" + b"x" * 300, PROFILES[0], [6])
@settings(max_examples=400, deadline=None)
def test_pieces_make_no_difference(data: bytes, profile: PrinterProfile, sizes: list[int]) -> None:
    whole = read(data, profile, [])
    assert read(data, profile, sizes) == whole
    assert read(data[:LARGEST], profile, [1] * LARGEST) == read(data[:LARGEST], profile, [])
    for seen in whole:
        assert seen.sha256 == sha256(data[seen.begin : seen.end]).hexdigest()
    assert [seen.begin for seen in whole[1:]] == [seen.end for seen in whole[:-1]]


@given(streams, st.sampled_from(PROFILES), st.integers(0, 64))
@settings(max_examples=200, deadline=None)
def test_things_come_the_same_in_any_pieces(data: bytes, profile: PrinterProfile, at: int) -> None:
    whole, parted = Parser(profile), Parser(profile)
    things = [*whole.feed(data), *whole.tear()]
    assert [*parted.feed(data[:at]), *parted.feed(data[at:]), *parted.tear()] == things
    assert not whole.pending


@given(st.binary(max_size=2000), st.sampled_from(PROFILES))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_in_no_time(data: bytes, profile: PrinterProfile) -> None:
    began = time.thread_time()
    read(data, profile, [])
    assert time.thread_time() - began < 1.0


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=200))
def test_text_without_control_characters_comes_through(text: str) -> None:
    seen = read(text.encode() + b"\n", PROFILES[0], [])
    assert "\n".join(each.text for each in seen) == (text if text.strip() else "")


@given(
    st.lists(st.text("饮料牛奶面包合计￥零钱0123456789. ", max_size=20), max_size=12),
    st.sampled_from(["gb18030", "gbk"]),
)
def test_chinese_lines_come_through(written: list[str], encoding: str) -> None:
    profile = PrinterProfile(double_byte=encoding, double_byte_on=True)
    (seen,) = read("\r\n".join([*written, "合计"]).encode("gbk"), profile, [])
    assert [line.text for line in seen.lines] == [*written, "合计"]


@given(streams, st.sampled_from(PROFILES))
@settings(max_examples=100, deadline=None)
def test_a_receipt_after_any_rubbish_is_read(data: bytes, profile: PrinterProfile) -> None:
    roll = PaperRoll(profile)
    roll.feed(data)
    roll.tear(Ending.PAUSE)
    (seen,) = roll.feed(b"\x1b@" + receipt(7))
    assert "RECEIPT 00000007" in seen.text
    assert "TOTAL                              14.25" in seen.text
