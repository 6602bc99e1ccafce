"""The parser under a coverage-guided fuzzer: ``python -m tests.properties.escpos_fuzzing -runs=N``.

Every input is read whole and in two parts by two kinds of printer; both readings must agree, and
a hang or too much memory ends the run as a crash does. The memory is limited here: what libFuzzer
measures begins with that of the process which started this one.
"""

from __future__ import annotations

import resource
import sys
from typing import Final

import atheris  # type: ignore[import-untyped]  # it has neither stubs nor hints

with atheris.instrument_imports(include=["agent.capture.pos.escpos"]):
    from agent.capture.pos.escpos import Ending, PaperRoll, PrinterProfile, ReceiptPrint
    from agent.capture.pos.escpos.opcodes import VENDORS

_MEMORY_BYTES: Final = 512 << 20

_PROFILES = (
    PrinterProfile(vendors=tuple(VENDORS)),
    PrinterProfile(pages="chinese", double_byte="gb18030", double_byte_on=True),
)


def try_one(data: bytes) -> None:
    """One input; raises AssertionError where the two readings differ."""
    for profile in _PROFILES:
        middle = len(data) // 2
        assert _read(profile, data) == _read(profile, data[:middle], data[middle:])


def _read(profile: PrinterProfile, *chunks: bytes) -> list[ReceiptPrint | None]:
    roll = PaperRoll(profile)
    seen = [receipt for chunk in chunks for receipt in roll.feed(chunk)]
    return [*seen, roll.tear(Ending.CLOSED)]


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
